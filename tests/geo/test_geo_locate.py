"""Location: exactly one cell, the tie rule, circles, edges, and bulk."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from geo.admin import AdminGrid, Cell, point_at
from geo.datum import Datum, from_cgcs2000
from geo.errors import CoordinateInvalid
from geo.locate import locate, locate_many, locate_position
from geo.position import Position
from geo.reference import sample_grid
from tests.geo.places import points_in, points_in_guangxi

METRE = 1 / 110_780  # degrees of latitude, at 24.3 N
in_and_about_liujiang = points_in(108.85, 23.85, 109.6, 24.45)


def grid_of(**shapes):
    return AdminGrid(Cell(code, code, "county", None, shape) for code, shape in shapes.items())


QUARTERS = grid_of(
    a=box(109.0, 24.0, 109.1, 24.1),
    b=box(109.1, 24.0, 109.2, 24.1),
    c=box(109.0, 24.1, 109.1, 24.2),
    d=box(109.1, 24.1, 109.2, 24.2),
)


def test_the_centre_of_liuzhou_is_in_its_cells(district):
    found = locate(109.4117, 24.3146, district)
    assert (found.code, found.ancestors) == ("450202", ("450200", "450000"))
    assert (found.square, found.beidou) == ("LZ-4545-1000-E0643-N2690", "N49G20398AD10231")
    assert (found.confidence, found.grade, found.method, found.flags) == (1.0, "high", "inside", ())
    assert found.at_level("county").code == "450202"
    assert found.at_level("township") is None


def test_the_finest_level_is_found_with_its_ancestors(district):
    found = locate(109.33, 24.2, district)
    assert [p.code for p in found.chain] == ["450206100", "450206", "450200", "450000"]
    assert found.at_level("county").code == "450206"


def test_guigang_has_its_own_frame_west_of_109_5_too(district):
    for lon in (109.4, 109.6):
        found = locate(lon, 23.1, district)
        assert found.at_level("city").code == "450800"
        assert found.square.startswith("GG-4546-1000-")


@given(point=points_in_guangxi())
def test_every_point_has_at_most_one_cell_and_it_is_one_that_touches_it(point):
    grid = sample_grid()
    found = locate(*point, grid, 0)
    hits = [grid.cells[i].code for i in grid.hits(*point)]
    assert (found.code in hits) if hits else (found.code is None)
    assert found.flags == (() if hits else ("unassigned",))


@given(point=in_and_about_liujiang)
def test_every_point_of_the_sample_county_is_in_exactly_one_township(point):
    grid = sample_grid()
    found = locate(*point, grid, 0)
    holding = [c.code for c in grid if c.level == "township" and c.geometry.contains(point_at(*point))]
    assert len(holding) <= 1
    if grid["450206"].geometry.contains(point_at(*point)):
        assert found.code.startswith("450206")
        assert len(found.code) == 9
        assert holding in ([found.code], [])


def borders(grid, level):
    """All vertices of a level's cells, and points along their sides as they are stored."""
    for cell in grid:
        if cell.level == level:
            for a, b in pairwise(shapely.get_coordinates(cell.geometry).tolist()):
                yield tuple(a)
                yield round((a[0] + b[0]) / 2, 9), round((a[1] + b[1]) / 2, 9)


@pytest.mark.parametrize("level", ["county", "township"])
def test_every_vertex_and_side_belongs_to_exactly_one_cell(district, level):
    ties = 0
    for lon, lat in borders(district, level):
        found = locate(lon, lat, district, 0)
        hits = {district.cells[i].code for i in district.hits(lon, lat)}
        assert (found.code in hits) or not hits
        assert set(found.tied) <= hits
        ties += found.method == "tie"
    assert ties > 100


def test_a_county_line_is_settled_alike_with_and_without_townships(counties, district):
    for lon, lat in borders(counties, "county"):
        alone = locate(lon, lat, counties, 0).at_level("county")
        assert locate(lon, lat, district, 0).at_level("county") == alone


@pytest.mark.parametrize(
    ("point", "code", "tied"),
    [
        ((109.1, 24.1), "d", ("a", "b", "c", "d")),
        ((109.1, 24.05), "b", ("a", "b")),
        ((109.05, 24.1), "c", ("a", "c")),
        ((109.1, 24.0), "b", ("a", "b")),
        ((109.2, 24.1), "b", ("b", "d")),
        ((109.1, 24.2), "c", ("c", "d")),
    ],
)
def test_a_shared_corner_goes_east_north_east_else_to_the_smallest_code(point, code, tied):
    found = locate(*point, QUARTERS, 0)
    assert (found.code, found.tied, found.method) == (code, tied, "tie")
    assert found.confidence == 1.0


def test_the_outer_line_belongs_to_its_cell():
    found = locate(109.0, 24.0, QUARTERS, 0)
    assert (found.code, found.method) == ("a", "inside")


def test_a_hair_from_a_line_is_no_tie():
    west, east = (locate(float(np.nextafter(109.1, to)), 24.05, QUARTERS, 0) for to in (0, 200))
    assert (west.code, west.method, east.code, east.method) == ("a", "inside", "b", "inside")


def test_overlapping_cells_still_give_one():
    grid = grid_of(y=box(109, 24, 109.2, 24.2), x=box(109.1, 24.1, 109.3, 24.3))
    found = locate(109.15, 24.15, grid, 0)
    assert (found.code, found.method, found.tied) == ("x", "tie", ("x", "y"))


def test_an_enclave_has_its_points_and_an_empty_hole_has_none():
    hole = [(109.04, 24.04), (109.06, 24.04), (109.06, 24.06), (109.04, 24.06)]
    ring = Polygon(box(109, 24, 109.1, 24.1).exterior.coords, [hole])
    full, empty = grid_of(outer=ring, inner=Polygon(hole)), grid_of(outer=ring)
    assert locate(109.05, 24.05, full).code == "inner"
    assert locate(109.05, 24.05, empty).flags == ("unassigned",)
    assert locate(109.05, 24.0401, empty).flags == ("edge",)
    assert locate(109.04, 24.05, full).code == "inner"
    assert locate(109.06, 24.05, full).code == "outer"


def test_parts_of_one_cell_are_one_cell():
    grid = grid_of(m=MultiPolygon([box(109, 24, 109.1, 24.1), box(109.3, 24, 109.4, 24.1)]))
    assert locate(109.05, 24.05, grid).code == locate(109.35, 24.05, grid).code == "m"
    assert locate(109.2, 24.05, grid).code is None


def test_a_point_far_from_its_border_is_sure():
    found = locate(109.05, 24.05, QUARTERS, 1000)
    assert (found.confidence, found.candidates) == (1.0, (("a", 1.0),))


def test_on_a_straight_line_each_side_has_half():
    found = locate(109.05, 24.1, QUARTERS, 30)
    assert (found.code, found.tied) == ("c", ("a", "c"))
    assert dict(found.candidates) == pytest.approx({"a": 0.5, "c": 0.5}, abs=2e-3)
    assert (found.confidence, found.grade) == (dict(found.candidates)["c"], "review")


def test_ten_metres_from_a_line_confidence_is_the_circle_s_share():
    found = locate(109.05, 24.1 - 10 * METRE, QUARTERS, 30)
    assert found.code == "a"
    assert found.confidence == pytest.approx(0.7087, abs=5e-3)  # a chord at a third of the radius
    assert found.grade == "fair"
    assert sum(share for _, share in found.candidates) == pytest.approx(1, abs=1e-4)


def test_a_phone_that_does_not_say_has_thirty_metres():
    lat = 24.1 - 20 * METRE
    assert locate(109.05, lat, QUARTERS) == locate(109.05, lat, QUARTERS, 30.0)
    assert locate(109.05, lat, QUARTERS, 15.0).confidence == 1.0


def test_outside_but_within_the_accuracy_is_the_nearest_at_the_edge():
    found = locate(109.05, 24.0 - 20 * METRE, QUARTERS, 30)
    assert (found.code, found.method, found.flags) == ("a", "nearest", ("edge",))
    assert 0.0 < found.confidence < 0.5
    beyond = locate(109.05, 24.0 - 40 * METRE, QUARTERS, 30)
    assert (beyond.code, beyond.flags, beyond.confidence, beyond.chain) == (None, ("unassigned",), 0.0, ())


def test_of_two_equally_near_the_smaller_code_is_taken():
    assert locate(109.1, 24.0 - 20 * METRE, QUARTERS, 30).code == "a"


def test_a_point_outside_all_still_has_a_square_and_a_beidou_code(district):
    guilin = locate(110.29, 25.27, district)
    assert (guilin.code, guilin.flags) == (None, ("unassigned",))
    assert guilin.square.startswith("ZZ-4546-1000-")
    assert len(guilin.beidou) == 16
    nowhere = locate(0.0, 0.0, district)
    assert (nowhere.square, nowhere.square_confidence, nowhere.beidou) == (None, 0.0, "N31A000000000000")
    assert locate(109.0, 89.0, district, 5000).beidou is None


def test_a_county_s_confidence_counts_its_townships_together(district):
    inner = [
        c for c in borders(district, "township") if district["450206"].geometry.boundary.distance(point_at(*c)) > 0.01
    ]
    lon, lat = inner[0]
    found = locate(lon, lat, district, 100)
    assert found.at_level("township").confidence < 0.95
    assert found.at_level("county").confidence == pytest.approx(1.0, abs=1e-4)
    assert found.at_level("city").confidence == pytest.approx(1.0, abs=1e-4)
    assert all(len(code) == 9 for code, _ in found.candidates)


def test_the_square_has_its_own_share(district):
    assert locate(109.4117, 24.3146, district, 5).square_confidence == 1.0
    assert locate(109.4117, 24.3146, district, 1500).square_confidence == pytest.approx(1 / 2.25 / 3.1416, abs=2e-3)


@settings(max_examples=50)
@given(point=in_and_about_liujiang, accuracy=st.floats(0.0, 1e7))
def test_shares_are_shares(point, accuracy):
    found = locate(*point, sample_grid(), accuracy)
    shares = [share for _, share in found.candidates]
    assert all(0.0 <= share <= 1.0 for share in [*shares, found.confidence, found.square_confidence])
    assert sum(shares) <= 1.0 + 1e-4
    assert shares == sorted(shares, reverse=True)
    assert found.code is None or found.code in dict(found.candidates)
    levels = [p.confidence for p in found.chain]
    assert all(up >= down - 1e-4 for down, up in pairwise(levels))


def test_a_position_is_located_by_its_declared_datum(district):
    lon, lat = from_cgcs2000(109.4117, 24.3146, Datum.GCJ02)
    right = locate_position(Position(lon, lat, Datum.GCJ02, accuracy_m=8.0), district)
    assert (right.square, right.radius_m) == ("LZ-4545-1000-E0643-N2690", 8.0)
    assert (right.lon, right.lat) == pytest.approx((109.4117, 24.3146), abs=2e-9)
    wrong = locate_position(Position(lon, lat, Datum.WGS84), district)
    assert wrong.beidou[:12] != right.beidou[:12]


@pytest.mark.parametrize(
    "bad", [(109.0, 91.0, 5), (float("nan"), 24.0, 5), (109.0, 24.0, -1), (109.0, 24.0, float("inf"))]
)
def test_bad_numbers_are_refused(district, bad):
    with pytest.raises(CoordinateInvalid):
        locate(*bad[:2], district, bad[2])


@given(points=st.lists(in_and_about_liujiang, min_size=1, max_size=30))
def test_bulk_and_single_agree(points):
    grid = sample_grid()
    found = locate_many(*np.array(points).T, grid)
    assert found.codes(grid) == [locate(*point, grid, 0).code for point in points]


def test_bulk_and_single_agree_on_every_border(district):
    points = [*borders(district, "county"), *borders(district, "township"), (0.0, 0.0)]
    found = locate_many(*np.array(points).T, district)
    alone = [locate(*point, district, 0) for point in points]
    assert found.codes(district) == [one.code for one in alone]
    assert found.tied.tolist() == [one.method == "tie" for one in alone]
    assert locate_many([], [], district).index.tolist() == []

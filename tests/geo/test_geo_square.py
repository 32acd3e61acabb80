"""Square grids: one cell to a point, exact nesting, strict codes, and the traps that were measured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from geo import square
from geo.errors import CellCodeInvalid, CoordinateInvalid, OutsideFrame
from geo.proj import project, unproject
from geo.square import FRAMES, GUIGANG, LIUZHOU, OUTSIDE_EAST, OUTSIDE_WEST, SIZES, SquareCell
from tests.geo.places import points_in

points_in_both_frames = points_in(106.5, 20.9, 112.0, 26.4)
frames, sizes = st.sampled_from(list(FRAMES.values())), st.sampled_from(SIZES)
cells = st.builds(SquareCell, frames, sizes, st.integers(0, 332), st.integers(700, 1200))


def test_the_code_is_as_designed():
    assert square.encode(109.4117, 24.3146, 1000, LIUZHOU) == "LZ-4545-1000-E0643-N2690"
    assert square.encode(109.4117, 24.3146, 500, LIUZHOU) == "LZ-4545-500-E1286-N5381"
    assert square.encode(109.5986, 23.1115, 3000, GUIGANG) == "GG-4546-3000-E0118-N0852"


@given(point=points_in_both_frames, size=sizes, frame=frames)
def test_every_point_has_exactly_one_cell(point, size, frame):
    cell = square.cell_of(*point, size, frame)
    east, north = (round(v * 1000) for v in project(*point, frame.epsg))
    around = [cell._replace(column=cell.column + i, row=cell.row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]

    def holds(c: SquareCell) -> bool:
        west, south, far_east, far_north = (1000 * side for side in c.bounds_m)
        return west <= east < far_east and south <= north < far_north

    assert [c for c in around if holds(c)] == [cell]


@given(cell=cells)
def test_a_code_decodes_to_its_cell(cell):
    assert square.decode(cell.code) == cell


@given(cell=cells)
def test_corners_belong_to_their_cell_also_after_storage(cell):
    west, south = cell.bounds_m[:2]
    lon, lat = unproject(float(west), float(south), cell.frame.epsg)
    for x, y in ((lon, lat), (round(lon, 9), round(lat, 9)), (math.nextafter(lon, 0), math.nextafter(lat, 99))):
        assert square.cell_of(x, y, cell.size_m, cell.frame) == cell


@given(cell=cells)
def test_a_millimetre_before_the_corner_is_the_neighbour(cell):
    west, south = cell.bounds_m[:2]
    before = square.cell_at(west - 0.001, south + 1.0, cell.size_m, cell.frame) if west else None
    assert before is None or before == cell._replace(column=cell.column - 1)
    assert square.cell_at(float(west), south + 1.0, cell.size_m, cell.frame) == cell


@given(point=points_in_both_frames, frame=frames)
def test_the_three_sizes_nest(point, frame):
    small, middle, large = (square.cell_of(*point, size, frame) for size in SIZES)
    assert small.parent(1000) == middle
    assert small.parent(3000) == middle.parent(3000) == large
    assert large.parent(3000) == large


def test_sizes_that_do_not_nest_are_refused():
    with pytest.raises(ValueError, match="nest"):
        SquareCell(LIUZHOU, 3000, 1, 1).parent(1000)
    with pytest.raises(ValueError, match="sizes"):
        square.encode(109.0, 24.0, 750, LIUZHOU)


@given(points=st.lists(points_in_both_frames, min_size=1, max_size=20), size=sizes, frame=frames)
def test_bulk_and_single_agree(points, size, frame):
    lons, lats = np.array(points).T
    keys = square.encode_many(lons, lats, size, frame)
    assert square.codes(keys, size, frame) == [square.encode(*point, size, frame) for point in points]


def test_bulk_marks_what_is_outside_and_places_the_rest():
    lons, lats = np.array([109.0, 0.0, -71.0, 109.0, 109.0]), np.array([24.0, 0.0, 24.0, -1.0, 60.0])
    keys = square.encode_many(lons, lats, 1000, LIUZHOU)
    assert square.codes(keys, 1000, LIUZHOU) == [square.encode(109.0, 24.0, 1000, LIUZHOU), None, None, None, None]
    assert square.encode_many([], [], 1000, LIUZHOU).tolist() == []
    with pytest.raises(CoordinateInvalid):
        square.encode_many([109.0], [float("nan")], 1000, LIUZHOU)


@pytest.mark.parametrize(
    "metres", [(999_999.5, 100.0), (100.0, 4_999_999.9), (0.0, 0.0), (999_999.9996, 1.0), (-0.0004, 1.0)]
)
def test_bulk_and_single_agree_at_the_frame_s_rim(metres, monkeypatch):
    monkeypatch.setattr(square, "project", lambda lon, lat, epsg: (lon * 0 + metres[0], lat * 0 + metres[1]))
    for size in SIZES:
        key = square.encode_many(np.array([109.0]), np.array([24.0]), size, LIUZHOU)
        try:
            alone = square.encode(109.0, 24.0, size, LIUZHOU)
        except OutsideFrame:
            alone = None
        assert square.codes(key, size, LIUZHOU) == [alone]
        assert alone is None or square.decode(alone).code == alone


@pytest.mark.parametrize("point", [(0.0, 0.0), (-71.0, 24.0), (109.0, -10.0), (109.0, 89.0), (-161.0, 24.0)])
def test_a_far_point_has_no_square(point):
    with pytest.raises(OutsideFrame):
        square.encode(*point, 1000, OUTSIDE_WEST)


@pytest.mark.parametrize(
    ("code", "lon", "frame"),
    [
        ("450206100", 109.9, LIUZHOU),
        ("450881", 109.3, GUIGANG),
        (None, 109.49, OUTSIDE_WEST),
        (None, 109.5, OUTSIDE_EAST),
        ("441200", 111.0, OUTSIDE_EAST),
    ],
)
def test_the_frame_is_the_city_s(code, lon, frame):
    assert square.frame_for(code, lon) == frame


def test_neighbours_across_109_5_east_stay_in_one_frame_of_their_city():
    west, east = (square.cell_of(lon, 24.4, 1000, LIUZHOU) for lon in (math.nextafter(109.5, 0), 109.5))
    assert west == east
    assert square.frame_for("450203", 109.4999) == square.frame_for("450203", 109.5001)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "LZ-4545-1000-E0643-N269",
        "LZ-4545-1000-E0643-N26900",
        "lz-4545-1000-E0643-N2690",
        "LZ-4546-1000-E0643-N2690",
        "GG-4545-1000-E0643-N2690",
        "XX-4545-1000-E0643-N2690",
        "LZ-4545-2000-E0643-N2690",
        "LZ-4545-1000-E1000-N2690",
        "LZ-4545-1000-E0643-N5000",
        "LZ-4545-1000-E0643-N2690\n",
        " LZ-4545-1000-E0643-N2690",
        "LZ-4545-1000-E064３-N2690",
        "LZ-4545-1000-N2690-E0643",
        None,
        7,
    ],
)
def test_only_codes_that_we_write_are_read(code):
    with pytest.raises(CellCodeInvalid):
        square.decode(code)


@given(cell=cells)
def test_the_outline_holds_the_middle_and_meets_its_neighbour(cell):
    outline = cell.polygon()
    west, south, east, north = cell.bounds_m
    assert outline.is_valid
    assert outline.exterior.is_ccw
    assert outline.contains(Point(*unproject((west + east) / 2, (south + north) / 2, cell.frame.epsg)))
    shared = set(outline.exterior.coords) & set(cell._replace(column=cell.column + 1).polygon().exterior.coords)
    assert len(shared) == 9

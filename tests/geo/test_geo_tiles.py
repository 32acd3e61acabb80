"""Tiles: squares of the web, points that add up, outlines without slits, bytes that decode."""

from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geo.admin import AdminGrid, Cell
from geo.errors import CoordinateInvalid, TileInvalid
from geo.tiles.encoding import EXTENT, Feature, encoded
from geo.tiles.outlines import outlines
from geo.tiles.squares import KEY_ZOOM, Partial, clustered, gathered, key_of, key_range, keys, square_shift
from geo.tiles.tile import HALF_WORLD_M, Tile, mercator, pixel_m, tile, tile_at, tiles_over
from tests.geo.places import points_in_guangxi

HERE = (109.4117, 24.3146)
zooms = st.integers(0, 20)


def holds(box, lon, lat):
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


# -- squares of the web --------------------------------------------------------------------------------------------


def test_metres_are_those_of_the_projection_s_own_library():
    lons, lats = np.array([-180.0, 0.0, 109.4117, 180.0]), np.array([-85.0, 0.0, 24.3146, 85.05])
    theirs = Transformer.from_crs(4326, 3857, always_xy=True).transform(lons, lats)
    for ours, expected in zip(mercator(lons, lats), theirs, strict=True):
        assert np.abs(ours - expected).max() < 1e-6


def test_known_tiles():
    assert tile_at(*HERE, 0) == (0, 0, 0)
    assert tile_at(*HERE, 10) == (10, 823, 440)
    assert tile_at(-180.0, 90.0, 3) == (3, 0, 0)
    assert tile_at(180.0, -90.0, 3) == (3, 7, 7)
    assert Tile(0, 0, 0).mercator_bounds == (-HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M)
    assert Tile(0, 0, 0).parent is None
    assert pixel_m(0) == pytest.approx(156543.034, abs=0.001)


@pytest.mark.parametrize(
    "wrong", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1), ("3", 0, 0), (3, 0.0, 0), (True, 0, 0)]
)
def test_what_is_no_tile_is_refused(wrong):
    with pytest.raises(TileInvalid):
        tile(*wrong)
    assert tile(3, 7, 7) == (3, 7, 7)


@given(point=points_in_guangxi(), zoom=zooms)
def test_a_point_is_in_its_tile_and_in_the_tile_s_parent(point, zoom):
    own = tile_at(*point, zoom)
    west, south, east, north = own.bounds
    assert west - 1e-9 <= point[0] <= east + 1e-9
    assert south - 1e-9 <= point[1] <= north + 1e-9
    assert own.parent == (tile_at(*point, zoom - 1) if zoom else None)


def test_a_box_has_its_tiles_and_a_tile_its_surroundings():
    found = list(tiles_over(109.0, 24.0, 109.8, 24.6, 10))
    assert found == sorted(found, key=lambda t: (t.y, t.x))
    assert tile_at(*HERE, 10) in found
    wide, own = tile_at(*HERE, 10).around(8), tile_at(*HERE, 10).bounds
    assert wide[0] < own[0] < own[2] < wide[2]
    assert wide[1] < own[1] < own[3] < wide[3]
    assert Tile(0, 0, 0).around(64)[0] == -180.0


# -- points by square ----------------------------------------------------------------------------------------------


@given(point=points_in_guangxi(), zoom=zooms)
def test_the_points_of_a_tile_are_one_range_of_keys(point, zoom):
    key = key_of(*point)
    first, end = key_range(tile_at(*point, zoom))
    assert first <= key < end
    assert end - first == 1 << 2 * (KEY_ZOOM - zoom)
    beside = tile_at(*point, zoom)
    other = Tile(zoom, beside.x ^ 1, beside.y) if zoom else None
    if other is not None:
        assert not key_range(other)[0] <= key < key_range(other)[1]


def test_beyond_the_last_zoom_of_keys_the_square_around_is_asked_for():
    deep = tile_at(*HERE, 22)
    first, end = key_range(deep)
    assert (end - first, first) == (1, key_of(*HERE))


points = st.lists(st.tuples(points_in_guangxi(), st.sampled_from(["open", "closed", "逾期"])), min_size=1, max_size=25)


@given(drawn=points, zoom=zooms)
def test_every_point_is_counted_once_at_every_zoom_in_any_order(drawn, zoom):
    lons, lats = (np.array([p[i] for p, _ in drawn]) for i in (0, 1))
    categories = [category for _, category in drawn]
    found = clustered(lons, lats, categories, zoom)
    assert sum(square.count for square in found) == len(drawn)
    assert all(sum(square.counts.values()) == square.count for square in found)
    for category in set(categories):
        assert sum(square.counts.get(category, 0) for square in found) == categories.count(category)
    assert clustered(lons[::-1], lats[::-1], categories[::-1], zoom) == found
    assert [square.key for square in found] == sorted({int(k) >> square_shift(zoom) for k in keys(lons, lats)})


@given(drawn=points, fine=st.integers(6, 18), coarser=st.integers(1, 6))
def test_counts_of_finer_squares_add_up_to_those_of_coarser_ones(drawn, fine, coarser):
    lons, lats = (np.array([p[i] for p, _ in drawn]) for i in (0, 1))
    categories = [category for _, category in drawn]
    shift = square_shift(fine)
    pieces = [
        Partial(int(key) >> shift, KEY_ZOOM - shift // 2, category, lon, lat, 1)
        for key, category, lon, lat in zip(keys(lons, lats), categories, lons.tolist(), lats.tolist(), strict=True)
    ]
    at_once = clustered(lons, lats, categories, fine - coarser)
    added = gathered(reversed(pieces), fine - coarser)
    assert [(s.key, s.zoom, s.count, s.counts) for s in added] == [(s.key, s.zoom, s.count, s.counts) for s in at_once]
    assert [(s.lon, s.lat) for s in added] == [pytest.approx((s.lon, s.lat), abs=2e-6) for s in at_once]


def test_no_points_and_lengths_that_differ():
    assert clustered([], [], [], 10) == gathered([], 10) == []
    assert gathered([Partial(1, 20, "a", 0.0, 0.0, 0)], 10) == []
    with pytest.raises(ValueError, match="categories"):
        clustered([109.0], [24.0], [], 10)
    with pytest.raises(CoordinateInvalid):
        keys([24.0], [109.0])


# -- outlines ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jagged():
    """Nine cells of 0.1 degrees with shared zigzag borders of 40 vertices a side."""
    rng = np.random.default_rng(4)
    t = np.linspace(0.0, 0.1, 41)
    off = rng.uniform(-0.002, 0.002, (8, 8, 41)) * (np.abs(t - 0.05) < 0.049)

    def line(lons, lats):
        return list(zip(np.round(lons, 9).tolist(), np.round(lats, 9).tolist(), strict=True))

    def across(i, j):
        return line(109 + i * 0.1 + t, 24 + j * 0.1 + off[i, j])

    def upward(i, j):
        return line(109 + i * 0.1 + off[i, j + 4], 24 + j * 0.1 + t)

    def ring(i, j):
        sides = across(i, j)[:-1] + upward(i + 1, j)[:-1] + across(i, j + 1)[:0:-1] + upward(i, j)[:0:-1]
        start = 17 * (3 * i + j)  # nothing says that a ring begins at a corner
        return sides[start:] + sides[:start]

    return AdminGrid(
        Cell(f"{i}{j}", "x", "village", None, shapely.Polygon(ring(i, j))) for i in range(3) for j in range(3)
    )


def test_outlines_lose_vertices_and_open_no_slit(jagged):
    raw = outlines(jagged, "village", 20)
    drawn = outlines(jagged, "village", 9)
    assert shapely.get_num_coordinates(drawn.shapes).sum() < 0.5 * shapely.get_num_coordinates(raw.shapes).sum()
    assert shapely.coverage_is_valid(drawn.shapes)
    whole = shapely.union_all(drawn.shapes)
    assert (whole.geom_type, len(whole.interiors)) == ("Polygon", 0)
    assert whole.area == pytest.approx(sum(shape.area for shape in drawn.shapes), rel=1e-9)
    apart = shapely.hausdorff_distance(drawn.shapes, raw.shapes)
    assert apart.max() < 3 * pixel_m(9)


def test_a_tile_has_the_cells_that_meet_it_clipped(jagged):
    drawn = outlines(jagged, "village", 11)
    middle = tile_at(109.15, 24.15, 11)
    found = drawn.within(middle)
    west, south, east, north = middle.mercator_bounds
    wide = shapely.box(west, south, east, north).buffer(8.1 * pixel_m(11), join_style="mitre")
    assert "11" in {jagged.cells[i].code for i, _ in found}
    assert [i for i, _ in found] == sorted(i for i, _ in found)
    assert all(wide.contains(shape) for _, shape in found)
    assert drawn.within(tile_at(0.0, 0.0, 11)) == []
    assert outlines(jagged, "county", 11).within(middle) == []


# -- bytes ---------------------------------------------------------------------------------------------------------


def test_a_tile_s_bytes_decode_to_its_layers(jagged):
    own = tile_at(109.15, 24.15, 10)
    cells = [
        Feature(shape, {"code": jagged.cells[i].code, "name": "村", "invented": True}, i)
        for i, shape in outlines(jagged, "village", 10).within(own)
    ]
    east, north = mercator(np.array([109.15]), np.array([24.15]))
    points = [Feature(shapely.Point(east[0], north[0]), {"count": 3})]
    written = encoded(own, {"cells": cells, "findings": points, "none": []})
    assert written == encoded(own, {"cells": cells, "findings": points, "none": []})
    read = mapbox_vector_tile.decode(written)
    assert set(read) == {"cells", "findings"}
    assert read["cells"]["extent"] == EXTENT
    assert len(read["cells"]["features"]) == len(cells) > 1
    assert read["cells"]["features"][0]["properties"] == {"code": jagged.cells[cells[0].id].code, "name": "村",
                                                          "invented": True}  # fmt: skip
    x, y = read["findings"]["features"][0]["geometry"]["coordinates"]
    west, south, east_side, north_side = own.mercator_bounds
    assert x == round((east[0] - west) / (east_side - west) * EXTENT)
    assert y == round((north[0] - south) / (north_side - south) * EXTENT)
    assert encoded(own, {}) == b""


def test_neighbours_share_their_border_in_the_bytes_too(jagged):
    own = tile_at(109.15, 24.15, 9)
    cells = [Feature(shape, {"n": i}, i) for i, shape in outlines(jagged, "village", 9).within(own)]
    read = mapbox_vector_tile.decode(encoded(own, {"cells": cells}))
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in read["cells"]["features"]])
    assert len(shapes) == 9
    assert shapely.coverage_is_valid(shapes)

"""Grids of cells: hierarchy, refusals, and equality."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.admin import AdminGrid, Cell
from geo.errors import CellUnknown, ImportRefused
from geo.reference import sample_grid
from tests.geo.places import points_in


def cell(code="A", shape=None, *, level="county", parent=None, name="甲"):
    return Cell(code, name, level, parent, shape)


def problems(*cells, **options):
    with pytest.raises(ImportRefused) as refused:
        AdminGrid(cells, **options)
    return [problem["problem"] for problem in refused.value.problems]


def test_the_hierarchy_is_read_upwards_and_downwards(district):
    assert district.ancestors("450206100") == ("450206", "450200", "450000")
    assert district.children("450206")[:2] == ("450206100", "450206102")
    assert "450206100" in district.descendants("450200")
    assert district.descendants("450206100") == ()
    assert len(district.descendants("450000")) == 2 + 15 + 8
    assert district["450881"].name == "桂平市"
    assert "450881" in district
    assert "9" not in district


def test_an_unknown_code_is_told(district):
    for ask in (district.ancestors, district.children, district.descendants, district.index_of):
        with pytest.raises(CellUnknown):
            ask("999999")


def test_other_hierarchies_are_data():
    grid = AdminGrid(
        [cell("1", level="区"), cell("1-1", box(0, 0, 1, 1), level="屯", parent="1")], levels=("区", "镇", "村", "屯")
    )
    assert grid.ancestors("1-1") == ("1",)


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "geometry-invalid"),
        (Polygon([(0, 0), (1, 0), (1, 1)], [[(2, 2), (3, 2), (3, 3)]]), "geometry-invalid"),
        (MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)]), "geometry-invalid"),
        (Polygon(), "geometry-empty"),
        (Point(0, 0), "geometry-not-polygon"),
        (box(500_000, 2_600_000, 500_100, 2_600_100), "coordinate-invalid"),
    ],
)
def test_an_unsound_shape_is_refused_not_repaired(shape, problem):
    assert problems(cell("A", shape)) == [problem]


def test_a_vertex_that_is_no_number_is_refused():
    with np.errstate(invalid="ignore"):
        nowhere = Polygon([(0, 0), (float("nan"), 1), (1, 0)])
    assert problems(cell("A", nowhere)) == ["coordinate-invalid"]


def test_faults_of_codes_and_parents_are_all_told():
    assert problems(cell("A"), cell("A")) == ["code-duplicate"]
    assert problems(cell(" A")) == problems(cell("")) == problems(cell("A B")) == ["code-malformed"]
    assert problems(cell(name=" ")) == ["name-missing"]
    assert problems(cell(level="planet")) == ["level-unknown"]
    assert problems(cell(parent="B")) == ["parent-missing"]
    assert problems(cell("A", parent="B"), cell("B")) == ["parent-not-coarser"]
    assert problems(cell(parent="A")) == ["parent-not-coarser"]
    assert problems(cell("A", parent="X"), cell("B", Point(0, 0))) == ["parent-missing", "geometry-not-polygon"]


def test_extending_leaves_the_first_grid_as_it_was(counties):
    more = counties.extended([cell("450202001", box(109.4, 24.3, 109.41, 24.31), level="township", parent="450202")])
    assert len(more) == len(counties) + 1
    assert "450202001" not in counties


def test_a_fingerprint_is_the_content_s(counties):
    again = AdminGrid(reversed(counties.cells))
    assert again.fingerprint() == counties.fingerprint()
    renamed = AdminGrid([Cell(c.code, c.name + "x", c.level, c.parent, c.geometry) for c in counties])
    assert renamed.fingerprint() != counties.fingerprint()


def test_a_grid_without_shapes_holds_nothing():
    assert AdminGrid([cell()]).hits(109.0, 24.0) == []
    assert AdminGrid([]).hits(109.0, 24.0) == []


@given(point=points_in(108.0, 22.0, 111.5, 26.5))
def test_the_quick_index_and_the_tree_find_the_same(point):
    grid = sample_grid()
    _, cells = grid.hits_many(np.array([point[0]]), np.array([point[1]]))
    assert grid.hits(*point) == sorted(cells.tolist())


def test_rims_and_corners_of_boxes_are_found():
    grid = AdminGrid([cell(f"{i}-{j}", box(i, j, i + 1, j + 1)) for i in range(7) for j in range(7)])
    for x in range(8):
        for y in range(8):
            touching = [f"{i}-{j}" for i in (x - 1, x) for j in (y - 1, y) if 0 <= i < 7 and 0 <= j < 7]
            assert [grid.cells[i].code for i in grid.hits(float(x), float(y))] == touching


def test_threads_share_a_fresh_grid(counties):
    grid = AdminGrid(counties.cells)
    lons = [109.0 + i / 100 for i in range(80)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(grid.hits, lons, [24.3] * 80)) == [grid.hits(lon, 24.3) for lon in lons]

"""From one version of a grid to the next."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo.admin import AdminGrid, Cell
from geo.grid_changes import compare, reassign
from geo.locate import locate
from geo.reference import sample_grid
from tests.geo.places import points_in

DISTRICT = (108.9, 23.9, 109.7, 24.5)


def county(*cells):
    """A county of one by one tenth of a degree, and townships in it."""
    return AdminGrid([Cell("P", "县", "county", None, box(109.0, 24.0, 109.1, 24.1)), *cells])


def township(code, west, east, name=None, parent="P"):
    return Cell(code, name or code, "township", parent, box(west, 24.0, east, 24.1))


BEFORE = county(township("A", 109.0, 109.04), township("B", 109.04, 109.07), township("C", 109.07, 109.1))
AFTER = county(township("A", 109.0, 109.05, "甲"), township("B", 109.05, 109.1), Cell("P2", "新区", "county", None))


def test_a_grid_has_not_changed_from_itself(district):
    assert compare(district, AdminGrid(district.cells)).none


def test_every_change_of_a_cell_is_told():
    changes = compare(BEFORE, AFTER)
    assert [cell.code for cell in changes.added] == ["P2"]
    assert [(r.cell.code, r.successors) for r in changes.removed] == [("C", (("B", 1.0),))]
    assert [(c.code, c.before, c.after) for c in changes.renamed] == [("A", "A", "甲")]
    a, b = changes.moved
    hundredth = 1015 * 11_077
    assert (a.code, b.code) == ("A", "B")
    assert (a.gained_m2, a.lost_m2) == (pytest.approx(hundredth, rel=0.01), 0.0)
    assert (b.gained_m2, b.lost_m2) == (pytest.approx(3 * hundredth, rel=0.01), pytest.approx(hundredth, rel=0.01))
    assert b.after_m2 - b.before_m2 == pytest.approx(b.gained_m2 - b.lost_m2, rel=1e-6)
    assert 109.04 < a.at[0] < 109.05
    assert 109.07 < b.at[0] < 109.1


def test_a_new_parent_and_a_new_level_are_told():
    old = AdminGrid([Cell("P", "P", "county", None), Cell("Q", "Q", "county", None), Cell("A", "A", "village", "P")])
    new = AdminGrid([Cell("P", "P", "county", None), Cell("Q", "Q", "county", None), Cell("A", "A", "township", "Q")])
    changes = compare(old, new)
    assert [(c.before, c.after) for c in changes.reparented] == [("P", "Q")]
    assert [(c.before, c.after) for c in changes.relevelled] == [("village", "township")]


def test_a_shape_that_comes_or_goes_has_moved():
    bare, shaped = AdminGrid([Cell("A", "A", "county", None)]), AdminGrid([township("A", 109.0, 109.1, parent=None)])
    (came,) = compare(bare, shaped).moved
    (went,) = compare(shaped, bare).moved
    assert came.before_m2 == went.after_m2 == 0.0
    assert came.gained_m2 == went.lost_m2 > 0.0


def test_a_hair_within_the_tolerance_is_no_change():
    hair = county(township("A", 109.0, 109.04 + 1e-9), township("B", 109.04, 109.07), township("C", 109.07, 109.1))
    assert compare(BEFORE, hair, tolerance_m2=2.0).none  # 0.1 mm by 11 km
    assert not compare(BEFORE, hair).none


def test_points_are_assigned_anew_in_bulk():
    lons, lats = np.array([109.01, 109.045, 109.08, 109.3]), np.full(4, 24.05)
    moved = reassign(lons, lats, BEFORE, AFTER)
    assert moved.changed.tolist() == [1, 2]
    assert [moved.codes(i) for i in range(4)] == [("A", "A"), ("B", "A"), ("C", "B"), (None, None)]
    assert moved.moves() == {("B", "A"): 1, ("C", "B"): 1}


def test_a_point_whose_cell_is_gone_and_that_lies_nowhere_now_has_moved():
    old = AdminGrid([township("A", 109.0, 109.1, parent=None)])
    moved = reassign(np.array([109.05]), np.array([24.05]), old, AdminGrid([]))
    assert moved.moves() == {("A", None): 1}


def test_known_places_are_taken_as_given():
    known = np.array([BEFORE.index_of("B"), -1])
    moved = reassign(np.array([109.01, 109.02]), np.array([24.05, 24.05]), BEFORE, AFTER, known)
    assert [moved.codes(i) for i in moved.changed] == [("B", "A"), (None, "A")]
    with pytest.raises(ValueError, match="places before"):
        reassign(np.array([109.01]), np.array([24.05]), BEFORE, AFTER, known)


@given(points=st.lists(points_in(*DISTRICT), min_size=1, max_size=30))
def test_a_bulk_reassignment_is_what_locating_twice_says(points):
    old = sample_grid()
    new = AdminGrid([cell for cell in old if cell.code not in ("450206100", "450206109")])
    lons, lats = (np.array(each) for each in zip(*points, strict=True))
    moved = reassign(lons, lats, old, new)
    for i, (lon, lat) in enumerate(points):
        pair = locate(lon, lat, old, 0).code, locate(lon, lat, new, 0).code
        assert moved.codes(i) == pair
        assert (i in moved.changed) == (pair[0] != pair[1])

"""The import report: overlaps, gaps, and parts outside."""

from __future__ import annotations

import pytest
from shapely.geometry import box

from geo.admin import AdminGrid, Cell
from geo.coverage import coverage


def test_overlaps_gaps_and_parts_outside_are_measured():
    grid = AdminGrid(
        [
            Cell("P", "P", "county", None, box(108.0, 24.0, 108.1, 24.1)),
            Cell("P1", "P1", "township", "P", box(108.0, 24.0, 108.06, 24.1)),
            Cell("P2", "P2", "township", "P", box(108.05, 24.0, 108.11, 24.09)),
        ]
    )
    report = coverage(grid, "township")
    hundredth = 1015 * 11_077  # square metres of 0.01 x 0.1 degrees here
    assert [(pair.a, pair.b) for pair in report.overlaps] == [("P1", "P2")]
    assert report.overlaps[0].at == pytest.approx((108.055, 24.045), abs=0.001)
    assert report.overlaps[0].share == pytest.approx(1 / 6, rel=0.01)
    assert report.overlaps[0].area_m2 == pytest.approx(0.9 * hundredth, rel=0.01)
    assert [gap.parent for gap in report.gaps] == ["P"]
    assert report.gaps[0].at == pytest.approx((108.08, 24.095), abs=0.001)
    assert report.gaps[0].area_m2 == pytest.approx(0.4 * hundredth, rel=0.01)
    assert [(part.code, part.parent) for part in report.outside] == [("P2", "P")]
    assert report.outside[0].area_m2 == pytest.approx(0.9 * hundredth, rel=0.01)
    assert not report.exact


def test_cells_without_shaped_parents_have_no_gaps(counties):
    assert coverage(counties, "county").gaps == ()
    assert coverage(counties, "city").exact


def test_a_hole_between_cells_whose_parent_has_no_shape_is_told():
    ring = box(108.0, 24.0, 108.3, 24.3).difference(box(108.1, 24.1, 108.2, 24.2))
    (gap,) = coverage(AdminGrid([Cell("A", "A", "county", None, ring)]), "county").gaps
    assert gap.parent is None
    assert gap.at == pytest.approx((108.15, 24.15), abs=0.01)


def test_a_cell_within_another_overlaps_it():
    outer, inner = box(108.0, 24.0, 108.3, 24.3), box(108.1, 24.1, 108.2, 24.2)
    grid = AdminGrid([Cell("A", "A", "county", None, outer), Cell("B", "B", "county", None, inner)])
    (overlap,) = coverage(grid, "county").overlaps
    assert (overlap.a, overlap.b, overlap.share) == ("A", "B", 1.0)
    twins = AdminGrid([Cell("A", "A", "county", None, outer), Cell("B", "B", "county", None, outer)])
    assert len(coverage(twins, "county").overlaps) == 1

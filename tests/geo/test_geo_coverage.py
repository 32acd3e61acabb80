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
    assert [pair[:2] for pair in report.overlaps] == [("P1", "P2")]
    assert report.overlaps[0][2] == pytest.approx(0.9 * hundredth, rel=0.01)
    assert [code for code, _ in report.gaps] == ["P"]
    assert report.gaps[0][1] == pytest.approx(0.4 * hundredth, rel=0.01)
    assert [code for code, _ in report.outside] == ["P2"]
    assert report.outside[0][1] == pytest.approx(0.9 * hundredth, rel=0.01)
    assert not report.exact


def test_cells_without_shaped_parents_have_no_gaps(counties):
    assert coverage(counties, "county").gaps == ()
    assert coverage(counties, "city").exact

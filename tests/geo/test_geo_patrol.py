"""What a patrol saw of its cells: places and times, gaps told, never a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo.admin import AdminGrid, Cell
from geo.errors import CellUnknown
from geo.patrol import Sight, TrackPoint, patrolled, together, walked_by_window

START = datetime(2025, 11, 3, 10, tzinfo=UTC)
STEP = 0.01  # degrees; some 1,015 m east, 1,108 m north
CODES = ("A", "B", "C", "D")
GRID = AdminGrid(
    [Cell(c, c, "village", None, box(109 + i * STEP, 24, 109 + (i + 1) * STEP, 24 + STEP)) for i, c in enumerate(CODES)]
    + [Cell("named", "named", "village", None)]
)


def at(seconds, cells_east, accuracy_m=10.0, north=0.5):
    """A point so many cells east of the first one's western side, halfway up."""
    lon, lat = 109 + cells_east * STEP, 24 + north * STEP
    return TrackPoint(START + timedelta(seconds=seconds), lon, lat, accuracy_m)


def walk(start, end, seconds=0, steps=20, pace_s=30):
    return [at(seconds + i * pace_s, start + (end - start) * i / steps) for i in range(steps + 1)]


def test_cells_along_the_way_are_walked_and_the_others_missed():
    found = patrolled(walk(0.1, 1.5), GRID, CODES)
    assert (found.covered, found.missed, found.gaps, found.set_aside) == (("A", "B"), ("C", "D"), (), 0)
    assert found.metres == pytest.approx(1.4 * 1015, rel=0.01)
    a, b = found.walked
    assert a.share == pytest.approx(400 / 1108, abs=0.03)  # a strip of 200 m to either side, not quite across
    assert (a.first, b.last) == (START, START + timedelta(seconds=600))
    assert a.last > b.first  # both in sight near their border


def test_a_silence_is_a_gap_and_the_cells_under_it_are_not_walked():
    found = patrolled([*walk(0.1, 0.5), *walk(3.2, 3.8, seconds=2000)], GRID, CODES)
    (gap,) = found.gaps
    assert (gap.why, gap.metres) == ("silence", pytest.approx(2.7 * 1015, rel=0.01))
    assert gap.end.instant - gap.start.instant == timedelta(seconds=1400)
    assert (found.covered, found.missed) == (("A", "D"), ("B", "C"))


def test_a_speed_that_nobody_drives_is_a_gap_and_bad_accuracy_is_no_speed():
    jump = patrolled([at(0, 0.5), at(10, 3.5)], GRID, CODES)
    assert [gap.why for gap in jump.gaps] == ["speed"]
    assert jump.missed == ("B", "C")
    jitter = patrolled([at(0, 0.5, 100.0), at(1, 0.65, 100.0)], GRID, CODES)
    assert jitter.gaps == ()
    again = patrolled([at(0, 0.5), at(0, 0.5)], GRID, CODES)
    assert (again.gaps, again.metres) == ((), 0.0)


def test_points_that_are_too_inaccurate_are_set_aside():
    found = patrolled([at(0, 0.5), at(10, 3.5, 900.0), at(20, 0.6, None)], GRID, CODES)
    assert (found.set_aside, found.gaps) == (1, ())
    assert found.covered == ("A",)


def test_a_glimpse_is_told_but_does_not_count():
    found = patrolled([at(0, 0.9), at(10, 0.95)], GRID, CODES)
    b = next(cell for cell in found.walked if cell.code == "B")
    assert 0 < b.share < 0.1
    assert "B" in found.missed
    assert "B" in patrolled([at(0, 0.9), at(10, 0.95)], GRID, CODES, sight=Sight(least_share=0.01)).covered


def test_windows_are_half_open_and_each_has_its_own_coverage():
    track = [*walk(0.1, 0.9), *walk(1.1, 1.9, seconds=630)]
    dusk, night = (START, START + timedelta(seconds=630)), (START + timedelta(seconds=630), START + timedelta(hours=1))
    found = walked_by_window(track, GRID, CODES[:2], {"dusk": dusk, "night": night})
    assert found["dusk"].covered == ("A",)
    assert found["night"].covered == ("B",)


def test_several_tracks_are_joined_without_saying_too_much():
    one, two = patrolled(walk(0.1, 0.9), GRID, CODES), patrolled(walk(0.1, 1.9, seconds=900), GRID, CODES)
    both = together([one, two], CODES)
    assert both.covered == ("A", "B")
    assert both.metres == pytest.approx(one.metres + two.metres, abs=0.2)
    a = both.walked[0]
    assert a.share == max(one.walked[0].share, two.walked[0].share)
    assert (a.first, a.last) == (one.walked[0].first, two.walked[0].last)


def test_no_track_and_cells_without_a_shape():
    assert patrolled([], GRID, CODES).missed == CODES
    assert patrolled(walk(0.1, 0.5), GRID, ["A", "named"]).missed == ("named",)
    with pytest.raises(CellUnknown):
        patrolled([], GRID, ["Z"])
    with pytest.raises(ValueError, match="time zone"):
        patrolled([TrackPoint(datetime(2025, 11, 3), 109.0, 24.0)], GRID, CODES)


steps = st.lists(st.tuples(st.integers(0, 400), st.floats(-0.5, 4.5)), min_size=1, max_size=8, unique_by=lambda s: s[0])


@given(drawn=steps, data=st.data())
def test_every_cell_is_covered_or_missed_whatever_order_points_come_in(drawn, data):
    track = [at(*step) for step in drawn]
    found = patrolled(track, GRID, CODES)
    assert sorted(found.covered + found.missed) == list(CODES)
    assert patrolled(data.draw(st.permutations(track)), GRID, CODES) == found
    assert all(0.0 <= cell.share <= 1.0 and cell.first <= cell.last for cell in found.walked)

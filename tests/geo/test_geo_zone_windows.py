"""When a rule holds: seasons, days and hours in Guangxi's time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.local_time import LOCAL
from geo.zones.windows import Days, Hours, Schedule, Season, Window, minutes

ALWAYS = date(2020, 1, 1)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def holds(window, text):
    return Schedule(ALWAYS, windows=(window,)).matched(local(text)) is not None


def test_a_season_includes_its_last_day_and_may_cross_the_new_year():
    cane = Window(seasons=(Season((11, 15), (4, 5)),))
    assert [holds(cane, t) for t in ("2025-11-14T23:59:59", "2025-11-15T00:00:00", "2026-01-01T00:00:00")] == [
        False,
        True,
        True,
    ]
    assert holds(cane, "2026-04-05T23:59:59.999999")
    assert not holds(cane, "2026-04-06T00:00:00")
    assert holds(Window(seasons=(Season((2, 29), (2, 29)),)), "2028-02-29T12:00:00")


def test_hours_are_half_open():
    dusk = Window(hours=(Hours(minutes("17:00"), minutes("19:30")),))
    assert not holds(dusk, "2026-03-01T16:59:59.999999")
    assert holds(dusk, "2026-03-01T17:00:00")
    assert holds(dusk, "2026-03-01T19:29:59.999999")
    assert not holds(dusk, "2026-03-01T19:30:00")
    assert holds(Window(hours=(Hours(minutes("22:00"), minutes("24:00")),)), "2026-03-01T23:59:59.999999")


def test_hours_that_cross_midnight_belong_to_the_day_they_begin_on():
    eve = Window("除夕夜", days=(Days(date(2026, 2, 16), date(2026, 2, 16)),), hours=(Hours(22 * 60, 6 * 60),))
    assert not holds(eve, "2026-02-16T05:00:00")
    assert holds(eve, "2026-02-16T22:00:00")
    assert holds(eve, "2026-02-17T05:59:59")
    assert not holds(eve, "2026-02-17T06:00:00")
    assert not holds(eve, "2026-02-17T22:00:00")


def test_what_is_lifted_does_not_hold():
    eve = Window("春节", days=(Days(date(2026, 2, 16), date(2026, 2, 21)),))
    ban = Schedule(ALWAYS, lifted=(eve,))
    assert ban.matched(local("2026-02-15T23:59:59")) == "always"
    assert ban.matched(local("2026-02-16T00:00:00")) is None
    assert ban.matched(local("2026-02-22T00:00:00")) == "always"


def test_windows_say_themselves_in_words():
    window = Window(seasons=(Season((11, 15), (4, 5)),), hours=(Hours(17 * 60, 6 * 60 + 30),))
    assert str(window) == "11-15..04-05 17:00-06:30"
    assert str(Window(days=(Days(date(2026, 2, 16), date(2026, 2, 16)),))) == "2026-02-16"


def test_malformed_hours_are_refused():
    for text in ("7", "25:00", "24:01", "07:60", "07:00:30", "07:00+08:00", "1020", 1020, None):
        with pytest.raises(ValueError):
            minutes(text)


@given(instant=instants, offset=st.integers(-12, 12))
def test_an_instant_is_the_same_in_every_time_zone(instant, offset):
    window = Window(seasons=(Season((10, 1), (3, 31)),), hours=(Hours(17 * 60, 6 * 60),))
    schedule = Schedule(date(2025, 6, 1), date(2027, 6, 1), (window,))
    assert schedule.matched(instant) == schedule.matched(instant.astimezone(timezone(timedelta(hours=offset))))


@given(instant=instants, start=st.integers(0, 1439), end=st.integers(1, 1440))
def test_hours_and_the_rest_of_the_day_part_time_between_them(instant, start, end):
    if start == end or (start, end) == (0, 1440):
        return
    one, rest = Window(hours=(Hours(start, end),)), Window(hours=(Hours(end % 1440, start or 1440),))
    at = instant.astimezone(LOCAL)
    assert one.holds(at) != rest.holds(at)


@given(instant=instants, first=st.dates(date(2024, 1, 1), date(2024, 12, 31)), length=st.integers(1, 364))
def test_a_season_and_the_rest_of_the_year_part_time_between_them(instant, first, length):
    last = first + timedelta(days=length - 1)
    day_after, day_before = last + timedelta(days=1), first - timedelta(days=1)
    season = Season((first.month, first.day), (last.month, last.day))
    rest = Season((day_after.month, day_after.day), (day_before.month, day_before.day))
    at = instant.astimezone(LOCAL).date()
    if (at.month, at.day) != (2, 29):  # in neither, where one ends on the 28th of a year that has no 29th
        assert season.holds(at) != rest.holds(at)

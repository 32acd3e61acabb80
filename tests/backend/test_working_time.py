"""Terms in Chinese working time: holidays, make-up days, office hours, and years that nobody has announced yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.services import working_time
from backend.services.working_time import CHINA

KNOWN = st.dates(date(2024, 1, 1), date(2026, 11, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        ("2026-11-25T09:00", 1, "2026-11-26"),
        ("2026-11-27T09:00", 1, "2026-11-30"),  # over a weekend
        ("2026-09-30T09:00", 1, "2026-10-08"),  # over the National Day holiday
        ("2026-02-13T17:00", 1, "2026-02-14"),  # a Saturday worked in exchange for the Spring Festival
    ],
)
def test_a_term_in_working_days_ends_at_midnight_of_the_last(start: str, days: int, ends: str) -> None:
    term = working_time.after_days(at(start), days, working=True)
    assert (term.at, term.assumed) == (at(f"{ends}T23:59:59"), False)


def test_calendar_days_count_holidays_too() -> None:
    assert working_time.after_days(at("2026-09-30T09:00"), 2, working=False).at == at("2026-10-02T23:59:59")


@pytest.mark.parametrize(
    ("start", "hours", "ends"),
    [
        ("2026-11-25T09:00", 2, "2026-11-25T11:00"),
        ("2026-11-25T11:00", 2, "2026-11-25T16:00"),  # over noon
        ("2026-11-25T17:30", 2, "2026-11-26T09:30"),  # over night
        ("2026-11-27T17:00", 2, "2026-11-30T09:00"),  # over a weekend
        ("2026-11-25T05:00", 1, "2026-11-25T09:00"),  # before the office opens
    ],
)
def test_working_hours_run_only_while_offices_are_open(start: str, hours: int, ends: str) -> None:
    assert working_time.after_hours(at(start), hours).at == at(ends)


def test_a_year_without_announced_holidays_is_counted_by_weekdays_and_says_so() -> None:
    term = working_time.after_days(at("2031-10-01T09:00"), 1, working=True)
    assert (term.at, term.assumed) == (at("2031-10-02T23:59:59"), True)
    assert working_time.after_hours(at("2031-10-01T09:00"), 1).assumed


@given(day=KNOWN, days=st.integers(1, 15), more=st.integers(0, 5))
def test_a_longer_term_never_ends_sooner_and_ends_on_a_working_day(day: date, days: int, more: int) -> None:
    start = datetime(day.year, day.month, day.day, 10, tzinfo=CHINA)
    short = working_time.after_days(start, days, working=True).at
    long = working_time.after_days(start, days + more, working=True).at
    assert short <= long
    assert working_time.is_working(short.date())
    between = (start + timedelta(days=n) for n in range(1, (short.date() - day).days + 1))
    assert sum(working_time.is_working(one.date()) for one in between) == days

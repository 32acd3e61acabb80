"""Rules of recurrence: which are read and which refused, and the days and windows that follow from them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from backend.services.recurrence import WEEKDAYS, Pattern, Recurrence, RecurrenceInvalid
from backend.services.working_time import CHINA, is_working

SUNDAY = date(2026, 11, 22)


def pattern(rule: str, **more: Any) -> Pattern:
    usual: dict[str, Any] = {
        "start": SUNDAY, "last": None, "opens": time(8), "closes": time(18), "days": 0, "holidays": "keep",
    }  # fmt: skip
    return Pattern(Recurrence.of(rule), **(usual | more))


def days(of: Pattern, first: date, last: date) -> list[str]:
    return [f"{each.not_before:%m-%d}" for each in of.between(first, last)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("FREQ=DAILY;INTERVAL=1", "FREQ=DAILY"),
        ("INTERVAL=3;FREQ=DAILY", "FREQ=DAILY;INTERVAL=3"),
        ("FREQ=WEEKLY;BYDAY=TH,MO", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15", "FREQ=MONTHLY;BYMONTHDAY=15,-1"),
    ],
)
def test_a_rule_is_kept_in_one_form(said: str, kept: str) -> None:
    assert Recurrence.of(said).text() == kept
    assert Recurrence.of(kept) == Recurrence.of(said)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "NAME=VALUE"),
        ("every Monday", "NAME=VALUE"),
        ("FREQ=", "NAME=VALUE"),
        ("FREQ=DAILY;FREQ=DAILY", "each name once"),
        ("FREQ=YEARLY", "FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY"),
        ("FREQ=SECONDLY", "FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY"),
        ("INTERVAL=2", "FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY"),
        ("FREQ=DAILY;COUNT=3", "COUNT is not used here"),
        ("FREQ=DAILY;UNTIL=20270101", "UNTIL is not used here"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to 366"),
        ("FREQ=DAILY;INTERVAL=-1", "from 1 to 366"),
        ("FREQ=DAILY;INTERVAL=\u0663", "from 1 to 366"),
        ("FREQ=MONTHLY;INTERVAL=13;BYMONTHDAY=1", "from 1 to 12"),
        ("FREQ=DAILY;BYDAY=MO", "BYDAY does not go with FREQ=DAILY"),
        ("FREQ=WEEKLY", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=MO,MO", "each once"),
        ("FREQ=WEEKLY;BYDAY=2MO", "weekdays"),
        ("FREQ=WEEKLY;BYMONTHDAY=1;BYDAY=MO", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,1", "each day once"),
    ],
)
def test_another_rule_is_refused_with_what_is_wrong_about_it(said: str, reason: str) -> None:
    with pytest.raises(RecurrenceInvalid, match=reason):
        Recurrence.of(said)


@st.composite
def rules(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    said = f"FREQ={kind};INTERVAL={draw(st.integers(1, 12))}"
    if kind == "WEEKLY":
        return said + ";BYDAY=" + ",".join(draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)))
    if kind == "MONTHLY":
        wanted = st.lists(st.sampled_from([*range(1, 32), -1]), min_size=1, max_size=4, unique=True)
        return said + ";BYMONTHDAY=" + ",".join(map(str, draw(wanted)))
    return said


@given(rules(), st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(0, 900), st.integers(0, 100))
def test_days_are_those_of_the_standard_whichever_part_is_asked_for(rule: str, start: date, after: int, n: int) -> None:
    first = start + timedelta(days=after)
    last = first + timedelta(days=n)
    told = rrulestr(rule, dtstart=datetime.combine(start, time())).between(
        datetime.combine(first, time()), datetime.combine(last, time()), inc=True
    )
    assert Recurrence.of(rule).days(start, first, last) == [each.date() for each in told]


def test_a_month_without_the_day_has_none_and_minus_one_is_its_last() -> None:
    year = (date(2026, 12, 1), date(2027, 4, 30))
    assert days(pattern("FREQ=MONTHLY;BYMONTHDAY=31"), *year) == ["12-31", "01-31", "03-31"]
    assert days(pattern("FREQ=MONTHLY;BYMONTHDAY=-1"), *year) == ["12-31", "01-31", "02-28", "03-31", "04-30"]


GOLDEN_WEEK = (date(2026, 9, 28), date(2026, 10, 12))
"""1 to 7 October are a holiday, Saturday the 10th is worked."""


def in_october(rule: str, **more: Any) -> Pattern:
    return pattern(rule, start=date(2026, 9, 28), **more)


def test_a_day_off_is_kept_skipped_or_put_off_once() -> None:
    assert not is_working(date(2026, 10, 7))
    assert is_working(date(2026, 10, 10))
    first = "FREQ=MONTHLY;BYMONTHDAY=1"
    assert days(in_october(first), *GOLDEN_WEEK) == ["10-01"]
    assert days(in_october(first, holidays="skip"), *GOLDEN_WEEK) == []
    assert days(in_october(first, holidays="next"), *GOLDEN_WEEK) == ["10-08"]
    daily = days(in_october("FREQ=DAILY", holidays="next"), *GOLDEN_WEEK)
    assert daily == ["09-28", "09-29", "09-30", "10-08", "10-09", "10-10", "10-12"]  # the 11th is put off to the 12th


def test_a_day_put_off_beyond_the_last_one_falls_away() -> None:
    first = "FREQ=MONTHLY;BYMONTHDAY=1"
    assert days(in_october(first, holidays="next", last=date(2026, 10, 7)), *GOLDEN_WEEK) == []
    assert days(in_october(first, holidays="next", last=date(2026, 10, 8)), *GOLDEN_WEEK) == ["10-08"]


def test_a_window_counts_working_days_unless_holidays_are_kept() -> None:
    wednesday = "FREQ=WEEKLY;BYDAY=WE"
    (plain,) = in_october(wednesday, days=2).between(date(2026, 9, 30), date(2026, 9, 30))
    (working,) = in_october(wednesday, days=2, holidays="skip").between(date(2026, 9, 30), date(2026, 9, 30))
    assert plain.due_at == datetime(2026, 10, 2, 18, tzinfo=CHINA)
    assert working.due_at == datetime(2026, 10, 9, 18, tzinfo=CHINA)


def test_a_year_whose_holidays_are_not_announced_is_said_to_be_assumed() -> None:
    at = (date(2040, 1, 2), date(2040, 1, 2))
    assert [each.assumed for each in pattern("FREQ=DAILY", holidays="skip").between(*at)] == [True]
    assert [each.assumed for each in pattern("FREQ=DAILY").between(*at)] == [False]


def test_what_was_missed_is_made_up_for_only_while_its_window_is_open() -> None:
    late = datetime(2026, 12, 20, 9, tzinfo=CHINA)
    daily, three = pattern("FREQ=DAILY"), pattern("FREQ=DAILY", days=3)
    assert [each.day.day for each in daily.not_over(late, SUNDAY, late.date())] == [20]
    assert [each.day.day for each in three.not_over(late, SUNDAY, late.date())] == [17, 18, 19, 20]
    evening = late.replace(hour=18)
    assert daily.not_over(evening, SUNDAY, evening.date()) == []


@pytest.mark.parametrize(
    ("of", "field"),
    [
        (pattern("FREQ=DAILY", closes=time(8)), "closes"),
        (pattern("FREQ=DAILY", last=SUNDAY - timedelta(days=1)), "last_day"),
        (pattern("FREQ=WEEKLY;BYDAY=MO", last=SUNDAY), "rule"),
        (pattern("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31"), "rule"),
        (pattern("FREQ=DAILY", holidays="skip", last=SUNDAY), "rule"),
    ],
)
def test_a_rule_of_which_nothing_follows_is_refused(of: Pattern, field: str) -> None:
    with pytest.raises(RecurrenceInvalid) as refused:
        of.require_sound()
    assert refused.value.extras["field"] == field


def test_a_29th_of_february_is_waited_for() -> None:
    pattern("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29", start=date(2025, 2, 1)).require_sound()

"""Working days and hours in China, with its public holidays and make-up working days.

The holidays are those that the State Council announces each autumn for the year to come, as the package
`chinesecalendar` has them. For years that it does not have yet, Monday to Friday are assumed, and that is said.
Working hours are those of OFFICE_HOURS.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar

CHINA = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = ((time(8), time(12)), (time(15), time(18)))


class Term(NamedTuple):
    """An instant by which something is due; `assumed` when holidays on the way are not announced or not known yet."""

    at: datetime
    assumed: bool


def is_known(day: date) -> bool:
    """True when the holidays of that year are known."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def is_working(day: date) -> bool:
    """True for a working day, make-up days included."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def after_days(start: datetime, days: int, *, working: bool) -> Term:
    """The end (Chinese time) of the n-th day after `start`, counting working days only or all."""
    day = start.astimezone(CHINA).date()
    left, assumed = days, False
    while left > 0:
        day += timedelta(days=1)
        if not working:
            left -= 1
            continue
        assumed |= not is_known(day)
        left -= is_working(day)
    return Term(datetime.combine(day, time(23, 59, 59), CHINA), assumed)


def after_hours(start: datetime, hours: float) -> Term:
    """The instant at which so many working hours after `start` are over."""
    local, left = start.astimezone(CHINA), timedelta(hours=hours)
    day, assumed = local.date(), False
    while True:
        assumed |= not is_known(day)
        for begin, end in OFFICE_HOURS if is_working(day) else ():
            opens = max(local, datetime.combine(day, begin, CHINA))
            closes = datetime.combine(day, end, CHINA)
            if opens >= closes:
                continue
            if left <= closes - opens:
                return Term(opens + left, assumed)
            left -= closes - opens
        day += timedelta(days=1)

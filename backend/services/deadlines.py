"""When rectification is due, from an item's deadline.

Working days are Monday to Friday and working hours those of OFFICE_HOURS, in Chinese time. Public holidays and
make-up working days are not looked at yet.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from checklists.model import Deadline

CHINA = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = ((time(8), time(12)), (time(15), time(18)))


def due(start: datetime, deadline: Deadline) -> datetime:
    """The instant by which a finding found at `start` must be rectified; days end at midnight of the last one."""
    local = start.astimezone(CHINA)
    if deadline.unit == "working_hours":
        return _after_hours(local, timedelta(hours=deadline.amount))
    day = local.date()
    left = deadline.amount
    while left > 0:
        day += timedelta(days=1)
        if deadline.unit == "days" or day.weekday() < 5:
            left -= 1
    return datetime.combine(day, time(23, 59, 59), CHINA)


def _after_hours(local: datetime, left: timedelta) -> datetime:
    day = local.date()
    while True:
        for begin, end in OFFICE_HOURS if day.weekday() < 5 else ():
            opens = max(local, datetime.combine(day, begin, CHINA))
            closes = datetime.combine(day, end, CHINA)
            if opens >= closes:
                continue
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        day += timedelta(days=1)

"""Dates and times as tables and people write them, on the clocks of Guangxi.

No clock here: where a text leaves the day or the year out, the caller says when it was received.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from geo.local_time import LOCAL

_EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's serial numbers after February 1900."""
_EXCEL_1904 = date(1904, 1, 1)
_SERIALS = range(36_526, 73_051)
"""Of 2000 to 2099."""
# Runs of blanks are bounded, or a text of nothing else would take for ever.
_DATE = re.compile(r"(?<!\d)(20\d{2})\s{0,3}[-/.年]\s{0,3}(\d{1,2})\s{0,3}[-/.月]\s{0,3}(\d{1,2})(?!\d)\s{0,3}日?")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")
_MONTH_DAY = re.compile(r"(?<!\d)(\d{1,2})\s{0,3}月\s{0,3}(\d{1,2})\s{0,3}[日号]")
_TIME = re.compile(
    r"(凌晨|早上|上午|中午|下午|傍晚|晚上|夜间)?\s{0,3}(?<![\d.])(\d{1,2})\s{0,3}(?:[:时点]\s{0,3}(\d{1,2})\s{0,3}分?(?:[:]?(\d{1,2})\s{0,3}秒?)?|([时点])(半)?)(?!\d)"
)
_AFTERNOON = ("下午", "傍晚", "晚上", "夜间")
_YESTERDAY, _TODAY = re.compile("昨[天日晚夜]"), re.compile("今[天日晚早]")


@dataclass(frozen=True, slots=True)
class When:
    """A stated day and time of day; either may be missing. `yesterday`: the day is the one before it was said."""

    day: date | None = None
    month_day: tuple[int, int] | None = None
    clock: time | None = None
    yesterday: bool = False

    @property
    def stated(self) -> bool:
        """Whether anything was."""
        return bool(self.day or self.month_day or self.clock is not None or self.yesterday)

    def span(self, received: datetime) -> tuple[datetime, datetime | None]:
        """The instant in UTC, and the end of the span where only a day is stated.

        What is left out is taken so that the instant is the last before `received`. Raises ValueError for a day that
        no calendar has.
        """
        here = received.astimezone(LOCAL)
        day = self.day
        if day is None and self.month_day is not None:
            day = date(here.year, *self.month_day)
            if day > here.date():
                day = date(here.year - 1, *self.month_day)
        if day is None and self.yesterday:
            day = here.date() - timedelta(days=1)
        if day is None and self.clock is not None:
            day = here.date() if self.clock <= here.time() else here.date() - timedelta(days=1)
        if day is None:
            return received.astimezone(UTC), None
        start = datetime.combine(day, self.clock or time(0), LOCAL).astimezone(UTC)
        return start, None if self.clock is not None else start + timedelta(days=1)


def when_in(text: str) -> When:
    """The first day and the first time of day in a text that went through `angles.plain`."""
    day = month_day = None
    rest = text
    for pattern in (_DATE, _COMPACT):
        match = pattern.search(text)
        if match is not None and (day := _date(*match.groups())) is not None:
            rest = text[: match.start()] + " " + text[match.end() :]
            break
    if day is None and (match := _MONTH_DAY.search(text)) is not None:
        month_day = int(match[1]), int(match[2])
        rest = text[: match.start()] + " " + text[match.end() :]
    clock = next((c for match in _TIME.finditer(rest) if (c := _clock(match)) is not None), None)
    return When(day, month_day, clock, _YESTERDAY.search(text) is not None)


def cell_day(value: object, year: int | None = None, epoch_1904: bool = False) -> date | None:
    """The day that a table's cell holds: a date, Excel's serial number (as a number or as text), or a written day;
    `year` is for days without one. None if it is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    number = _number(text)
    if number is not None and int(number) in _SERIALS:
        return (_EXCEL_1904 if epoch_1904 else _EXCEL_EPOCH) + timedelta(days=int(number))
    when = when_in(text.removesuffix(".0"))
    if when.day is None and when.month_day is not None and year is not None:
        return _date(year, *when.month_day)
    return when.day


def cell_clock(value: object) -> time | None:
    """The time of day that a table's cell holds: a time, Excel's fraction of a day, 13:30, 1330, 13时30分."""
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    number = _number(text)
    if number is None:
        return when_in(text).clock
    if number.is_integer() and "." not in text and 0 <= number < 2400 and number % 100 < 60:
        return time(int(number) // 100, int(number) % 100)
    if int(number) in _SERIALS or 0.0 <= number < 1.0:
        seconds = round(number % 1.0 * 86_400)
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60) if seconds < 86_400 else None
    return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?(E-?\d+)?", text) else None


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> time | None:
    half, hour, minute, second, _, thirty = match.groups()
    number = int(hour)
    if half in _AFTERNOON and number < 12:
        number += 12
    if half == "中午" and number < 3:
        number += 12
    try:
        return time(number, 30 if thirty else int(minute or 0), int(second or 0))
    except ValueError:
        return None

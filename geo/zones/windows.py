"""When a rule holds: seasons that come every year, single dates, and hours of the day, all in Asia/Shanghai.

Windows are half-open: the instant that begins one is in it, the instant that ends it is not. Papers write the last
day (through 5 April), so data does too; here that is the midnight after it. Lunar festivals have no rule, they are
given as dates. Hours that cross midnight belong to the day on which they begin: 22:00 to 06:00 on 28 January covers
02:00 on the 29th.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from geo.local_time import local_time

_DAY = timedelta(days=1)
_CLOCK = re.compile(r"(\d\d):([0-5]\d)")

MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Season:
    """From one day of the year through another, both included; it may cross the new year."""

    first: MonthDay
    last: MonthDay

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        at = day.month, day.day
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last

    def __str__(self) -> str:
        return f"{self.first[0]:02d}-{self.first[1]:02d}..{self.last[0]:02d}-{self.last[1]:02d}"


@dataclass(frozen=True, slots=True)
class Days:
    """From one date through another, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.first.isoformat() + ("" if self.first == self.last else f"..{self.last.isoformat()}")


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the day [start, end), 0 to 1440; `end` <= `start` crosses midnight."""

    start: int
    end: int

    def day_of(self, local: datetime) -> date | None:
        """The day whose hours a local time is in, None if it is in none's."""
        at = local.hour * 60 + local.minute
        if self.start < self.end:
            return local.date() if self.start <= at < self.end else None
        if at >= self.start:
            return local.date()
        return local.date() - _DAY if at < self.end else None

    def __str__(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"


@dataclass(frozen=True, slots=True)
class Window:
    """Any of the seasons or days (every day if there are neither), in any of the hours (all day if there are none)."""

    name: str = ""
    seasons: tuple[Season, ...] = ()
    days: tuple[Days, ...] = ()
    hours: tuple[Hours, ...] = ()

    def holds(self, local: datetime) -> bool:
        """Whether a local time is in it."""
        if not self.hours:
            return self._holds_day(local.date())
        return any((day := hours.day_of(local)) is not None and self._holds_day(day) for hours in self.hours)

    def _holds_day(self, day: date) -> bool:
        spans: tuple[Season | Days, ...] = (*self.seasons, *self.days)
        return not spans or any(span.holds(day) for span in spans)

    def __str__(self) -> str:
        dates = ", ".join(str(span) for span in (*self.seasons, *self.days))
        hours = ", ".join(str(span) for span in self.hours)
        return self.name or " ".join(part for part in (dates, hours) if part) or "always"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a zone's rule holds: from midnight of `valid_from` to midnight of `valid_to` (None: until further notice),
    in any of `windows` (always if there are none), and not while it is `lifted`."""

    valid_from: date
    valid_to: date | None = None
    windows: tuple[Window, ...] = ()
    lifted: tuple[Window, ...] = ()

    def matched(self, instant: datetime) -> str | None:
        """The window that an instant is in, in words ("always" without windows); None if the rule does not hold.

        Raises ValueError for a time without a zone.
        """
        local = local_time(instant)
        if not self.in_force(local.date()) or any(window.holds(local) for window in self.lifted):
            return None
        if not self.windows:
            return "always"
        return next((str(window) for window in self.windows if window.holds(local)), None)

    def in_force(self, day: date) -> bool:
        """Whether the document behind it is valid on a day, whatever the hour."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def minutes(text: object) -> int:
    """Minutes of the text `HH:MM`, up to 24:00. Raises ValueError, also for a number: that is what YAML makes of hours
    without quotes, and 1020 minutes are not 10:20."""
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None or (at := int(match[1]) * 60 + int(match[2])) > 24 * 60:
        raise ValueError(f"{text!r} is no hour and minute")
    return at

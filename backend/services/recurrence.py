"""On which days something recurs, and from when to when: a small part of RFC 5545's rules, read strictly.

Knows no database. Days are counted by dateutil; working days and holidays are those of `working_time`. A day is one of
China.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil import rrule

from backend.services.errors import InputInvalid
from backend.services.working_time import CHINA, after_days, is_known, is_working

HOLIDAYS = ("keep", "skip", "next")
"""What becomes of a day that is no working day: kept, left out, or put off to the next working day."""
MOST_DAYS = 92
"""A window ends at most so many days after it opens."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}
_DAYS_OF = {"WEEKLY": "BYDAY", "MONTHLY": "BYMONTHDAY"}
_MOST_INTERVAL = {"DAILY": 366, "WEEKLY": 53, "MONTHLY": 12}
_LOOKED_AHEAD = timedelta(days=9 * 366)  # 29 February is at most eight years away
_PUT_OFF = 31  # more days than any holiday lasts


class RecurrenceInvalid(InputInvalid):
    """The rule is none of the allowed ones, or no day follows from it."""

    code = "recurrence-invalid"

    def __init__(self, detail: str, field: str = "rule") -> None:
        super().__init__(detail, field=field)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every so many days, weeks or months; `weekdays` count from Monday as 0, of `month_days` -1 is the last one."""

    frequency: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()

    @classmethod
    def of(cls, text: str) -> Recurrence:
        """Read `FREQ=DAILY|WEEKLY|MONTHLY`, `INTERVAL`, `BYDAY` and `BYMONTHDAY`. Raises RecurrenceInvalid."""
        parts = _parts(text)
        frequency = parts.pop("FREQ", "")
        if frequency not in _FREQUENCIES:
            raise RecurrenceInvalid("A rule says FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY.")
        interval = _whole(parts.pop("INTERVAL", "1"), 1, _MOST_INTERVAL[frequency], "INTERVAL")
        wanted = _DAYS_OF.get(frequency)
        said = parts.pop(wanted, None) if wanted is not None else ""
        if parts:
            raise RecurrenceInvalid(f"{' and '.join(sorted(parts))} does not go with FREQ={frequency} here.")
        if said is None:
            raise RecurrenceInvalid(f"FREQ={frequency} says its days with {wanted}.")
        weekdays = _weekdays(said) if frequency == "WEEKLY" else ()
        return cls(frequency, interval, weekdays, _month_days(said) if frequency == "MONTHLY" else ())

    def text(self) -> str:
        """The rule in its one form."""
        said = [f"FREQ={self.frequency}", *([f"INTERVAL={self.interval}"] if self.interval > 1 else [])]
        said += [f"BYDAY={','.join(WEEKDAYS[day] for day in self.weekdays)}"] if self.weekdays else []
        said += [f"BYMONTHDAY={','.join(map(str, self.month_days))}"] if self.month_days else []
        return ";".join(said)

    def days(self, start: date, first: date, last: date) -> list[date]:
        """Its days from `first` to `last`, counted from `start` on; a month without such a day has none."""
        counted = {"DAILY": self.interval, "WEEKLY": 7 * self.interval}.get(self.frequency)
        if counted is not None and first > start:  # begin near by: the same days, without walking through years
            start += timedelta(days=(first - start).days // counted * counted)
        begin, end = datetime.combine(start, time()), datetime.combine(last, time())
        found = rrule.rrule(
            _FREQUENCIES[self.frequency],
            dtstart=begin,
            until=end,
            interval=self.interval,
            byweekday=self.weekdays or None,
            bymonthday=self.month_days or None,
        )
        return [each.date() for each in found if each.date() >= first]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """`day` is the one that the rule names, whatever day it is put off to; `assumed` where holidays are not known."""

    day: date
    not_before: datetime
    due_at: datetime
    assumed: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """A recurrence with its bounds and window: from `opens` on its day to `closes`, `days` days later.

    With `holidays` other than keep these days are working days. `last` is the last day on which one may open.
    """

    recurrence: Recurrence
    start: date
    last: date | None
    opens: time
    closes: time
    days: int
    holidays: str

    def require_sound(self) -> None:
        """Raise RecurrenceInvalid where the window ends before it opens, or no day follows from the rule."""
        if self.days == 0 and self.closes <= self.opens:
            raise RecurrenceInvalid("The window would close before it opens.", field="closes")
        last = min(filter(None, (self.last, self.start + _LOOKED_AHEAD)))
        if last < self.start:
            raise RecurrenceInvalid("The last day lies before the first.", field="last_day")
        if not self.between(self.start, last):
            raise RecurrenceInvalid("No day of this rule lies between its first and its last day.")

    def between(self, first: date, last: date) -> list[Occurrence]:
        """The occurrences whose named day lies from `first` to `last`, both included, the earliest first."""
        first = max(first, self.start)
        last = last if self.last is None else min(last, self.last)
        if last < first:
            return []
        beyond = last + timedelta(days=_PUT_OFF) if self.holidays == "next" else last
        days = self.recurrence.days(self.start, first, beyond if self.last is None else min(beyond, self.last))
        found = [self._occurrence(day, days[n + 1 :]) for n, day in enumerate(days) if day <= last]
        return [each for each in found if each is not None]

    def not_over(self, now: datetime, since: date, until: date) -> list[Occurrence]:
        """Those named from `since` to `until` whose window has not closed at `now`."""
        reach = timedelta(days=2 * self.days + _PUT_OFF)
        first = max(since, now.astimezone(CHINA).date() - reach)
        return [each for each in self.between(first, until) if each.due_at > now]

    def _occurrence(self, day: date, later: Sequence[date]) -> Occurrence | None:
        held = day
        while self.holidays == "next" and not is_working(held):
            held += timedelta(days=1)
        put_off = held > day
        if put_off and (any(each <= held for each in later) or (self.last is not None and held > self.last)):
            return None  # the next one stands for it, or the time of the rule is over
        if self.holidays == "skip" and not is_working(held):
            return None
        opens = datetime.combine(held, self.opens, CHINA)
        end = after_days(opens, self.days, working=self.holidays != "keep")
        closes = datetime.combine(end.at.date(), self.closes, CHINA)
        return Occurrence(day, opens, closes, self.holidays != "keep" and (end.assumed or not is_known(held)))


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for each in text.split(";"):
        name, equals, value = each.partition("=")
        if not equals or not value or name in parts:
            raise RecurrenceInvalid("A rule is NAME=VALUE, each name once, with ';' between, as FREQ=WEEKLY;BYDAY=MO.")
        if name not in ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY"):
            raise RecurrenceInvalid(
                f"{name[:40]} is not used here; FREQ, INTERVAL, BYDAY and BYMONTHDAY are. "
                "first_day and last_day are the bounds."
            )
        parts[name] = value
    return parts


def _whole(text: str, least: int, most: int, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not least <= int(text) <= most:
        raise RecurrenceInvalid(f"{name} is a whole number from {least} to {most}.")
    return int(text)


def _weekdays(text: str) -> tuple[int, ...]:
    said = text.split(",")
    if len(set(said)) < len(said) or not set(said) <= set(WEEKDAYS):
        raise RecurrenceInvalid("BYDAY names weekdays, each once: MO, TU, WE, TH, FR, SA, SU.")
    return tuple(sorted(WEEKDAYS.index(each) for each in said))


def _month_days(text: str) -> tuple[int, ...]:
    said = [-1 if each == "-1" else _whole(each, 1, 31, "BYMONTHDAY (or -1, the last day)") for each in text.split(",")]
    if len(set(said)) < len(said):
        raise RecurrenceInvalid("BYMONTHDAY names each day once.")
    return tuple(sorted(said, key=lambda day: (day < 0, day)))

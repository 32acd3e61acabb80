"""A day as offices write it into a cell: as a date, as text in several forms, or as the number that Excel made of it.

A day without its year is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WITHOUT_YEAR = re.compile(r"\d{1,2}[-/.月]\d{1,2}[日号]?")
_AFTER = re.compile(r"(\d{1,2}(:\d{2}){1,2}|\d{1,2}[时点](\d{1,2}分)?)?(之前|以前|前|底前)?(完成|办结|整改完成)?[。;]?")
"""What may follow a day: a time, 前, 完成."""
_SERIAL = re.compile(r"\d{5}")
EXCEL_EPOCH = date(1899, 12, 30)  # day 60 is the 29th of February 1900 that never was; all later days count from here
YEARS = (2000, 2100)


@dataclass(frozen=True, slots=True)
class Written:
    """What was read. `fault` says why nothing was: `date-unclear` or `date-without-year`; `plain`: it was a date."""

    day: date | None = None
    plain: bool = False
    fault: str | None = None


def read(text: str) -> Written:
    """The day that a cell's text names."""
    said = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    for form in (_YEAR_FIRST, _EIGHT):
        found = form.match(said)
        if found is not None:
            day = _day(*map(int, found.groups()))
            plain = re.fullmatch(r"\d{4}-\d{2}-\d{2}", said) is not None
            if day is not None and _AFTER.fullmatch(said[found.end() :]):
                return Written(day, plain)
    if _SERIAL.fullmatch(said):
        day = EXCEL_EPOCH + timedelta(days=int(said))
        if YEARS[0] <= day.year <= YEARS[1]:
            return Written(day)
    without = _WITHOUT_YEAR.match(said)
    if without is not None and _AFTER.fullmatch(said[without.end() :]):
        return Written(fault="date-without-year")
    return Written(fault="date-unclear")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if YEARS[0] <= year <= YEARS[1] else None

"""From a line of the statistics to the list that shows exactly its rows: filters of places and times, as addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from backend.services import cells, fire_rates
from backend.services.fire_rates import Span
from backend.services.visibility import UNASSIGNED
from geo.local_time import LOCAL


def county_of(code: str) -> str:
    """The county that a township is counted in; what is in none stands for itself, and nothing for nothing."""
    return (fire_rates.county_of(code) or "") if code else ""


def place(by: str, code: str, cell: str | None = None) -> dict[str, str]:
    """The filter of a line by county or township; `cell` is a filter already in force, which may be finer."""
    if not code:
        return {"township": UNASSIGNED}
    grid = cells.grid()
    if by == "county" and code in grid and grid[code].level == "county":
        return {"cell": cell if cell is not None and cell in cells.descendants(code) else code}
    return {"township": code}


def query(path: str, asked: Mapping[str, str]) -> str:
    """The address of a list."""
    return f"/api/v1/{path}?{urlencode(asked)}"


def months(span: Span) -> Iterator[tuple[str, Span]]:
    """Each month of a monthly span with its days; otherwise all of it, by an empty name."""
    if not span.monthly:
        yield "", span
        return
    first = span.first
    while first <= span.last:
        period = f"{first:%Y-%m}"
        _, last = days_of(span, period)
        yield period, Span(first, last)
        first = last + timedelta(days=1)


def days_of(span: Span, period: str) -> tuple[date, date]:
    """The first and last day of a month of a span, or of all of it."""
    if not period:
        return span.first, span.last
    first = date.fromisoformat(f"{period}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return max(first, span.first), min(last, span.last)


def instants(first: date, last: date) -> tuple[datetime, datetime]:
    """From the start of a day in China to the end of another: included, not included."""
    start, end = (datetime.combine(day, time(0), LOCAL) for day in (first, last + timedelta(days=1)))
    return start, end


def between(name: str, first: date, last: date) -> dict[str, str]:
    """The filters `<name>_from` and `<name>_to` of a list that takes instants."""
    start, end = instants(first, last)
    return {f"{name}_from": start.isoformat(), f"{name}_to": end.isoformat()}

"""The handling rate (处理率) of fire points by county and month or period, against the plans' targets.

A fire point is handled when somebody has answered, whatever was found; merged ones are not counted again. Counts
places and times, never persons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import FirePoint
from backend.services import cells, fire_points
from backend.services.actor import Actor
from backend.services.errors import InputInvalid
from backend.services.fire_points import FireFilters
from geo.local_time import LOCAL, local_time

MOST_DAYS = 1100
IN_TIME_MINUTES = 120
"""Within how many minutes after its report a fire point is answered in time, where nobody says otherwise."""
TARGETS = Path(catalogue.__file__).with_name("fire_targets.yaml")
_CONFIRMED = ("straw", "other", "scorched")


@dataclass(slots=True)
class Tally:
    """Counts of one county and period."""

    points: int = 0
    handled: int = 0
    in_time: int = 0
    confirmed: int = 0
    ruled_out: int = 0
    no_burn: int = 0
    year_before: int = 0

    def count(
        self,
        outcome: str | None,
        zone: str | None,
        reported_at: datetime,
        answered_at: datetime | None,
        within_minutes: int,
    ) -> None:
        """Count a fire point of the period."""
        self.points += 1
        self.no_burn += zone == "no-burn"
        if outcome is not None:
            self.handled += 1
            self.confirmed += outcome in _CONFIRMED
            self.ruled_out += outcome == "ruled_out"
            late = answered_at is None or answered_at - reported_at > timedelta(minutes=within_minutes)
            self.in_time += not late


@dataclass(frozen=True, slots=True)
class Span:
    """Days of Guangxi, both included. `monthly`: a row a month, otherwise one for all. `most`: days at most."""

    first: date
    last: date
    monthly: bool = False
    most: int = MOST_DAYS

    def __post_init__(self) -> None:
        if not self.first <= self.last <= self.first + timedelta(days=self.most):
            raise InputInvalid(f"A period is from a day through a later one, of at most {self.most} days.", field="to")

    def period(self, day: date) -> str:
        """The name of the period that a day is in."""
        return f"{day:%Y-%m}" if self.monthly else f"{self.first}..{self.last}"

    def filters(self, filters: FireFilters) -> FireFilters:
        """The filters, narrowed to what was first seen in the span."""
        start, end = (datetime.combine(day, time(0), LOCAL) for day in (self.first, self.last + timedelta(days=1)))
        return replace(filters, first_from=start, first_to=end)

    def year_before(self) -> Span:
        """The same days a year earlier (29 February: the 28th)."""
        return replace(self, first=_year_before(self.first), last=_year_before(self.last))


def rates(
    session: Session, actor: Actor, span: Span, filters: FireFilters, within_minutes: int
) -> list[dict[str, Any]]:
    """A row for each county and period that has fire points now or had a year before. Raises FilterInvalid."""
    tallies: dict[tuple[str | None, str], Tally] = {}
    for cell, first_at, outcome, zone, reported_at, answered_at in _rows(session, actor, span.filters(filters)):
        tally = tallies.setdefault((county_of(cell), span.period(local_time(first_at).date())), Tally())
        tally.count(outcome, zone, reported_at, answered_at, within_minutes)
    before = span.year_before()
    for cell, first_at, *_ in _rows(session, actor, before.filters(filters)):
        day = local_time(first_at).date()
        tallies.setdefault((county_of(cell), span.period(_year_after(day))), Tally()).year_before += 1
    return [_document(cell, period, tally, span) for (cell, period), tally in sorted(tallies.items(), key=_order)]


def _rows(session: Session, actor: Actor, filters: FireFilters) -> Iterable[Any]:
    query = fire_points.visible(actor).where(*fire_points.conditions(filters))
    columns = ("cell_code", "first_at", "outcome", "zone_outcome", "reported_at", "answered_at")
    return session.execute(query.with_only_columns(*(getattr(FirePoint, name) for name in columns)))


def _order(item: tuple[tuple[str | None, str], Tally]) -> tuple[str, str]:
    return item[0][1], item[0][0] or "~"


def county_of(cell: str | None) -> str | None:
    """The county that a cell is in; a cell above counties stands for itself."""
    if cell is None:
        return None
    grid = cells.grid()
    lineage = cells.lineage(cell)
    return next((code for code in lineage if code in grid and grid[code].level == "county"), cell)


def _document(cell: str | None, period: str, tally: Tally, span: Span) -> dict[str, Any]:
    rate = round(tally.handled / tally.points, 4) if tally.points else None
    last = _last_day(period) if span.monthly else span.last
    target = target_of(cell, min(last, span.last))
    return {
        "cell": cell,
        "name": cells.name(cell) if cell else None,
        "period": period,
        "points": tally.points,
        "handled": tally.handled,
        "in_time": tally.in_time,
        "confirmed": tally.confirmed,
        "ruled_out": tally.ruled_out,
        "no_burn": tally.no_burn,
        "points_year_before": tally.year_before,
        "rate": rate,
        "target": target and target["rate"],
        "target_source": target and target["source"],
        "met": None if target is None or rate is None else tally.handled >= target["rate"] * tally.points,
    }


def target_of(cell: str | None, day: date) -> Mapping[str, Any] | None:
    """The target that holds in a cell on a day, that of the nearest cell above it; None where no plan has one."""
    for code in cells.lineage(cell) if cell else ():
        for each in _targets():
            if each["cell"] == code and each["from"] <= day and (each["through"] is None or day <= each["through"]):
                return each
    return None


@cache
def _targets() -> tuple[Mapping[str, Any], ...]:
    return tuple(yaml.safe_load(TARGETS.read_text("utf-8")))


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def _year_after(day: date) -> date:
    return date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

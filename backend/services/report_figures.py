"""What a daily or monthly report counts of an area: findings by place and topic, fire points, patrols, units' days.

Findings of the period are those of `statistics`, inspections too; fire points count as `fire_rates` do, and units' days
as `fire_days`. Beside them stands what was closed in the period and what is still open, whenever it was found. Counts
places, units and times, never persons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Case, Finding, FindingStanding, FirePoint, Patrol
from backend.services import (
    cells,
    figure_lists,
    figures,
    finding_queries,
    fire_days,
    fire_points,
    fire_rates,
    statistics,
    visibility,
)
from backend.services.actor import Actor
from backend.services.figure_sums import Asked
from backend.services.finding_filters import Filters
from backend.services.fire_points import FireFilters
from backend.services.fire_rates import Tally
from backend.services.report_asked import ReportAsked
from backend.services.visibility import TOWNSHIP


@dataclass(slots=True)
class Line:
    """Of a place, a topic or the whole area. `counts` by figure; the last three whenever the finding was found."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(figures.FIGURES, 0))
    patrols: int = 0
    inspections: int = 0
    closed_then: int = 0
    open: int = 0
    overdue: int = 0


@dataclass(slots=True)
class Duty:
    """A unit's days. `known`: fire points that the ledger has; counts of people and vehicles are sums over the days."""

    reported: int = 0
    zero: int = 0
    missing: int = 0
    people: int = 0
    vehicles: int = 0
    fires: int = 0
    known: int = 0

    def add(self, other: Duty) -> None:
        """Count another one's days too."""
        for name in Duty.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Report:
    """Everything by code: of places (`by` county or township), topics, sources of fire points, units; and in all."""

    by: str
    whole: Line = field(default_factory=Line)
    places: dict[str, Line] = field(default_factory=dict)
    topics: dict[str, Line] = field(default_factory=dict)
    fires: Tally = field(default_factory=Tally)
    fires_by_place: dict[str, Tally] = field(default_factory=dict)
    fires_by_source: dict[str, Tally] = field(default_factory=dict)
    duty: dict[str, Duty] = field(default_factory=dict)
    newest: datetime | None = None
    """When the latest of the findings was received."""


def of(session: Session, actor: Actor, asked: ReportAsked, as_of: datetime, through: date) -> Report:
    """Count it all; `as_of` is the instant for what is overdue, `through` the last day that units can have reported.

    Raises FilterInvalid, NotFound, NotAllowed.
    """
    by, places = _places(asked.cell)
    report = Report(by, places={code: Line() for code in places})
    _count_findings(session, actor, asked, as_of, report)
    _count_standings(session, actor, asked, as_of, report)
    _count_patrols(session, actor, asked, report)
    _count_fires(session, actor, asked, report)
    report.duty = _duty(session, actor, asked, through)
    return report


def _places(cell: str) -> tuple[str, list[str]]:
    """By what an area is told: by county, and one that lies in a county by township."""
    grid = cells.grid()
    levels = {grid[code].level for code in cells.lineage(cell) if code in grid}
    by = "township" if "county" in levels else "county"
    return by, sorted(code for code in cells.descendants(cell) if code in grid and grid[code].level == by)


def _count_findings(session: Session, actor: Actor, asked: ReportAsked, as_of: datetime, report: Report) -> None:
    filters = Filters(cell=asked.cell)
    for by, lines in ((report.by, report.places), ("topic", report.topics)):
        told = statistics.of(session, actor, Asked(by, asked.span, filters, as_of))
        for item in told["items"]:
            _told(item, lines.setdefault(item["code"], Line()))
        _told(told["total"], report.whole)


def _told(item: dict[str, Any], line: Line) -> None:
    line.counts = {name: told["n"] for name, told in item["figures"].items()}
    line.inspections = item.get("inspections", {}).get("n", 0)


def _count_standings(session: Session, actor: Actor, asked: ReportAsked, as_of: datetime, report: Report) -> None:
    """What was closed in the period and what still stands open, of all that was found until its end."""
    start, end = figure_lists.instants(asked.first, asked.last)
    standing = FindingStanding
    closed = func.count().filter(standing.closed == 1, Case.closed_at >= start, Case.closed_at < end)
    sums = (closed, func.sum(standing.open), func.count().filter(standing.due_at < as_of))
    query = (
        select(standing.township, standing.topic, *sums, func.max(Finding.received_at))
        .join(Finding, Finding.id == standing.finding_id)
        .outerjoin(Case, Case.finding_id == Finding.id)
        .where(finding_queries.visible_to(actor), *finding_queries.conditions(asked.until_then()))
        .group_by(standing.township, standing.topic)
    )
    for township, topic, closed_then, still_open, overdue, newest in session.execute(query):
        place = report.places.setdefault(_place(township, report.by), Line())
        for line in (report.whole, place, report.topics.setdefault(topic, Line())):
            line.closed_then += closed_then
            line.open += still_open
            line.overdue += overdue
        report.newest = max(newest, report.newest or newest)


def _count_patrols(session: Session, actor: Actor, asked: ReportAsked, report: Report) -> None:
    start, end = figure_lists.instants(asked.first, asked.last)
    query = select(Patrol.cell_code, func.count()).where(
        visibility.seen_by(actor, Patrol.cell_code, Patrol.author_id),
        visibility.within(asked.cell, Patrol.cell_code),
        Patrol.started_at >= start,
        Patrol.started_at < end,
    )
    for cell, n in session.execute(query.group_by(Patrol.cell_code)):
        report.places.setdefault(_place(cell or "", report.by), Line()).patrols += n
        report.whole.patrols += n


def _count_fires(session: Session, actor: Actor, asked: ReportAsked, report: Report) -> None:
    filters = asked.span.filters(FireFilters(cell=asked.cell))
    names = ("cell_code", "sources", "outcome", "zone_outcome", "reported_at", "answered_at")
    query = fire_points.visible(actor).where(*fire_points.conditions(filters))
    columns = [getattr(FirePoint, name) for name in names]
    for cell, sources, outcome, zone, reported_at, answered_at in session.execute(query.with_only_columns(*columns)):
        place = report.fires_by_place.setdefault(_place(cell or "", report.by), Tally())
        by_source = (report.fires_by_source.setdefault(source, Tally()) for source in sources)
        for tally in (report.fires, place, *by_source):
            tally.count(outcome, zone, reported_at, answered_at, fire_rates.IN_TIME_MINUTES)


def _place(cell: str, by: str) -> str:
    return figure_lists.county_of(cell) if by == "county" else cell[:TOWNSHIP]


def _duty(session: Session, actor: Actor, asked: ReportAsked, through: date) -> dict[str, Duty]:
    """The days of the units right below the area, those that have come."""
    found: dict[str, Duty] = {}
    for day in _days(asked.first, min(asked.last, through)):
        for item in fire_days.of_day(session, actor, asked.cell, day)["items"]:
            found.setdefault(item["unit"], Duty()).add(
                Duty(
                    reported=int(item["state"] != "missing"),
                    zero=int(item["state"] == "zero"),
                    missing=int(item["state"] == "missing"),
                    known=item["known_fires"],
                    **{name: item.get(name, 0) for name in ("people", "vehicles", "fires")},
                )
            )
    return found


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))

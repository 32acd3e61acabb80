"""What a daily or monthly report is asked for: an area and a day or month, from text; and which findings it lists.

What stands in it is `area_report`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.models import Finding, FindingStanding
from backend.services import cells, figure_lists, finding_queries
from backend.services.actor import Actor
from backend.services.errors import NotAllowed
from backend.services.finding_filters import Filters
from backend.services.fire_rates import Span
from backend.services.visibility import FilterInvalid

DAILY, MONTHLY = ("cell", "day"), ("cell", "month")
LEAST_YEAR, MOST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """An area (an administrative cell with all below it) and the days of a report, of Guangxi, both included."""

    cell: str
    first: date
    last: date

    @property
    def daily(self) -> bool:
        """Whether it is of a single day; otherwise of a month."""
        return self.first == self.last

    @property
    def span(self) -> Span:
        """Its days as statistics take them."""
        return Span(self.first, self.last)

    def until_then(self) -> Filters:
        """The findings of the area that were found until its end."""
        _, end = figure_lists.instants(self.first, self.last)
        return Filters(cell=self.cell, found_to=end)

    def overdue(self, as_of: datetime) -> Filters:
        """Those of them that are overdue at an instant."""
        _, end = figure_lists.instants(self.first, self.last)
        return Filters(cell=self.cell, found_to=end, figure="overdue", as_of=as_of)


def parse_daily(given: Mapping[str, Any]) -> ReportAsked:
    """`cell` and `day`, both of which must be said. Raises FilterInvalid."""
    day = _day("day", str(given.get("day") or ""), r"\d{4}-\d\d-\d\d", "")
    return ReportAsked(_cell(given), day, day)


def parse_monthly(given: Mapping[str, Any]) -> ReportAsked:
    """`cell` and `month`, both of which must be said. Raises FilterInvalid."""
    first = _day("month", str(given.get("month") or ""), r"\d{4}-\d\d", "-01")
    _, last = figure_lists.days_of(Span(first, date(first.year, 12, 31)), f"{first:%Y-%m}")
    return ReportAsked(_cell(given), first, last)


def stated(asked: ReportAsked) -> dict[str, str]:
    """The same as text, which the parser of its kind reads back."""
    said = {"day": asked.first.isoformat()} if asked.daily else {"month": f"{asked.first:%Y-%m}"}
    return {"cell": asked.cell, **said}


def rows_of(actor: Actor, asked: ReportAsked) -> Select[Any]:
    """The findings that a report may have to list: those with a term that runs, whether it is over or not."""
    seen = (finding_queries.visible_to(actor), *finding_queries.conditions(asked.until_then()))
    running = FindingStanding.due_at.is_not(None)
    return select(Finding.id).join(FindingStanding, FindingStanding.finding_id == Finding.id).where(*seen, running)


def require(_session: Session, actor: Actor, asked: ReportAsked) -> None:
    """Refuse what there can be no report of. Raises FilterInvalid, NotAllowed."""
    if asked.cell not in cells.grid():
        raise FilterInvalid("cell is the code of an administrative cell of today.", field="cell")
    if not actor.covers(cells.lineage(asked.cell)):
        raise NotAllowed("A report is of a whole area, and part of this one lies outside yours.", cell=asked.cell)


def _cell(given: Mapping[str, Any]) -> str:
    cell = str(given.get("cell") or "").strip()
    if not cell:
        raise FilterInvalid("cell is the area that the report is of, and must be said.", field="cell")
    return cell


def _day(name: str, said: str, form: str, rest: str) -> date:
    try:
        found = date.fromisoformat(said.strip() + rest) if re.fullmatch(form, said.strip(), re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not LEAST_YEAR <= found.year <= MOST_YEAR:
        like = "2026-11-22" if name == "day" else "2026-11"
        raise FilterInvalid(f"{name} must be said, in the form {like}.", field=name)
    return found

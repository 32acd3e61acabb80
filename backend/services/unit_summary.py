"""The summary by unit (分单位汇总): how many findings each office or department has, closed, open, late.

One pass over the findings of the list, a few columns of each; what is kept is a line per unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Case, Finding, Office, Site
from backend.services import finding_queries
from backend.services.actor import Actor
from backend.services.case_rows import beginning, days_late, is_open
from backend.services.finding_filters import Filters
from backend.services.list_rows import Facts, names_by_level

BATCH = 1000


@dataclass(slots=True)
class UnitRow:
    """What a row's columns are taken from; see exports/columns.yaml.

    A duplicate that was merged into another finding counts as rejected. `rate` is of all but the rejected.
    """

    district: str
    unit: str
    n: int | None = None
    total: int = 0
    closed: int = 0
    on_the_spot: int = 0
    open: int = 0
    late: int = 0
    transferred: int = 0
    rejected: int = 0

    @property
    def rate(self) -> float | None:
        """Closed ones in per cent; null where there is nothing to close."""
        asked = self.total - self.rejected
        return round(100 * self.closed / asked, 1) if asked else None


def unit_rows(
    session: Session,
    actor: Actor,
    filters: Filters,
    facts: Facts,
    as_of: date,
    seen: Callable[[int], object],
) -> Iterator[UnitRow]:
    """A row per district and unit, by district code and name, and last the sum of all. Raises FilterInvalid."""
    found = _counted(session, actor, filters, facts, beginning(as_of), seen)
    everything = UnitRow("", catalogue.label(facts.language, "unit_summary", "sum"))
    for n, key in enumerate(sorted(found), start=1):
        row = found[key]
        row.n = n
        for name in ("total", "closed", "on_the_spot", "open", "late", "transferred", "rejected"):
            setattr(everything, name, getattr(everything, name) + getattr(row, name))
        yield row
    yield everything


def _counted(
    session: Session,
    actor: Actor,
    filters: Filters,
    facts: Facts,
    until: datetime,
    seen: Callable[[int], object],
) -> dict[tuple[str, str], UnitRow]:
    """The unit of a finding is the office that has it, else the department above its site, else the item's."""
    unassigned = catalogue.label(facts.language, "list", "unassigned")
    nobody = catalogue.label(facts.language, "unit_summary", "nobody")
    query = (
        select(
            Finding.cell_code,
            Finding.state,
            Finding.deadline_at,
            Finding.lead_department,
            Finding.received_at,
            Site.supervising_department,
            Office.name,
            Case,
        )
        .outerjoin(Site, Site.id == Finding.site_id)
        .outerjoin(Case, Case.finding_id == Finding.id)
        .outerjoin(Office, Office.id == Case.office_id)
        .where(finding_queries.visible_to(actor), *finding_queries.conditions(filters))
    )
    found: dict[tuple[str, str], UnitRow] = {}
    rows = session.execute(query.execution_options(yield_per=BATCH))
    for n, (cell, state, due, lead, received_at, department, office, case) in enumerate(rows, start=1):
        unit, code = office or department or lead or nobody, (cell or "")[:6]
        row = found.setdefault((code, unit), UnitRow(_district(cell) or unassigned, unit))
        _count(row, state, case, bool(days_late(state, due, case, until)))
        facts.as_of = max(received_at, facts.as_of or received_at)
        seen(n)
    return found


def _count(row: UnitRow, state: str, case: Case | None, late: bool) -> None:
    closed = state in ("closed", "look_back")
    row.total += 1
    row.closed += closed
    row.on_the_spot += closed and case is not None and case.on_the_spot
    row.open += is_open(state)
    row.late += is_open(state) and late
    row.transferred += state == "penalty_transfer"
    row.rejected += state == "rejected"


def _district(cell: str | None) -> str | None:
    by_level = names_by_level(cell)
    return by_level.get("county") or next(iter(by_level.values()), None)

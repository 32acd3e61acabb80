"""Daily reports (日报): what each unit says of its day, and who has said nothing.

A zero report (零报告) is said on purpose; a day without a report is told as missing, never as zero. Beside each report
stands what the ledger knows, so that a zero report on a day with a fire is seen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.models import FireDay, FirePoint
from backend.services import audit, cells, rows
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotAllowed, NotFound
from geo.local_time import LOCAL, local_time


@dataclass(frozen=True, slots=True)
class DayReport:
    """`zero_report` goes with no fires, and must be said."""

    people: int
    vehicles: int
    fires: int
    zero_report: bool
    note: str | None = None


def report(session: Session, actor: Actor, unit: str, day: date, said: DayReport, now: datetime) -> FireDay:
    """Enter or revise a unit's report; the audit trail keeps what was said before.

    Raises NotFound, NotAllowed, InputInvalid. The session is one that may write.
    """
    if cells.name(unit) is None:
        raise NotFound("There is no such unit.")
    if not actor.covers(cells.lineage(unit)):
        raise NotAllowed("This unit lies outside your area.", cell=unit)
    if day > local_time(now).date():
        raise InputInvalid("This day has not come yet.", field="day")
    if said.zero_report != (said.fires == 0):
        told = "A day without fires is a zero report, said on purpose; one with fires is none."
        raise InputInvalid(told, field="zero_report")
    found = _row(session, unit, day, said, actor, now)
    before = [found.people, found.vehicles, found.fires] if found.rev else None
    found.people, found.vehicles, found.fires = said.people, said.vehicles, said.fires
    found.zero_report, found.note = said.zero_report, said.note
    found.by_id, found.at = actor.user_id, now
    found.rev += 1
    session.flush()
    counts = {"before": before, "counts": [said.people, said.vehicles, said.fires]}
    audit.record(session, now, actor.user_id, "fire-day.report", unit, day=day.isoformat(), **counts)
    return found


def _row(session: Session, unit: str, day: date, said: DayReport, actor: Actor, now: datetime) -> FireDay:
    """The row of a unit and day, made where there is none: two who report at once write one after the other."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = {**asdict(said), "unit": unit, "day": day, "by_id": actor.user_id, "at": now, "rev": 0}
    session.execute(dialect.insert(FireDay).on_conflict_do_nothing(), [first])
    return session.get_one(FireDay, (unit, day), with_for_update=True, populate_existing=True)


def of_day(session: Session, actor: Actor, parent: str, day: date) -> dict[str, Any]:
    """The reports of the units right below a cell on a day, those that are missing, and the sums.

    Raises NotFound, NotAllowed.
    """
    grid = cells.grid()
    if parent not in grid:
        raise NotFound("There is no such unit.")
    if not actor.covers(cells.lineage(parent)):
        raise NotAllowed("This unit lies outside your area.", cell=parent)
    units = sorted(cell.code for cell in grid if cell.parent == parent)
    said = session.scalars(select(FireDay).where(FireDay.day == day, FireDay.unit.in_(units))).all()
    by_unit, known = {each.unit: each for each in said}, _known(session, units, day)
    names = rows.names_of(session, {each.by_id for each in said})
    items = [_document(unit, by_unit.get(unit), known.get(unit, 0), names) for unit in units]
    sums = {name: sum(getattr(each, name) for each in said) for name in ("people", "vehicles", "fires")}
    return {
        "day": day.isoformat(),
        "cell": parent,
        "items": items,
        "sums": {**sums, "zero_reports": sum(each.zero_report for each in said), "missing": len(units) - len(said)},
    }


def _known(session: Session, units: list[str], day: date) -> dict[str, int]:
    start = datetime.combine(day, time(0), LOCAL)
    of_day = (FirePoint.first_at >= start, FirePoint.first_at < start + timedelta(days=1), FirePoint.state != "merged")
    counts: dict[str, int] = {}
    for code in session.scalars(select(FirePoint.cell_code).where(*of_day, FirePoint.cell_code.is_not(None))):
        for unit in set(cells.lineage(code or "")) & set(units):
            counts[unit] = counts.get(unit, 0) + 1
    return counts


def _document(unit: str, said: FireDay | None, known: int, names: Any) -> dict[str, Any]:
    head = {"unit": unit, "name": cells.name(unit), "known_fires": known}
    if said is None:
        return {**head, "state": "missing"}
    return head | {
        "state": "zero" if said.zero_report else "reported",
        "people": said.people,
        "vehicles": said.vehicles,
        "fires": said.fires,
        "note": said.note,
        "by": {"id": said.by_id, "name": names.get(said.by_id)},
        "at": rows.instant(said.at),
        "rev": said.rev,
        "differs": known > said.fires,
    }


def document(session: Session, found: FireDay) -> dict[str, Any]:
    """One report, as `of_day` shows it."""
    names = rows.names_of(session, [found.by_id])
    return _document(found.unit, found, _known(session, [found.unit], found.day).get(found.unit, 0), names)

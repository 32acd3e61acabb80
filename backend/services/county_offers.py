"""Which periods a county's table can be of, and which findings such a table leaves out, with the reason of each.

Reads only. What stands in a blank table is `county_blank`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Hop, Office, Period
from backend.services import cells, county_tables, period_rows, periods, statements, visibility
from backend.services.actor import Actor
from backend.services.period_rows import Row
from backend.services.rows import instant

MOST = 20
REASONS = ("no-cell", "no-county", "not-given", "unanswered", "closed", "transferred", "removed")
"""Why a row of a period is not in a county's table, or came back without a word."""


def offered(session: Session, actor: Actor) -> dict[str, Any]:
    """The newest periods whose blank table the actor may have, and the cell that the own office speaks for.

    A handler is told of nothing else of a period. An office of no cell has none.
    """
    office = session.get(Office, actor.office_id) if actor.role == "handler" and actor.office_id else None
    cell = office.cell_code if office is not None else None
    query = select(Period).order_by(Period.cut_off.desc(), Period.id)
    if actor.role != "admin":
        if cell is None:
            return {"cell": None, "periods": []}
        query = query.where(Period.cell_code.in_({*cells.lineage(cell), *visibility.below([cell])}))
    return {"cell": cell, "periods": [_head(each) for each in session.scalars(query.limit(MOST))]}


def _head(period: Period) -> dict[str, Any]:
    return {
        "id": period.id,
        "cell": period.cell_code,
        "topic": period.topic,
        "year": period.year,
        "number": period.number,
        "cut_off": instant(period.cut_off),
        "state": period.state,
    }


def left_out(session: Session, actor: Actor, period_id: str, cell: str) -> list[dict[str, Any]]:
    """The rows of a period that a county's table does not have, or about which it said nothing since the period began.

    Each with why: it lies in no cell (`no-cell`) or is known to a larger one than a county only (`no-county`), so that
    no county has it; no office of the county was given it (`not-given`), so that its handler does not see it; the
    county has said nothing (`unanswered`); or it is not open any more. Raises NotFound, InputInvalid.
    """
    actor.require_role("admin")
    county_tables.require_county(session, actor, cell)
    period = periods.get(session, actor, period_id)
    rows = periods.rows_of(session, period, None)
    inside, above = set(visibility.below([cell])), set(cells.lineage(cell)) - {cell}
    open_here = [row.finding_id for row in rows if row.outcome == "open" and row.facts["cell"] in inside]
    given, answered = _given(session, open_here, cell), _answered(session, open_here, period.starts_at)
    found = []
    for row in rows:
        why = _why(row, inside, above, given, answered)
        if why is not None:
            found.append(_line(row, why))
    return found


def _why(row: Row, inside: set[str], above: set[str], given: set[str], answered: set[str]) -> str | None:
    place = row.facts["cell"]
    if row.outcome != "open":
        return row.outcome if place in inside else None
    if place is None:
        return "no-cell"
    if place in above:
        return "no-county"
    if place not in inside:
        return None
    if row.finding_id not in given:
        return "not-given"
    return None if row.finding_id in answered else "unanswered"


def _line(row: Row, why: str) -> dict[str, Any]:
    facts = row.facts
    return {
        "finding": row.finding_id,
        "number": facts["number"],
        "site": facts["site"],
        "office": facts["office"],
        "cell": facts["cell"],
        "why": why,
    }


def _given(session: Session, ids: Iterable[str], cell: str) -> set[str]:
    """Those that an office which speaks for the cell was given at some time."""
    places = {*cells.lineage(cell), *visibility.below([cell])}
    offices = session.execute(select(Office.id, Office.cell_code).where(Office.cell_code.is_not(None)))
    speak = [id for id, code in offices if code in places]
    found: set[str] = set()
    for some in period_rows.in_parts(ids):
        query = select(Hop.finding_id).where(Hop.finding_id.in_(some), Hop.office_id.in_(speak))
        found |= set(session.scalars(query))
    return found


def _answered(session: Session, ids: list[str], since: datetime | None) -> set[str]:
    held = statements.newest(session, ids)
    return {id for id, each in held.items() if since is None or each.at >= since}

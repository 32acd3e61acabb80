"""What counties say of findings: the newest of each, its history, and how a list puts it.

A statement is a county's word. It changes no state, no deadline and no photo of a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import CountyTable, Statement

FIELDS = ("progress", "leader", "contact", "phone", "due_on", "done_on", "remarks")
DAYS = ("due_on", "done_on")
A_QUERY = 500


def newest(session: Session, ids: Collection[str]) -> dict[str, Statement]:
    """The statement that holds of each finding that has one."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), A_QUERY):
        last = (
            select(Statement.finding_id, func.max(Statement.n).label("n"))
            .where(Statement.finding_id.in_(wanted[start : start + A_QUERY]))
            .group_by(Statement.finding_id)
            .subquery()
        )
        held = and_(Statement.finding_id == last.c.finding_id, Statement.n == last.c.n)
        found.update({each.finding_id: each for each in session.scalars(select(Statement).join(last, held))})
    return found


def history(session: Session, finding_id: str) -> list[dict[str, Any]]:
    """All statements about a finding, the newest first, each with the table that it came in."""
    query = select(Statement, CountyTable).join(CountyTable, CountyTable.id == Statement.table_id)
    found = session.execute(query.where(Statement.finding_id == finding_id).order_by(Statement.n.desc()))
    return [
        {
            "n": each.n,
            "at": each.at.isoformat(),
            "table": table.id,
            "table_name": table.name,
            "line": each.line,
            **said(each),
        }
        for each, table in found
    ]


def said(statement: Statement | None) -> dict[str, str | None]:
    """What it says, by field, days as ISO texts; all null where there is none."""
    return {name: text(getattr(statement, name)) if statement else None for name in FIELDS}


def text(value: str | date | None) -> str | None:
    """A field's value as it is sent: a day as its ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def contact(said: Mapping[str, str | None], person: str | None, phone: str | None) -> list[str]:
    """Whom to call: as the county says, else as the register of sites has it."""
    stated = [text for text in (said.get("contact"), said.get("phone")) if text]
    return stated or [text for text in (person, phone) if text]


def told(said: Mapping[str, str | None], language: str) -> list[str]:
    """The county's word on how far it is, in lines, marked as the county's."""
    lines: Sequence[str] = ("progress", "due_on", "done_on")
    return [
        catalogue.label(language, "statement", name).format(said=value) for name in lines if (value := said.get(name))
    ]

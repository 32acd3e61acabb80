"""Where counties name a person who has an account: found, shown, and cleared when the person's data is erased.

Counties write names and numbers as free text, so a person is known by the own phone number, or by the own name in the
tables of the own area. What the file itself says stays with the file: it is what the county sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from backend.models import CountyTable, Finding, Grant, Office, Statement, User
from backend.services import cells

NAMING = ("leader", "contact", "phone")
"""The fields of a statement that say who."""
LEAST_DIGITS = 7
LEAST_NAME = 2


@dataclass(frozen=True, slots=True)
class Mention:
    """A field of a statement that names the person."""

    finding_id: str
    number: str
    n: int
    table_id: str
    field: str
    text: str

    def document(self) -> dict[str, Any]:
        return {"finding": self.finding_id, "number": self.number, "field": self.field, "text": self.text}


def of_person(session: Session, user: User) -> list[Mention]:
    """Every field that names somebody, by finding; of all statements, those that no longer hold too."""
    own = _area(session, user)
    said = or_(*(getattr(Statement, name).is_not(None) for name in NAMING))
    query = select(Statement, CountyTable.cell_code, Finding.number).join(
        CountyTable, CountyTable.id == Statement.table_id
    )
    query = query.join(Finding, Finding.id == Statement.finding_id).where(said)
    found = []
    for each, cell, number in session.execute(query.order_by(Finding.number, Statement.n)):
        for name in NAMING:
            text = getattr(each, name)
            if text is not None and _names(text, user, near=_touches(cell, own)):
                found.append(Mention(each.finding_id, number, each.n, each.table_id, name, text))
    return found


def clear(session: Session, mentions: Sequence[Mention]) -> None:
    """Take the person out of the statements, and out of the reports of the tables that brought them."""
    for each in mentions:
        mine = (Statement.finding_id == each.finding_id, Statement.n == each.n)
        session.execute(update(Statement).where(*mine).values({each.field: None}))
    texts = {each.text for each in mentions}
    for table in session.scalars(select(CountyTable).where(CountyTable.id.in_({each.table_id for each in mentions}))):
        table.report = {**table.report, "changes": [_without(change, texts) for change in table.report["changes"]]}


def files(mentions: Sequence[Mention]) -> int:
    """How many files of counties say so too."""
    return len({each.table_id for each in mentions})


def _without(change: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    fields = {
        name: [None if name in NAMING and value in texts else value for value in pair]
        for name, pair in change["fields"].items()
    }
    return {**change, "fields": fields}


def _area(session: Session, user: User) -> frozenset[str]:
    """The cells that a person is of: grants, and the cell of the own office."""
    codes = set(session.scalars(select(Grant.code).where(Grant.user_id == user.id)))
    office = session.get(Office, user.office_id) if user.office_id else None
    return frozenset(codes | ({office.cell_code} if office is not None and office.cell_code else set()))


def _touches(cell: str, own: frozenset[str]) -> bool:
    """Whether a county's table is of the area: below one of its cells, or above one."""
    above = set(cells.lineage(cell))
    return any(code in above or cell in cells.lineage(code) for code in own)


def _names(text: str, user: User, *, near: bool) -> bool:
    digits = _digits(user.phone or "")
    if len(digits) >= LEAST_DIGITS and digits in _digits(text):
        return True
    return near and len(user.display_name) >= LEAST_NAME and user.display_name in text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)

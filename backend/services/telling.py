"""Telling: an event is written down in the transaction that it comes of, so that nothing happens untold.

Whoever calls this holds the counter's lock: events are numbered in the order of the commits, and whoever has read up
to a number has missed nothing. Knows nothing of who reads them (`feed`) or where they are sent (`web_hooks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend import write_behind
from backend.bulk import Bulk
from backend.models import FeedEvent, Finding, FirePoint, Office
from backend.services import cells, numbering
from backend.services.event_kinds import KINDS

_EVENTS = Bulk(FeedEvent)
OWN = ""
"""The finding's own cell."""


def tell(
    session: Session,
    kind: str,
    at: datetime,
    subject: tuple[str, str],
    facts: Mapping[str, Any],
    *,
    cell: str | None = None,
    office: str | None = None,
    user: str | None = None,
    role: str | None = None,
    once: str | None = None,
) -> int:
    """Write an event down; returns its number. `role` stands for the kind's own: an empty one tells no role."""
    n = numbering.event_number(session)
    values = {
        "n": n,
        "kind": kind,
        "at": at,
        "subject_type": subject[0],
        "subject_id": subject[1],
        "user_id": user,
        "office_id": office,
        "role": (KINDS[kind].role if role is None else role) or None,
        "cell_code": cell,
        "facts": dict(facts),
        "once": once,
    }
    write_behind.of(session).add(_EVENTS, [_EVENTS.row(values)])
    return n


def of_finding(
    session: Session,
    kind: str,
    at: datetime,
    finding: Finding | FirePoint,
    facts: Mapping[str, Any] | None = None,
    *,
    office: str | None = None,
    user: str | None = None,
    role: str | None = None,
    cell: str | None = OWN,
) -> int:
    """An event of a finding or fire point, with its number and place; `cell`: where the role is told, if not there."""
    known = {"number": finding.number, "place": place(finding.cell_code), **(facts or {})}
    where = finding.cell_code if cell == OWN else cell
    subject = (finding.__tablename__, finding.id)
    return tell(session, kind, at, subject, known, cell=where, office=office, user=user, role=role)


def place(cell: str | None) -> str | None:
    """The name of a cell, with that of the one above."""
    if cell is None:
        return None
    names = [cells.name(code) for code in reversed(cells.lineage(cell)[:2])]
    return "".join(name for name in names if name) or None


def office_name(session: Session, office_id: str | None) -> str | None:
    office = session.get(Office, office_id) if office_id is not None else None
    return office.name if office is not None else None

"""Searching the audit trail: by person, action, subject and time, newest first.

What older than the time of keeping was removed is not found; `checkpoint` says from when on the trail is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import AuditCheckpoint, AuditEvent, User
from backend.services.audit_names import names
from backend.services.evidence import LARGEST_N
from backend.services.pages import PageCursorInvalid


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for. An `action` that ends with a dot stands for all that begin with it; `until` is exclusive."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = None
    limit: int = 100


def search(session: Session, wanted: Wanted) -> dict[str, Any]:
    """One page of events. Raises PageCursorInvalid."""
    query = select(AuditEvent)
    for column, value in ((AuditEvent.actor_id, wanted.actor), (AuditEvent.subject, wanted.subject)):
        if value is not None:
            query = query.where(column == value)
    if wanted.action is not None:
        group = wanted.action.endswith(".")
        matches = AuditEvent.action.startswith(wanted.action, autoescape=True)
        query = query.where(matches if group else AuditEvent.action == wanted.action)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    if wanted.cursor is not None:
        query = query.where(AuditEvent.n < _read(wanted.cursor))
    rows = session.scalars(query.order_by(AuditEvent.n.desc()).limit(wanted.limit + 1)).all()
    events = rows[: wanted.limit]
    return {
        "items": _shown(session, events),
        "next_cursor": str(events[-1].n) if len(rows) > wanted.limit else None,
        "complete_since": session.scalar(select(func.max(AuditCheckpoint.until))),
    }


def _shown(session: Session, events: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    actors = {event.actor_id for event in events if event.actor_id is not None}
    logins = {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(actors)))}
    return [
        {
            "n": event.n,
            "at": event.at,
            "actor": event.actor_id,
            "actor_name": logins.get(event.actor_id or ""),
            "action": event.action,
            "subject": event.subject,
            "details": event.details,
            "names": called,
        }
        for event, called in zip(events, names(session, events), strict=True)
    ]


def _read(cursor: str) -> int:
    if cursor.isascii() and cursor.isdigit() and int(cursor) <= LARGEST_N:
        return int(cursor)
    raise PageCursorInvalid("This cursor is not one that this list gave; begin again without it.")

"""The append-only audit trail: who did what, when. Holds ids and codes, no contents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backend.models import AuditEvent


def record(
    session: Session, now: datetime, actor_id: str | None, action: str, subject: str | None, **details: object
) -> None:
    """Add an event to the transaction under way."""
    session.add(AuditEvent(at=now, actor_id=actor_id, action=action, subject=subject, details=details))

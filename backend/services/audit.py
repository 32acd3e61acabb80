"""The append-only audit trail: who did what, when. Holds ids and codes, no contents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backend.models import AuditEvent
from sync.canonical import fingerprint
from sync.log_chain import moment


def record(
    session: Session, now: datetime, actor_id: str | None, action: str, subject: str | None, **details: object
) -> None:
    """Add an event to the transaction under way."""
    sha256 = digest(now, actor_id, action, subject, details)
    session.add(AuditEvent(at=now, actor_id=actor_id, action=action, subject=subject, details=details, sha256=sha256))


def digest(at: datetime, actor_id: str | None, action: str, subject: str | None, details: dict[str, object]) -> str:
    """The hash that an event carries, of everything that it says."""
    return fingerprint({"at": moment(at), "actor": actor_id, "action": action, "subject": subject, "details": details})

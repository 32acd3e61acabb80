"""What becomes of an open proposal of supervision when its ground is gone: it lapses, and stays in the history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding, Supervision


def of(session: Session, finding_id: str) -> Supervision | None:
    """The proposal that waits for a decision, if one does."""
    return session.scalar(
        select(Supervision).where(Supervision.finding_id == finding_id, Supervision.state == "proposed")
    )


def lapse(session: Session, finding: Finding, reason: str, at: datetime) -> None:
    """Let the open proposal of a finding fall away; `reason` is how the stay ended, `extended` or `parked`."""
    proposal = of(session, finding.id)
    if proposal is not None:
        proposal.state, proposal.reason, proposal.decided_at = "lapsed", reason, at
        proposal.rev += 1
        session.flush()

"""What was read of the database and holds until the counter is locked, or the transaction ends.

Whoever waits for the lock may find that somebody has changed it meanwhile; so it is forgotten then, and read again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_KEY = "bluegrid.until-lock"


def facts(session: Session) -> dict[Any, Any]:
    """The facts of the transaction under way, by key."""
    found: dict[Any, Any] = session.info.setdefault(_KEY, {})
    return found


def forget(session: Session) -> None:
    """The counter is locked now: what was read before may be past."""
    session.info.pop(_KEY, None)


@event.listens_for(Session, "after_transaction_end")
def _after_transaction(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        forget(session)

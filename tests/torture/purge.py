"""The purge of old tombstones as the contract allows it: `leave` and `delete` entries of more than 400 days ago go, and
whoever's position is older than that has to begin anew.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from backend.models import Counter, Entry

KEPT = timedelta(days=400)


def purge_tombstones(session: Session, floor: int) -> None:
    """`floor` is how far the counter was 400 days ago: every position from there on still sees all that it needs."""
    session.execute(update(Counter).where(Counter.tombstone_floor < floor).values(tombstone_floor=floor))
    session.execute(delete(Entry).where(Entry.kind.in_(("leave", "delete")), Entry.seq <= floor))

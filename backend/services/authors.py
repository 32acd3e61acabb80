"""The person behind an op, with the rights that hold when it is decided."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend import write_behind
from backend.models import User
from backend.services import accounts, rows
from backend.services.actor import Actor


def author(session: Session, user_id: str) -> Actor:
    """Read once a transaction."""
    notes = write_behind.of(session).notes
    found: Actor | None = notes.get(("author", user_id))
    if found is None:
        found = accounts.actor_of(session.get_one(User, user_id))
        notes.put(("author", user_id), found)
    return found


def shown_name(session: Session, user_id: str) -> str | None:
    """The name that rows show of a person, read once a transaction."""
    notes = write_behind.of(session).notes
    found: str | None = notes.get(("shown name", user_id))
    if found is None:
        found = rows.names_of(session, [user_id]).get(user_id)
        notes.put(("shown name", user_id), found)
    return found

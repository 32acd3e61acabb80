"""The person behind an op, with the rights that hold when it is decided."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend import write_behind
from backend.services import accounts
from backend.services.actor import Actor


def author(session: Session, user_id: str) -> Actor:
    return _read(session, user_id)[0]


def shown_name(session: Session, user_id: str) -> str:
    """The name that rows show of a person."""
    return _read(session, user_id)[1]


def _read(session: Session, user_id: str) -> tuple[Actor, str]:
    """A person and the name to show, read once a transaction."""
    notes = write_behind.of(session).notes
    found: tuple[Actor, str] | None = notes.get(("author", user_id))
    if found is None:
        found = accounts.actor_and_name(session, user_id)
        notes.put(("author", user_id), found)
    return found

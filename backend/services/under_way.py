"""Rows that the transaction under way has made: found again without asking the database, which may not have them yet.

Notes of rows hold until somebody writes past them (`foreign_writes`); by then all of them are in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from backend import foreknowledge, write_behind
from backend.bulk import Bulk
from backend.extensions import Base

Kind = TypeVar("Kind", bound=Base)


def add(session: Session, bulk: Bulk, rows: Iterable[Base]) -> None:
    """Write new rows; they stay outside the session."""
    write_behind.of(session).add(bulk, [bulk.row(vars(row)) for row in rows])


def remember(session: Session, row: Any) -> None:
    """Let `find` have a row that was added."""
    note(session, (type(row), row.id), row)


def find(session: Session, kind: type[Kind], id: str) -> Kind | None:
    """A row by its id. One that waits to be written is to be read, not changed."""
    found: Kind | None = noted(session, (kind, id))
    if found is not None:
        return found
    return None if foreknowledge.is_stranger(session, id) else session.get(kind, id)


def note(session: Session, key: Sequence[Any], value: Any) -> None:
    """Note what is known of rows of this transaction's own, while it is in a hurry."""
    behind = write_behind.of(session)
    if behind.in_hurry:
        behind.notes.put((behind.foreign_writes, *key), value)


def noted(session: Session, key: Sequence[Any]) -> Any:
    """What was noted under a key, or None."""
    behind = write_behind.of(session)
    return behind.notes.get((behind.foreign_writes, *key))

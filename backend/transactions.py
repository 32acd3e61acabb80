"""One transaction per write request, committed here and nowhere else.

`writing` begins a transaction that may write, `reading` one that sees a single snapshot; `snapshot` is for what takes
long. Knows the session; nothing of routes or services.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from backend.extensions import db


@contextmanager
def writing() -> Iterator[Session]:
    """A session whose transaction may write; committed on leaving, rolled back on an exception.

    Whatever was read before belongs to another snapshot and is let go first.
    """
    session: Session = db.session()
    session.rollback()
    session.connection(execution_options={"write": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """A session that sees one snapshot (REPEATABLE READ READ ONLY; on SQLite a deferred BEGIN)."""
    session: Session = db.session()
    session.rollback()
    _begin_snapshot(session)
    try:
        yield session
    finally:
        session.rollback()


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session of its own that sees one snapshot for as long as it takes, while other transactions come and go."""
    with Session(db.engine, autoflush=False) as session:
        _begin_snapshot(session)
        try:
            yield session
        finally:
            session.rollback()


def _begin_snapshot(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    else:
        session.connection()

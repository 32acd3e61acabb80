"""Who has the database open: each connection of the server holds a share of it, and a restore needs it alone.

On SQLite the share is a lock on a file beside the database, on PostgreSQL an advisory lock of the connection's session.
The kernel or the server lets go of either when its process ends, however it ends. Knows engines and locks; nothing of
backups or tables.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

ADVISORY_LOCK = 0x626C7565_67726964  # "bluegrid"; the lock is one database's own
_SHARE = "bluegrid.share"


class InUse(RuntimeError):
    """Some process has the database open."""


def follow(engine: Engine) -> None:
    """Let each connection of an engine hold its share; one that cannot have it is not opened."""
    if engine.dialect.name == "sqlite":
        _follow_file(engine, Path(str(engine.url.database)))
    else:
        event.listen(engine, "connect", _share_session)


@contextmanager
def alone(url: str) -> Iterator[Connection | None]:
    """Have a database to oneself; yields the connection that holds it on PostgreSQL, None on SQLite. Raises InUse.

    Until the end no connection that follows can be opened, not even by this process.
    """
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        descriptor = _locked(lock_of(Path(str(engine.url.database))), fcntl.LOCK_EX)
        if descriptor is None:
            raise InUse("the database is in use")
        try:
            yield None
        finally:
            os.close(descriptor)
        return
    with engine.connect() as connection:
        if not connection.execute(text(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})")).scalar_one():
            raise InUse("the database is in use")
        connection.rollback()
        try:
            yield connection
        finally:
            _give_back(connection)


def _give_back(connection: Connection) -> None:
    """At once: PostgreSQL ends a session some moments after its connection was closed, and the lock with it."""
    with suppress(SQLAlchemyError):  # a connection that broke holds nothing any more
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})"))
        connection.rollback()


def lock_of(database: Path) -> Path:
    """The file whose lock a SQLite database's users share."""
    return database.with_name(f"{database.name}.lock")


def pending_of(database: Path) -> Path:
    """Where a restored SQLite database waits, whole, for its last step: while it is there nobody opens the old one."""
    return database.with_name(f"{database.name}.restored")


def _follow_file(engine: Engine, database: Path) -> None:
    @event.listens_for(engine, "do_connect")
    def before_connect(_dialect: Any, record: Any, _arguments: Any, _options: Any) -> None:
        if pending_of(database).exists():
            raise sqlite3.OperationalError("a restore of this database was cut off; run it again")
        descriptor = _locked(lock_of(database), fcntl.LOCK_SH)
        if descriptor is None:
            raise sqlite3.OperationalError("the database is being restored")
        _let_go(record)
        record.info[_SHARE] = descriptor

    @event.listens_for(engine, "close")
    def on_close(_connection: Any, record: Any) -> None:
        _let_go(record)


def _let_go(record: Any) -> None:
    descriptor = record.info.pop(_SHARE, None)
    if descriptor is not None:
        os.close(descriptor)


def _locked(path: Path, how: int) -> int | None:
    """A descriptor that holds the lock, or None when somebody else holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _share_session(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock_shared({ADVISORY_LOCK})")
        free = cursor.fetchone()[0]
    connection.rollback()
    if not free:
        connection.close()
        raise psycopg.OperationalError("the database is being restored")

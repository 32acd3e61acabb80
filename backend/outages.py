"""What an error of the database means: its own or the disk's failure, a full disk, or a statement that is wrong."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError


def in_transaction(connection: Connection) -> bool:
    """False when SQLite ended the transaction by itself; PostgreSQL keeps a failed one until it is rolled back."""
    raw = connection.connection.dbapi_connection
    return bool(getattr(raw, "in_transaction", True))


IDLE_TOO_LONG = "25P03"  # PostgreSQL gave up a transaction whose process hung; psycopg calls it an internal error

_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)


def is_outage(error: BaseException) -> bool:
    """True when the database or disk failed, and not the statement: what will go well another time."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_OUTAGES
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state.startswith("54"):  # a statement beyond the database's limits
        return False
    if state == IDLE_TOO_LONG:
        return True
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def is_full(error: BaseException | None) -> bool:
    """True when an error, or what led to it, is a full disk."""
    while error is not None:
        cause = getattr(error, "orig", None) or error
        if (
            getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
            or getattr(cause, "sqlstate", "") == "53100"
        ):
            return True
        error = error.__cause__ or error.__context__
    return False

"""How the database is opened: what makes a commit survive a power cut, and how a transaction begins.

Knows SQLAlchemy engines; nothing of tables or requests.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

from backend import postgresql_link


class DurabilityWeak(RuntimeError):
    """The database would acknowledge what it may lose; the server refuses to start."""


def harden(engine: Engine) -> None:
    """Set WAL and FULL on each new SQLite connection and let transactions begin as asked.

    On PostgreSQL a writing transaction ends by itself when its process hangs. On SQLite it asks for IMMEDIATE with
    the execution option `write=True`: a deferred one that turns into a writer fails at once with
    SQLITE_BUSY_SNAPSHOT when somebody else wrote in between.
    """
    if engine.dialect.name != "sqlite":

        @event.listens_for(engine, "begin")
        def on_begin_writing(connection: Connection) -> None:
            if connection.get_execution_options().get("write", False):
                connection.exec_driver_sql(postgresql_link.BEGIN_WRITING)

        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN DEFERRED")


def settings_in_force(connection: Connection) -> dict[str, str]:
    """The durability settings as the database itself reports them."""
    if connection.dialect.name == "sqlite":
        levels = {0: "off", 1: "normal", 2: "full", 3: "extra"}
        return {
            "database": "sqlite",
            "journal_mode": str(connection.execute(text("PRAGMA journal_mode")).scalar_one()),
            "synchronous": levels[int(connection.execute(text("PRAGMA synchronous")).scalar_one())],
        }
    names = ("synchronous_commit", "fsync", "full_page_writes")
    shown = {name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in names}
    return {"database": "postgresql", **shown}


def require(connection: Connection) -> dict[str, str]:
    """The settings, or DurabilityWeak when an acknowledged write could be lost."""
    found = settings_in_force(connection)
    if found["database"] == "sqlite":
        good = found["journal_mode"] == "wal" and found["synchronous"] in ("full", "extra")
    else:
        good = found["synchronous_commit"] in ("on", "remote_apply") and found["fsync"] == "on"
    if not good:
        raise DurabilityWeak(f"the database is not durable: {found}")
    return found

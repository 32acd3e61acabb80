"""Putting a prepared SQLite file in the place of the configured database, in one step: whole or not at all.

What was there before is kept aside: on SQLite as files, on PostgreSQL as a schema. Knows databases; nothing of backups.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Connection, NullPool, Table, create_engine, inspect, select, text

from backend import failpoints, in_use
from backend.backups import snapshot
from backend.disk import Disk


class Target(Protocol):
    """Where a database is restored to; one has it to oneself."""

    scratch: Path
    """A folder on a file system from which a file can be renamed into place."""

    def holds_data(self) -> bool:
        """Whether a database is there already."""
        ...

    def take(self, prepared: Path, aside: str) -> str | None:
        """Put the prepared database in place; says where the one before is kept, None when there was none."""
        ...


class SqliteTarget:
    """A database file. Until the last rename a cut-off restore is told to whoever opens it (see in_use.pending_of)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scratch = path.parent
        self._disk = Disk()

    def holds_data(self) -> bool:
        pending = in_use.pending_of(self.path).exists()  # of a restore that was allowed, and cut off
        return not pending and self.path.exists() and self.path.stat().st_size > 0

    def take(self, prepared: Path, aside: str) -> str | None:
        pending = in_use.pending_of(self.path)
        descriptor = os.open(prepared, os.O_RDONLY | os.O_CLOEXEC)
        self._disk.sync(descriptor)
        self._disk.close(descriptor)
        self._disk.replace(prepared, pending)
        self._disk.sync_folder(self.path.parent)
        kept = self._move_aside(aside)
        failpoints.hit("restore-old-moved")
        self._disk.replace(pending, self.path)
        self._disk.sync_folder(self.path.parent)
        return kept

    def _move_aside(self, aside: str) -> str | None:
        """Keep the old file with its log under another name; then take the log away, which would be played into the
        new database. Linked first: cut off in between, what is kept aside is whole nevertheless."""
        names = (f"{self.path.name}.{one}" for one in _numbered(aside))
        target = next(path for path in map(self.path.with_name, names) if not path.exists())
        kept = self.path.exists() and self.path.stat().st_size > 0
        if kept:
            for suffix in ("-wal", ""):
                if Path(f"{self.path}{suffix}").exists():
                    os.link(f"{self.path}{suffix}", f"{target}{suffix}")
            self._disk.sync_folder(self.path.parent)
        for suffix in ("-wal", "-shm"):
            self._disk.remove(Path(f"{self.path}{suffix}"))
        self._disk.sync_folder(self.path.parent)
        return str(target) if kept else None


class PostgresqlTarget:
    """A PostgreSQL database, through the connection that has it alone; everything happens in one transaction."""

    def __init__(self, connection: Connection, scratch: Path) -> None:
        self.connection = connection
        self.scratch = scratch

    def holds_data(self) -> bool:
        found = snapshot.has_tables(self.connection)
        self.connection.rollback()
        return found

    def take(self, prepared: Path, aside: str) -> str | None:
        """The guards stand while the rows come in: nothing is loaded that they would not have let in."""
        with self.connection.begin():
            schema = self._move_aside(aside.replace("-", "_"))
            failpoints.hit("restore-old-moved")
            snapshot.upgrade(self.connection)
            snapshot.empty(self.connection)
            self._fill(prepared)
        return f"schema {schema}" if schema else None

    def _move_aside(self, aside: str) -> str | None:
        """Move our tables, and the functions behind their triggers; the job queue's own tables stay."""
        found = inspect(self.connection)
        names = [name for name in found.get_table_names() if not name.startswith("huey")]
        if not names:
            return None
        taken = set(found.get_schema_names())
        schema = next(name for name in _numbered(aside, "_") if name not in taken)
        self._execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        behind = text(
            "SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relname = ANY(:names)"
            " AND c.relnamespace = current_schema()::regnamespace AND p.pronamespace = c.relnamespace"
        )
        functions = list(self.connection.scalars(behind, {"names": names}))
        for name in names:
            move = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
            self._execute(move.format(sql.Identifier(name), sql.Identifier(schema)))
        for function in functions:
            move = sql.SQL("ALTER FUNCTION {} SET SCHEMA {}")
            self._execute(move.format(sql.SQL(function), sql.Identifier(schema)))
        return schema

    def _fill(self, prepared: Path) -> None:
        file = create_engine(f"sqlite:///{prepared}", poolclass=NullPool)
        with file.connect() as source:
            for table in snapshot.tables():
                self._copy(source, table)
                self._go_on_counting(table)

    def _copy(self, source: Connection, table: Table) -> None:
        """One COPY a table: PostgreSQL checks its foreign keys at the end of it, whatever the order of the rows."""
        raw = self.connection.connection.driver_connection
        assert raw is not None
        columns = list(table.columns)
        documents = [isinstance(column.type, JSON) for column in columns]
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        )
        rows = source.execution_options(yield_per=snapshot.ROWS).execute(select(table))
        with raw.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row([_adapted(*pair) for pair in zip(row, documents, strict=True)])

    def _go_on_counting(self, table: Table) -> None:
        column = table.autoincrement_column
        if column is None:
            return
        sequence = self.connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
        )
        last = self.connection.scalar(select(column).order_by(column.desc()).limit(1))
        if sequence is not None and last is not None:
            self.connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})

    def _execute(self, statement: sql.Composed) -> None:
        raw = self.connection.connection.driver_connection
        assert raw is not None
        raw.execute(statement)


def _numbered(name: str, dash: str = "-") -> Iterator[str]:
    return (name if n == 1 else f"{name}{dash}{n}" for n in count(1))


def _adapted(value: Any, document: bool) -> Any:
    return Jsonb(value) if document and value is not None else value

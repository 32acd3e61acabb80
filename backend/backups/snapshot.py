"""One consistent copy of the whole database as a SQLite file, taken while the server writes; and reading such a file.

From SQLite it is SQLite's own online copy. From PostgreSQL it is every table out of one REPEATABLE READ snapshot,
written through the models into a file that the same migrations made: so it needs no tool of PostgreSQL's version, and
either database can be restored from either. Knows the tables; nothing of backups' folders.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, delete, insert, inspect, select, text

from backend.backups.errors import BackupRefused
from backend.blobs import Shelf
from backend.extensions import Base
from backend.models import Counter

MIGRATIONS = str(Path(__file__).parents[1] / "migrations")
ROWS = 200
COUNTED = ("user_account", "device", "op", "finding", "inspection", "photo", "blob", "log_entry")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database file says of itself."""

    revision: str
    epoch: str
    head: int
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class NeededBlob:
    """Bytes that a database speaks of."""

    shelf: Shelf
    sha256: str
    size: int


def take(engine: Engine, target: Path) -> None:
    """Copy the database as it is at one instant into a new file. Raises BackupRefused."""
    if engine.dialect.name == "sqlite":
        _copy_sqlite(Path(str(engine.url.database)), target)
    else:
        _dump(engine, target)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BackupRefused(f"there is no database {source}")
    with closing(_opened(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)  # in one step: a writer does not wait for it, nor does it begin again because of one
        copy.execute("PRAGMA journal_mode=DELETE")


def _dump(engine: Engine, target: Path) -> None:
    file = create_engine(f"sqlite:///{target}", poolclass=NullPool)
    with engine.connect() as source, file.connect() as copy:
        source = source.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, stream_results=True, yield_per=ROWS
        )
        revision = source.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        if revision != newest_revision():
            raise BackupRefused("the database is not at this version's schema; run 'flask --app wsgi setup run' first")
        copy.exec_driver_sql("PRAGMA synchronous=OFF")  # the file is synced when it is whole
        upgrade(copy)
        copy.commit()
        empty(copy)
        for table in tables():
            for rows in source.execute(select(table)).partitions(ROWS):
                copy.execute(insert(table), [dict(row._mapping) for row in rows])
        copy.commit()
    file.dispose()


def tables() -> list[Table]:
    """Every table in an order in which rows can be filled in: the counter first, which guards what carries a `seq`.

    What triggers keep of other tables is left out: they keep it wherever those are filled in.
    """
    counter = Base.metadata.tables[Counter.__tablename__]
    others = (table for table in Base.metadata.sorted_tables if table is not counter)
    return [counter, *(table for table in others if not table.info.get("derived"))]


def empty(connection: Connection) -> None:
    """Take out what migrations put into new tables."""
    for table in reversed(tables()):
        connection.execute(delete(table))


def upgrade(connection: Connection) -> None:
    """Bring a database to this version's schema, within the connection's transaction if it has begun one."""
    config = current_app.extensions["migrate"].migrate.get_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest_revision() -> str:
    found = ScriptDirectory(MIGRATIONS).get_current_head()
    assert found is not None
    return found


def is_known(revision: str) -> bool:
    """Whether this version knows the way on from a schema revision."""
    return any(script.revision == revision for script in ScriptDirectory(MIGRATIONS).walk_revisions())


def has_tables(connection: Connection) -> bool:
    """Whether a database was ever set up."""
    return inspect(connection).has_table("alembic_version")


# reading a file ----------------------------------------------------------------------------------------------------
@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database file that nobody writes to, read in place: nothing is made beside it."""
    connection = _opened(path, "&immutable=1")
    try:
        yield connection
    finally:
        connection.close()


def _opened(path: Path, how: str = "") -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro{how}", uri=True)


def facts(path: Path) -> Facts:
    """Raises sqlite3.DatabaseError when the file is no database of this program's."""
    with opened(path) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        epoch, head = connection.execute("SELECT epoch, value FROM counter WHERE id = 1").fetchone()
        count = "SELECT count(*) FROM "
        rows = {table: connection.execute(count + table).fetchone()[0] for table in COUNTED}
    return Facts(revision, epoch, head, rows)


def needed_blobs(path: Path) -> Iterator[NeededBlob]:
    """The bytes that a database calls stored or refused, by shelf and hash."""
    query = "SELECT status, sha256, size FROM blob ORDER BY CASE status WHEN 'stored' THEN 0 ELSE 1 END, sha256"
    with opened(path) as connection:
        for status, sha256, size in connection.execute(query):
            yield NeededBlob(Shelf.ORIGINALS if status == "stored" else Shelf.QUARANTINE, sha256, size)


def faults(path: Path) -> str | None:
    """What SQLite itself finds wrong with a file, None when it is sound."""
    try:
        with opened(path) as connection:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                return str(said)
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            return None if dangling is None else f"a row of {dangling[0]} points at a row of {dangling[2]} that is gone"
    except sqlite3.DatabaseError as error:
        return str(error)

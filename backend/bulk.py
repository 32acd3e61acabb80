"""Rows into one table by one statement, written once a process: what is written thousands of times a day goes this way.

The statement is the driver's own. On SQLite it runs once a row (`executemany`) with each value as the column's type
has it; on PostgreSQL all rows travel as one JSON text, which the server reads by the columns' types. Knows tables;
nothing of what they mean, and nothing of transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import orjson
from sqlalchemy import JSON, Column, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from backend.extensions import Base
from backend.models.columns import UtcDateTime

Row = tuple[Any, ...]
Encoder = Callable[[Any], Any]
_JSON_OPTIONS = orjson.OPT_NON_STR_KEYS


class Bulk:
    """A table with what happens to a row whose primary key is taken: `raise`, `ignore` it, or `replace` what is there.

    Rows are tuples in the order of `columns`, which are all of the table's.
    """

    def __init__(self, model: type[Base], clash: Literal["raise", "ignore", "replace"] = "raise") -> None:
        table = model.__table__
        assert isinstance(table, Table)
        self.table = table
        self.clash = clash
        self.columns: tuple[str, ...] = tuple(column.name for column in table.columns)
        self._defaults = {column.name: _default(column) for column in table.columns}
        self._keys = [self.columns.index(column.name) for column in table.primary_key.columns]
        self._on_sqlite = _Sqlite(self)
        self._on_postgresql = _Postgresql(self)

    def row(self, values: dict[str, Any]) -> Row:
        """A row from values by name; what is not named has the column's default."""
        return tuple([values.get(name, default) for name, default in self._defaults.items()])

    def key(self, row: Row) -> Row:
        """The row's primary key."""
        return tuple([row[index] for index in self._keys])

    def write(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write the rows, in one statement. With `replace` the last of those with the same key stays."""
        if self.clash == "replace":
            rows = list({self.key(row): row for row in rows}.values())
        ours = self._on_postgresql if connection.dialect.name == "postgresql" else self._on_sqlite
        connection.exec_driver_sql(ours.statement, ours.parameters(rows))

    def on_clash(self) -> str:
        """The statement's last clause."""
        if self.clash == "raise":
            return ""
        if self.clash == "ignore":
            return " ON CONFLICT DO NOTHING"
        keys = [self.columns[index] for index in self._keys]
        changed = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in keys)
        return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"


class _Sqlite:
    def __init__(self, bulk: Bulk) -> None:
        marks = ", ".join("?" * len(bulk.columns))
        names = ", ".join(bulk.columns)
        self.statement = f"INSERT INTO {bulk.table.name} ({names}) VALUES ({marks}){bulk.on_clash()}"  # noqa: S608 (names of columns)
        dialect = sqlite.dialect()
        encoders = [_sqlite_encoder(column, dialect) for column in bulk.table.columns]
        self._encoders = [(index, encode) for index, encode in enumerate(encoders) if encode is not None]

    def parameters(self, rows: Iterable[Row]) -> list[Row]:
        return [_encoded(row, self._encoders) for row in rows]


class _Postgresql:
    def __init__(self, bulk: Bulk) -> None:
        dialect = postgresql.dialect()
        names = ", ".join(bulk.columns)
        typed = ", ".join(f"{column.name} {column.type.compile(dialect)}" for column in bulk.table.columns)
        self.statement = (
            f"INSERT INTO {bulk.table.name} ({names}) SELECT {names} "  # noqa: S608 (names of columns)
            f"FROM json_to_recordset(%s::json) AS given ({typed}){bulk.on_clash()}"
        )
        self._names = bulk.columns
        encoders = [_postgresql_encoder(column) for column in bulk.table.columns]
        self._encoders = [(index, encode) for index, encode in enumerate(encoders) if encode is not None]

    def parameters(self, rows: Iterable[Row]) -> tuple[str]:
        given = [dict(zip(self._names, _encoded(row, self._encoders), strict=True)) for row in rows]
        return (orjson.dumps(given, option=_JSON_OPTIONS).decode(),)


def _encoded(row: Row, encoders: list[tuple[int, Encoder]]) -> Row:
    values = list(row)
    for index, encode in encoders:
        value = values[index]
        if value is not None:
            values[index] = encode(value)
    return tuple(values)


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _sqlite_encoder(column: Column[Any], dialect: Dialect) -> Encoder | None:
    if isinstance(column.type, JSON):
        return lambda value: orjson.dumps(value, option=_JSON_OPTIONS).decode()
    processor: Encoder | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if isinstance(column.type, UtcDateTime) and processor is not None:
        return lru_cache(maxsize=512)(processor)  # one instant is written in many rows of a batch
    return processor


def _postgresql_encoder(column: Column[Any]) -> Encoder | None:
    if isinstance(column.type, UtcDateTime):
        return _instant
    kind = column.type.python_type if not isinstance(column.type, JSON) else None
    return _hexadecimal if kind is bytes else None


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return value.astimezone(UTC)


def _hexadecimal(value: bytes) -> str:
    return "\\x" + value.hex()

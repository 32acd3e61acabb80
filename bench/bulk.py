"""Fills `synced_row` and `entry` in bulk, by SQL of the database itself, with rows like a real finding's.

It keeps what every writer keeps: the counter is raised first, `seq` rises within it (the triggers look on), and the
digest of each scope is that of its entries. What it leaves out are the findings behind the rows: pull never reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from sync import digest

# A row number as the last digits of a UUID; ordered, as UUIDv7 is.
_ID = {
    "sqlite": "printf('019a0000-0000-7000-8000-%012x', i)",
    "postgresql": "'019a0000-0000-7000-8000-' || lpad(to_hex(i), 12, '0')",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM numbers WHERE i < :last)",
    "postgresql": "WITH numbers(i) AS (SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)))",
}
STEP = 50_000  # rows a transaction


def row_id(number: int) -> str:
    return f"019a0000-0000-7000-8000-{number:012x}"


def fill(connection: Connection, template: str, first: int, last: int, scopes: Iterable[str]) -> None:
    """Add rows `first` to `last`, each in all `scopes`.

    `template` is a row's JSON with `{id}` in place of its id; `{east}` and `{north}` become six digits, other ones for
    each row.
    """
    scopes = list(scopes)
    for start in range(first, last + 1, STEP):
        _fill(connection, template, start, min(last, start + STEP - 1), scopes)


def _fill(connection: Connection, template: str, first: int, last: int, scopes: list[str]) -> None:
    kind = connection.dialect.name
    numbers, made_id = _NUMBERS[kind], _ID[kind]
    with connection.execution_options(write=True).begin():
        seq = _raise_counter(connection, last - first + 1) - first + 1
        values: dict[str, Any] = {"first": first, "last": last, "seq": seq}
        connection.execute(
            text(
                f"INSERT INTO synced_row (type, row_id, rev, seq, content) {numbers} SELECT 'finding', {made_id}, 1, "
                f"i + :seq, replace(replace(replace(CAST(:template AS text), '{{id}}', {made_id}), "
                "'{east}', CAST(i * 48271 % 899981 + 100000 AS text)), "
                "'{north}', CAST(i * 69621 % 899981 + 100000 AS text)) FROM numbers"
            ),
            {**values, "template": template},
        )
        for scope in scopes:
            connection.execute(
                text(
                    f"INSERT INTO entry (scope, type, row_id, kind, seq) {numbers} "
                    f"SELECT CAST(:scope AS varchar), 'finding', {made_id}, 'put', i + :seq FROM numbers"
                ),
                {**values, "scope": scope},
            )
        hashed = digest.EMPTY
        for number in range(first, last + 1):
            hashed = digest.xor(hashed, digest.of_entry("finding", row_id(number), number + seq))
        for scope in scopes:
            _digest(connection, scope, last - first + 1, hashed)


def change(connection: Connection, numbers: Iterable[int], scopes: Iterable[str]) -> None:
    """Give some rows a new `seq`, as a change to each does."""
    numbers, scopes = list(numbers), list(scopes)
    with connection.execution_options(write=True).begin():
        seq = _raise_counter(connection, len(numbers))
        for offset, number in enumerate(numbers):
            found = {"id": row_id(number), "seq": seq + 1 + offset}
            old = connection.execute(
                text("SELECT seq FROM synced_row WHERE type = 'finding' AND row_id = :id"), found
            ).scalar_one()
            for table in ("synced_row", "entry"):
                connection.execute(
                    text(f"UPDATE {table} SET seq = :seq WHERE type = 'finding' AND row_id = :id"), found
                )
            both = digest.xor(
                digest.of_entry("finding", row_id(number), old),
                digest.of_entry("finding", row_id(number), found["seq"]),
            )
            for scope in scopes:
                _digest(connection, scope, 0, both)


def _raise_counter(connection: Connection, by: int) -> int:
    """Lock the counter and raise it; returns where it stood."""
    raised = connection.execute(
        text("UPDATE counter SET value = value + :by WHERE id = 1 RETURNING value"), {"by": by}
    ).scalar_one()
    return int(raised) - by


def _digest(connection: Connection, scope: str, n: int, change: bytes) -> None:
    row = connection.execute(text("SELECT n, x FROM scope_digest WHERE scope = :scope"), {"scope": scope}).one_or_none()
    before_n, before_x = row if row is not None else (0, digest.EMPTY)
    connection.execute(
        text(
            "INSERT INTO scope_digest (scope, n, x) VALUES (:scope, :n, :x) "
            "ON CONFLICT (scope) DO UPDATE SET n = excluded.n, x = excluded.x"
        ),
        {"scope": scope, "n": before_n + n, "x": digest.xor(bytes(before_x), change)},
    )

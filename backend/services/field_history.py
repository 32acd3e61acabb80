"""The history of fields that people write: what a merge is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import write_behind
from backend.bulk import Bulk
from backend.models import FieldWrite, Stream
from sync.merge import FieldChange

_WRITES = Bulk(FieldWrite)


def write(
    session: Session,
    row: tuple[str, str],
    rev: int,
    values: Mapping[str, Any],
    *,
    author_id: str,
    stream_id: str | None,
    op_id: str | None,
    at: datetime,
) -> None:
    """Note the values that a row's fields have from `rev` on."""
    write_behind.of(session).add(
        _WRITES,
        [(*row, rev, name, {"is": value}, stream_id, author_id, op_id, at) for name, value in values.items()],
    )


def of(session: Session, row: tuple[str, str]) -> list[FieldChange]:
    """Every change of a row's fields, oldest first."""
    query = select(FieldWrite).where(FieldWrite.row_type == row[0], FieldWrite.row_id == row[1])
    return [
        FieldChange(one.field, one.rev, one.value["is"], one.stream_id)
        for one in session.scalars(query.order_by(FieldWrite.rev))
    ]


def own_streams(session: Session, stream_id: str) -> frozenset[str]:
    """A stream and those that it continues: what a device did itself is never "meanwhile"."""
    found: set[str] = set()
    step: str | None = stream_id
    while step is not None and step not in found:
        found.add(step)
        step = session.scalar(select(Stream.continues_id).where(Stream.id == step))
    return frozenset(found)

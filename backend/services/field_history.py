"""The history of fields that people write: what a merge is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.models import FieldWrite, Stream
from sync.merge import FieldChange


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
    if not values:
        return
    common = {"row_type": row[0], "row_id": row[1], "rev": rev, "stream_id": stream_id, "op_id": op_id, "at": at}
    session.execute(
        insert(FieldWrite),
        [{**common, "author_id": author_id, "field": name, "value": {"is": value}} for name, value in values.items()],
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

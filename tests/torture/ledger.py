"""The server's tables as plain values, read once at a quiescence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import OpRecord, Stream
from tests.torture.witness import roots_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredOp:
    """An op as the server has it."""

    stream: str
    n: int
    id: str
    cmd: str
    row: str | None
    said: Json
    body: bytes
    sha256: str
    status: str
    seq: int
    rev: int | None
    conflict: str | None
    problem: Json | None
    author: str
    roots: tuple[str, ...]


def stored_ops(session: Session) -> list[StoredOp]:
    """All ops in the order in which they were decided."""
    query = select(OpRecord, Stream.user_id).join(Stream, Stream.id == OpRecord.stream_id).order_by(OpRecord.seq)
    found = []
    for record, author in session.execute(query):
        text = record.body.decode("utf-8", "surrogatepass")
        found.append(
            StoredOp(
                record.stream_id,
                record.n,
                record.op_id,
                record.cmd,
                record.row_id,
                json.loads(text),
                record.body,
                record.sha256,
                record.status,
                record.seq,
                record.rev,
                record.conflict,
                record.problem,
                author,
                tuple(roots_of(text)),
            )
        )
    return found

"""The server's tables as plain values, read once at a quiescence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import server_log
from backend.models import OpRecord, Stream
from sync import log_chain
from tests.torture.witness import roots_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredOp:
    """An op as the server has it. `roots` are the hashes of its bytes and of all that it re-issues."""

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
    waits_for: str | None
    author: str
    roots: tuple[str, ...]

    @property
    def code(self) -> str | None:
        """The stable code of its problem."""
        return (self.problem or {}).get("code")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the server's own log says of an op's taking in: its first verdict, and where that stands among all."""

    status: str
    seq: int


@lru_cache(maxsize=20_000)
def _read(body: bytes) -> tuple[Json, tuple[str, ...]]:
    """What an op says, and its roots; bodies are kept for ever, so each is read once."""
    text = body.decode("utf-8", "surrogatepass")
    return json.loads(text), roots_of(text)


def stored_ops(session: Session) -> list[StoredOp]:
    """All ops in the order in which they were decided."""
    wanted = (
        OpRecord.stream_id, OpRecord.n, OpRecord.op_id, OpRecord.cmd, OpRecord.row_id, OpRecord.body, OpRecord.sha256,
        OpRecord.status, OpRecord.seq, OpRecord.rev, OpRecord.conflict, OpRecord.problem, OpRecord.waits_for,
    )  # fmt: skip
    query = select(*wanted, Stream.user_id).join(Stream, Stream.id == OpRecord.stream_id).order_by(OpRecord.seq)
    found = []
    for stream, n, op_id, cmd, row, body, *told, author in session.execute(query):
        said, roots = _read(body)
        found.append(StoredOp(stream, n, op_id, cmd, row, said, body, *told, author, roots))
    return found


def logged(session: Session) -> tuple[dict[tuple[str, int], Arrival], dict[tuple[str, int], list[str]]]:
    """By stream and number: how each op arrived, and each status that the server's log gives it, in order.

    Raises ChainBroken when the log does not hold.
    """
    arrivals: dict[tuple[str, int], Arrival] = {}
    verdicts: dict[tuple[str, int], list[str]] = {}
    for entry in log_chain.check(server_log.entries(session)):
        if entry.kind in (log_chain.OP, log_chain.DECISION):
            said = json.loads(entry.payload)
            key = (said["stream"], said["n"])
            verdicts.setdefault(key, []).append(said["status"])
            if entry.kind == log_chain.OP:
                arrivals[key] = Arrival(said["status"], said["seq"])
    return arrivals, verdicts

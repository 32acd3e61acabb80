"""Receipts for the ops of a push: what the server holds of each, and where the log says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import server_log
from backend.models import LogRecord, OpRecord
from sync import receipts
from sync.batch import Batch
from sync.log_chain import moment
from sync.receipts import LogPosition, Receipt, SigningKey
from sync.store import Json


class _Kept(NamedTuple):
    """When an op came, and the newest that was logged of it (None where it is older than the log)."""

    received_at: str
    log: LogPosition | None


def attach(session: Session, key: SigningKey, epoch: str, batch: Batch, results: Sequence[Json]) -> None:
    """Write the log, and give every result of a stored op the receipt of its present state."""
    log = server_log.of(session)
    log.write()
    earlier = _earlier(session, batch.stream, [result["n"] for result in results if result["replay"]])
    for op, result in zip(batch.ops, results, strict=False):  # an unavailable database ends the results early
        if result["status"] == "retry":
            continue
        kept = earlier.get(op.n) or _Kept(moment(batch.received_at), log.positions.get((op.stream, op.n)))
        receipt = Receipt(
            op.id, op.stream, op.n, op.sha256, result["status"], result["seq"], epoch, kept.received_at, kept.log
        )
        result["receipt"] = receipts.sign(key, receipt)


def _earlier(session: Session, stream: str, ns: Sequence[int]) -> dict[int, _Kept]:
    if not ns:
        return {}
    query = (
        select(OpRecord.n, OpRecord.received_at, LogRecord.n.label("log_n"), LogRecord.hash)
        .outerjoin(LogRecord, (LogRecord.stream_id == OpRecord.stream_id) & (LogRecord.op_n == OpRecord.n))
        .where(OpRecord.stream_id == stream, OpRecord.n.between(min(ns), max(ns)))
        .order_by(LogRecord.n)
    )
    return {
        row.n: _Kept(moment(row.received_at), None if row.hash is None else LogPosition(row.log_n, row.hash))
        for row in session.execute(query)
    }

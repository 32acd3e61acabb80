"""Shortening the audit trail: old events go, whole sealed spans at a time, and a signed checkpoint says what they were.

Before a span goes it is read once more and must be what was sealed. The checkpoint commits to the log's entry that
sealed the last of them, and so to all before it; it is itself logged, and so comes under a day's root.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from backend import server_log
from backend.models import AuditCheckpoint, AuditEvent, LogRecord
from backend.services import audit, evidence
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync import log_chain, receipts
from sync.errors import SyncError
from sync.log_chain import moment
from sync.receipts import SigningKey
from sync.store import Json

A_RUN = 5_000  # events removed in one transaction, unless a single span has more

Fault = Callable[[str, str, str], Exception]


class TrailDiffers(RuntimeError):
    """A span of events is not what was sealed: nothing is removed, and `evidence verify` names the row."""


def shorten(session: Session, key: SigningKey, now: datetime, days: int, register: evidence.Register) -> dict[str, Any]:
    """Remove sealed events of whole days that are older than so many; takes the counter. Raises TrailDiffers.

    Returns how many went and whether more could go at once.
    """
    SqlStore(session, now).lock_counter()
    newest = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.until.desc()).limit(1)).first()
    kept_from = evidence.day_end((now - timedelta(days=days + 1)).astimezone(CHINA).date())
    covered, more = _spans(session, newest, kept_from)
    if not covered:
        return {"removed": 0, "more": False}
    since = None if newest is None else newest.until
    for _, said in covered:
        began = None if said["from"] is None else evidence.instant(said["from"])
        if began != since or evidence.audit_batch(session, began, evidence.instant(said["to"])) != said:
            raise TrailDiffers(f"the events from {said['from']} to {said['to']} are not those that were sealed")
        since = evidence.instant(said["to"])
    last, said = covered[-1]
    count = sum(each["count"] for _, each in covered)
    statement = {
        "from": None if newest is None else moment(newest.until),
        "until": said["to"],
        "count": count,
        "removed": count + (0 if newest is None else newest.said["removed"]),
        "last_n": said["last_n"],
        "log_n": last.n,
        "log_hash": last.hash,
    }
    register(session, now)
    signature = key.seal(receipts.CHECKPOINT, statement)
    until = evidence.instant(said["to"])
    session.add(AuditCheckpoint(until=until, said=statement, signature=signature, key_id=key.kid))
    session.flush()
    server_log.of(session).append(log_chain.CHECKPOINT, now, statement)
    server_log.of(session).write()
    session.execute(delete(AuditEvent).where(AuditEvent.at < until))
    audit.record(session, now, None, "audit.shorten", None, count=count, until=said["to"])
    return {"removed": count, "more": more}


def _spans(
    session: Session, newest: AuditCheckpoint | None, kept_from: datetime
) -> tuple[list[tuple[LogRecord, Json]], bool]:
    """The next sealed spans that are old enough, and whether there are more of them than one run takes."""
    after = 0 if newest is None else newest.said["log_n"]
    query = select(LogRecord).where(LogRecord.kind == log_chain.AUDIT, LogRecord.n > after).order_by(LogRecord.n)
    found: list[tuple[LogRecord, Json]] = []
    count = 0
    for record in session.scalars(query, execution_options={"yield_per": 100}):
        said = json.loads(record.payload)
        if evidence.instant(said["to"]) > kept_from:
            return found, False
        if found and count + said["count"] > A_RUN:
            return found, True
        found.append((record, said))
        count += said["count"]
    return found, False


def check(session: Session, keys: Mapping[str, receipts.Jwk], bad: Fault) -> datetime | None:
    """Check every checkpoint against the log; returns from when on the events themselves are there.

    Raises what `bad` makes of a table, a row and a sentence.
    """
    logged = _logged(session, log_chain.CHECKPOINT)
    until, removed, after = None, 0, 0
    for row in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.until)):
        name, (_, said) = moment(row.until), next(logged, (0, None))
        if said is None or said != row.said or said["until"] != name:
            raise bad("audit_checkpoint", name, "it is not the one that was logged")
        _check_signature(row, keys, bad)
        spans = [(n, each) for n, each in _logged(session, log_chain.AUDIT, after) if n <= said["log_n"]]
        removed += sum(each["count"] for _, each in spans)
        if not spans or spans[-1][0] != said["log_n"] or spans[-1][1]["to"] != said["until"]:
            raise bad("audit_checkpoint", name, "no span of events ends where it says")
        if said["from"] != (until and moment(until)) or said["removed"] != removed:
            raise bad("audit_checkpoint", name, "it does not go on from the one before it")
        if session.scalar(select(LogRecord.hash).where(LogRecord.n == said["log_n"])) != said["log_hash"]:
            raise bad("audit_checkpoint", name, "the log's entry that it names has another hash")
        until, after = row.until, said["log_n"]
    for _, said in logged:
        raise bad("audit_checkpoint", said["until"], "it is missing; the log has it")
    if until is not None and session.scalar(select(exists().where(AuditEvent.at < until))):
        first = session.scalar(select(func.min(AuditEvent.n)).where(AuditEvent.at < until))
        raise bad("audit_event", str(first), "it is of a time whose events were removed")
    return until


def _check_signature(row: AuditCheckpoint, keys: Mapping[str, receipts.Jwk], bad: Fault) -> None:
    name = moment(row.until)
    try:
        if receipts.open_sealed(receipts.CHECKPOINT, row.signature, keys) != row.said:
            raise bad("audit_checkpoint", name, "its signature is over something else")
    except SyncError as error:
        raise bad("audit_checkpoint", name, str(error)) from None


def _logged(session: Session, kind: str, after: int = 0) -> Iterator[tuple[int, Json]]:
    query = select(LogRecord.n, LogRecord.payload).where(LogRecord.kind == kind, LogRecord.n > after)
    for row in session.execute(query.order_by(LogRecord.n), execution_options={"yield_per": 500}):
        yield row.n, json.loads(row.payload)

"""Sealing: the audit trail into the log, and each complete day of the log under one signed Merkle root.

All of it may run again at any time and adds only what is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import server_log
from backend.models import AuditEvent, DailyRoot, LogRecord
from backend.services.errors import NotFound
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync import log_chain, proof_check
from sync.log_chain import AUDIT, Proof, moment
from sync.receipts import ROOT, SigningKey
from sync.store import Json

LARGEST_N = 2**63 - 1  # what the databases can hold
SETTLED = timedelta(minutes=10)  # a transaction that has written an event by then has been committed

Register = Callable[[Session, datetime], object]


def seal(session: Session, key: SigningKey, now: datetime, register: Register) -> dict[str, Any]:
    """Seal what is complete; returns what was done. Takes the counter."""
    SqlStore(session, now).lock_counter()
    events = seal_audit(session, now)
    days = []
    while (signed := _next_root(session, key, now)) is not None:
        days.append(signed.isoformat())
    if days:
        register(session, now)
    return {"events": events, "days": days}


def seal_audit(session: Session, now: datetime) -> int:
    """Log the hash of the audit events that no batch covers yet; returns how many. The counter must be locked."""
    since = sealed_until(session)
    until = now - SETTLED
    if since is not None and until <= since:
        return 0
    batch = audit_batch(session, since, until)
    if batch["count"] == 0:
        return 0
    server_log.of(session).append(AUDIT, now, batch)
    server_log.of(session).write()
    return int(batch["count"])


def sealed_until(session: Session) -> datetime | None:
    """The instant up to which the audit trail is sealed."""
    newest = select(LogRecord.payload).where(LogRecord.kind == AUDIT).order_by(LogRecord.n.desc()).limit(1)
    payload = session.scalar(newest)
    return None if payload is None else instant(json.loads(payload)["to"])


def instant(text: str) -> datetime:
    """An instant as the log has it."""
    return datetime.fromisoformat(text)


def audit_batch(session: Session, since: datetime | None, until: datetime) -> Json:
    """What the log says of the events in [since, until): how many, and the hash of their hashes by number."""
    digest, count, first, last = hashlib.sha256(), 0, None, None
    query = select(AuditEvent.n, AuditEvent.sha256).where(AuditEvent.at < until).order_by(AuditEvent.n)
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    for n, sha256 in session.execute(query, execution_options={"yield_per": 500}):
        digest.update(f"{n}:{sha256}\n".encode())
        count, first, last = count + 1, n if first is None else first, n
    return {
        "from": None if since is None else moment(since),
        "to": moment(until),
        "count": count,
        "first_n": first,
        "last_n": last,
        "sha256": digest.hexdigest(),
    }


def _next_root(session: Session, key: SigningKey, now: datetime) -> date | None:
    """Sign the next complete day that has no root yet; the day, or None when there is none.

    A day ends with the last entry that was made in it, so that days follow one another without a gap whatever the
    server's clock did meanwhile.
    """
    newest_root = select(DailyRoot.day, DailyRoot.last_n).order_by(DailyRoot.day.desc()).limit(1)
    last = session.execute(newest_root).first()
    after = 0 if last is None else last.last_n
    oldest = session.scalar(select(func.min(LogRecord.at)).where(LogRecord.n > after))
    if oldest is None:
        return None
    day = oldest.astimezone(CHINA).date()
    if last is not None:
        day = max(day, last.day + timedelta(days=1))
    end = day_end(day)
    if now < end + SETTLED:
        return None
    newest = select(LogRecord.n).where(LogRecord.at < end, LogRecord.n > after).order_by(LogRecord.n.desc()).limit(1)
    last_n = session.scalar(newest)
    if last_n is None:
        return None
    root = log_chain.root_of(server_log.entries(session, after, last_n))
    said = statement(day, after + 1, last_n, root)
    session.add(
        DailyRoot(day=day, first_n=after + 1, last_n=last_n, root=root, signature=key.seal(ROOT, said), key_id=key.kid)
    )
    session.flush()
    server_log.of(session).append(log_chain.ROOT, now, said)
    server_log.of(session).write()
    return day


def day_end(day: date) -> datetime:
    """The first instant after a day in the city's zone."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA).astimezone(UTC)


def statement(day: date, first_n: int, last_n: int, root: str) -> Json:
    """What a daily root's signature covers."""
    return {"day": day.isoformat(), "first_n": first_n, "last_n": last_n, "root": root}


def proof(session: Session, n: int) -> tuple[Proof, str]:
    """The proof that log entry `n` is under its day's root, and that root as it was signed. Raises NotFound."""
    covering = select(DailyRoot).where(DailyRoot.first_n <= n, DailyRoot.last_n >= n)
    signed = session.scalar(covering)
    if signed is None:
        raise NotFound("This entry is under no daily root yet.")
    hashes = [entry.hash for entry in _under(session, signed)]
    return log_chain.proof(hashes, signed.first_n, n), signed.signature


def log_documents(session: Session, ns: Collection[int]) -> dict[int, Json]:
    """Log entries by number, as proofs where a daily root covers them; `root` is null where none does yet."""
    found = {n: entry for n in ns for entry in server_log.entries(session, n - 1, n)}
    documents: dict[int, Json] = {}
    while waiting := sorted(set(found) - set(documents)):
        n = waiting[0]
        signed = session.scalar(select(DailyRoot).where(DailyRoot.first_n <= n, DailyRoot.last_n >= n))
        if signed is None:
            documents[n] = {"entry": asdict(found[n]), "proof": None, "root": None}
            continue
        hashes = [entry.hash for entry in _under(session, signed)]  # once for all entries of its day
        for each in [each for each in waiting if each <= signed.last_n]:
            way = log_chain.proof(hashes, signed.first_n, each)
            documents[each] = proof_check.document(found[each], way, signed.signature)
    return documents


def proof_document(session: Session, n: int) -> Json:
    """The proof for log entry `n` as it is handed out; see sync.proof_check. Raises NotFound."""
    found = next(server_log.entries(session, n - 1, n), None) if 0 < n <= LARGEST_N else None
    if found is None:
        raise NotFound("The log has no such entry.")
    return proof_check.document(found, *proof(session, n))


def _under(session: Session, signed: DailyRoot) -> Iterator[log_chain.LogEntry]:
    return server_log.entries(session, signed.first_n - 1, signed.last_n)

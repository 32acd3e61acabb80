"""Re-checks all evidence from the first row to the last: has a byte been changed behind the server's back?

Reads one snapshot, a few hundred rows at a time, and stops at the first bad row. The order is that of trust: keys, the
log by itself, what the log speaks of, the roots that seal the log, the audit trail, what came of the ops, bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, exists, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.blobs import BlobMissing, Blobs, Shelf
from backend.models import (
    AuditEvent,
    Blob,
    DailyRoot,
    Finding,
    LogRecord,
    OpIdentity,
    OpRecord,
    QuarantinedBody,
    ReceiptKey,
    Stream,
    SyncedRow,
)
from backend.models import Counter as CounterRow
from backend.services import audit, audit_retention, evidence
from backend.services.stored_ops import OpCheck
from sync import log_chain, merkle, receipts
from sync.errors import SyncError
from sync.log_chain import ChainBroken, LogEntry, moment
from sync.ops import sha256_of
from sync.store import Json

READ = 500
_TOLD = ("n", "status", "rev", "conflict")


class BadRow(Exception):
    """The first row that is not what was written."""

    def __init__(self, table: str, key: str, what: str) -> None:
        super().__init__(f"{table} {key}: {what}")
        self.table, self.key, self.what = table, key, what


def _same_op(identity: type[OpIdentity]) -> ColumnElement[bool]:
    return (identity.stream_id == OpRecord.stream_id) & (identity.n == OpRecord.n)


def _object(text: str | None) -> Json:
    """A row's content; nothing for one that is gone or is no JSON object."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Verification:
    """One run. `counts` says how many rows of each table were found good."""

    def __init__(self, session: Session, blobs: Blobs | None = None) -> None:
        self.session = session
        self.blobs = blobs
        self.counts: Counter[str] = Counter()
        self.keys: dict[str, receipts.Jwk] = {}
        self.restores: list[Json] = []
        self.audit_since: datetime | None = None

    def run(self) -> Counter[str]:
        """Check everything; raises BadRow."""
        self.receipt_keys()
        self.log()
        self.epochs()
        self.ops_logged()
        self.ops()
        self.roots()
        self.audit_checkpoints()
        self.audit_events()
        self.audit_batches()
        self.quarantine()
        self.told()
        self.findings()
        if self.blobs is not None:
            self.stored_blobs(self.blobs)
        return self.counts

    def receipt_keys(self) -> None:
        query = select(ReceiptKey.kid, cast(ReceiptKey.jwk, Text).label("jwk")).order_by(ReceiptKey.kid)
        for row in self._rows("receipt_key", query, lambda row: row.kid):
            try:
                jwk = json.loads(row.jwk)
                receipts.read_key(jwk)
            except (ValueError, AttributeError, SyncError):
                raise BadRow("receipt_key", row.kid, "this is no public key") from None
            if receipts.thumbprint(jwk) != row.kid or jwk.get("kid") != row.kid:
                raise BadRow("receipt_key", row.kid, "the key is not the one that its name says")
            self.keys[row.kid] = jwk

    def log(self) -> None:
        """The chain of the log, and the columns that repeat what a payload says."""
        query = select(LogRecord.__table__).order_by(LogRecord.n)
        where: dict[int, tuple[str | None, int | None]] = {}

        def links() -> Iterator[LogEntry]:
            for row in self._rows("log_entry", query, lambda row: str(row.n)):
                where[row.n] = row.stream_id, row.op_n
                yield LogEntry(row.n, moment(row.at), row.kind, row.payload, row.prev, row.hash)

        try:
            for entry in log_chain.check(links()):
                said = json.loads(entry.payload)
                if where.pop(entry.n) != (said.get("stream"), said.get("n")):
                    raise BadRow("log_entry", str(entry.n), "it is filed under another op than it speaks of")
        except ChainBroken as broken:
            raise BadRow("log_entry", str(broken.n), str(broken)) from None

    def epochs(self) -> None:
        """Each restore from a backup begins where the one before ended, and the last one made the present epoch."""
        epoch = None
        for n, said in self._logged(log_chain.EPOCH):
            if epoch not in (None, said["was"]):
                raise BadRow("log_entry", str(n), "it does not go on from the epoch before it")
            epoch = said["epoch"]
            self.restores.append(said)
        if epoch is not None and epoch != self.session.scalar(select(CounterRow.epoch)):
            raise BadRow("counter", "1", "its epoch is not the one that was logged last")

    def ops_logged(self) -> None:
        """No op that the log speaks of is gone."""
        kept = exists().where(OpRecord.stream_id == LogRecord.stream_id, OpRecord.n == LogRecord.op_n)
        query = select(LogRecord.stream_id, LogRecord.op_n).where(LogRecord.kind == log_chain.OP, ~kept)
        for row in self.session.execute(query.order_by(LogRecord.n).limit(1)):
            raise BadRow("op", f"{row.stream_id}/{row.op_n}", "it is missing; the log has it")

    def ops(self) -> None:
        """Every op's bytes, every device's chain and signatures, every result against the log."""
        filed = (LogRecord.stream_id == OpRecord.stream_id) & (LogRecord.op_n == OpRecord.n)
        columns = [one for one in OpRecord.__table__.c if one.name != "problem"]
        query = (
            select(
                *columns,
                cast(OpRecord.problem, Text).label("problem"),
                LogRecord.n.label("log_n"),
                LogRecord.kind.label("log_kind"),
                LogRecord.payload.label("log_payload"),
            )
            .outerjoin(LogRecord, filed)
            .order_by(OpRecord.stream_id, OpRecord.n, LogRecord.n)
        )
        check = OpCheck(self.session, BadRow)
        for row in self._rows("op", query, lambda row: f"{row.stream_id}/{row.n}"):
            self.counts["op"] += int(check.take(row))
        self.counts["op"] += int(check.end())
        self.counts["stream"] = check.streams
        empty = ~exists().where(OpRecord.stream_id == Stream.id)
        for stream in self.session.scalars(select(Stream.id).where(Stream.last_n > 0, empty).limit(1)):
            raise BadRow("stream", stream, "its ops are missing")

    def told(self) -> None:
        """What devices were told of each op is what was decided."""
        query = (
            select(OpRecord.op_id, OpRecord.stream_id, OpRecord.n, OpRecord.status, OpRecord.rev, OpRecord.conflict)
            .add_columns(SyncedRow.content)
            .join(OpIdentity, (OpIdentity.op_id == OpRecord.op_id) & _same_op(OpIdentity))
            .outerjoin(SyncedRow, (SyncedRow.type == "op_result") & (SyncedRow.row_id == OpRecord.op_id))
            .order_by(OpRecord.op_id)
        )
        for row in self._rows("op_result", query, lambda row: row.op_id):
            said = _object(row.content)
            for name, value in (("stream", row.stream_id), *((name, getattr(row, name)) for name in _TOLD)):
                if said.get(name) != value:
                    raise BadRow("synced_row", f"op_result {row.op_id}", f"its {name} is not that of the op")

    def findings(self) -> None:
        """Each finding came of an applied op, and each applied op that made one still has it."""
        made_by = {"report": Finding.id, "inspection": Finding.inspection_id}
        for source, row_id in made_by.items():
            op = exists().where(OpRecord.row_id == row_id, OpRecord.status == "applied")
            for finding in self.session.scalars(select(Finding.id).where(Finding.source == source, ~op).limit(1)):
                raise BadRow("finding", finding, "no op made it")
        kept = exists().where(Finding.id == OpRecord.row_id)
        reports = select(OpRecord.row_id).where(OpRecord.cmd == "finding.report", OpRecord.status == "applied")
        for gone in self.session.scalars(reports.where(~kept).limit(1)):
            raise BadRow("finding", str(gone), "it is missing; its op was applied")
        self.counts["finding"] = self.session.scalar(select(func.count()).select_from(Finding)) or 0

    def roots(self) -> None:
        """Each root is that of its entries, signed, and itself in the log; none is missing."""
        kept = self._rows("daily_root", select(DailyRoot.__table__).order_by(DailyRoot.day), lambda row: str(row.day))
        expected = 1
        for row, logged in zip_longest(kept, self._logged(log_chain.ROOT)):
            if row is None:
                raise BadRow("daily_root", logged[1]["day"], "it is missing; the log has it")
            day = str(row.day)
            said = evidence.statement(row.day, row.first_n, row.last_n, row.root)
            if logged is None or logged[1] != said or row.first_n != expected:
                raise BadRow("daily_root", day, "it is not the root that was logged")
            self._signed_root(day, row, said)
            expected = row.last_n + 1

    def _signed_root(self, day: str, row: Any, said: Json) -> None:
        try:
            jwk = {row.key_id: self.keys[row.key_id]}
            signed = receipts.open_sealed(receipts.ROOT, row.signature, jwk)
        except KeyError:
            raise BadRow("daily_root", day, f"the key {row.key_id} that signed it is not known") from None
        except SyncError as error:
            raise BadRow("daily_root", day, str(error)) from None
        if signed != said:
            raise BadRow("daily_root", day, "its signature is over something else")
        hashes = select(LogRecord.hash).where(LogRecord.n.between(row.first_n, row.last_n)).order_by(LogRecord.n)
        entries = (bytes.fromhex(one) for one in self.session.scalars(hashes, execution_options={"yield_per": READ}))
        if merkle.root(entries).hex() != row.root:
            raise BadRow("daily_root", day, "its root is not that of the log")

    def audit_checkpoints(self) -> None:
        """What was removed of the audit trail was removed in sealed spans, and signed for."""
        self.audit_since = audit_retention.check(self.session, self.keys, BadRow)

    def audit_events(self) -> None:
        """Each event by itself."""
        columns = [one for one in AuditEvent.__table__.c if one.name != "details"]
        query = select(*columns, cast(AuditEvent.details, Text).label("details")).order_by(AuditEvent.n)
        for row in self._rows("audit_event", query, lambda row: str(row.n)):
            try:
                found = audit.digest(row.at, row.actor_id, row.action, row.subject, json.loads(row.details))
            except (ValueError, TypeError):
                found = None
            if found != row.sha256:
                raise BadRow("audit_event", str(row.n), "its hash is not that of what it says")

    def audit_batches(self) -> None:
        """Each span of events is still the one that was sealed: none added, none gone, none rewritten."""
        until = None
        for _, said in self._logged(log_chain.AUDIT):
            since = None if said["from"] is None else evidence.instant(said["from"])
            if since != until:
                raise BadRow("audit_event", f"from {said['from']}", "a span of events was never sealed")
            until = evidence.instant(said["to"])
            if self.audit_since is not None and until <= self.audit_since:
                continue
            if evidence.audit_batch(self.session, since, until) != said:
                span = f"{said['first_n']} to {said['last_n']}"
                raise BadRow("audit_event", span, "these are not the events that were sealed")
            self.counts["audit batch"] += 1

    def quarantine(self) -> None:
        """Bytes that nobody could read are kept as they came."""
        query = select(QuarantinedBody.__table__).order_by(QuarantinedBody.id)
        for row in self._rows("quarantined_body", query, lambda row: row.id):
            if not isinstance(row.body, bytes) or sha256_of(row.body) != row.sha256:
                raise BadRow("quarantined_body", row.id, "the bytes are not those of its sha256")
            said = {"id": row.id, "stream": row.stream_id, "sha256": row.sha256, "reason": row.reason}
            filed = select(LogRecord.payload).where(
                LogRecord.kind == log_chain.QUARANTINE, LogRecord.stream_id == row.stream_id
            )
            if not any(json.loads(payload) == said for payload in self.session.scalars(filed)):
                raise BadRow("quarantined_body", row.id, "it is not what was logged")
        for _, said in self._logged(log_chain.QUARANTINE):
            if self.session.get(QuarantinedBody, said["id"]) is None:
                raise BadRow("quarantined_body", said["id"], "it is missing; the log has it")

    def stored_blobs(self, blobs: Blobs) -> None:
        """Every photo's bytes, read and hashed again."""
        query = select(Blob.sha256, Blob.size, Blob.status).order_by(Blob.sha256)
        for row in self._rows("blob", query, lambda row: row.sha256):
            shelf = Shelf.ORIGINALS if row.status == "stored" else Shelf.QUARANTINE
            try:
                if blobs.size(row.sha256, shelf) != row.size or not blobs.verify(row.sha256, shelf):
                    raise BadRow("blob", row.sha256, "the bytes are not those of its sha256")
            except BlobMissing:
                raise BadRow("blob", row.sha256, "its bytes are missing") from None

    # reading -------------------------------------------------------------------------------------------------
    def _logged(self, kind: str) -> Iterator[tuple[int, Json]]:
        """What the log says under one kind, in order."""
        query = select(LogRecord.n, LogRecord.payload).where(LogRecord.kind == kind).order_by(LogRecord.n)
        for row in self.session.execute(query, execution_options={"yield_per": READ}):
            yield row.n, json.loads(row.payload)

    def _rows(self, table: str, query: Any, key: Callable[[Any], str]) -> Iterator[Any]:
        """The rows, streamed and counted. One that cannot even be read is looked for singly, and named."""
        seen, last = 0, "the beginning"
        for size in (READ, 1):
            try:
                for index, row in enumerate(self.session.execute(query, execution_options={"yield_per": size})):
                    if index < seen:
                        continue
                    yield row
                    seen, last = index + 1, key(row)
                    self.counts[table] += int(table != "op")
                return
            except (DBAPIError, ValueError, TypeError) as error:
                unreadable = type(error).__name__
        raise BadRow(table, f"after {last}", f"the row cannot be read ({unreadable})")

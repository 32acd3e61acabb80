"""sync.Store on SQLAlchemy: one transaction's view, on SQLite and PostgreSQL alike.

Whoever writes synced rows goes through `lock_counter` and `publish` here; a trigger refuses any other way. What is
written goes through `backend.write_behind`, and what this transaction wrote is known from its notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from sqlalchemy import CursorResult, Table, bindparam, select, update
from sqlalchemy.orm import Session

from backend import foreknowledge, outages, server_log, until_lock, write_behind
from backend.bulk import Bulk
from backend.entries import Before, entries_of
from backend.models import Counter, Device, Entry, OpIdentity, OpRecord, ScopeDigest, Stream, SyncedRow, User
from sync import digest, log_chain
from sync.chain import Tip
from sync.errors import StoreUnavailable, StreamUnknown, TransactionLost
from sync.ops import Op, read_body
from sync.store import DecidedAlready, EntryKey, OpContext, OpResult, Row, StoredOp, StreamState

RESERVED = 64  # seqs drawn from the counter at once; what a transaction leaves over is a gap, which harms nothing
_OPS, _OWNERS, _CLAIMS = Bulk(OpRecord), Bulk(OpIdentity), Bulk(OpIdentity, "ignore")
_ROWS, _ENTRIES, _DIGESTS = Bulk(SyncedRow, "replace"), Bulk(Entry, "replace"), Bulk(ScopeDigest, "replace")
_COUNTER = cast("Table", Counter.__table__)
_RESERVE = (
    update(_COUNTER)
    .values(value=_COUNTER.c.value + RESERVED)
    .returning(_COUNTER.c.value, _COUNTER.c.epoch, _COUNTER.c.backed_up_seq)
)
_LOCK_STREAM = (
    select(Stream.last_n, Stream.last_sha256, Stream.user_id, Device.revoked_at, User.active)
    .join(Device, Device.id == Stream.device_id)
    .join(User, User.id == Stream.user_id)
    .where(Stream.id == bindparam("wanted"))
    .with_for_update(of=Stream)
)
_ADVANCE = (
    update(cast("Table", Stream.__table__))
    .where(Stream.id == bindparam("wanted"))
    .values(last_n=bindparam("n"), last_sha256=bindparam("sha256"))
)


class SqlStore:
    """See sync.store.Store. Give it a session inside `writing()` (or `reading()` for the reading half).

    `in_hurry`: rows may wait to be written; whoever asks for that meets `write_behind.Hasty`, and calls `settle` last.
    """

    def __init__(
        self, session: Session, now: datetime | None = None, by: str | None = None, *, in_hurry: bool = False
    ) -> None:
        self.session = session
        self.now = now or datetime.now(UTC)
        self.by = by  # the person who decides held ops, for the log
        self._next = 0
        self._reserved = 0
        self._about: list[Any] = []  # the counter's epoch and backed_up_seq, once it is locked
        self._behind = write_behind.of(session)
        self._behind.in_hurry |= in_hurry
        self.settle = self._behind.settle

    def foresee(self, ids: Iterable[str]) -> None:
        foreknowledge.foresee(self.session, ids)

    # streams -------------------------------------------------------------------------------------------------
    def lock_stream(self, stream: str) -> StreamState:
        found = self._behind.connection.execute(_LOCK_STREAM, {"wanted": stream}).one_or_none()
        if found is None:
            raise StreamUnknown("There is no such stream.")
        return StreamState(Tip(found[0], found[1]), found[2], found[3] is not None or not found[4])

    def lock_counter(self) -> None:
        if not self._reserved:
            self._reserve()
            until_lock.forget(self.session)

    def _reserve(self) -> None:
        value, *self._about = self._behind.connection.execute(_RESERVE).one()
        self._next, self._reserved = value - RESERVED, value

    def next_seq(self) -> int:
        """The next `seq`; the counter must be locked."""
        if not self._reserved:
            raise RuntimeError("the counter is not locked")
        if self._next == self._reserved:
            self._reserve()
        self._next += 1
        return self._next

    def advance(self, stream: str, tip: Tip) -> None:
        self._behind.connection.execute(_ADVANCE, {"wanted": stream, "n": tip.n, "sha256": tip.sha256})

    # ops -----------------------------------------------------------------------------------------------------
    def hashes(self, stream: str, ns: Iterable[int]) -> dict[int, str]:
        wanted = list(ns)
        if not wanted:
            return {}
        rows = self.session.execute(
            select(OpRecord.n, OpRecord.sha256).where(
                OpRecord.stream_id == stream, OpRecord.n.between(min(wanted), max(wanted))
            )
        )
        return {row.n: row.sha256 for row in rows}

    def op_at(self, stream: str, n: int) -> StoredOp | None:
        noted: StoredOp | None = self._behind.notes.get(("op", stream, n))
        if noted is not None:
            return noted
        record = self.session.execute(
            select(OpRecord.__table__, Stream.user_id)
            .join(Stream, Stream.id == OpRecord.stream_id)
            .where(OpRecord.stream_id == stream, OpRecord.n == n)
        ).one_or_none()
        return _stored(record) if record else None

    def op_by_id(self, op_id: str) -> StoredOp | None:
        place: tuple[str, int] | None = self._behind.notes.get(("owner", op_id))
        if place is not None:
            return self.op_at(*place)
        if foreknowledge.is_stranger(self.session, op_id):
            return None
        owner = self.session.execute(
            select(OpIdentity.stream_id, OpIdentity.n).where(OpIdentity.op_id == op_id)
        ).one_or_none()
        return self.op_at(owner.stream_id, owner.n) if owner else None

    def keep(self, stored: StoredOp, *, owns_id: bool) -> StoredOp:
        kept = self._with_seq(stored, row_id=stored.op.id if owns_id else None)
        op = kept.op
        record = {
            "stream_id": op.stream,
            "n": op.n,
            "op_id": op.id,
            "row_id": op.row,
            "group_id": op.group.id if op.group else None,
            "cmd": op.cmd,
            "body": op.body,
            "sha256": op.sha256,
            "sig": op.sig,
            "received_at": kept.context.received_at,
            "skew_s": kept.context.skew_s,
            "waits_for": kept.waits_for,
            **self._decision(kept.result),
        }
        self._behind.add(_OPS, [_OPS.row(record)])
        if owns_id:
            self._behind.add(_OWNERS, [_owner(op.id, op)])
            self._behind.notes.put(("owner", op.id), (op.stream, op.n))
            self._claim(op, kept.context.author_id)
        self._note(kept)
        self._log(log_chain.OP, kept)
        return kept

    def _claim(self, op: Op, author_id: str) -> None:
        """Stand for the ops that this one re-issues: they may still come, from a late request or a cloned phone."""
        for was in op.reissues():
            claim = was.claim(author_id)
            if self.op_by_id(claim) is None:
                self._behind.add(_CLAIMS, [_owner(claim, op)])
                self._behind.notes.put(("owner", claim), (op.stream, op.n))

    def _note(self, stored: StoredOp) -> None:
        self._behind.notes.put(("op", stored.op.stream, stored.op.n), stored)
        if stored.waits_for is not None:
            self._behind.notes.put(("waits", stored.waits_for), True)

    def decide(self, stored: StoredOp) -> StoredOp:
        decided = self._with_seq(stored, row_id=stored.op.id)
        changed = self.session.execute(
            update(OpRecord)
            .where(OpRecord.stream_id == stored.op.stream, OpRecord.n == stored.op.n, OpRecord.status == "held")
            .values(waits_for=decided.waits_for, **self._decision(decided.result))
            .execution_options(synchronize_session=False)
        )
        if cast("CursorResult[Any]", changed).rowcount != 1:
            raise DecidedAlready(f"op {stored.op.n} of stream {stored.op.stream}")
        self._note(decided)
        self._log(log_chain.DECISION, decided)
        return decided

    def _log(self, kind: str, stored: StoredOp) -> None:
        said = log_chain.decision(stored, None if stored.result.status == "held" else self.now, self.by)
        server_log.of(self.session).append(kind, self.now, said, stored.op.stream, stored.op.n)

    def _decision(self, result: OpResult) -> dict[str, Any]:
        return {
            "status": result.status,
            "seq": result.seq,
            "rev": result.rev,
            "conflict": result.conflict,
            "problem": result.problem,
            "decided_at": None if result.status == "held" else self.now,
        }

    def _with_seq(self, stored: StoredOp, row_id: str | None) -> StoredOp:
        """Publish the op's result; the `seq` that this draws is the highest of the op's effects, and so its own."""
        op, result = stored.op, stored.result
        if row_id is None:
            seq = self.next_seq()
        else:
            content = {
                "id": op.id,
                "stream": op.stream,
                "n": op.n,
                "cmd": op.cmd,
                "row": op.row,
                "status": result.status,
                "rev": result.rev,
                "conflict": result.conflict,
                "problem": result.problem,
                "decided_at": None if result.status == "held" else self.now.isoformat(),
            }
            scopes = frozenset({f"user:{stored.context.author_id}"})
            seq = self.publish(Row("op_result", row_id, 1, content, scopes))
        return stored.decided(
            OpResult(result.id, result.n, result.status, seq, result.rev, result.conflict, result.problem),
            stored.waits_for,
        )

    def waiting_for(self, row_id: str) -> list[StoredOp]:
        if self._behind.notes.get(("waits", row_id)) is None and foreknowledge.is_stranger(self.session, row_id):
            return []
        return self._stored_where(OpRecord.waits_for == row_id, OpRecord.status == "held")

    def group_members(self, stream: str, group_id: str) -> list[StoredOp]:
        person = select(Stream.user_id).where(Stream.id == stream).scalar_subquery()
        streams = select(Stream.id).where(Stream.user_id == person)
        return self._stored_where(OpRecord.stream_id.in_(streams), OpRecord.group_id == group_id)

    def _stored_where(self, *conditions: Any) -> list[StoredOp]:
        records = self.session.execute(
            select(OpRecord.__table__, Stream.user_id)
            .join(Stream, Stream.id == OpRecord.stream_id)
            .where(*conditions)
            .order_by(OpRecord.received_at, OpRecord.stream_id, OpRecord.n)
        )
        return [_stored(record) for record in records]

    # rows ----------------------------------------------------------------------------------------------------
    def publish(self, row: Row) -> int:
        if not row.scopes:
            raise ValueError("a row is in one scope at least")
        seq = self.next_seq()
        content = orjson.dumps(row.content, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        self._behind.add(_ROWS, [(row.type, row.id, row.rev, seq, content)])
        self._enter(row.type, row.id, row.scopes, seq, gone="leave")
        return seq

    def withdraw(self, type: str, row_id: str) -> int:
        seq = self.next_seq()
        self._behind.add(_ROWS, [(type, row_id, 0, seq, None)])
        self._enter(type, row_id, frozenset(), seq, gone="delete")
        return seq

    def _enter(self, type: str, row_id: str, scopes: frozenset[str], seq: int, gone: str) -> None:
        before = self._entered(type, row_id)
        after, written = dict(before), []
        changes: dict[str, tuple[int, int]] = {}
        this = int.from_bytes(digest.of_entry(type, row_id, seq))
        for scope in scopes | before.keys():
            kind = "put" if scope in scopes else gone
            was, was_seq = before.get(scope, (None, 0))
            if kind != "put" and was == kind:
                continue
            written.append((scope, type, row_id, kind, seq))
            after[scope] = (kind, seq)
            n, x = 0, 0
            if was == "put":
                n, x = n - 1, x ^ int.from_bytes(digest.of_entry(type, row_id, was_seq))
            if kind == "put":
                n, x = n + 1, x ^ this
            if (n, x) != (0, 0):
                changes[scope] = (n, x)
        self._behind.notes.put(("entries", type, row_id), after)
        if written:
            self._behind.add(_ENTRIES, written)
        if changes:
            self._digest(changes)

    def look_up(self, type: str, row_ids: Sequence[str]) -> None:
        """Read at once where many rows are, each of which is to be published."""
        for row_id, entries in entries_of(self.session, type, row_ids).items():
            self._behind.notes.put(("entries", type, row_id), entries)

    def _entered(self, type: str, row_id: str) -> Before:
        noted: Before | None = self._behind.notes.get(("entries", type, row_id))
        if noted is not None or foreknowledge.is_stranger(self.session, row_id):
            return noted or {}
        return entries_of(self.session, type, [row_id])[row_id]

    def _digest(self, changes: Mapping[str, tuple[int, int]]) -> None:
        """Fold changes into the scopes' digests, each read once a transaction."""
        notes = self._behind.notes
        unread = [scope for scope in changes if notes.get(("digest", scope)) is None]
        if unread:
            for scope, (n, x) in self.digests(unread).items():
                notes.put(("digest", scope), (n, int.from_bytes(x)))
        written = []
        for scope, (by, change) in changes.items():
            n, x = notes.get(("digest", scope))
            n, x = n + by, x ^ change
            notes.put(("digest", scope), (n, x))
            written.append((scope, n, x.to_bytes(16)))
        self._behind.add(_DIGESTS, written)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        reserved = self._reserved
        log = server_log.of(self.session)
        mark = log.mark()
        try:
            with self._behind.savepoint():
                yield
        except TransactionLost:
            raise
        except BaseException as error:
            log.back_to(mark)
            if self._reserved != reserved:  # a reservation made inside may be undone with the rest
                self._next = self._reserved = 0
                self._reserve()
            if outages.is_outage(error):
                raise StoreUnavailable("The database or disk is unavailable.") from error
            raise

    # reading -------------------------------------------------------------------------------------------------
    def epoch(self) -> str:
        if self._about:
            return str(self._about[0])
        return self.session.execute(select(Counter.epoch)).scalar_one()

    def head(self) -> int:
        return self.session.execute(select(Counter.value)).scalar_one()

    def backed_up_seq(self) -> int:
        if self._about:
            return int(self._about[1])
        return self.session.execute(select(Counter.backed_up_seq)).scalar_one()

    def tombstone_floor(self) -> int:
        return self.session.execute(select(Counter.tombstone_floor)).scalar_one()

    def entries_after(self, scope: str, position: int, limit: int) -> Sequence[EntryKey]:
        query = select(Entry.scope, Entry.type, Entry.row_id, Entry.kind, Entry.seq)
        query = query.where(Entry.scope == scope, Entry.seq > position).order_by(Entry.seq).limit(limit)
        if position == 0:
            query = query.where(Entry.kind == "put")
        return [EntryKey(*row) for row in self.session.execute(query)]

    def contents(self, keys: Sequence[EntryKey]) -> Mapping[tuple[str, str], tuple[int, Any]]:
        """By type, with a list of ids each: of a list of (type, id) pairs SQLite would read the whole table."""
        wanted: dict[str, set[str]] = {}
        for key in keys:
            wanted.setdefault(key.type, set()).add(key.id)
        found: dict[tuple[str, str], tuple[int, Any]] = {}
        for type, ids in wanted.items():
            ordered = sorted(ids)
            for start in range(0, len(ordered), 400):
                rows = self.session.execute(
                    select(SyncedRow.row_id, SyncedRow.rev, SyncedRow.content).where(
                        SyncedRow.type == type, SyncedRow.row_id.in_(ordered[start : start + 400])
                    )
                )
                found.update({(type, row.row_id): (row.rev, row.content) for row in rows})
        return found

    def digests(self, scopes: Iterable[str]) -> dict[str, tuple[int, bytes]]:
        wanted = list(scopes)
        rows = self.session.execute(
            select(ScopeDigest.scope, ScopeDigest.n, ScopeDigest.x).where(ScopeDigest.scope.in_(wanted))
        )
        found = {row.scope: (row.n, row.x) for row in rows}
        return {scope: found.get(scope, (0, digest.EMPTY)) for scope in wanted}

    def tips(self, stream: str) -> dict[str, int]:
        device = select(Stream.device_id).where(Stream.id == stream).scalar_subquery()
        rows = self.session.execute(select(Stream.id, Stream.last_n).where(Stream.device_id == device))
        return {row.id: row.last_n for row in rows}


def _owner(id: str, op: Op) -> tuple[str, str, int]:
    return id, op.stream, op.n


def _stored(record: Any) -> StoredOp:
    context = OpContext(record.stream_id, record.user_id, record.received_at, record.skew_s)
    result = OpResult(record.op_id, record.n, record.status, record.seq, record.rev, record.conflict, record.problem)
    return StoredOp(read_body(record.body, record.sig), context, result, record.waits_for)

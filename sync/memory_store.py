"""A sync.Store in plain dicts, with the semantics of the real ones, savepoints included: for tests and simulations.

A `MemoryDatabase` is what lasts; `transaction()` gives a `MemoryStore` for one transaction and undoes everything when
it is left by an exception.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sync import digest
from sync.chain import Tip
from sync.errors import StreamUnknown
from sync.store import DecidedAlready, EntryKey, Json, Row, StoredOp, StreamState

EMPTY_CHAIN = Tip(0, None)
SOME_DAY = datetime(2026, 11, 22, tzinfo=UTC)


class SeqRefused(Exception):
    """A `seq` without the counter's lock, or a second owner of an op id: what the real stores' constraints refuse."""


@dataclass(slots=True)
class StreamRecord:
    device: str
    author_id: str
    tip: Tip = EMPTY_CHAIN
    revoked: bool = False


@dataclass(slots=True)
class Tables:
    """Everything that a transaction may change; the records in it are replaced, never changed."""

    counter: int = 0
    streams: dict[str, StreamRecord] = field(default_factory=dict)
    ops: dict[tuple[str, int], StoredOp] = field(default_factory=dict)
    owners: dict[str, tuple[str, int]] = field(default_factory=dict)
    rows: dict[tuple[str, str], tuple[int, Json]] = field(default_factory=dict)
    entries: dict[tuple[str, str, str], EntryKey] = field(default_factory=dict)
    digests: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def copied(self) -> Tables:
        return Tables(**{name: copy.copy(getattr(self, name)) for name in Tables.__dataclass_fields__})


class MemoryDatabase:
    def __init__(self, epoch: str = "e1") -> None:
        self.tables = Tables()
        self.epoch = epoch
        self.backed_up_seq = 0
        self.tombstone_floor = 0

    def add_stream(self, stream: str, author_id: str, device: str | None = None) -> None:
        self.tables.streams[stream] = StreamRecord(device or stream, author_id)

    def revoke(self, stream: str) -> None:
        self.tables.streams[stream] = replace(self.tables.streams[stream], revoked=True)

    @contextmanager
    def transaction(self, now: datetime = SOME_DAY) -> Iterator[MemoryStore]:
        before = self.tables.copied()
        try:
            yield MemoryStore(self, now)
        except BaseException:
            self.tables = before
            raise


class MemoryStore:
    """See sync.store.Store."""

    def __init__(self, database: MemoryDatabase, now: datetime) -> None:
        self.database = database
        self.now = now
        self._locked = False

    @property
    def _t(self) -> Tables:
        return self.database.tables

    # streams -------------------------------------------------------------------------------------------------
    def lock_stream(self, stream: str) -> StreamState:
        found = self._t.streams.get(stream)
        if found is None:
            raise StreamUnknown("There is no such stream.")
        return StreamState(found.tip, found.author_id, found.revoked)

    def lock_counter(self) -> None:
        self._locked = True

    def foresee(self, ids: Iterable[str]) -> None:
        """Everything is at hand."""

    def next_seq(self) -> int:
        if not self._locked:
            raise SeqRefused("the counter is not locked")
        self._t.counter += 1
        return self._t.counter

    def advance(self, stream: str, tip: Tip) -> None:
        self._t.streams[stream] = replace(self._t.streams[stream], tip=tip)

    # ops -----------------------------------------------------------------------------------------------------
    def hashes(self, stream: str, ns: Iterable[int]) -> dict[int, str]:
        return {n: self._t.ops[stream, n].op.sha256 for n in ns if (stream, n) in self._t.ops}

    def op_at(self, stream: str, n: int) -> StoredOp | None:
        return self._t.ops.get((stream, n))

    def op_by_id(self, op_id: str) -> StoredOp | None:
        owner = self._t.owners.get(op_id)
        return None if owner is None else self._t.ops[owner]

    def keep(self, stored: StoredOp, *, owns_id: bool) -> StoredOp:
        key = (stored.op.stream, stored.op.n)
        if key in self._t.ops or (owns_id and stored.op.id in self._t.owners):
            raise SeqRefused("an op is kept once")
        kept = self._with_seq(stored, publish=owns_id)
        self._t.ops[key] = kept
        if owns_id:
            self._t.owners[stored.op.id] = key
            for was in stored.op.reissues():
                self._t.owners.setdefault(was.claim(stored.context.author_id), key)
        return kept

    def decide(self, stored: StoredOp) -> StoredOp:
        key = (stored.op.stream, stored.op.n)
        if self._t.ops[key].result.status != "held":
            raise DecidedAlready(f"op {stored.op.n} of stream {stored.op.stream}")
        decided = self._with_seq(stored, publish=True)
        self._t.ops[key] = replace(decided, context=self._t.ops[key].context)
        return decided

    def _with_seq(self, stored: StoredOp, *, publish: bool) -> StoredOp:
        op, result = stored.op, stored.result
        seq = self._publish_result(stored) if publish else self.next_seq()
        return stored.decided(replace(result, id=op.id, n=op.n, seq=seq), stored.waits_for)

    def _publish_result(self, stored: StoredOp) -> int:
        op, result = stored.op, stored.result
        content: Json = {
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
        return self.publish(Row("op_result", op.id, 1, content, frozenset({f"user:{stored.context.author_id}"})))

    def waiting_for(self, row_id: str) -> list[StoredOp]:
        return self._where(lambda one: one.waits_for == row_id and one.result.status == "held")

    def group_members(self, stream: str, group_id: str) -> list[StoredOp]:
        person = self._t.streams[stream].author_id
        return self._where(
            lambda one: (
                one.op.group is not None
                and one.op.group.id == group_id
                and self._t.streams[one.op.stream].author_id == person
            )
        )

    def _where(self, condition: Any) -> list[StoredOp]:
        found = [one for one in self._t.ops.values() if condition(one)]
        return sorted(found, key=lambda one: (one.context.received_at, one.op.stream, one.op.n))

    # rows ----------------------------------------------------------------------------------------------------
    def publish(self, row: Row) -> int:
        if not row.scopes:
            raise ValueError("a row is in one scope at least")
        seq = self.next_seq()
        self._t.rows[row.type, row.id] = (row.rev, copy.deepcopy(row.content))
        self._enter(row.type, row.id, row.scopes, seq, gone="leave")
        return seq

    def withdraw(self, type: str, row_id: str) -> int:
        seq = self.next_seq()
        self._t.rows[type, row_id] = (0, {})
        self._enter(type, row_id, frozenset(), seq, gone="delete")
        return seq

    def _enter(self, type: str, row_id: str, scopes: frozenset[str], seq: int, gone: str) -> None:
        before = {key[0]: entry for key, entry in self._t.entries.items() if key[1:] == (type, row_id)}
        for scope in scopes | before.keys():
            kind, was = ("put" if scope in scopes else gone), before.get(scope)
            if kind != "put" and was is not None and was.kind == kind:
                continue
            if was is not None and was.kind == "put":
                self._fold(scope, -1, digest.of_entry(type, row_id, was.seq))
            if kind == "put":
                self._fold(scope, +1, digest.of_entry(type, row_id, seq))
            self._t.entries[scope, type, row_id] = EntryKey(scope, type, row_id, kind, seq)

    def _fold(self, scope: str, by: int, of: bytes) -> None:
        n, x = self._t.digests.get(scope, (0, digest.EMPTY))
        self._t.digests[scope] = (n + by, digest.xor(x, of))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        before = self._t.copied()
        try:
            yield
        except BaseException:
            counter = self._t.counter  # a number once drawn is not drawn again
            self.database.tables = before
            self._t.counter = counter
            raise

    # reading -------------------------------------------------------------------------------------------------
    def epoch(self) -> str:
        return self.database.epoch

    def head(self) -> int:
        return self._t.counter

    def backed_up_seq(self) -> int:
        return self.database.backed_up_seq

    def tombstone_floor(self) -> int:
        return self.database.tombstone_floor

    def entries_after(self, scope: str, position: int, limit: int) -> Sequence[EntryKey]:
        found = [
            entry
            for entry in self._t.entries.values()
            if entry.scope == scope and entry.seq > position and (position > 0 or entry.kind == "put")
        ]
        return sorted(found, key=lambda entry: entry.seq)[:limit]

    def contents(self, keys: Sequence[EntryKey]) -> Mapping[tuple[str, str], tuple[int, Any]]:
        return {(key.type, key.id): self._t.rows[key.type, key.id] for key in keys}

    def digests(self, scopes: Iterable[str]) -> dict[str, tuple[int, bytes]]:
        return {scope: self._t.digests.get(scope, (0, digest.EMPTY)) for scope in scopes}

    def tips(self, stream: str) -> dict[str, int]:
        device = self._t.streams[stream].device
        return {name: one.tip.n for name, one in self._t.streams.items() if one.device == device}

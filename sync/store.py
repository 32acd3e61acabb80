"""What the engine asks of a store: the contract that every implementation meets (one conformance suite).

A store lives for one transaction. Nothing here commits: the edge does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sync.chain import Tip
from sync.ops import Op

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StreamState:
    """A locked stream: its tip, whose it is, and whether its device was revoked."""

    tip: Tip
    author_id: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class OpContext:
    """Who sent an op and when it came; kept with it, so that a later decision sees the same.

    `skew_s` is server time minus device time at the push (None when the device did not say): adding it to a device
    time gives the server's idea of that instant. `approved`: a supervisor lets a held op through, rights or no rights.
    """

    stream: str
    author_id: str
    received_at: datetime
    skew_s: float | None
    approved: bool = False


@dataclass(frozen=True, slots=True)
class OpResult:
    """What became of an op. `held` ends once, later, in another status."""

    id: str
    n: int
    status: str
    seq: int = 0
    rev: int | None = None
    conflict: str | None = None
    problem: Json | None = None

    def as_wire(self, replay: bool) -> Json:
        return {
            "id": self.id,
            "n": self.n,
            "status": self.status,
            "replay": replay,
            "seq": self.seq,
            "rev": self.rev,
            "conflict": self.conflict,
            "problem": self.problem,
            "receipt": None,
        }


@dataclass(frozen=True, slots=True)
class StoredOp:
    """An op in the store with its present result."""

    op: Op
    context: OpContext
    result: OpResult
    waits_for: str | None = None

    def decided(self, result: OpResult, waits_for: str | None = None) -> StoredOp:
        return replace(self, result=result, waits_for=waits_for)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as devices see it, and the scopes that it is in."""

    type: str
    id: str
    rev: int
    content: Json
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class EntryKey:
    """An entry without its row: what pull orders and pages by."""

    scope: str
    type: str
    id: str
    kind: str
    seq: int


class DecidedAlready(Exception):
    """The op is not held (any more)."""


class Store(Protocol):
    """One transaction's view of streams, ops, rows and entries."""

    # streams -------------------------------------------------------------------------------------------------
    def lock_stream(self, stream: str) -> StreamState:
        """Lock the stream row (first of all locks) and read it; raises StreamUnknown."""
        ...

    def lock_counter(self) -> None:
        """Lock the counter row and keep it to the commit; called before any other write."""
        ...

    def foresee(self, ids: Iterable[str]) -> None:
        """A hint: ids and hashes that will be asked about, so that all can be looked up at once. Needs the counter."""
        ...

    def advance(self, stream: str, tip: Tip) -> None:
        """Move a stream's tip."""
        ...

    # ops -----------------------------------------------------------------------------------------------------
    def hashes(self, stream: str, ns: Iterable[int]) -> dict[int, str]:
        """The stored SHA-256 by number."""
        ...

    def op_at(self, stream: str, n: int) -> StoredOp | None: ...

    def op_by_id(self, op_id: str) -> StoredOp | None:
        """The op that owns an id."""
        ...

    def keep(self, stored: StoredOp, *, owns_id: bool) -> StoredOp:
        """Insert an op with its result and publish its `op_result`; returns it with the `seq` it got.

        With `owns_id` a second op of the same id is refused by the store's own constraint, and `op_by_id` finds the
        op under the claim of each op that it re-issues too, unless an earlier one has that claim.
        """
        ...

    def decide(self, stored: StoredOp) -> StoredOp:
        """Replace the result of an op that was held, and publish the new `op_result`.

        Raises DecidedAlready for one that is not held any more: a result ends once.
        """
        ...

    def waiting_for(self, row_id: str) -> list[StoredOp]:
        """Held ops that wait for a row, in the order in which they were received."""
        ...

    def group_members(self, stream: str, group_id: str) -> list[StoredOp]:
        """Ops of a group in all streams of the person who writes `stream`, in the order in which they were received."""
        ...

    # rows ----------------------------------------------------------------------------------------------------
    def publish(self, row: Row) -> int:
        """Write a row and its entries under one new `seq`: put in its scopes, leave in those it was in; returns it."""
        ...

    def withdraw(self, type: str, row_id: str) -> int:
        """Delete a row from every scope under one new `seq`."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was written inside when it is left by an exception.

        The database's or disk's own failure leaves as StoreUnavailable, with the savepoint undone, or as
        TransactionLost when the database undid everything.
        """
        ...

    # reading, in one snapshot --------------------------------------------------------------------------------
    def epoch(self) -> str: ...

    def head(self) -> int:
        """The highest `seq` that a committed transaction can have used."""
        ...

    def backed_up_seq(self) -> int: ...

    def tombstone_floor(self) -> int:
        """Positions above 0 and below this may have missed entries that are no longer kept."""
        ...

    def entries_after(self, scope: str, position: int, limit: int) -> Sequence[EntryKey]:
        """Entries of one scope above a position, by `seq`; from position 0 only `put` ones."""
        ...

    def contents(self, keys: Sequence[EntryKey]) -> Mapping[tuple[str, str], tuple[int, Any]]:
        """(rev, JSON text or value) by (type, id)."""
        ...

    def digests(self, scopes: Iterable[str]) -> dict[str, tuple[int, bytes]]:
        """Per scope: live entries, and the XOR of their 16-byte hashes."""
        ...

    def tips(self, stream: str) -> dict[str, int]:
        """The last number of each stream of the device that writes `stream`."""
        ...

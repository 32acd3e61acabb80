"""The server's own log: an append-only chain of what it took in and decided, and proofs out of it.

An entry's hash covers its number, time, kind, the hash of its payload, and the hash of the entry before it: whoever
has one hash (a receipt, a daily root) can tell whether anything up to there was changed. The payload is kept as text,
so that it is never serialised again. It holds ids, hashes and codes; an op's contents only by their hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sync import merkle
from sync.canonical import canonical, fingerprint
from sync.store import Json, StoredOp

OP, DECISION, QUARANTINE, AUDIT, ROOT, EPOCH = "op", "decision", "quarantine", "audit-batch", "root", "epoch"
CHECKPOINT = "audit-checkpoint"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One link. `at` is RFC 3339 in UTC, `prev` None for the first."""

    n: int
    at: str
    kind: str
    payload: str
    prev: str | None
    hash: str

    def bare(self) -> bytes:
        """What a Merkle tree takes as this entry."""
        return bytes.fromhex(self.hash)


class ChainBroken(ValueError):
    """Entry `n` is not what was logged, or not in its place."""

    def __init__(self, n: int, what: str) -> None:
        super().__init__(what)
        self.n = n


def hash_of(n: int, at: str, kind: str, payload: str, prev: str | None) -> str:
    said = hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()
    return fingerprint({"n": n, "at": at, "kind": kind, "payload": said, "prev": prev})


def link(n: int, at: datetime, kind: str, payload: Json, prev: str | None) -> LogEntry:
    """The entry that follows `prev`."""
    text = canonical(payload).decode("utf-8", "surrogatepass")
    instant = moment(at)
    return LogEntry(n, instant, kind, text, prev, hash_of(n, instant, kind, text, prev))


def check(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """The entries of a whole log, from the first, passed on as long as they hold; raises ChainBroken."""
    expected, last = 1, None
    for entry in entries:
        if entry.n != expected:
            raise ChainBroken(expected, "it is missing")
        if entry.prev != last:
            raise ChainBroken(entry.n, "it does not follow the entry before it")
        if entry.hash != hash_of(entry.n, entry.at, entry.kind, entry.payload, entry.prev):
            raise ChainBroken(entry.n, "its hash is not that of what it says")
        yield entry
        expected, last = entry.n + 1, entry.hash


def moment(at: datetime) -> str:
    """An instant as it is hashed: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def decision(stored: StoredOp, decided_at: datetime | None, by: str | None) -> Json:
    """What is logged of an op when it is taken in, and whenever something new is decided of it."""
    op, context, result = stored.op, stored.context, stored.result
    return {
        "stream": op.stream,
        "n": op.n,
        "op": op.id,
        "sha256": op.sha256,
        "author": context.author_id,
        "received_at": moment(context.received_at),
        "skew_s": context.skew_s,
        "status": result.status,
        "seq": result.seq,
        "rev": result.rev,
        "conflict": result.conflict,
        "problem": None if result.problem is None else fingerprint(result.problem),
        "decided_at": None if decided_at is None else moment(decided_at),
        "by": by,
    }


# proofs ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is under a root over entries `first_n` to `last_n`: sister hashes in hex, from the leaf up."""

    n: int
    first_n: int
    last_n: int
    path: tuple[str, ...]


def root_of(entries: Iterable[LogEntry]) -> str:
    """The Merkle root over consecutive entries, in hex."""
    return merkle.root(entry.bare() for entry in entries).hex()


def proof(hashes: Sequence[str], first_n: int, n: int) -> Proof:
    """The proof for entry `n`, from the hashes of all entries under the root, the first of which is `first_n`."""
    path = merkle.path([bytes.fromhex(one) for one in hashes], n - first_n)
    return Proof(n, first_n, first_n + len(hashes) - 1, tuple(step.hex() for step in path))


def verify_proof(entry_hash: str, proof: Proof, root: str) -> bool:
    """Whether an entry with that hash is number `proof.n` under the root."""
    try:
        steps = [bytes.fromhex(step) for step in proof.path]
        data, expected = bytes.fromhex(entry_hash), bytes.fromhex(root)
    except ValueError:
        return False
    return merkle.proves(data, proof.n - proof.first_n, proof.last_n - proof.first_n + 1, steps, expected)

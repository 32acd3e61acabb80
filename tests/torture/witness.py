"""The witness: plain dicts of what people recorded, what each phone was told, and what was lost by its owner."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sync.device_ports import Answer, MemoryStorage
from sync.ops import sha256_of
from tests.torture.faults import Sent

Json = dict[str, Any]


class Violation(AssertionError):
    """An invariant does not hold; the text begins with its number."""


@dataclass(slots=True)
class Recorded:
    """An op that is durable on a phone, or was acknowledged."""

    id: str
    stream: str
    n: int
    sha256: str
    body: str
    roots: frozenset[str]  # the hash of its bytes and those of the ops that it re-issues
    phone: int


@dataclass(slots=True)
class Held:
    """What one phone held when it was last looked at: its ops by hash, and the hashes of its photos."""

    ops: set[str] = field(default_factory=set)
    photos: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Witness:
    recorded: dict[str, Recorded] = field(default_factory=dict)  # by the hash of its bytes
    acknowledged: dict[str, Recorded] = field(default_factory=dict)  # by the hash of its bytes
    ended: dict[tuple[str, str], str] = field(default_factory=dict)  # (epoch, hash) -> status
    excused: set[str] = field(default_factory=set)  # ops that were lost, and nobody is to blame
    captured: dict[str, set[int]] = field(default_factory=dict)  # photo -> phones that took it
    photos_excused: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)  # photos that the server called stored
    unreadable: set[str] = field(default_factory=set)  # bodies that the server said it put in quarantine
    holds: dict[int, Held] = field(default_factory=dict)
    decided: dict[tuple[str, str, int], tuple[str, int]] = field(default_factory=dict)  # (epoch, stream, n)
    backed_up: dict[str, int] = field(default_factory=dict)  # epoch -> the highest word that any phone had
    stored_at: dict[str, list[int]] = field(default_factory=dict)  # photo -> the seqs at which it was called stored

    def excuse_photo(self, sha256: str) -> None:
        """Its bytes were only in a newer backup than the one restored; a phone's record of it says nothing any more."""
        self.photos_excused.add(sha256)
        self.captured.pop(sha256, None)
        self.stored.discard(sha256)

    # what phones hold -----------------------------------------------------------------------------------------
    def look_at(self, phone: int, storage: MemoryStorage) -> None:
        """Note what is durable on a phone now, and see that nothing has gone which had to stay."""
        now, reissued = Held(), set[str]()
        for record in ops_in(storage):
            sha256 = record["sha256"]
            now.ops.add(sha256)
            reissued.update(roots_of(record["body"]))
            if sha256 not in self.recorded:
                about = (record["id"], record["stream"], record["n"], sha256, record["body"])
                self.recorded[sha256] = Recorded(*about, frozenset(roots_of(record["body"])), phone)
        for sha256, _ in storage.items("photo"):
            if sha256 in storage.files:
                self.photos_excused.discard(sha256)  # taken again
            if sha256 not in self.photos_excused:
                self.captured.setdefault(sha256, set()).add(phone)
        now.photos = set(storage.files)
        before = self.holds.get(phone, Held())
        for sha256 in before.ops - now.ops - reissued:
            self._may_go(phone, sha256)
        for sha256 in before.photos - now.photos:
            backed_up = max(self.backed_up.values(), default=0)
            if not any(seq <= backed_up for seq in self.stored_at.get(sha256, ())):
                raise Violation(f"I7: phone {phone} let photo {sha256[:8]} go, which is in no backup")
        self.holds[phone] = now

    def _may_go(self, phone: int, sha256: str) -> None:
        """An op may be deleted only when it is decided and backed up, in one and the same epoch."""
        op = self.recorded[sha256]
        for epoch, backed_up in self.backed_up.items():
            status, seq = self.decided.get((epoch, op.stream, op.n), ("", 0))
            if status not in ("", "held") and seq <= backed_up:
                return
        raise Violation(f"I7: phone {phone} let op {op.n} of {op.stream} go before it was decided and backed up")

    def lost(self, phone: int, storage: MemoryStorage, others: Iterable[MemoryStorage]) -> None:
        """The owner lost a phone before it had sent everything: what no other phone holds is excused."""
        held = ops_held(others)
        for record in ops_in(storage):
            roots = {record["sha256"], *roots_of(record["body"])}
            if held.isdisjoint(roots):
                self.excused |= roots
        for phones in self.captured.values():
            phones.discard(phone)
        self.holds.pop(phone, None)

    def damaged(self, record: Json, phone: int, others: Iterable[MemoryStorage]) -> None:
        """A phone's own copy of an op went bad: what no other phone holds is excused, but its record must stay."""
        roots = {record["sha256"], *roots_of(record["body"])}
        if ops_held(others).isdisjoint(roots):
            self.excused |= roots

    # what phones are told ---------------------------------------------------------------------------------------
    def hears(self, sent: Sent, answer: Answer) -> None:
        if sent.path.endswith("/sync/push"):
            self._hears_push(sent, answer)
        elif answer.status == 200 and sent.path.endswith("/media/status"):
            for sha256, said in answer.json()["items"].items():
                if said["status"] == "stored":
                    self.stored.add(sha256)
                    self.stored_at.setdefault(sha256, []).append(said["seq"])
        elif answer.status == 200 and "/sync/pull" in sent.path:
            page = answer.json()
            for entry in page["entries"]:
                if entry["type"] == "op_result" and entry["kind"] == "put":
                    row = entry["row"]
                    self._newest(page["epoch"], row["stream"], row["n"], row["status"], entry["seq"])

    def _hears_push(self, sent: Sent, answer: Answer) -> None:
        if answer.status not in (200, 422):
            return
        raw = gzip.decompress(sent.body) if sent.headers.get("Content-Encoding") == "gzip" else sent.body
        envelopes = json.loads(raw)["ops"]
        said = answer.json()
        if answer.code == "op-unreadable":
            self.unreadable.add(sha256_of(envelopes[said["index"]]["body"].encode("utf-8", "surrogatepass")))
        if answer.status != 200:
            return
        self.backed_up[said["epoch"]] = max(self.backed_up.get(said["epoch"], 0), said["backed_up_seq"])
        for envelope, result in zip(envelopes, said["results"], strict=False):
            if result["status"] == "retry":
                continue
            body = envelope["body"]
            op = json.loads(body)
            if (op["id"], op["n"]) != (result["id"], result["n"]):
                raise Violation(f"I2: the answer to op {op['n']} speaks of {result['n']}")
            sha256 = sha256_of(body.encode())
            told = Recorded(op["id"], op["stream"], op["n"], sha256, body, frozenset(roots_of(body)), -1)
            self.acknowledged[sha256] = told
            self._newest(said["epoch"], op["stream"], op["n"], result["status"], result["seq"])
            self._hears_result(said["epoch"], told, result["status"])

    def _newest(self, epoch: str, stream: str, n: int, status: str, seq: int) -> None:
        if seq >= self.decided.get((epoch, stream, n), ("", 0))[1]:
            self.decided[epoch, stream, n] = (status, seq)

    def _hears_result(self, epoch: str, op: Recorded, status: str) -> None:
        """A result that has ended never changes within an epoch."""
        before = self.ended.get((epoch, op.sha256))
        if before is not None and before != status:
            raise Violation(f"I2: op {op.id} ended as {before} and is now {status}")
        if status != "held":
            self.ended[epoch, op.sha256] = status


@lru_cache(maxsize=20_000)
def roots_of(body: str) -> tuple[str, ...]:
    """The hashes of an op and of every op that it re-issues; of a body that nobody can read, only its own."""
    found = [sha256_of(body.encode("utf-8", "surrogatepass"))]
    try:
        step = json.loads(body)
    except ValueError:
        return tuple(found)
    step = step.get("was") if isinstance(step, dict) else None
    while isinstance(step, dict):
        found.append(step["sha256"])
        step = step.get("was")
    return tuple(found)


def ops_in(storage: MemoryStorage) -> Iterator[Json]:
    for table in ("outbox", "retained", "aside"):
        for _, record in storage.items(table):
            yield record


def ops_held(storages: Iterable[MemoryStorage]) -> set[str]:
    """The hashes of all ops that phones hold, and of those that they re-issue."""
    return {root for storage in storages for record in ops_in(storage) for root in roots_of(record["body"])}

"""The witness: plain dicts of what people recorded, what each phone was told, and what was lost by its owner."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sync.device_ports import Answer, MemoryStorage
from sync.ops import sha256_of
from tests.torture.faults import Sent

Json = dict[str, Any]


class Violation(AssertionError):
    """An invariant does not hold; the text begins with its number."""


@dataclass(slots=True)
class Recorded:
    """An op that is durable on a phone."""

    id: str
    stream: str
    n: int
    sha256: str
    body: str
    roots: frozenset[str]  # its own id and those of the ops that it re-issues
    phone: int


@dataclass(slots=True)
class Witness:
    recorded: dict[str, Recorded] = field(default_factory=dict)
    acknowledged: dict[tuple[str, int], Recorded] = field(default_factory=dict)
    ended: dict[tuple[str, int], tuple[str, str | None]] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)  # ids whose only copy its owner lost
    captured: dict[str, set[int]] = field(default_factory=dict)  # photo -> phones that took it
    stored: set[str] = field(default_factory=set)  # photos that the server called stored

    # what phones hold -----------------------------------------------------------------------------------------
    def look_at(self, phone: int, storage: MemoryStorage) -> None:
        """Note what is durable on a phone now."""
        for record in ops_in(storage):
            if record["id"] not in self.recorded:
                roots = frozenset(roots_of(record["body"]))
                about = (record["id"], record["stream"], record["n"], record["sha256"], record["body"], roots, phone)
                self.recorded[record["id"]] = Recorded(*about)
        for sha256, _ in storage.items("photo"):
            self.captured.setdefault(sha256, set()).add(phone)

    def lost(self, phone: int, storage: MemoryStorage, others: Iterable[MemoryStorage]) -> None:
        """The owner lost a phone before it had sent everything: what no other phone holds is excused."""
        held = ids_held(others)
        for record in ops_in(storage):
            roots = set(roots_of(record["body"]))
            if held.isdisjoint(roots):
                self.excused |= roots
        for phones in self.captured.values():
            phones.discard(phone)

    # what phones are told ---------------------------------------------------------------------------------------
    def hears(self, sent: Sent, answer: Answer) -> None:
        if answer.status == 200 and sent.path.endswith("/sync/push"):
            self._hears_push(sent, answer)
        if answer.status == 200 and sent.path.endswith("/media/status"):
            for sha256, said in answer.json()["items"].items():
                if said["status"] == "stored":
                    self.stored.add(sha256)

    def _hears_push(self, sent: Sent, answer: Answer) -> None:
        raw = gzip.decompress(sent.body) if sent.headers.get("Content-Encoding") == "gzip" else sent.body
        envelopes = json.loads(raw)["ops"]
        said = answer.json()
        for envelope, result in zip(envelopes, said["results"], strict=False):
            if result["status"] == "retry":
                continue
            body = envelope["body"]
            op = json.loads(body)
            if (op["id"], op["n"]) != (result["id"], result["n"]):
                raise Violation(f"I2: the answer to op {op['n']} speaks of {result['n']}")
            sha256 = sha256_of(body.encode())
            roots = frozenset(roots_of(body))
            self.acknowledged[op["stream"], op["n"]] = Recorded(
                op["id"], op["stream"], op["n"], sha256, body, roots, -1
            )
            self.hears_result(said["epoch"], op["id"], result["status"], (result["problem"] or {}).get("code"))

    def hears_result(self, epoch: str, op_id: str, status: str, code: str | None) -> None:
        """A result that has ended never changes within an epoch."""
        before = self.ended.get((epoch, op_id))  # type: ignore[arg-type]
        if before is not None and before[0] != status and code != "op-id-reused" and before[1] != "op-id-reused":
            raise Violation(f"I2: op {op_id} ended as {before[0]} and is now {status}")
        if status != "held":
            self.ended[epoch, op_id] = (status, code)  # type: ignore[index]


def roots_of(body: str) -> Iterator[str]:
    """The id of an op and of every op that it re-issues."""
    try:
        step = json.loads(body)
    except ValueError:
        return
    while isinstance(step, dict) and "id" in step:
        yield step["id"]
        step = step.get("was")


def ops_in(storage: MemoryStorage) -> Iterator[Json]:
    for table in ("outbox", "retained", "aside"):
        for _, record in storage.items(table):
            yield record


def ids_held(storages: Iterable[MemoryStorage]) -> set[str]:
    """The ids of all ops that phones hold, and of those that they re-issue."""
    return {root for storage in storages for record in ops_in(storage) for root in roots_of(record["body"])}

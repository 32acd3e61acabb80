"""The outbox and the retained store: ops until nobody can lose them any more.

An op waits in the outbox until the server acknowledged it, then among the retained until it is decided and backed up.
Both are one chain; where that chain cannot go on, pending ops are re-issued in a new stream with `was`. An op that
nobody can read, here or on the server, is set aside for a person: it is kept, and stops nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.device_ports import Change, DeviceClock, DeviceStorage, IdMaker, Json
from sync.ops import sha256_of

OUTBOX, RETAINED, ASIDE, META = "outbox", "retained", "aside", "meta"
MAX_OP_BYTES = 256 * 1024
DECIDED = ("applied", "merged", "conflict", "rejected")

Signer = Callable[[bytes], str]
_SURROGATE = re.compile("[\ud800-\udfff]")  # a lone one has no UTF-8; JSON's own escape keeps it


class OpTooLarge(ValueError):
    """A client refuses to create an op over 256 KiB."""


def key_of(stream: str, n: int) -> str:
    return f"{stream}|{n:012d}"


class Outbox:
    def __init__(self, storage: DeviceStorage, clock: DeviceClock, new_id: IdMaker, signer: Signer | None) -> None:
        self.storage = storage
        self.clock = clock
        self.new_id = new_id
        self.signer = signer

    def record(
        self,
        cmd: str,
        row: str,
        args: Mapping[str, Any],
        base_rev: int | None = None,
        v: int = 1,
        group: Json | None = None,
    ) -> Json:
        """Make the next op of the stream and keep it, with the new tip, in one write; returns its outbox record.

        Raises OpTooLarge, ValueError for what JSON cannot say (NaN, infinity).
        """
        stream = self.stream()
        body: Json = {
            "id": self.new_id(),
            "stream": stream["id"],
            "n": stream["n"] + 1,
            "prev": stream["sha256"],
            "cmd": cmd,
            "v": v,
            "row": row,
            "base_rev": base_rev,
            "args": dict(args),
            "t": {
                "wall": self.clock.now().isoformat(),
                "boot": self.clock.boot,
                "mono_ms": self.clock.mono_ms(),
                "gps": None,
            },
        }
        if group is not None:
            body["group"] = group
        record = self._sealed(body)
        self.storage.write(
            [(OUTBOX, key_of(stream["id"], body["n"]), record), (META, "stream", self._tip(record, stream["id"]))]
        )
        return record

    def _sealed(self, body: Json, limit: int | None = MAX_OP_BYTES) -> Json:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
        raw = text.encode()
        if limit is not None and len(raw) > limit:
            raise OpTooLarge(f"{len(raw)} bytes; an op has at most {limit}")
        return {
            "id": body["id"],
            "stream": body["stream"],
            "n": body["n"],
            "body": text,
            "sha256": sha256_of(raw),
            "sig": self.signer(raw) if self.signer else None,
            "result": None,
        }

    @staticmethod
    def _tip(record: Json, stream: str) -> Json:
        return {"id": stream, "n": record["n"], "sha256": record["sha256"]}

    def stream(self) -> Json:
        """The current stream's id and tip."""
        found = self.storage.get(META, "stream")
        if found is None:
            raise LookupError("not enrolled")
        return found

    def pending(self) -> list[Json]:
        """Ops of the current stream that the server has not acknowledged, in order."""
        current = self.stream()["id"]
        return [record for _, record in self.storage.items(OUTBOX) if record["stream"] == current]

    def unsent(self) -> list[Json]:
        """Everything in the outbox, stream by stream; streams are numbered in the order in which they were opened."""
        return [record for _, record in self.storage.items(OUTBOX)]

    def stranded(self) -> bool:
        """True when ops of a stream that was given up have to be sent again: they go on in a new one."""
        return len(self.unsent()) > len(self.pending())

    def retained(self) -> list[Json]:
        return [record for _, record in self.storage.items(RETAINED)]

    def aside(self) -> list[Json]:
        """Ops that nobody can read, for a person to look at."""
        return [record for _, record in self.storage.items(ASIDE)]

    def all_ops(self) -> list[Json]:
        return self.unsent() + self.retained()

    def acknowledged(self, record: Json, result: Json) -> list[Change]:
        """An op leaves the outbox for the retained store, with what the server said of it."""
        key = key_of(record["stream"], record["n"])
        return [(OUTBOX, key, None), (RETAINED, key, {**record, "result": result})]

    def decided_later(self, row: Json, seq: int) -> list[Change]:
        """A synced `op_result`: the newer word on a retained op."""
        key = key_of(row["stream"], row["n"])
        record = self.storage.get(RETAINED, key)
        if record is None or record["result"]["seq"] >= seq:
            return []
        result = {**record["result"], "seq": seq}
        result.update({name: row.get(name) for name in ("status", "rev", "conflict", "problem")})
        return [(RETAINED, key, {**record, "result": result})]

    def pruning(self, backed_up_seq: int) -> list[Change]:
        """Ops that may go: decided, and in a backup of the epoch under way."""
        return [
            (RETAINED, key, None)
            for key, record in self.storage.items(RETAINED)
            if record["result"]["status"] in DECIDED and record["result"]["seq"] <= backed_up_seq
        ]

    def unsend_all(self) -> list[Change]:
        """Put every retained op back into the outbox, those of earlier streams too."""
        changes: list[Change] = []
        for key, record in self.storage.items(RETAINED):
            changes += [(RETAINED, key, None), (OUTBOX, key, {**record, "result": None})]
        return changes

    def unsend_from(self, n: int) -> list[Change]:
        """Put retained ops of the current stream from number `n` on back into the outbox."""
        stream = self.stream()["id"]
        changes: list[Change] = []
        for key, record in self.storage.items(RETAINED):
            if record["stream"] == stream and record["n"] >= n:
                changes += [(RETAINED, key, None), (OUTBOX, key, {**record, "result": None})]
        return changes

    def holds_from(self, n: int) -> bool:
        """True when the chain can be sent again from number `n`: nothing from there to its tip is missing."""
        stream = self.stream()
        keys = (key_of(stream["id"], number) for number in range(n, stream["n"] + 1))
        return all(self.storage.get(OUTBOX, key) or self.storage.get(RETAINED, key) for key in keys)

    def reissue(self, new_stream: str, which: Sequence[Json]) -> list[Change]:
        """Ops anew in another stream: new id, same row, `was` naming what they were."""
        changes: list[Change] = []
        tip: Json = {"id": new_stream, "n": 0, "sha256": None}
        for record in which:
            old = key_of(record["stream"], record["n"])
            changes += [(OUTBOX, old, None), (RETAINED, old, None)]
            body = _readable(record)
            if body is None:
                changes.append((ASIDE, old, record))
                continue
            was = {"stream": record["stream"], "id": record["id"], "sha256": record["sha256"]}
            if body.get("was") is not None:
                was["was"] = body["was"]
            body.update(id=self.new_id(), stream=new_stream, n=tip["n"] + 1, prev=tip["sha256"], was=was)
            sealed = self._sealed(body, limit=None)
            changes.append((OUTBOX, key_of(new_stream, body["n"]), sealed))
            tip = self._tip(sealed, new_stream)
        return [*changes, (META, "stream", tip)]

    def set_aside(self, record: Json) -> list[Change]:
        """Take an op that the server could not read out of the outbox."""
        key = key_of(record["stream"], record["n"])
        return [(OUTBOX, key, None), (ASIDE, key, record)]


def _readable(record: Json) -> Json | None:
    """What an op says, or None when its bytes were damaged here."""
    try:
        body = json.loads(record["body"])
    except ValueError:
        return None
    return body if isinstance(body, dict) else None

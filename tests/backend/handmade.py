"""Ops written by hand for a phone's stream, chained and sent as they are."""

from __future__ import annotations

import json
from typing import Any

from sync.device_ports import Answer, Json
from sync.ops import sha256_of
from tests.stories import IN_LIUJIANG, Phone, new_id


class Hand:
    """Writes a phone's chain without its outbox."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.stream = str(phone.device.outbox.stream()["id"])
        self.n = 0
        self.prev: str | None = None

    def op(self, cmd: str = "finding.report", **changes: Any) -> str:
        """The next body; the chain goes on from it."""
        op = {
            "id": new_id(),
            "stream": self.stream,
            "n": self.n + 1,
            "prev": self.prev,
            "cmd": cmd,
            "v": 1,
            "row": new_id(),
            "base_rev": None,
            "args": self.report() if cmd == "finding.report" else {},
            "t": {"wall": self.phone.clock.now().isoformat(), "boot": new_id(), "mono_ms": 1, "gps": None},
        }
        body = json.dumps({**op, **changes}, ensure_ascii=False)
        self.n, self.prev = self.n + 1, sha256_of(body.encode("utf-8", "surrogatepass"))
        return body

    def report(self, **changes: Any) -> Json:
        args = {
            "topic": "dust",
            "item": None,
            "description": "裸土未覆盖",
            "severity": "moderate",
            "found_at": self.phone.clock.now().isoformat(),
            "position": dict(IN_LIUJIANG),
            "photos": [],
            "site": None,
        }
        return {**args, **changes}

    def push(self, *bodies: str) -> Answer:
        return self.phone.push_bodies(*bodies)

    def verdicts(self, *bodies: str) -> list[tuple[str, str | None]]:
        """Status and problem code of each op pushed."""
        answer = self.push(*bodies)
        assert answer.status == 200, answer.body
        return [(one["status"], (one["problem"] or {}).get("code")) for one in answer.json()["results"]]

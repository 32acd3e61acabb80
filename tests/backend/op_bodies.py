"""Bodies of ops made by hand, as a phone that does something wrong would send them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.stories import IN_LIUJIANG, Phone, new_id


def body(phone: Phone, n: int, prev: str | None, **changes: Any) -> str:
    """An op's body made by hand."""
    op = {
        "id": new_id(),
        "stream": phone.device.outbox.stream()["id"],
        "n": n,
        "prev": prev,
        "cmd": "finding.report",
        "v": 1,
        "row": new_id(),
        "base_rev": None,
        "args": report_args(phone),
        "t": {"wall": phone.clock.now().isoformat(), "boot": new_id(), "mono_ms": 1, "gps": None},
    }
    return json.dumps({**op, **changes})


def report_args(phone: Phone, **changes: Any) -> dict[str, Any]:
    args = {
        "topic": "dust",
        "item": None,
        "description": "裸土未覆盖",
        "severity": "moderate",
        "found_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        "photos": [],
        "site": None,
    }
    return {**args, **changes}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

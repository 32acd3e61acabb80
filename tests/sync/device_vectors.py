"""Vectors that every client must compute alike: op texts and their chain, canonical JSON, digests, receipts.

`python -m tests.sync.device_vectors` writes tests/fixtures/device-vectors.json; the field app's tests read it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import digest, receipts
from sync.canonical import canonical, fingerprint
from sync.device_ports import MemoryStorage
from sync.outbox import META, Outbox
from sync.receipt_check import ReceiptCheck
from sync.receipts import LogPosition, Receipt, SigningKey
from tests.sync.storyteller import StillTime
from tests.sync.world import uid

FILE = Path(__file__).parents[1] / "fixtures" / "device-vectors.json"

ARGS: list[dict[str, Any]] = [
    {},
    {"description": "裸土未覆盖，约 200 m²", "severity": "moderate", "photos": [], "site": None},
    {"position": {"lon": 109.33, "lat": 24.255, "datum": "CGCS2000", "accuracy_m": 8.5, "mock": False}},
    {"text": 'quote " backslash \\ slash / tab \t newline \n bell \u0007 del \u007f sep \u2028 nul \u0000'},
    {"text": "🚜 𠮷 é e\u0301"},
    {"text": "a lone \ud800 surrogate"},
    {"b": 1, "a": {"d": [], "c": None}},
    {"numbers": [0, -1, 9007199254740991, 0.1, -0.25, 123456.789]},
]

CANONICAL: list[Any] = [
    *[None, True, False, 0, -0.0, 1.0, -1, 2**53 - 1, 1e16, 1e21, 0.1, 0.0001, 0.00001234, 1e-7, -2.5e-10, 123.456],
    *["", "蓝格", '"\\/\b\f\n\r\t\u0001', "\u2028", "🚜"],
    *[[], {}, [1, [2, [3]]], {"b": {"d": 1, "c": [True, None]}, "a": "x"}],
    {"\uff5e": 1, "🚜": 2, "z": 3, "A": 4, "": 5, "é": 6},
]

ENTRIES = [
    [],
    [("finding", uid("f"), 1)],
    [("finding", uid("f"), 9), ("site", uid("s"), 9007199254740991), ("op_result", uid("o"), 12)],
]


def chain() -> list[dict[str, Any]]:
    """Ops as the reference client writes them, with what they were made of."""
    storage, numbers = MemoryStorage(), count(1)
    storage.write([(META, "stream", {"id": uid("stream"), "n": 0, "sha256": None})])
    outbox = Outbox(storage, StillTime(), lambda: uid(next(numbers)), None)
    made = []
    for number, args in enumerate(ARGS):
        record = outbox.record("finding.report", uid("row"), args, None if number % 2 else number)
        made.append({"args": args, "base_rev": None if number % 2 else number, **record})
    return made


def receipt_cases() -> dict[str, Any]:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    other = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    record = {"id": uid("op"), "stream": uid("stream"), "n": 1, "sha256": "ab" * 32}
    log = LogPosition(7, "cd" * 32)
    said = Receipt(uid("op"), uid("stream"), 1, "ab" * 32, "applied", 9, "e1", "2026-11-22T10:00:00+00:00", log)
    good = receipts.sign(key, said)
    texts = {
        "good": good,
        "none": None,
        "cut": good[:-3],
        "changed": good.replace(".", ".A", 1),
        "another signature": good.rpartition(".")[0] + "." + receipts.sign(key, replace(said, n=2)).rpartition(".")[2],
        "another key": receipts.sign(other, said),
        "a root": key.seal(receipts.ROOT, {"day": "2026-11-22"}),
        "no jws": "receipt",
    }
    storage = MemoryStorage()
    check = ReceiptCheck(storage)
    storage.write(check.learning([key.jwk]))
    cases = []
    for name, compact in texts.items():
        for status, seq in (("applied", 9), ("held", 9), ("applied", 8)):
            result = {"status": status, "seq": seq, "receipt": compact}
            cases.append({"name": name, "result": result, "verdict": check.verdict(record, result)})
    return {"keys": [key.jwk], "kid": key.kid, "record": record, "cases": cases}


def vectors() -> dict[str, Any]:
    return {
        "chain": chain(),
        "canonical": [
            {"value": value, "text": canonical(value).decode(), "sha256": fingerprint(value)} for value in CANONICAL
        ],
        "digests": [
            {"entries": entries, "n": n, "x": x.hex()}
            for entries, (n, x) in ((entries, digest.of_scope(entries)) for entries in ENTRIES)
        ],
        "receipts": receipt_cases(),
    }


def text() -> str:
    return json.dumps(vectors(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

"""A field day to be pushed: signed ops of several kinds, as phones record them, and batches of them as bytes.

Of ten ops six are reports, three are photo records of the report before them, and one is an inspection by the whole
straw checklist, in which two duties fail and become findings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from checklists import library
from sync import signing
from tests.backend.inspections import answer, submit
from tests.stories import Phone, Server

PACK = ("straw-liujiang", "2024.1")
FAILED = 2


@dataclass(frozen=True, slots=True)
class Ops:
    """Recorded ops of one phone, each an envelope, and its token."""

    token: str
    envelopes: list[dict[str, Any]]

    def batches(self, size: int) -> list[bytes]:
        """The ops as bodies of requests."""
        parts = [self.envelopes[start : start + size] for start in range(0, len(self.envelopes), size)]
        return [json.dumps({"ops": part}).encode() for part in parts]


def enrolled(server: Server, name: str) -> Phone:
    """A phone that signs what it records."""
    key = ec.generate_private_key(ec.SECP256R1())
    return server.phone(name, signer=lambda body: signing.sign(key, body), public_key=signing.jwk_of(key.public_key()))


def record(phone: Phone, how_many: int) -> Ops:
    """The phone's next ops, which leave its outbox."""
    finding = ""
    for index in range(how_many):
        kind = index % 10
        if kind == 9:
            _inspect(phone)
        elif kind % 3 == 2:
            _photograph(phone, finding, f"{phone.user} {phone.device.outbox.stream()['n']}")
        else:
            finding = phone.report(f"第{index}处裸土未覆盖，约{index % 90 + 10}平方米")
    pending = phone.device.outbox.pending()
    phone.device.storage.write([("outbox", key, None) for key, _ in phone.device.storage.items("outbox")])
    token = phone.storage.get("meta", "token") or {}
    return Ops(token["token"], [{"body": op["body"], "sig": op["sig"]} for op in pending])


def _photograph(phone: Phone, finding: str, what: str) -> None:
    phone.device.record(
        "photo.add",
        phone.device.new_id(),
        {
            "sha256": sha256(what.encode()).hexdigest(),
            "size": 900_000,
            "media_type": "image/jpeg",
            "captured_at": phone.clock.now().isoformat(),
            "position": None,
            "source": "camera",
            "subject": {"type": "finding", "id": finding},
            "role": "scene",
        },
    )


def _inspect(phone: Phone) -> None:
    items = [item.code for item in library.shipped()[PACK].pack.items]
    said = [answer(code, "fail" if index < FAILED else "pass") for index, code in enumerate(items)]
    submit(phone, *said, checklist=PACK[0], checklist_version=PACK[1])


def bodies(ops: Sequence[Ops]) -> list[bytes]:
    """The bytes of all the ops: what the bare commits write."""
    return [envelope["body"].encode() for one in ops for envelope in one.envelopes]

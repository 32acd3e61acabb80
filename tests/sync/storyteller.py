"""Scenario files (tests/scenarios), told to the reference client: requests are compared, answers are scripted.

The same files are told to the field app's client by `web/src/field/sync/scenarios.test.ts`. A text that begins with `$`
is a name: it stands for whatever it met first, and for the same from then on. Requests and rows are compared in the
fields that a file names; lists and the mirror as a whole. Beside that, every op that goes out must be signed and stand
in its chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric import ec

from sync import signing
from sync.client import Device, EnrolmentRefused, SyncReport
from sync.device_ports import Answer, MemoryStorage, TransportFailed
from sync.photo_uploads import PHOTOS
from tests.stories import CHINA, new_id

SCENARIOS = Path(__file__).parents[1] / "scenarios"
PHOTO_STATES = {"pending": "waiting"}
TROUBLES = {
    "no answer": "no-answer",
    "the server asks to try again later": "retry",
    "new streams do not help": "streams-exhausted",
    "the outbox did not empty": "outbox-stuck",
    "the mirror does not agree": "mirror-differs",
}


class StillTime:
    boot = "0199a000-0000-7000-8000-000000000000"

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 18, 0, tzinfo=CHINA)

    def mono_ms(self) -> int:
        return 81_234


class Names:
    """What the names of a scenario stand for."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def expect(self, pattern: Any, actual: Any, where: str) -> None:
        """`actual` has what `pattern` says; a name that is new is learnt."""
        if isinstance(pattern, str) and pattern.startswith("$"):
            pattern = self.known.setdefault(pattern, actual)
        if isinstance(pattern, dict):
            assert isinstance(actual, dict), f"{where}: {actual!r}"
            for key, part in self.named(pattern).items():
                assert key in actual, f"{where}: no {key} in {actual}"
                self.expect(part, actual[key], f"{where}.{key}")
        elif isinstance(pattern, list):
            assert isinstance(actual, list), f"{where}: {actual!r}"
            assert len(actual) == len(pattern), f"{where}: {len(actual)} instead of {len(pattern)}: {actual}"
            for number, (part, value) in enumerate(zip(pattern, actual, strict=True)):
                self.expect(part, value, f"{where}[{number}]")
        else:
            assert actual == pattern, f"{where}: {actual!r} instead of {pattern!r}"

    def named(self, pattern: dict[str, Any]) -> dict[str, Any]:
        return {self.known.get(key, key): part for key, part in pattern.items()}

    def filled(self, value: Any) -> Any:
        """A scripted answer, or an argument, with what its names stand for."""
        if isinstance(value, dict):
            return {self.known.get(key, key): self.filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return self.known.get(value, value) if isinstance(value, str) else value


class Script:
    """A transport that compares each request with the next exchange of the script, and answers as that says."""

    def __init__(self, names: Names, key: ec.EllipticCurvePublicKey) -> None:
        self.names = names
        self.key = key
        self.exchanges: list[dict[str, Any]] = []
        self.hashes: dict[tuple[str, int], str] = {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert self.exchanges, f"{method} {path} is more than the scenario tells"
        exchange = self.exchanges.pop(0)
        lowered = {name.lower(): value for name, value in headers.items()}
        actual = {"method": method, "path": unquote(path), "headers": lowered, "body": self._read(lowered, body)}
        self.names.expect(exchange["request"], actual, "request")
        answer = exchange["answer"]
        if answer.get("lost"):
            raise TransportFailed("the answer was lost")
        said = answer["text"] if "text" in answer else json.dumps(self.names.filled(answer.get("body", {})))
        return Answer(answer["status"], answer.get("headers", {}), said.encode())

    def _read(self, headers: Mapping[str, str], body: bytes) -> Any:
        if headers.get("content-type") != "application/json":
            return None
        said = json.loads(body)
        if "ops" in said:
            said["ops"] = [self._checked(envelope) for envelope in said["ops"]]
        return said

    def _checked(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """An op whose signature and place in the chain were verified; one damaged on the device says nothing."""
        raw = envelope["body"].encode()
        sha256 = hashlib.sha256(raw).hexdigest()
        try:
            op: dict[str, Any] = json.loads(raw)
        except ValueError:
            return {}
        assert signing.verifies(self.key, raw, envelope["sig"])
        before = self.hashes.get((op["stream"], op["n"] - 1))
        assert op["prev"] == before or (before is None and op["n"] > 1)
        assert self.hashes.setdefault((op["stream"], op["n"]), sha256) == sha256, "an op's bytes changed"
        return {**op, "sha256": sha256}


class Teller:
    """Tells one scenario, step by step."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.names = Names()
        self.script = Script(self.names, key.public_key())
        self.storage = MemoryStorage()
        self.keys: dict[str, Any] = {
            "signer": lambda body: signing.sign(key, body),
            "public_key": signing.jwk_of(key.public_key()),
        }
        self.originals: dict[str, bytes] = {}
        self.restart({})

    def tell(self, story: list[dict[str, Any]]) -> None:
        for step in story:
            self.script.exchanges = list(step.get("exchanges", []))
            getattr(self, step["do"])(step)
            assert self.script.exchanges == [], "these requests did not go out"

    def restart(self, step: dict[str, Any]) -> None:
        self.device = Device(self.script, self.storage, StillTime(), new_id, **self.keys)

    def enrol(self, step: dict[str, Any]) -> None:
        self._failing(step, lambda: self.device.enrol(step["code"], "wei's phone"))

    def rotate(self, step: dict[str, Any]) -> None:
        self._failing(step, self.device.rotate_token)

    def _failing(self, step: dict[str, Any], act: Callable[[], object]) -> None:
        failed = None
        try:
            act()
        except TransportFailed:
            failed = "no-answer"
        except EnrolmentRefused as error:
            failed = error.code
        assert failed == step.get("fails")

    def record(self, step: dict[str, Any]) -> None:
        self.device.record(step["cmd"], step["row"], self.names.filled(step["args"]), step["base_rev"])

    def capture(self, step: dict[str, Any]) -> None:
        data = step["text"].encode()
        sha256 = self.names.known[step["as"]] = self.device.capture(data)
        self.originals[sha256] = data

    def damage(self, step: dict[str, Any]) -> None:
        for key, record in list(self.storage.items("outbox")):
            if record["n"] == step["n"]:
                self.storage.write([("outbox", key, {**record, "body": record["body"][:-1]})])

    def sync(self, step: dict[str, Any]) -> None:
        report = self.device.sync()
        assert trouble_of(report) == step["trouble"]
        assert report.resynced == step.get("resynced", [])

    def look(self, step: dict[str, Any]) -> None:
        found = {
            "outbox": [json.loads(record["body"]) for record in self.device.outbox.unsent()],
            "retained": [{**record["result"], **record, "result": None} for record in self.device.outbox.retained()],
            "aside": self.device.outbox.aside(),
            "photos": {key: self._photo(key, record) for key, record in self.storage.items(PHOTOS)},
        }
        self.names.expect({key: part for key, part in step.items() if key in found}, found, "look")
        if "photos" in step:
            assert len(step["photos"]) == len(found["photos"])
        if "mirror" in step:
            assert dict(self.storage.items("mirror")) == self.names.filled(step["mirror"])

    def _photo(self, sha256: str, record: dict[str, Any]) -> str:
        """Its state; bytes that are not done are here and whole."""
        state: str = record["state"]
        assert self.storage.files.get(sha256) == (None if state == "done" else self.originals[sha256])
        return PHOTO_STATES.get(state, state)


def trouble_of(report: SyncReport) -> str | None:
    """What stands in the way, in the codes of the scenario files."""
    if report.trouble is None:
        return None
    for words, code in TROUBLES.items():
        if report.trouble.startswith(words):
            return code
    status, _, code = report.trouble.partition(" ")
    return code or f"http-{status}"

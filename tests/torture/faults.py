"""What can go wrong between a phone and the server, chosen by numbers so that a story can be told again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Flask

from backend import failpoints
from sync.device_ports import Answer, TransportFailed


class ServerDied(BaseException):
    """The server process is gone at this point; not an Exception, so that nothing in between catches it."""


NETWORK = ("drop-request", "drop-answer", "duplicate", "late", "cut-request", "413", "429", "503", "partition")
KINDS = ("none", *NETWORK, "crash-before", "crash-after", *(f"die:{name}" for name in failpoints.NAMES))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: at the `at`-th request (or durable step, or hit of the failpoint) of a sync."""

    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Tally:
    """What a run did."""

    stories: int = 0
    steps: int = 0
    ops: int = 0
    photos: int = 0
    requests: int = 0
    quiescences: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    found: int = 0

    def fault(self, kind: str) -> None:
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def operation(self, name: str) -> None:
        self.operations[name] = self.operations.get(name, 0) + 1

    @property
    def kills(self) -> int:
        return sum(n for kind, n in self.faults.items() if kind.startswith(("die:", "crash-")))

    def summary(self) -> str:
        network = sum(n for kind, n in self.faults.items() if kind in NETWORK)
        lines = [
            f"{self.stories} stories, {self.steps} steps, {self.ops} ops and {self.photos} photos recorded,"
            f" {self.requests} requests, {self.quiescences} quiescences checked",
            f"{network} network faults, {self.kills} kills (server and device), {self.found} violations",
            "operations: " + ", ".join(f"{name} {n}" for name, n in sorted(self.operations.items())),
            "faults: " + ", ".join(f"{kind} {n}" for kind, n in sorted(self.faults.items())),
        ]
        return "\n".join(lines)


class Network:
    """Transport to the app without a socket, with faults; every whole answer is shown to the witness."""

    def __init__(self, app: Flask, tally: Tally, seen: Callable[[Sent, Answer], None]) -> None:
        self.app = app
        self.tally = tally
        self.seen = seen
        self.faults: list[Fault] = []
        self.late: list[Sent] = []
        self._request = 0

    def arm(self, faults: Sequence[Fault]) -> None:
        self.faults = [fault for fault in faults if fault.kind in NETWORK]
        self._request = 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._request += 1
        sent = Sent(method, path, dict(headers), body)
        fault = next((one for one in self.faults if one.at == self._request or one.kind == "partition"), None)
        if fault is not None and fault.at <= self._request:
            return self._fail(fault.kind, sent)
        return self._told(sent, self.deliver(sent))

    def _fail(self, kind: str, sent: Sent) -> Answer:
        if kind == "413" and not sent.path.endswith("/push"):
            kind = "503"  # only a batch can be too large for a proxy and small enough when halved
        self.tally.fault(kind)
        if kind == "drop-answer":
            self.deliver(sent)
        elif kind == "duplicate":
            self.deliver(sent)
            return self._told(sent, self.deliver(sent))
        elif kind == "late":
            self.late.append(sent)
        elif kind == "cut-request":
            self.deliver(sent, cut=len(sent.body) // 2)
        elif kind.isdecimal():
            body = json.dumps({"code": "injected", "detail": "a proxy said so"}).encode()
            return Answer(int(kind), {"retry-after": "1"}, body)
        raise TransportFailed(kind)

    def _told(self, sent: Sent, answer: Answer) -> Answer:
        self.seen(sent, answer)
        return answer

    def deliver(self, sent: Sent, cut: int | None = None) -> Answer:
        """Bring a request to the server; raises TransportFailed when the server dies over it."""
        self.tally.requests += 1
        overrides = {} if cut is None else {"CONTENT_LENGTH": str(len(sent.body))}
        data = io.BytesIO(sent.body if cut is None else sent.body[:cut])
        try:
            response = self.app.test_client().open(
                sent.path,
                method=sent.method,
                headers=dict(sent.headers),
                input_stream=data,
                content_length=len(sent.body),
                environ_overrides=overrides,
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, response.get_data())
        except ServerDied as death:
            self.tally.fault(f"die:{death}")
            raise TransportFailed("the server died") from None

    def deliver_late(self) -> None:
        """Requests that were under way for a while arrive now; nobody waits for their answers."""
        arriving, self.late = self.late, []
        for sent in arriving:
            try:
                self.deliver(sent)
            except TransportFailed:
                continue


def die(name: str) -> Callable[[], None]:
    def act() -> None:
        raise ServerDied(name)

    return act

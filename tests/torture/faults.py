"""What can go wrong between a phone and the server, chosen by numbers so that a story can be told again."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
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
    faults: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    found: int = 0

    def fault(self, kind: str) -> None:
        self.faults[kind] += 1

    def operation(self, name: str) -> None:
        self.operations[name] += 1

    def summary(self, seconds: float) -> str:
        """All of it, as a person reads it."""
        network = {kind: n for kind, n in self.faults.items() if kind in NETWORK}
        kills = {kind: n for kind, n in self.faults.items() if kind not in NETWORK}
        lines = [
            f"{self.stories} stories, {self.steps} steps, {self.ops} ops and {self.photos} photos recorded,"
            f" {self.requests} requests, {self.quiescences} quiescences checked, {self.found} violations",
            f"{self.ops / seconds:.1f} ops, {self.steps / seconds:.1f} steps and {self.requests / seconds:.0f} requests"
            " a second",
            f"operations {self.operations.total()}: {_by_kind(self.operations)}",
            f"network faults {sum(network.values())}: {_by_kind(network)}",
            f"kills {sum(kills.values())}: {_by_kind(kills)}",
        ]
        return "\n".join(lines)


def _by_kind(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {n}" for kind, n in sorted(counted.items())) or "none"


class Network:
    """Transport to the app without a socket, with faults; every whole answer is shown to the witness.

    `before` is told of each request before anything else. `gzipped`: pushes go up compressed, and answers come down
    compressed where the server likes to.
    """

    def __init__(
        self,
        app: Flask,
        tally: Tally,
        seen: Callable[[Sent, Answer], None],
        before: Callable[[Sent], None],
        gzipped: bool = False,
    ) -> None:
        self.app = app
        self.tally = tally
        self.seen = seen
        self.before = before
        self.gzipped = gzipped
        self.faults: list[Fault] = []
        self.late: list[Sent] = []
        self._request = 0

    def arm(self, faults: Sequence[Fault]) -> None:
        self.faults = [fault for fault in faults if fault.kind in NETWORK]
        self._request = 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._request += 1
        sent = self._packed(Sent(method, path, dict(headers), body))
        self.before(sent)
        fault = next((one for one in self.faults if one.at == self._request or one.kind == "partition"), None)
        if fault is not None and fault.at <= self._request:
            return self._fail(fault.kind, sent)
        return self._told(sent, self.deliver(sent))

    def _packed(self, sent: Sent) -> Sent:
        if not self.gzipped or (not sent.path.endswith("/sync/push") and sent.method != "GET"):
            return sent
        headers = {**sent.headers, "Accept-Encoding": "gzip"}
        if sent.method == "GET":
            return Sent(sent.method, sent.path, headers, sent.body)
        return Sent(sent.method, sent.path, {**headers, "Content-Encoding": "gzip"}, gzip.compress(sent.body, 1))

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
        stream = io.BytesIO(sent.body if cut is None else sent.body[:cut])
        try:
            response = self.app.test_client().open(
                sent.path,
                method=sent.method,
                headers=dict(sent.headers),
                input_stream=stream,
                content_length=len(sent.body),
                environ_overrides=overrides,
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            data = response.get_data()
            if headers.get("content-encoding") == "gzip":
                data = gzip.decompress(data)
            return Answer(response.status_code, headers, data)
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

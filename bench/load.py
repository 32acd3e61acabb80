"""Phones that meet a network: prepared bodies sent over kept connections, every answer timed and counted.

A light stand-in for the reference device: it keeps its order (push, photos by tus, status, pull to the end) and obeys
429, 503 and 507, but parses no more than it must, so that the server has the machine.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from bench.fleet import Camera, Kit, Picture

TUS = {"Tus-Resumable": "1.0.0"}
WAIT_LATER = (429, 503, 507)
PATIENCE_S = 180.0
MOST_TRIES = 200


@dataclass(slots=True)
class Ledger:
    """What was sent and what came back, by kind of request."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    up: int = 0
    down: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, status: int, seconds: float, up: int, down: int) -> None:
        with self.lock:
            self.seconds.setdefault(kind, []).append(seconds)
            self.statuses[kind, status] += 1
            self.up += up
            self.down += down

    def percentiles(self, kind: str) -> tuple[float, float, float]:
        """p50, p95 and p99 in milliseconds."""
        p50, p95, p99 = np.percentile(self.seconds[kind], (50, 95, 99)) * 1000
        return float(p50), float(p95), float(p99)

    def failures(self) -> dict[str, int]:
        """Answers that were no success, by kind and status (0: no answer)."""
        return {f"{kind} {status}": n for (kind, status), n in sorted(self.statuses.items()) if not 200 <= status < 400}


class _Counted(http.client.HTTPConnection):
    """Counts the bytes that it sends."""

    sent = 0

    def send(self, data: Any) -> None:
        self.sent += len(data)
        super().send(data)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """One phone's connection to a server."""

    def __init__(self, base_url: str, token: str, ledger: Ledger) -> None:
        parts = urlsplit(base_url)
        self._connection = _Counted(parts.hostname or "127.0.0.1", parts.port, timeout=PATIENCE_S)
        self._ledger = ledger
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def ask(self, kind: str, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """One exchange; status 0 when none came to an end."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        begun, before = perf_counter(), self._connection.sent
        reply, down = self._exchange(method, path, body, {**self._headers, **named})
        self._ledger.add(kind, reply.status, perf_counter() - begun, self._connection.sent - before, down)
        return reply

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[Reply, int]:
        kept = self._connection.sock
        if kept is not None and select.select([kept], [], [], 0)[0]:  # the server has closed it meanwhile
            self._connection.close()
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Reply(0, {}, b""), 0
        told = response.getheaders()
        size = len(data) + 17 + sum(len(name) + len(value) + 4 for name, value in told)
        return Reply(response.status, {name.lower(): value for name, value in told}, data), size

    def insist(self, kind: str, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Ask until the server neither is silent nor asks to come again; its Retry-After is obeyed."""
        for _ in range(MOST_TRIES):
            reply = self.ask(kind, method, path, body, **headers)
            if reply.status not in (0, *WAIT_LATER):
                return reply
            time.sleep(float(reply.headers.get("retry-after", "1")))
        raise RuntimeError(f"{method} {path} was put off {MOST_TRIES} times")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def line(base_url: str, token: str, ledger: Ledger) -> Iterator[Line]:
    opened = Line(base_url, token, ledger)
    try:
        yield opened
    finally:
        opened.close()


def push(phone: Line, body: bytes, ledger: Ledger) -> None:
    """Hand a batch in until each of its ops has a verdict."""
    while True:
        reply = phone.insist("push", "POST", "/api/v1/sync/push", body, Content_Type="application/json")
        if reply.status != 200:
            raise RuntimeError(f"a push was answered {reply.status}: {reply.body[:300]!r}")
        verdicts = Counter(result["status"] for result in json.loads(reply.body)["results"])
        with ledger.lock:
            ledger.verdicts.update(verdicts)
        if not verdicts["retry"]:
            return
        time.sleep(5.0)


def upload(phone: Line, picture: Picture, data: bytes) -> None:
    """One photo by tus: created, then sent in one chunk, asking for the offset when an answer is lost."""
    digest = base64.b64encode(bytes.fromhex(picture.sha256)).decode()
    words = {"sha256": picture.sha256, "filename": "photo.jpg", "filetype": "image/jpeg"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in words.items())
    headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    reply = phone.insist("create", "POST", "/api/v1/media", **headers)
    if reply.status != 201:
        raise RuntimeError(f"a creation was answered {reply.status}: {reply.body[:300]!r}")
    where = urlsplit(reply.headers["location"]).path
    chunk = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    reply = phone.insist("photo", "PATCH", where, data, **chunk, **{"Upload-Checksum": f"sha256 {digest}"})
    if reply.status != 204 and reply.headers.get("upload-offset") != str(len(data)):
        raise RuntimeError(f"a photo was answered {reply.status}: {reply.body[:300]!r}")


def all_stored(phone: Line, pictures: list[Picture]) -> bool:
    hashes = [each.sha256 for each in pictures]
    for start in range(0, len(hashes), 200):
        body = json.dumps({"sha256": hashes[start : start + 200]}).encode()
        reply = phone.insist("status", "POST", "/api/v1/media/status", body, Content_Type="application/json")
        if any(item["status"] != "stored" for item in json.loads(reply.body)["items"].values()):
            return False
    return True


def pull_all(phone: Line, cursor: str | None = None, kind: str = "pull") -> tuple[str, int]:
    """Pull to the end; the last cursor, and how many pages it took."""
    pages = 0
    while True:
        reply = phone.insist(kind, "GET", "/api/v1/sync/pull" + (f"?cursor={cursor}" if cursor else ""))
        packed = reply.headers.get("content-encoding") == "gzip"
        page = json.loads(gzip.decompress(reply.body) if packed else reply.body)
        cursor, pages = page["cursor"], pages + 1
        if page["complete"]:
            return cursor, pages


def evening(kit: Kit, bodies: list[bytes], base_url: str, camera: Camera, ledger: Ledger) -> float:
    """All that a phone does when it meets a network again; returns when its outbox was empty (perf_counter).

    `bodies` are its pushes, made beforehand.
    """
    with line(base_url, kit.token, ledger) as phone:
        for body in bodies:
            push(phone, body, ledger)
        for picture in kit.pictures:
            upload(phone, picture, camera.bytes_of(picture))
        if kit.pictures and not all_stored(phone, kit.pictures):
            raise RuntimeError(f"{kit.name}: a photo that was taken in is not stored")
        emptied = perf_counter()
        pull_all(phone)
        return emptied


@contextmanager
def bystander(base_url: str, ledger: Ledger, every_s: float = 1.0) -> Iterator[None]:
    """Somebody who asks /healthz all the while: what the crowd leaves to others."""
    over = threading.Event()

    def look() -> None:
        with line(base_url, "", ledger) as phone:
            while not over.wait(every_s):
                phone.ask("health", "GET", "/healthz")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, all begun at once; their results in order, or the first exception."""
    start = threading.Event()
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = jobs[index]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results

"""How long a request takes by itself, and how much of that it holds the lock that only one can have.

One thread, in process, nobody else: each sample is a request's CPU, and the time from the moment when the counter is
locked to the end of the commit. On SQLite the lock is the database's one write lock, from BEGIN IMMEDIATE on; it is
held for the bookkeeping of uploads too. On PostgreSQL it is the counter's row.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction
from werkzeug.test import TestResponse

from backend.extensions import db
from bench.fleet import Camera, Kit, Picture
from bench.installation import Installation
from bench.load import TUS

PULL = "/api/v1/sync/pull"


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds of requests of one kind: as a whole, CPU outside the lock, holding the lock, and CPU meanwhile."""

    whole: np.ndarray
    outside: np.ndarray
    held: np.ndarray
    held_cpu: np.ndarray


class LockClock:
    """Adds up how long transactions of this process hold the lock, and their CPU meanwhile."""

    def __init__(self, sqlite: bool) -> None:
        self._sqlite = sqlite
        self._since: tuple[float, float] | None = None
        self.held = 0.0
        self.cpu = 0.0

    def begun(self, connection: Connection) -> None:
        """After BEGIN (this listener comes behind the one that says it)."""
        if self._sqlite and connection.get_execution_options().get("write", False):
            self._since = perf_counter(), thread_time()

    def executed(self, _conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not self._sqlite and self._since is None and statement.startswith("UPDATE counter"):
            self._since = perf_counter(), thread_time()

    def ended(self, _session: Session, transaction: SessionTransaction) -> None:
        """After the end of a transaction; a savepoint's has a parent."""
        if self._since is not None and transaction.parent is None:
            self.held += perf_counter() - self._since[0]
            self.cpu += thread_time() - self._since[1]
            self._since = None


class Alone:
    """One client at a time of an installation's app."""

    def __init__(self, place: Installation) -> None:
        self.client = place.app.test_client()
        self.app = place.app
        with place.app.app_context():
            self._engine = db.engine

    @contextmanager
    def timed(self) -> Iterator[LockClock]:
        clock = LockClock(self._engine.dialect.name == "sqlite")
        hooks: list[tuple[Any, str, Callable[..., None]]] = [
            (self._engine, "begin", clock.begun),
            (self._engine, "after_cursor_execute", clock.executed),
            (Session, "after_transaction_end", clock.ended),
        ]
        for target, name, hook in hooks:
            event.listen(target, name, hook)
        try:
            yield clock
        finally:
            for target, name, hook in hooks:
                event.remove(target, name, hook)

    def take(self, calls: list[Callable[[], TestResponse]], expected: int) -> Samples:
        """Make each call once and time it."""
        rows = []
        with self.timed() as clock:
            for call in calls:
                clock.held = clock.cpu = 0.0
                begun, cpu = perf_counter(), thread_time()
                answer = call()
                whole, cpu = perf_counter() - begun, thread_time() - cpu
                if answer.status_code != expected:
                    raise RuntimeError(f"{answer.status_code}: {answer.get_data()[:300]!r}")
                rows.append((whole, max(0.0, cpu - clock.cpu), clock.held, clock.cpu))
        return Samples(*np.array(rows).T)

    # requests ----------------------------------------------------------------------------------------------------
    def push(self, kit: Kit, body: bytes) -> TestResponse:
        headers = {"Authorization": f"Bearer {kit.token}", "Content-Type": "application/json"}
        return self.client.post("/api/v1/sync/push", data=body, headers=headers)

    def pull(self, token: str, cursor: str | None, etag: str = "") -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip", "If-None-Match": etag}
        return self.client.get(PULL + (f"?cursor={cursor}" if cursor else ""), headers=headers)

    def up_to_date(self, kit: Kit) -> str:
        """The cursor of a phone that has pulled everything."""
        cursor = None
        while True:
            page = self.client.get(
                PULL + (f"?cursor={cursor}" if cursor else ""), headers={"Authorization": f"Bearer {kit.token}"}
            ).get_json()
            cursor = page["cursor"]
            if page["complete"]:
                return str(cursor)

    def create(self, kit: Kit, picture: Picture, size: int) -> TestResponse:
        metadata = f"sha256 {base64.b64encode(picture.sha256.encode()).decode()}"
        headers = {**TUS, "Authorization": f"Bearer {kit.token}", "Upload-Length": str(size)}
        return self.client.post("/api/v1/media", headers={**headers, "Upload-Metadata": metadata})

    def photo(self, kit: Kit, where: str, picture: Picture, camera: Camera) -> TestResponse:
        digest = base64.b64encode(bytes.fromhex(picture.sha256)).decode()
        headers = {
            **TUS,
            "Authorization": f"Bearer {kit.token}",
            "Upload-Offset": "0",
            "Upload-Checksum": f"sha256 {digest}",
            "Content-Type": "application/offset+octet-stream",
        }
        return self.client.patch(where, data=camera.bytes_of(picture), headers=headers)

    def photos(self, kit: Kit, camera: Camera) -> tuple[Samples, Samples]:
        """The creation and the bytes of each of a phone's photos."""
        locations: list[str] = []

        def create(picture: Picture) -> TestResponse:
            answer = self.create(kit, picture, len(camera.common) + len(picture.tail))
            locations.append(answer.headers.get("Location", ""))
            return answer

        created = self.take([lambda p=p: create(p) for p in kit.pictures], 201)  # type: ignore[misc]
        pairs = list(zip(locations, kit.pictures, strict=True))
        sent = self.take([lambda w=w, p=p: self.photo(kit, w, p, camera) for w, p in pairs], 204)  # type: ignore[misc]
        return created, sent

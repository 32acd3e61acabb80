"""Several worker processes, killed at random while devices push and upload; clients that vanish before the answer."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from sync.client import Device
from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from sync.device_ports import Answer, TransportFailed
from tests.backend.serving import Served, eventually
from tests.faults.test_killed_at_failpoints import invitation, record_a_finding_with_its_photo
from tests.postgresql import PostgresqlServer


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    environment = {"WEB_WORKERS": "2"}
    name = f"kills_{uuid4().hex}"
    if request.param == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        server.execute(f"CREATE DATABASE {name}")
        environment["BLUEGRID_DATABASE_URL"] = server.url(name)
    server_process = Served(tmp_path / "data", **environment)
    try:
        yield server_process
    finally:
        server_process.clear_away()
        if request.param == "postgresql":
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Worker(threading.Thread):
    """An inspector's phone that records and syncs without a pause until told to stop, and then settles."""

    def __init__(self, url: str, code: str, folder: Path) -> None:
        super().__init__(daemon=True)
        self.url, self.code, self.folder = url, code, folder
        self.findings: list[str] = []
        self.stop = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.failure = error

    def _work(self) -> None:
        device = Device(HttpTransport(self.url, 20), FolderStorage(self.folder), SystemClock(), new_id)
        device.photos.chunk_bytes = 1500
        device.enrol(self.code, "phone")
        while not self.stop.is_set():
            self.findings.append(record_a_finding_with_its_photo(device))
            device.sync()
        eventually(lambda: device.sync().quiet and not device.photos.waiting(), "a phone has settled")
        assert device.sync().quiet
        assert device.outbox.pending() == []


def web_workers(served: Served) -> list[psutil.Process]:
    """The processes below gunicorn's own."""
    found = []
    for process in served.descendants():
        try:
            parent = process.parent()
            if parent is not None and all(any("gunicorn" in part for part in p.cmdline()) for p in (process, parent)):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_kills_at_random_lose_nothing_and_double_nothing(served: Served, kills: int, tmp_path: Path) -> None:
    password = served.line(r"one-time password is (\S+)")[1]
    served.ready()
    phones = [Worker(served.url, invitation(served, password), tmp_path / f"phone-{i}") for i in range(3)]
    for phone in phones:
        phone.start()
    chance = random.Random(kills)

    def further(than: int) -> bool:
        return any(phone.failure for phone in phones) or sum(len(phone.findings) for phone in phones) > than

    done = 0
    for _ in range(kills):
        done += chance.randrange(2, 6)
        eventually(partial(further, done), "the phones work")
        workers = eventually(lambda: web_workers(served), "a worker runs")
        chance.choice(workers).kill()
    for phone in phones:
        phone.stop.set()
    for phone in phones:
        phone.join(240)
        assert phone.failure is None, phone.failure
        assert not phone.is_alive()
    recorded = [finding for phone in phones for finding in phone.findings]
    last = Device(HttpTransport(served.url), FolderStorage(tmp_path / "phone-0"), SystemClock(), new_id)
    assert last.sync().quiet  # by now the others have brought everything
    rows = list(last.mirror.rows("finding"))
    assert {row["id"] for row in rows} == set(recorded)
    assert len({row["number"] for row in rows}) == len(recorded) == len(set(recorded))
    assert all(photo["stored"] for row in rows for photo in row["photos"])


class Vanishing(HttpTransport):
    """Sends its request whole and is gone before any answer."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not path.endswith(("/push", "/pull")) and method != "PATCH":
            return super().send(method, path, headers, body)
        address = (self.base.hostname or "", self.base.port or 80)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {address[0]}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with socket.create_connection(address, 20) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        raise TransportFailed("did not stay for the answer")


def test_a_client_that_vanishes_before_the_answer_doubles_nothing(served: Served, tmp_path: Path) -> None:
    password = served.line(r"one-time password is (\S+)")[1]
    served.ready()
    storage = FolderStorage(tmp_path / "phone")
    device = Device(Vanishing(served.url, 20), storage, SystemClock(), new_id)
    device.enrol(invitation(served, password), "phone")
    findings = []
    for _ in range(5):
        findings.append(record_a_finding_with_its_photo(device))
        for _ in range(2):
            assert not device.sync().quiet
    device = Device(HttpTransport(served.url, 20), storage, SystemClock(), new_id)
    # The server may still be at work on what was sent and left, and tell the phone to come again.
    eventually(lambda: device.sync().quiet and not device.photos.waiting(), "the phone has settled")
    assert device.outbox.pending() == []
    rows = list(device.mirror.rows("finding"))
    assert sorted(str(row["id"]) for row in rows) == sorted(findings)
    assert {record["result"]["status"] for record in device.outbox.retained()} == {"applied"}

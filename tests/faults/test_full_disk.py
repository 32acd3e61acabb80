"""A disk that is really full: a small file system of its own, with the database and the photos on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import pytest

from sync.client import Device
from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from sync.device_ports import Answer
from tests.backend.serving import Served
from tests.faults.conftest import BOTH
from tests.faults.test_killed_at_failpoints import invitation, record_a_finding_with_its_photo
from tests.postgresql import running_server

SIZE_MIB = {"sqlite": 32, "postgresql": 160}  # an empty PostgreSQL takes 40, and keeps its log in pieces of 16


class Remembering(HttpTransport):
    """What the server answered, in order."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 60)
        self.statuses: list[tuple[str, int]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = super().send(method, path, headers, body)
        self.statuses.append((f"{method} {path.split('?')[0]}", answer.status))
        return answer


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def small_disk(kind: str) -> Iterator[Path]:
    """A file system of a few MiB; where none may be mounted the test cannot be run.

    Not below pytest's own folder, for PostgreSQL runs as another user (see tests/conftest.py).
    """
    place = Path(mkdtemp(prefix="bluegrid-small-disk-"))
    place.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB[kind]}m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of one's own cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()


@pytest.fixture
def on_small_disk(kind: str, small_disk: Path) -> Iterator[dict[str, str]]:
    """The environment of a server whose database lies on the small disk."""
    with ExitStack() as stack:
        if kind == "sqlite":
            yield {}
            return
        folder = small_disk / "postgresql"
        folder.mkdir(mode=0o755)
        server = stack.enter_context(running_server(folder))
        server.execute("CREATE DATABASE bluegrid")
        yield {"BLUEGRID_DATABASE_URL": server.url("bluegrid")}


def fill(place: Path) -> Path:
    """A file that takes all that is left, to the last block."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                continue
        except OSError:
            os.fsync(file.fileno())
    return filler


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_kept_and_afterwards_all_arrives(
    kind: str, small_disk: Path, on_small_disk: dict[str, str], tmp_path: Path
) -> None:
    served = Served(small_disk / "data", **on_small_disk)
    try:
        password = served.line(r"one-time password is (\S+)")[1]
        served.ready()
        network = Remembering(served.url)
        device = Device(network, FolderStorage(tmp_path / "phone"), SystemClock(), new_id)
        device.enrol(invitation(served, password), "phone")
        findings = [record_a_finding_with_its_photo(device)]
        assert device.sync().quiet
        filler = fill(small_disk)
        for _ in range(60):
            findings.append(record_a_finding_with_its_photo(device))
        network.statuses.clear()
        report = device.sync()
        assert not report.quiet
        if kind == "sqlite":
            assert report.acknowledged == 0
            assert ("POST /api/v1/sync/push", 507) in network.statuses
        else:  # its log lies ready in pieces of 16 MiB: an op or two may still find room, and are then kept
            assert report.acknowledged < 10
        assert len(device.outbox.pending()) == 60 - report.acknowledged
        assert served.get("/healthz")[0] == 200
        filler.unlink()
        for _ in range(3):
            if device.sync().quiet and not device.photos.waiting():
                break
        assert device.sync().quiet
        assert device.outbox.pending() == []
        rows = {row["id"]: row for row in device.mirror.rows("finding")}
        assert set(rows) == set(findings)
        assert all(photo["stored"] for row in rows.values() for photo in row["photos"])
    finally:
        served.clear_away()

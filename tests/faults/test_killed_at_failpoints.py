"""A server that kills itself between two steps: whatever the device was not told is sent again, and has one effect."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from backend import failpoints
from sync.client import Device
from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from tests.backend.serving import Served, admin_token
from tests.stories import IN_LIUJIANG, jpeg

IN_SHORT = ("push-after-commit",)
POINTS = [pytest.param(name, marks=() if name in IN_SHORT else pytest.mark.slow) for name in failpoints.NAMES]


def call(url: str, body: dict[str, object], token: str | None = None) -> dict[str, object]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def invitation(served: Served, password: str) -> str:
    token = admin_token(served.url, password)
    return str(call(f"{served.url}/api/v1/devices/invitations", {"user": "admin"}, token)["code"])


def record_a_finding_with_its_photo(device: Device) -> str:
    finding = new_id()
    sha256 = device.capture(jpeg((200, 150), comment=finding.encode()))
    args = {
        "topic": "dust",
        "item": None,
        "description": "裸土未覆盖",
        "severity": "minor",
        "found_at": device.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        "photos": [sha256],
        "site": None,
    }
    device.record("finding.report", finding, args)
    return finding


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_failpoint_loses_nothing_and_doubles_nothing(
    point: str, on_database: dict[str, str], tmp_path: Path
) -> None:
    deadly = Served(tmp_path / "data", BLUEGRID_FAILPOINT=point, **on_database)
    whole: Served | None = None
    try:
        password = deadly.line(r"one-time password is (\S+)")[1]
        deadly.ready()
        storage = FolderStorage(tmp_path / "device")
        device = Device(HttpTransport(deadly.url), storage, SystemClock(), new_id)
        device.enrol(invitation(deadly, password), "phone")
        finding = record_a_finding_with_its_photo(device)
        assert not device.sync().quiet, "the failpoint was not passed"
        deadly.clear_away()
        whole = Served(tmp_path / "data", **on_database).ready()
        device = Device(HttpTransport(whole.url), storage, SystemClock(), new_id)
        assert device.sync().trouble is None
        assert device.sync().trouble is None
        (row,) = device.mirror.rows("finding")
        assert row["id"] == finding
        assert [photo["stored"] for photo in row["photos"]] == [True]
        (record,) = device.outbox.retained()
        assert record["result"]["status"] == "applied"
    finally:
        deadly.clear_away()
        if whole is not None:
            whole.clear_away()

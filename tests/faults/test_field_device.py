"""The field app's own device core against a real server that is killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sync import signing
from tests.backend.serving import Served
from tests.faults.test_killed_at_failpoints import invitation
from tests.field_device import FieldDevice, Node
from tests.stories import jpeg

PHOTO = jpeg((200, 150), comment=b"a field device")


@pytest.fixture
def phone(node: Node) -> FieldDevice:
    return FieldDevice(node)


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_sync_loses_and_doubles_nothing(phone: FieldDevice, tmp_path: Path) -> None:
    """The answer to the push is lost by one kill, and half of a photo's upload is cut by the next."""
    deadly = Served(tmp_path / "data", BLUEGRID_FAILPOINT="push-after-commit")
    served = [deadly]
    try:
        password = deadly.line(r"one-time password is (\S+)")[1]
        phone.begin(deadly.ready().url)
        phone.do("enrol", code=f"{deadly.url}/app/#/enrol/{invitation(deadly, password)}")
        phone.do("chunks", bytes=len(PHOTO) // 3)
        finding = phone.report(PHOTO)
        assert phone.sync()["trouble"]["code"] == "no-answer"
        deadly.clear_away()

        served.append(deadly := Served(tmp_path / "data", BLUEGRID_FAILPOINT="patch-counted:2").ready())
        phone.begin(deadly.url)
        assert phone.sync()["trouble"]["code"] == "no-answer"
        assert [one["state"] for one in phone.state()["standings"]] == ["received"]
        deadly.clear_away()

        served.append(whole := Served(tmp_path / "data").ready())
        phone.begin(whole.url)
        assert phone.sync()["trouble"] is None
        phone.do("scramble")
        comment = {"cmd": "finding.comment", "row": finding, "args": {"text": "补充", "photos": []}}
        second = phone.report(acts=[comment])
        assert phone.sync()["trouble"] is None
        state = phone.state()
        _nothing_is_doubled(state, {finding, second})
        pulled = _get(whole, "/api/v1/sync/pull?limit=500", state["token"])
        assert state["digests"] == {scope: one for scope, one in pulled["digests"].items() if one["n"]}
        _signatures_hold(tmp_path / "data")
    finally:
        for one in served:
            one.clear_away()


def _nothing_is_doubled(state: dict[str, Any], findings: set[str]) -> None:
    rows = {(row["type"], row["id"]): row["row"] for row in state["rows"]}
    assert {id for type, id in rows if type == "finding"} == findings
    assert sorted(len(rows["finding", id]["photos"]) for id in findings) == [0, 1]
    assert [photo["stored"] for id in findings for photo in rows["finding", id]["photos"]] == [True]
    assert state["outbox"] == []
    assert {op["result"]["status"] for op in state["retained"]} == {"applied"}
    assert {op["receipt"] for op in state["retained"]} == {"verified"}
    assert [one["state"] for one in state["standings"]] == ["complete", "complete"]


def _get(served: Served, path: str, token: str) -> Any:
    request = urllib.request.Request(served.url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def _signatures_hold(data: Path) -> None:
    """Each stored op is signed by the key of its stream; the second stream came of a key new to the first."""
    with sqlite3.connect(data / "bluegrid.sqlite3") as database:
        ops = database.execute("SELECT body, sig, public_key, stream_id FROM op JOIN stream ON stream.id = stream_id")
        found = [(body, sig, json.loads(key), stream) for body, sig, key, stream in ops]
    assert len({stream for *_, stream in found}) == 2
    assert all(signing.verifies(signing.read_key(key), body, sig) for body, sig, key, _ in found)

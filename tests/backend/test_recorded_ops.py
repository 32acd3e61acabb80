"""Ops of every released version do today what they did then; ops of a version to come are kept until it comes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.extensions import db
from backend.models import Device as DeviceRow
from backend.models import Stream
from backend.services import attention, commands
from backend.services import sync as push_service
from backend.services.commands.finding_comment import FindingComment
from backend.version import VERSION
from sync.commands import Handler
from tests.backend.handmade import Hand
from tests.stories import Phone, Server

FOLDER = Path(__file__).parents[1] / "fixtures" / "recorded-ops"
VERSIONS = sorted(path.name for path in FOLDER.iterdir())

pytestmark = pytest.mark.both_databases


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def ops_of(version: str) -> list[dict[str, Any]]:
    return [read(path) for path in sorted((FOLDER / version).glob("[0-9]*.json"))]


def old_phone(server: Server, recorded: dict[str, Any]) -> Phone:
    """A phone of that time: its stream has the recorded name and key."""
    phone = server.phone(recorded["user"], recorded["role"])
    now = phone.device.outbox.stream()["id"]
    with server.app.app_context():
        known = db.session.get_one(Stream, now)
        device = db.session.get_one(DeviceRow, known.device_id)
        again = Stream(
            id=recorded["stream"],
            device_id=device.id,
            user_id=known.user_id,
            continues_id=now,
            public_key=recorded["public_key"],
            opened_at=known.opened_at,
        )
        db.session.add(again)
        db.session.commit()
        db.session.remove()
    return phone


def verdict(result: dict[str, Any]) -> dict[str, Any]:
    return {"status": result["status"], "rev": result["rev"], "code": (result["problem"] or {}).get("code")}


def test_every_command_of_this_version_is_recorded() -> None:
    assert {op["cmd"] for op in ops_of(VERSION)} == set(commands.handlers(None))  # type: ignore[arg-type]
    assert {op["expected"]["status"] for op in ops_of(VERSION)} >= {"applied", "conflict", "rejected", "held"}


@pytest.mark.parametrize("version", VERSIONS)
def test_ops_of_a_released_version_get_the_verdicts_that_they_got_then(server: Server, version: str) -> None:
    streams = read(FOLDER / version / "streams.json")
    server.time.at = datetime.fromisoformat(streams["at"])
    phones = {each["user"]: old_phone(server, each) for each in streams["streams"]}
    ops = ops_of(version)
    for op in ops:
        answer = phones[op["user"]].raw(
            "POST",
            "/api/v1/sync/push",
            {"device_now": streams["at"], "ops": [{"body": op["body"], "sig": op["sig"]}]},
        )
        assert answer.status == 200, (op["cmd"], answer.body)
        assert verdict(answer.json()["results"][0]) == op["expected"], op["cmd"]
    assert sorted(server.op_bodies()) == sorted(op["body"].encode() for op in ops)


class Later(FindingComment):
    """A command of a version to come: two versions, and an argument that this one does not read."""

    versions = frozenset({1, 2})


def upgrade(monkeypatch: pytest.MonkeyPatch, **added: type[FindingComment]) -> None:
    """The server of a later version: it knows further commands, or further versions of one."""

    def handlers(session: Session) -> dict[str, Handler]:
        further = {name.replace("_", "."): handler(session) for name, handler in added.items()}
        return {**commands.handlers(session), **further}

    for module in (attention, push_service):
        monkeypatch.setattr(module, "handlers", handlers)


@pytest.mark.parametrize(
    ("cmd", "v", "code"), [("drone.note", 1, "command-unknown"), ("finding.comment", 2, "version-unknown")]
)
def test_an_op_of_a_newer_app_is_held_until_the_server_knows_it(
    server: Server, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, cmd: str, v: int, code: str
) -> None:
    phone, admin = server.phone(), server.token("boss", "admin")
    hand = Hand(phone)
    report = hand.op()
    assert hand.verdicts(report) == [("applied", None)]
    finding = json.loads(report)["row"]
    body = hand.op(cmd, v=v, row=finding, args={"text": "从空中看", "photos": [], "height_m": 120})
    assert hand.verdicts(body) == [("held", code)]
    path = f"/api/v1/attention/ops/{hand.stream}/2/retry"
    assert client.post(path, json={}, headers=admin).get_json()["status"] == "held"  # nothing has changed yet
    upgrade(monkeypatch, **{cmd.replace(".", "_"): Later})
    assert client.post(path, json={}, headers=admin).get_json() == {"status": "applied", "problem": None}
    assert phone.sync().quiet
    assert [row["text"] for row in phone.device.mirror.rows("comment")] == ["从空中看"]
    replayed = hand.push(body).json()["results"][0]
    assert (replayed["status"], replayed["replay"]) == ("applied", True)
    assert body.encode() in server.op_bodies()


def test_an_argument_that_this_server_does_not_know_is_kept_in_the_op_and_ignored(server: Server) -> None:
    hand = Hand(server.phone())
    body = hand.op(args={**hand.report(), "wind": {"speed_m_s": 3.5}})
    assert hand.verdicts(body) == [("applied", None)]
    assert server.op_bodies() == [body.encode()]


def test_what_an_older_server_held_does_not_stop_what_it_knows(server: Server) -> None:
    hand = Hand(server.phone())
    ops = [hand.op("drone.fly"), hand.op(), hand.op(v=99), hand.op()]
    assert hand.verdicts(*ops) == [
        ("held", "command-unknown"),
        ("applied", None),
        ("held", "version-unknown"),
        ("applied", None),
    ]

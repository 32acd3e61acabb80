"""People as admins keep them: changed from what was read, closed and never deleted, nobody above oneself."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import AuditEvent, Device, User
from backend.services import accounts, devices
from backend.transactions import reading, writing
from tests.stories import Server, new_id

URL = "/api/v1/users"


class Desk:
    """An admin's requests."""

    def __init__(self, client: FlaskClient, server: Server, name: str = "boss") -> None:
        self.client, self.server = client, server
        self.who = server.token(name, "admin", ("450000",))
        self.id = str(client.get(f"{URL}/me", headers=self.who).get_json()["id"])

    def send(self, method: str, path: str = "", **body: Any) -> Any:
        return self.client.open(URL + path, method=method, json=body or None, headers=self.who)

    def change(self, person: str, rev: int = 1, **fields: Any) -> Any:
        return self.send("PATCH", f"/{person}", rev=rev, **fields)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


@pytest.fixture
def boss(client: FlaskClient, server: Server) -> Desk:
    return Desk(client, server)


def test_what_an_admin_changes_is_seen_and_written_down(boss: Desk, session: Session) -> None:
    wei = boss.server.person("wei")
    changed = boss.change(wei, phone="13800000000", grants=["450202", "450206"], role="supervisor")
    assert changed.status_code == 200, changed.text
    shown = boss.send("GET", f"/{wei}").get_json()
    assert (shown["rev"], shown["grants"], shown["role"]) == (2, ["450202", "450206"], "supervisor")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.change")).one()
    assert (event.actor_id, event.subject) == (boss.id, wei)
    assert event.details == {
        "fields": ["grants", "phone", "role"],
        "role": ["inspector", "supervisor"],
        "grants": [["450206"], ["450202", "450206"]],
    }


def test_of_two_admins_at_once_the_second_is_told(boss: Desk) -> None:
    wei = boss.server.person("wei")
    assert boss.change(wei, display_name="韦敏").status_code == 200
    assert problem(boss.change(wei, display_name="韦明")) == (409, "revision-stale")
    assert problem(boss.change(new_id(), display_name="韦明")) == (404, "not-found")


def test_a_change_that_changes_nothing_leaves_no_trace(boss: Desk, session: Session) -> None:
    wei = boss.server.person("wei")
    assert boss.change(wei, grants=["450206", "450206"], role="inspector").get_json()["rev"] == 1
    assert session.scalar(select(AuditEvent.n).where(AuditEvent.action == "user.change")) is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"role": "king"}, "input-invalid"),
        ({"role": "handler"}, "input-invalid"),
        ({"office": "0192f0c1-0000-7000-8000-000000000000"}, "input-invalid"),
        ({"grants": ["999999"]}, "input-invalid"),
        ({"grants": ["M-NOWHERE"]}, "input-invalid"),
        ({"grants": ["x" * 41]}, "input-invalid"),
        ({"name": "other"}, "input-invalid"),
        ({"display_name": "a\0b"}, "text-invalid"),
        ({"display_name": ""}, "input-invalid"),
    ],
)
def test_rights_that_cannot_be_are_refused(boss: Desk, wrong: dict[str, Any], code: str) -> None:
    wei = boss.server.person("wei")
    assert problem(boss.change(wei, **wrong)) == (422, code)
    assert boss.send("GET", f"/{wei}").get_json()["rev"] == 1


def test_a_person_becomes_the_handler_of_an_office(boss: Desk) -> None:
    wei = boss.server.person("wei")
    office = boss.client.post(
        "/api/v1/offices", json={"code": "ZJ", "name": "住建局", "kind": "department"}, headers=boss.who
    ).get_json()["id"]
    assert boss.change(wei, role="handler", office=office).get_json()["office"] == office
    assert problem(boss.change(wei, rev=2, office=None)) == (422, "input-invalid")
    listed = boss.send("GET", f"?office={office}").get_json()["items"]
    assert [each["id"] for each in listed] == [wei]


def test_a_handlers_phone_belongs_to_the_office_too(boss: Desk, app: Flask) -> None:
    phone = boss.server.phone("qin")
    office = boss.client.post(
        "/api/v1/offices", json={"code": "ZJ", "name": "住建局", "kind": "department"}, headers=boss.who
    ).get_json()["id"]
    assert boss.change(str(phone.device.user_id), role="handler", office=office).status_code == 200
    assert phone.sync().quiet
    token = (phone.storage.get("meta", "token") or {})["token"]
    with app.app_context(), reading() as session:
        caller = devices.device_behind(session, token, boss.server.time.now(), 30)
    assert caller is not None
    assert f"office:{office}" in caller.actor.scopes()


def test_nobody_changes_their_own_rights(boss: Desk) -> None:
    Desk(boss.client, boss.server, "chief")
    for own in ({"grants": ["450000", "450206"]}, {"role": "inspector"}, {"active": False}):
        assert problem(boss.change(boss.id, **own)) == (403, "own-rights"), own
    assert boss.change(boss.id, phone="13900000000").status_code == 200
    assert problem(boss.send("POST", f"/{boss.id}/password")) == (403, "own-rights")


def test_the_last_active_admin_stays(boss: Desk, app: Flask) -> None:
    chief = Desk(boss.client, boss.server, "chief")
    assert boss.change(chief.id, active=False).status_code == 200
    refused = app.test_cli_runner().invoke(args=["users", "deactivate", "boss"])
    assert (refused.exit_code, "last-admin" in refused.output) == (1, True)
    assert boss.send("GET").status_code == 200


@pytest.mark.both_databases
def test_two_admins_cannot_close_one_another_at_once(boss: Desk, app: Flask, session: Session) -> None:
    chief = Desk(boss.client, boss.server, "chief")
    actors = {each.id: accounts.actor_and_name(session, each.id)[0] for each in (boss, chief)}
    session.rollback()
    started, outcomes = threading.Barrier(2), []

    def close(by: str, whom: str) -> None:
        with app.app_context():
            started.wait()
            try:
                with writing() as other:
                    accounts.change(other, actors[by], whom, 1, {"active": False}, boss.server.time.now())
                outcomes.append("closed")
            except accounts.LastAdmin:
                outcomes.append("refused")

    threads = [threading.Thread(target=close, args=pair) for pair in ((boss.id, chief.id), (chief.id, boss.id))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["closed", "refused"]
    assert len(session.scalars(select(User.id).where(User.role == "admin", User.active)).all()) == 1


def test_a_closed_account_signs_in_no_more_and_what_its_phone_sends_is_held(boss: Desk, session: Session) -> None:
    phone = boss.server.phone("wei")
    invited = boss.server.invite("wei")
    (wei,) = [each["id"] for each in boss.send("GET", "?name=wei").get_json()["items"]]
    phone.report()
    assert boss.change(wei, active=False).status_code == 200
    phone.sync()
    assert phone.last_result()["status"] == "held"
    assert session.scalars(select(Device.revoked_at)).one() is not None
    again = {"code": invited, "install": new_id(), "name": "p", "platform": "t", "app": "1", "public_key": None}
    assert boss.client.post("/api/v1/devices/enrol", json=again).get_json()["code"] == "invite-invalid"
    assert problem(boss.send("POST", f"/{wei}/password")) == (422, "input-invalid")
    assert boss.change(wei, rev=2, active=True).get_json()["active"] is True


def test_people_come_in_pages_narrowed(boss: Desk) -> None:
    for name in ("wei", "weili", "mo"):
        boss.server.time.pass_by(seconds=1)
        boss.server.person(name)
    first = boss.send("GET", "?limit=2&role=inspector&total=true").get_json()
    rest = boss.send("GET", f"?limit=2&role=inspector&cursor={first['next_cursor']}").get_json()
    assert ([each["name"] for each in first["items"]], first["total"]) == (["mo", "weili"], 3)
    assert ([each["name"] for each in rest["items"]], rest["next_cursor"]) == (["wei"], None)
    assert {each["name"] for each in boss.send("GET", "?name=wei").get_json()["items"]} == {"wei", "weili"}
    assert boss.send("GET", "?active=false").get_json()["items"] == []
    assert problem(boss.send("GET", "?cursor=nonsense")) == (422, "cursor-invalid")
    assert problem(boss.send("GET", "?role=king")) == (422, "input-invalid")


def test_whom_an_admin_gives_a_password_changes_it_first(boss: Desk) -> None:
    person = {"name": "wei", "role": "inspector", "grants": [], "password": "given by the office 1"}
    assert boss.send("POST", **person).status_code == 201
    answer = boss.client.post("/api/v1/auth/login", json={"username": "wei", "password": person["password"]})
    assert answer.get_json()["owes"] == "password-change"
    weak = {**person, "name": "mo", "password": "short"}
    assert problem(boss.send("POST", **weak)) == (422, "password-weak")


def test_the_command_line_closes_an_account(boss: Desk, app: Flask) -> None:
    wei = boss.server.person("wei")
    assert app.test_cli_runner().invoke(args=["users", "deactivate", "wei"]).exit_code == 0
    assert boss.send("GET", f"/{wei}").get_json()["active"] is False
    assert app.test_cli_runner().invoke(args=["users", "deactivate", "nobody"]).exit_code == 1

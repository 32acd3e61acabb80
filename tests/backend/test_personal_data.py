"""A person's data taken along and erased: whole, without secrets, and what evidence needs stays."""

from __future__ import annotations

import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.extensions import Base
from backend.models import AuditEvent, Device, LoginToken, User
from backend.services import accounts, erasure
from backend.services.personal_places import PLACES
from tests.stories import Server, new_id

URL = "/api/v1/users"
PASSWORD = "a long password"


class Leaver:
    """Somebody with a phone number, a password and a sign-in, whose account is then closed."""

    def __init__(self, server: Server, client: FlaskClient, boss: dict[str, str]) -> None:
        self.server, self.client, self.boss = server, client, boss
        self.id = server.person("weimin", password=PASSWORD)
        self.rev = 1
        self.change(phone="13800000000", display_name="韦敏")
        answer = client.post("/api/v1/auth/login", json={"username": "weimin", "password": PASSWORD})
        self.who = {"Authorization": f"Bearer {answer.get_json()['token']}"}

    def change(self, **fields: Any) -> None:
        answer = self.client.patch(f"{URL}/{self.id}", json={"rev": self.rev, **fields}, headers=self.boss)
        self.rev = answer.get_json()["rev"]

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{URL}/{self.id}/erasure", headers=self.boss).get_json()
        return found

    def erase(self) -> Any:
        said = {"rev": self.rev, "reason": "left"}
        return self.client.post(f"{URL}/{self.id}/erasure", json=said, headers=self.boss)

    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{URL}/{self.id}", headers=self.boss).get_json()
        return found


@pytest.fixture
def boss(server: Server) -> dict[str, str]:
    return server.token("boss", "admin", ("450000",))


@pytest.fixture
def leaver(server: Server, client: FlaskClient, boss: dict[str, str]) -> Leaver:
    return Leaver(server, client, boss)


def unpacked(answer: Any) -> dict[str, list[dict[str, Any]]]:
    with ZipFile(io.BytesIO(answer.get_data())) as archive:
        return {
            name.removesuffix(".jsonl"): [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.endswith(".jsonl")
        }


def test_every_column_that_points_to_an_account_is_sorted() -> None:
    """A table added later is exported and erased like the others, or this says that nobody thought of it."""
    pointing = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "user_account"
    }
    sorted_in = {(place.table, column.key) for place in PLACES for column in place.columns}
    assert pointing - sorted_in == set()


def test_a_person_takes_their_own_data_along(leaver: Leaver, session: Session) -> None:
    phone = leaver.server.phone("weimin")
    phone.report("机密描述")
    assert phone.sync().quiet
    answer = leaver.client.get(f"{URL}/me/personal-data.zip", headers=leaver.who)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    found = unpacked(answer)
    (account,) = found["user_account"]
    assert (account["name"], account["phone"], account["display_name"]) == ("weimin", "13800000000", "韦敏")
    assert [row["code"] for row in found["user_grant"]] == ["450206"]
    assert (len(found["device"]), len(found["finding"]), len(found["login_token"])) == (1, 1, 1)
    assert set(found["finding"][0]) >= {"id", "found_at"}
    assert "机密描述" not in json.dumps(found, ensure_ascii=False)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "read.personal-data")).one()
    assert event.actor_id == leaver.id


def test_no_secret_and_nobody_else_is_in_it(leaver: Leaver, boss: dict[str, str], session: Session) -> None:
    leaver.server.phone("mo")
    answer = leaver.client.get(f"{URL}/{leaver.id}/personal-data.zip", headers=boss)
    text = json.dumps(unpacked(answer))
    user = session.get_one(User, leaver.id)
    token = session.scalars(select(LoginToken.token_sha256).where(LoginToken.user_id == leaver.id)).one()
    for secret in (user.password_hash, token, "mo's phone"):
        assert secret
        assert secret not in text
    others = session.scalars(select(User.id).where(User.name == "mo")).one()
    assert others not in text


def test_only_an_admin_or_oneself_asks_for_it(leaver: Leaver, boss: dict[str, str]) -> None:
    boss_id = leaver.client.get(f"{URL}/me", headers=boss).get_json()["id"]
    assert leaver.client.get(f"{URL}/{boss_id}/personal-data.zip", headers=leaver.who).status_code == 403
    assert leaver.client.get(f"{URL}/{new_id()}/personal-data.zip", headers=boss).status_code == 404


def test_an_open_account_and_ones_own_are_not_erased(leaver: Leaver, boss: dict[str, str]) -> None:
    refused = leaver.erase()
    assert (refused.status_code, refused.get_json()["code"]) == (409, "erasure-refused")
    assert refused.get_json()["reasons"] == leaver.plan()["refused"] == ["account-active"]
    boss_id = leaver.client.get(f"{URL}/me", headers=boss).get_json()["id"]
    own = leaver.client.post(f"{URL}/{boss_id}/erasure", json={"rev": 1, "reason": "left"}, headers=boss)
    assert own.get_json()["reasons"] == ["account-active", "oneself"]
    assert leaver.account()["phone"] == "13800000000"


def test_who_left_no_record_becomes_a_pseudonym(leaver: Leaver, session: Session) -> None:
    leaver.change(active=False)
    assert "name" in leaver.plan()["erased"]
    done = leaver.erase()
    assert (done.status_code, done.get_json()["kept"]) == (200, [])
    shown = leaver.account()
    assert shown["name"] == erasure.pseudonym(leaver.id)
    assert shown["display_name"] == f"离任人员 {leaver.id[-6:]}"
    assert (shown["phone"], shown["has_password"]) == (None, False)
    assert session.scalar(select(LoginToken).where(LoginToken.user_id == leaver.id)) is None
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.erase")).one()
    assert (event.subject, event.details["reason"]) == (leaver.id, "left")
    assert "韦敏" not in json.dumps(event.details, ensure_ascii=False)


def test_a_name_that_evidence_needs_stays_and_the_rest_goes(leaver: Leaver, app: Flask, session: Session) -> None:
    phone = leaver.server.phone("weimin")
    phone.report()
    assert phone.sync().quiet
    leaver.change(active=False)
    done = leaver.erase().get_json()
    assert {"what": "finding", "rows": 1, "why": "record"} in done["kept"]
    assert "name" not in done["erased"]
    shown = leaver.account()
    assert (shown["display_name"], shown["name"], shown["phone"]) == ("韦敏", erasure.pseudonym(leaver.id), None)
    assert session.scalars(select(Device.name)).one() == erasure.pseudonym(leaver.id)
    assert app.test_cli_runner().invoke(args=["evidence", "verify"]).exit_code == 0


def test_an_erased_account_stays_as_it_is(leaver: Leaver, session: Session) -> None:
    leaver.change(active=False)
    leaver.erase()
    body = {"rev": leaver.rev + 1, "active": True}
    refused = leaver.client.patch(f"{URL}/{leaver.id}", json=body, headers=leaver.boss)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "input-invalid")
    stale = leaver.erase()
    assert stale.get_json()["code"] == "revision-stale"
    assert accounts.by_name(session, erasure.pseudonym(leaver.id)).erased_at is not None

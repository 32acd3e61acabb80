"""The second factor: RFC 6238 by its vectors, enrolment, use once, recovery, reset."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import create_app
from backend.models import AuditEvent, RecoveryCode, SecondFactor
from backend.services import second_factor
from tests.stories import Server

PASSWORD = "a long password"
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


class Admin:
    """Somebody with a password and an authenticator app."""

    def __init__(self, server: Server, client: FlaskClient, name: str = "boss") -> None:
        self.server, self.client, self.name = server, client, name
        self.id = server.person(name, "admin", password=PASSWORD)
        self.secret, self.codes = "", []

    def sign_in(self, code: str | None = None, password: str = PASSWORD) -> Any:
        return self.client.post("/api/v1/auth/login", json={"username": self.name, "password": password, "code": code})

    def post(self, path: str, who: dict[str, str], **body: str) -> Any:
        return self.client.post(f"/api/v1/auth/{path}", json=body, headers=who)

    def enrol(self) -> dict[str, str]:
        """Set the second factor up; returns the headers of the sign-in that did it."""
        who = bearer(self.sign_in())
        begun = self.post("second-factor", who, password=PASSWORD)
        assert begun.status_code == 201, begun.text
        self.secret = begun.get_json()["secret"]
        done = self.post("second-factor/confirm", who, code=self.code())
        assert done.status_code == 200, done.text
        self.codes = done.get_json()["recovery_codes"]
        self.server.time.pass_by(seconds=30)
        return who

    def code(self, off: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(self.server.time.now().timestamp()) + 30 * off)


def bearer(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


@pytest.fixture
def boss(server: Server, client: FlaskClient) -> Admin:
    return Admin(server, client)


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1, the last six of its eight digits."""
    assert second_factor.step_of(RFC_SECRET, code, datetime.fromtimestamp(at, UTC)) == at // 30


def test_a_code_is_taken_from_half_a_minute_before_to_half_a_minute_after() -> None:
    now = datetime.fromtimestamp(1_700_000_010, UTC)
    step, totp = 1_700_000_010 // 30, pyotp.TOTP(RFC_SECRET)
    taken = [off for off in range(-3, 4) if second_factor.step_of(RFC_SECRET, totp.at((step + off) * 30), now)]
    assert taken == [-1, 0, 1]


def test_once_confirmed_both_factors_are_needed(boss: Admin) -> None:
    boss.enrol()
    needed = boss.sign_in()
    assert (needed.status_code, needed.get_json()["code"]) == (401, "second-factor-needed")
    assert boss.sign_in(boss.code()).status_code == 200
    assert boss.sign_in(boss.code(), "wrong").get_json()["code"] == "login-failed"


def test_an_enrolment_that_was_not_confirmed_counts_for_nothing(boss: Admin) -> None:
    who = bearer(boss.sign_in())
    assert boss.post("second-factor", who, password="wrong").get_json()["code"] == "login-failed"
    assert boss.post("second-factor/confirm", who, code="000000").get_json()["code"] == "second-factor-missing"
    begun = boss.post("second-factor", who, password=PASSWORD).get_json()
    assert begun["uri"].startswith("otpauth://totp/Bluegrid")
    assert begun["qr_svg"].startswith("<svg")
    assert boss.post("second-factor/confirm", who, code="000000").get_json()["code"] == "second-factor-wrong"
    assert boss.sign_in().status_code == 200


@pytest.mark.both_databases
def test_the_same_code_is_not_taken_twice_nor_an_earlier_one(boss: Admin) -> None:
    boss.enrol()
    code, earlier = boss.code(), boss.code(-1)
    assert boss.sign_in(code).status_code == 200
    assert boss.sign_in(code).get_json()["code"] == "second-factor-wrong"
    assert boss.sign_in(earlier).get_json()["code"] == "second-factor-wrong"
    boss.server.time.pass_by(seconds=30)
    assert boss.sign_in(boss.code()).status_code == 200


def test_wrong_codes_lock_the_account_and_asking_without_one_does_not_reset_the_count(boss: Admin) -> None:
    boss.enrol()
    for _ in range(4):
        assert boss.sign_in("000000").status_code == 401
        assert boss.sign_in().get_json()["code"] == "second-factor-needed"
    assert boss.sign_in("000000").get_json()["code"] == "second-factor-wrong"
    assert boss.sign_in(boss.code()).get_json()["code"] == "account-locked"


def test_a_recovery_code_stands_in_once(boss: Admin, session: Session) -> None:
    boss.enrol()
    assert len(set(boss.codes)) == 10
    assert boss.sign_in(boss.codes[0].lower()).status_code == 200
    assert boss.sign_in(boss.codes[0]).get_json()["code"] == "second-factor-wrong"
    used = session.scalars(select(AuditEvent).where(AuditEvent.action == "second-factor.recovery")).one()
    assert used.details == {"left": 9}


def test_new_recovery_codes_replace_the_old_and_need_both_factors(boss: Admin) -> None:
    who = boss.enrol()
    wrong = boss.post("second-factor/recovery-codes", who, password=PASSWORD, code="000000")
    assert wrong.get_json()["code"] == "second-factor-wrong"
    fresh = boss.post("second-factor/recovery-codes", who, password=PASSWORD, code=boss.code()).get_json()
    assert boss.sign_in(boss.codes[0]).get_json()["code"] == "second-factor-wrong"
    assert boss.sign_in(fresh["recovery_codes"][0]).status_code == 200


def test_neither_secret_nor_recovery_code_is_stored_in_clear(boss: Admin, session: Session) -> None:
    boss.enrol()
    kept = [*session.scalars(select(SecondFactor.sealed)), *session.scalars(select(RecoveryCode.code_sha256))]
    stored = "".join(kept)
    assert boss.secret not in stored
    assert not any(code in stored for code in boss.codes)


def test_another_admin_takes_it_away_and_nobody_their_own(boss: Admin, client: FlaskClient) -> None:
    who = boss.enrol()
    assert boss.post("second-factor", who, password=PASSWORD).get_json()["code"] == "second-factor-set"
    own = client.delete(f"/api/v1/users/{boss.id}/second-factor", headers=who)
    assert (own.status_code, own.get_json()["code"]) == (403, "own-rights")
    other = boss.server.token("chief", "admin")
    assert client.get(f"/api/v1/users/{boss.id}", headers=other).get_json()["second_factor"] is True
    assert client.delete(f"/api/v1/users/{boss.id}/second-factor", headers=other).status_code == 204
    again = client.delete(f"/api/v1/users/{boss.id}/second-factor", headers=other)
    assert again.get_json()["code"] == "second-factor-missing"
    assert boss.sign_in().status_code == 200


def test_the_command_line_takes_it_away_too(boss: Admin, app: Flask) -> None:
    boss.enrol()
    assert app.test_cli_runner().invoke(args=["users", "reset-second-factor", "boss"]).exit_code == 0
    assert boss.sign_in().status_code == 200


def test_where_it_is_required_an_admin_sets_it_up_before_anything_else(server: Server, app: Flask) -> None:
    settings = app.extensions["bluegrid.settings"]
    strict = replace(settings, sign_in=replace(settings.sign_in, admin_second_factor=True))
    boss = Admin(server, create_app(strict, app.extensions["bluegrid.clock"]).test_client())
    opened = boss.sign_in()
    assert (opened.get_json()["owes"], opened.get_json()["must_change_password"]) == ("second-factor", False)
    assert boss.client.get("/api/v1/users", headers=bearer(opened)).get_json()["code"] == "sign-in-unfinished"
    who = boss.enrol()
    assert boss.client.get("/api/v1/users", headers=who).status_code == 200
    server.person("wei", password=PASSWORD)
    answer = boss.client.post("/api/v1/auth/login", json={"username": "wei", "password": PASSWORD})
    assert answer.get_json()["owes"] is None


def test_with_another_secret_key_it_is_told_to_be_reset(boss: Admin, app: Flask) -> None:
    boss.enrol()
    moved = replace(app.extensions["bluegrid.settings"], secret_key="of another machine")
    boss.client = create_app(moved, app.extensions["bluegrid.clock"]).test_client()
    answer = boss.sign_in(boss.code())
    assert (answer.status_code, answer.get_json()["code"]) == (409, "second-factor-unreadable")

"""Signing in: locks that hold for all processes, what is owed first, and sign-ins that end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import create_app
from backend.config import SettingInvalid, SignInRules, from_environment
from backend.models import AuditEvent, LoginToken, SignInLock, User
from backend.services import lockout
from backend.transactions import writing
from tests.stories import Server

PASSWORD = "a long password"
ANOTHER = "another long one"


def login(client: FlaskClient, name: str = "wei", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/api/v1/auth/login", json={"username": name, "password": password, **more})


def bearer(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


@pytest.fixture
def under(app: Flask) -> Callable[..., FlaskClient]:
    """A client of another process on the same database, with other rules."""

    def client(**rules: Any) -> FlaskClient:
        settings = app.extensions["bluegrid.settings"]
        changed = replace(settings, sign_in=replace(settings.sign_in, **rules))
        return create_app(changed, app.extensions["bluegrid.clock"]).test_client()

    return client


# locks -----------------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_after_wrong_passwords_a_name_is_locked_in_every_process(
    server: Server, under: Callable[..., FlaskClient]
) -> None:
    server.person("wei", password=PASSWORD)
    here, there = under(tries=3), under(tries=3)
    assert [login(client, password="wrong").status_code for client in (here, there, here)] == [401, 401, 401]
    locked = login(there)
    assert (locked.status_code, locked.get_json()["code"]) == (429, "account-locked")
    assert locked.get_json()["retry_after_s"] == 15 * 60
    assert int(locked.headers["Retry-After"]) > 60  # longer than the limit of tries a minute would say
    server.time.pass_by(minutes=14)
    assert login(here).get_json()["retry_after_s"] == 60
    server.time.pass_by(minutes=1)
    assert login(here).status_code == 200


def test_an_unknown_name_is_locked_like_a_known_one(server: Server, under: Callable[..., FlaskClient]) -> None:
    server.person("wei", password=PASSWORD)
    client = under(tries=3)
    known, unknown = ([login(client, name, "wrong") for _ in range(4)] for name in ("wei", "nobody"))
    for one, two in zip(known, unknown, strict=True):
        assert (one.status_code, one.get_json()) == (two.status_code, two.get_json())


def test_a_right_password_forgets_the_wrong_ones_and_so_does_time(
    server: Server, under: Callable[..., FlaskClient]
) -> None:
    server.person("wei", password=PASSWORD)
    client = under(tries=3)
    for _ in range(2):
        assert [login(client, password=word).status_code for word in ("w", "w", PASSWORD)] == [401, 401, 200]
    assert [login(client, password="w").status_code for _ in range(2)] == [401, 401]
    server.time.pass_by(minutes=15)
    assert [login(client, password="w").status_code for _ in range(3)] == [401, 401, 401]
    assert login(client).status_code == 429


def test_tries_that_are_under_way_count_already(server: Server, app: Flask) -> None:
    """A burst cannot outrun the count: each try is written down before its password is looked at."""
    rules = SignInRules(tries=3)
    with app.app_context():
        for _ in range(3):
            with writing() as session:
                lockout.take_try(session, "wei", rules, server.time.now())
        with pytest.raises(lockout.AccountLocked), writing() as session:
            lockout.take_try(session, "WEI ", rules, server.time.now())


def test_an_admin_or_the_command_line_unlocks(server: Server, app: Flask, under: Callable[..., FlaskClient]) -> None:
    wei, boss = server.person("wei", password=PASSWORD), server.token("boss", "admin")
    client = under(tries=1)
    login(client, password="wrong")
    shown = client.get(f"/api/v1/users/{wei}", headers=boss).get_json()
    assert shown["locked_until"] == "2026-11-22T10:15:00+00:00"
    assert client.delete(f"/api/v1/users/{wei}/lock", headers=boss).status_code == 204
    assert login(client).status_code == 200
    login(client, password="wrong")
    assert app.test_cli_runner().invoke(args=["users", "unlock", "wei"]).exit_code == 0
    assert login(client).status_code == 200


def test_locks_keep_no_name_and_are_forgotten(server: Server, client: FlaskClient, session: Session) -> None:
    login(client, "my password in the wrong field", "x")
    (row,) = session.scalars(select(SignInLock)).all()
    assert len(row.name_sha256) == 64
    with writing() as other:
        assert lockout.forget(other, SignInRules(), server.time.now()) == 0
    server.time.pass_by(minutes=15)
    with writing() as other:
        assert lockout.forget(other, SignInRules(), server.time.now()) == 1


def test_a_wrong_old_password_counts_too(server: Server, under: Callable[..., FlaskClient]) -> None:
    server.person("wei", password=PASSWORD)
    client = under(tries=2)
    who = bearer(login(client))
    body = {"old": "wrong", "new": ANOTHER}
    answers = [client.post("/api/v1/auth/password", json=body, headers=who).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_failed_sign_ins_are_in_the_trail_by_person_alone(
    server: Server, client: FlaskClient, session: Session
) -> None:
    wei = server.person("wei", password=PASSWORD)
    login(client, password="wrong")
    login(client, "nobody", "wrong")
    failed = session.scalars(select(AuditEvent).where(AuditEvent.action == "login.failed").order_by(AuditEvent.n))
    assert [(event.subject, event.details) for event in failed] == [(wei, {}), (None, {})]


# what is owed first ----------------------------------------------------------------------------------------------
def test_a_one_time_password_opens_nothing_but_its_change(server: Server, client: FlaskClient) -> None:
    wei, boss = server.person("wei"), server.token("boss", "admin")
    told = client.post(f"/api/v1/users/{wei}/password", headers=boss).get_json()["password"]
    opened = login(client, password=told)
    assert (opened.get_json()["must_change_password"], opened.get_json()["owes"]) == (True, "password-change")
    refused = client.get("/api/v1/findings", headers=bearer(opened))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "sign-in-unfinished")
    assert refused.get_json()["owes"] == "password-change"
    same = client.post("/api/v1/auth/password", json={"old": told, "new": told}, headers=bearer(opened))
    assert same.get_json()["code"] == "password-weak"
    body = {"old": told, "new": PASSWORD}
    assert client.post("/api/v1/auth/password", json=body, headers=bearer(opened)).status_code == 204
    assert client.get("/api/v1/findings", headers=bearer(opened)).status_code == 200
    assert login(client).get_json()["owes"] is None


def test_an_admins_password_grows_old_and_nobody_elses(server: Server, client: FlaskClient) -> None:
    server.person("boss", "admin", password=PASSWORD)
    server.person("wei", password=PASSWORD)
    server.time.pass_by(days=180)
    assert login(client, "boss").get_json()["owes"] == "password-change"
    assert login(client, "wei").get_json()["owes"] is None
    who = bearer(login(client, "boss"))
    assert client.post("/api/v1/auth/password", json={"old": PASSWORD, "new": ANOTHER}, headers=who).status_code == 204
    assert client.get("/api/v1/users", headers=who).status_code == 200


def test_the_command_line_gives_a_one_time_password(server: Server, app: Flask, client: FlaskClient) -> None:
    server.person("wei", password=PASSWORD)
    who = bearer(login(client))
    said = app.test_cli_runner().invoke(args=["users", "reset-password", "wei"]).output
    assert client.get("/api/v1/users/me", headers=who).status_code == 401
    assert login(client).status_code == 401
    assert login(client, password=said.split()[-1]).get_json()["owes"] == "password-change"


# sign-ins --------------------------------------------------------------------------------------------------------
def test_a_sign_in_ends_when_nobody_uses_it_and_lasts_while_somebody_does(
    server: Server, under: Callable[..., FlaskClient]
) -> None:
    server.person("wei", password=PASSWORD)
    client = under(idle_minutes=30, hours=2)
    who = bearer(login(client))
    for _ in range(5):
        server.time.pass_by(minutes=20)
        assert client.get("/api/v1/users/me", headers=who).status_code == 200
    server.time.pass_by(minutes=20)
    ended = client.get("/api/v1/users/me", headers=who)
    assert (ended.status_code, ended.get_json()["code"]) == (401, "token-expired")
    other = bearer(login(client))
    server.time.pass_by(minutes=30)
    assert client.get("/api/v1/users/me", headers=other).get_json()["code"] == "token-expired"


def test_one_sees_ones_own_sign_ins_and_ends_one_of_them(server: Server, client: FlaskClient) -> None:
    server.person("wei", password=PASSWORD)
    server.person("mo", password=PASSWORD)
    office, home = bearer(login(client)), bearer(login(client))
    login(client, "mo")
    mine = client.get("/api/v1/auth/sign-ins", headers=home).get_json()
    assert [each["current"] for each in mine].count(True) == 1
    assert (len(mine), mine[0]["address"]) == (2, "127.0.0.1")
    (other,) = [each["id"] for each in mine if not each["current"]]
    assert client.delete(f"/api/v1/auth/sign-ins/{other}", headers=home).status_code == 204
    assert client.get("/api/v1/users/me", headers=office).get_json()["code"] == "token-revoked"
    assert client.get("/api/v1/users/me", headers=home).status_code == 200
    assert client.delete(f"/api/v1/auth/sign-ins/{other}", headers=home).status_code == 404


def test_the_beginning_of_an_id_or_anothers_ends_nothing(server: Server, client: FlaskClient, session: Session) -> None:
    server.person("wei", password=PASSWORD)
    mo = server.person("mo", password=PASSWORD)
    who = bearer(login(client))
    login(client, "mo")
    theirs = session.scalars(select(LoginToken.token_sha256).where(LoginToken.user_id == mo)).one()
    mine = client.get("/api/v1/auth/sign-ins", headers=who).get_json()[0]["id"]
    for wrong in (theirs[:32], mine[:6], "%" * 32, "%00"):
        assert client.delete(f"/api/v1/auth/sign-ins/{wrong}", headers=who).status_code in (404, 422), wrong
    assert client.get("/api/v1/users/me", headers=who).status_code == 200


def test_one_signs_out_everywhere(server: Server, client: FlaskClient) -> None:
    server.person("wei", password=PASSWORD)
    tokens = [bearer(login(client)) for _ in range(2)]
    assert client.delete("/api/v1/auth/sign-ins", headers=tokens[0]).status_code == 204
    assert [client.get("/api/v1/users/me", headers=each).status_code for each in tokens] == [401, 401]


def test_an_admin_ends_the_sign_ins_of_somebody(server: Server, client: FlaskClient, session: Session) -> None:
    wei, boss = server.person("wei", password=PASSWORD), server.token("boss", "admin")
    who = bearer(login(client))
    assert client.delete(f"/api/v1/users/{wei}/sign-ins", headers=boss).status_code == 204
    assert client.get("/api/v1/users/me", headers=who).status_code == 401
    ended = session.scalars(select(AuditEvent).where(AuditEvent.action == "logout.all")).one()
    assert ended.actor_id == session.scalar(select(User.id).where(User.name == "boss"))


def test_expired_sign_ins_are_not_listed(server: Server, client: FlaskClient) -> None:
    server.person("wei", password=PASSWORD)
    login(client)
    server.time.at += timedelta(hours=12)
    assert len(client.get("/api/v1/auth/sign-ins", headers=bearer(login(client))).get_json()) == 1


@pytest.mark.parametrize(
    "environment",
    [
        {"BLUEGRID_SIGN_IN_HOURS": "0"},
        {"BLUEGRID_IDLE_MINUTES": "-1"},
        {"BLUEGRID_SIGN_IN_TRIES": "0"},
        {"BLUEGRID_LOCK_MINUTES": "soon"},
        {"BLUEGRID_ADMIN_PASSWORD_DAYS": "-1"},
        {"BLUEGRID_ADMIN_SECOND_FACTOR": "yes"},
        {"BLUEGRID_AUDIT_DAYS": "184"},
    ],
)
def test_a_setting_of_sign_ins_that_makes_no_sense_is_named(tmp_path: object, environment: dict[str, str]) -> None:
    with pytest.raises(SettingInvalid, match=next(iter(environment))):
        from_environment({"BLUEGRID_DATA": str(tmp_path), **environment})

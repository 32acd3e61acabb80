"""Sign-in, enrolment, rotation, and the commands that do the same."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend import create_app
from backend.cli.setup import MARK
from backend.config import SettingInvalid, from_environment
from backend.extensions import Base, db
from sync import signing
from sync.device_ports import MemoryStorage
from tests.stories import Phone, Server, new_id

PASSWORD = "a long password"


def login(client: FlaskClient, name: str, password: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/v1/auth/login", json={"username": name, "password": password})
    return answer.status_code, answer.get_json()


def enrol(client: FlaskClient, code: str, **changes: object) -> tuple[int, dict[str, object]]:
    request = {"code": code, "install": new_id(), "name": "p", "platform": "test", "app": "1", "public_key": None}
    answer = client.post("/api/v1/devices/enrol", json={**request, **changes})
    return answer.status_code, answer.get_json()


def test_a_person_signs_in_and_a_wrong_name_is_told_as_a_wrong_password(client: FlaskClient, server: Server) -> None:
    server.person("wei", password=PASSWORD)
    assert login(client, "wei", PASSWORD)[0] == 200
    wrong, unknown = login(client, "wei", "something else"), login(client, "nobody", PASSWORD)
    assert (wrong[0], wrong[1]["code"]) == (unknown[0], unknown[1]["code"]) == (401, "login-failed")
    assert wrong[1]["detail"] == unknown[1]["detail"]


def test_a_new_password_ends_the_other_sign_ins(client: FlaskClient, server: Server) -> None:
    server.person("wei", password=PASSWORD)
    first, second = (login(client, "wei", PASSWORD)[1]["token"] for _ in range(2))
    use = {"Authorization": f"Bearer {first}"}
    body = {"old": PASSWORD, "new": "another long one"}
    assert client.post("/api/v1/auth/password", json=body, headers=use).status_code == 204
    assert client.get("/api/v1/users/me", headers=use).status_code == 200
    assert client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {second}"}).status_code == 401
    assert login(client, "wei", PASSWORD)[0] == 401
    short = client.post("/api/v1/auth/password", json={"old": "another long one", "new": "short"}, headers=use)
    assert (short.status_code, short.get_json()["code"]) == (422, "password-weak")


def test_an_invitation_is_used_once_and_asked_for_again_by_the_same_install(
    client: FlaskClient, server: Server
) -> None:
    server.person("wei")
    code, install = server.invite("wei"), new_id()
    status, first = enrol(client, code, install=install)
    assert status == 201
    status, again = enrol(client, code.lower(), install=install)
    assert (status, again["stream"]) == (201, first["stream"])
    assert again["token"] != first["token"]
    status, other = enrol(client, code)
    assert (status, other["code"]) == (403, "invite-invalid")


def test_an_app_that_made_another_key_after_a_lost_answer_is_not_locked_out(server: Server) -> None:
    server.person("wei")
    code, storage = server.invite("wei"), MemoryStorage()
    for _ in range(2):  # the app died before it had kept its first key
        key = ec.generate_private_key(ec.SECP256R1())
        jwk, signer = signing.jwk_of(key.public_key()), partial(signing.sign, key)
        phone = Phone(server, "wei", storage, signer=signer, public_key=jwk)
        phone.device.enrol(code, "wei's phone")
    finding = phone.report()
    assert phone.sync().quiet
    assert server.findings() == [finding]


def test_an_invitation_ends_after_a_day(client: FlaskClient, server: Server) -> None:
    server.person("wei")
    code = server.invite("wei")
    server.time.pass_by(hours=24)
    assert enrol(client, code)[1]["code"] == "invite-invalid"
    assert enrol(client, "nonsense")[1]["code"] == "invite-invalid"


@pytest.mark.parametrize("key", [{}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}])
def test_a_key_that_is_none_is_refused(client: FlaskClient, server: Server, key: dict[str, str]) -> None:
    server.person("wei")
    status, body = enrol(client, server.invite("wei"), public_key=key)
    assert (status, body["code"]) == (422, "public-key-invalid")


def test_an_invitation_at_the_office_comes_with_its_qr_image(client: FlaskClient, server: Server) -> None:
    server.person("wei")
    admin = server.token("boss", "admin")
    answer = client.post("/api/v1/devices/invitations", json={"user": "wei"}, headers=admin).get_json()
    assert answer["url"].endswith(answer["code"])
    assert answer["qr_svg"].startswith("<svg")
    assert enrol(client, answer["code"])[0] == 201
    (device,) = client.get("/api/v1/devices", headers=admin).get_json()
    assert (device["user"], device["revoked_at"]) == ("wei", None)
    stream = device["streams"][0]["id"]
    assert client.post(f"/api/v1/devices/streams/{stream}/revoke", headers=admin).status_code == 204
    (device,) = client.get("/api/v1/devices", headers=admin).get_json()
    assert device["revoked_at"] is not None


def test_the_office_sees_how_late_a_devices_work_comes(client: FlaskClient, server: Server) -> None:
    phone, admin = server.phone("wei"), server.token("boss", "admin")
    (device,) = client.get("/api/v1/devices", headers=admin).get_json()
    assert (device["last_op_at"], device["last_op_delay_s"]) == (None, None)
    phone.report()
    server.time.pass_by(hours=7)
    phone.sync()
    (device,) = client.get("/api/v1/devices", headers=admin).get_json()
    assert (device["display_name"], device["last_op_delay_s"]) == ("wei", 7 * 3600)


def test_an_admin_adds_people_with_known_grants_only(client: FlaskClient, server: Server) -> None:
    admin = server.token("boss", "admin")
    person = {"name": "wei", "role": "inspector", "grants": ["450206"]}
    assert client.post("/api/v1/users", json=person, headers=admin).status_code == 201
    assert client.post("/api/v1/users", json=person, headers=admin).get_json()["code"] == "already-exists"
    wrong = client.post("/api/v1/users", json={**person, "name": "mo", "grants": ["999999"]}, headers=admin)
    assert (wrong.status_code, wrong.get_json()["unknown"]) == (422, ["999999"])


def test_the_command_line_does_the_same(app: Flask, client: FlaskClient) -> None:
    run = app.test_cli_runner()
    made = run.invoke(
        args=["users", "create", "wei", "--role", "inspector", "--grant", "450206", "--password-stdin"],
        input=PASSWORD + "\n",
    )
    assert made.exit_code == 0, made.output
    assert login(client, "wei", PASSWORD)[0] == 200
    invited = json.loads(run.invoke(args=["devices", "invite", "wei", "--json"]).output)
    assert set(invited) == {"code", "url", "expires_at"}
    stream = enrol(client, invited["code"])[1]["stream"]
    assert run.invoke(args=["devices", "revoke", str(stream)]).exit_code == 0
    for wrong in (
        ["users", "create", "mo", "--role", "king"],
        ["users", "create", "mo", "--role", "admin", "--grant", "1"],
        ["devices", "invite", "nobody"],
        ["devices", "revoke", new_id()],
    ):
        refused = run.invoke(args=wrong)
        assert refused.exit_code != 0
        assert "Traceback" not in refused.output


def test_set_up_can_run_again_and_names_the_first_admin_once(app: Flask) -> None:
    settings = app.extensions["bluegrid.settings"]
    object.__setattr__(settings, "demo", False)
    run = app.test_cli_runner()
    first, again = run.invoke(args=["setup", "run"]), run.invoke(args=["setup", "run"])
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "one-time password" in first.output
    assert "one-time password" not in again.output


def test_set_up_refuses_a_demos_data(app: Flask) -> None:
    settings = app.extensions["bluegrid.settings"]
    object.__setattr__(settings, "demo", False)
    (settings.data / MARK).touch()
    refused = app.test_cli_runner().invoke(args=["setup", "run"])
    assert refused.exit_code == 3
    assert "demo" in refused.output


def test_no_token_password_or_code_is_stored_in_clear(client: FlaskClient, server: Server, app: Flask) -> None:
    server.person("wei", password=PASSWORD)
    token = login(client, "wei", PASSWORD)[1]["token"]
    code = server.invite("wei")
    device = enrol(client, code)[1]["token"]
    with app.app_context():
        stored = " ".join(
            str(row) for table in Base.metadata.sorted_tables for row in db.session.execute(select(table))
        )
        db.session.remove()
    for secret in (PASSWORD, token, code, device):
        assert str(secret) not in stored


def test_no_name_token_or_place_is_logged(
    client: FlaskClient, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = server.phone("wei-the-inspector")
    phone.report(severity="terrible")
    phone.report("机密描述")
    phone.sync()
    client.get("/api/v1/findings", headers={"Authorization": "Bearer secret-token"})
    said = "".join(capsys.readouterr())
    for private in ("wei-the-inspector", "secret-token", "机密描述", "109.33"):
        assert private not in said


def test_too_many_tries_are_told_to_wait(tmp_path: object, app: Flask, server: Server) -> None:
    settings = app.extensions["bluegrid.settings"]
    object.__setattr__(settings, "login_attempts", "3 per minute")
    client = create_app(settings, app.extensions["bluegrid.clock"]).test_client()
    answers = [client.post("/api/v1/auth/login", json={"username": "x", "password": "y"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1].get_json()["code"] == "too-many-requests"
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(("proxies", "last"), [(0, 429), (1, 401)])
def test_whom_a_proxy_stands_for_is_believed_only_when_a_proxy_was_announced(
    app: Flask, server: Server, proxies: int, last: int
) -> None:
    settings = replace(app.extensions["bluegrid.settings"], login_attempts="3 per minute", proxies=proxies)
    client = create_app(settings, app.extensions["bluegrid.clock"]).test_client()
    answers = [
        client.post(
            "/api/v1/auth/login", json={"username": "x", "password": "y"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}
        )
        for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, last]


@pytest.mark.parametrize(
    "environment",
    [
        {"BLUEGRID_DATABASE_URL": "mysql://x"},
        {"BLUEGRID_BLOB_URL": "ftp://x"},
        {"BLUEGRID_BACKED_UP_BY": "nobody"},
        {"BLUEGRID_FILE_MIB": "many"},
        {"BLUEGRID_FILE_MIB": "0"},
        {"BLUEGRID_PROXIES": "-1"},
        {"BLUEGRID_SECRET_KEY": "", "BLUEGRID_BLOB_URL": "s3://photos"},
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: object, environment: dict[str, str]) -> None:
    with pytest.raises(SettingInvalid, match=next(iter(environment))):
        from_environment({"BLUEGRID_DATA": str(tmp_path), **environment})

"""The console's sign-in by cookie: no script reads it, and no other site's page can change anything by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.api import access, credentials
from tests.backend.test_access import concrete, routes
from tests.stories import Server

PASSWORD = "a long password"
OURS = {"Origin": "http://localhost"}
THEIRS = {"Origin": "https://elsewhere.example"}


def enter(
    client: FlaskClient, name: str, base_url: str = "http://localhost", password: str = PASSWORD, **headers: str
) -> Any:
    said = {"username": name, "password": password}
    return client.post("/api/v1/auth/session", json=said, base_url=base_url, headers={"Origin": base_url, **headers})


@pytest.fixture
def luo(client: FlaskClient, server: Server) -> FlaskClient:
    """A browser in which supervisor Luo is signed in."""
    server.person("luo", "supervisor", password=PASSWORD)
    assert enter(client, "luo").status_code == 201
    return client


def proof(client: FlaskClient) -> dict[str, str]:
    return {credentials.PROOF_HEADER: client.get("/api/v1/auth/session").get_json()["proof"]}


def test_the_token_is_in_a_cookie_that_no_script_reads_and_in_no_body(client: FlaskClient, server: Server) -> None:
    server.person("luo", "supervisor", password=PASSWORD)
    answer = enter(client, "luo")
    cookie = answer.headers["Set-Cookie"]
    token = cookie.partition("=")[2].partition(";")[0]
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Strict"}
    assert token
    assert token not in answer.get_data(as_text=True)
    seen = client.get("/api/v1/auth/session")
    assert seen.get_json()["user"]["name"] == "luo"
    assert token not in seen.get_data(as_text=True)


def test_over_https_the_cookie_is_for_this_host_and_https_alone(client: FlaskClient, server: Server) -> None:
    server.person("luo", "supervisor", password=PASSWORD)
    cookie = enter(client, "luo", base_url="https://bluegrid.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-bluegrid=")
    assert "Secure" in cookie
    assert client.get("/api/v1/users/me", base_url="https://bluegrid.example").status_code == 200


def test_a_cookie_opens_what_the_person_may_see_and_change(luo: FlaskClient) -> None:
    assert luo.get("/api/v1/users/me").get_json()["name"] == "luo"
    assert luo.get("/api/v1/users").status_code == 403
    told = luo.put("/api/v1/feed/read", json={"up_to": 0}, headers=OURS | proof(luo))
    assert told.status_code == 200


def test_no_unsafe_route_believes_a_cookie_without_the_proof(app: Flask, client: FlaskClient, server: Server) -> None:
    """Each route that a cookie could open, asked by another site's page in each way that it could try."""
    server.person("boss", "admin", password=PASSWORD)
    enter(client, "boss")
    right = proof(client)
    forged = [
        THEIRS,
        THEIRS | right,
        OURS,
        right,
        OURS | {credentials.PROOF_HEADER: "0" * 64},
        {"Origin": "null"} | right,
    ]
    tried = 0
    for name, endpoint in routes(app):
        method, path = name.split(" ")
        declared = access.declared(app, endpoint)
        if method in credentials.SAFE_METHODS or declared is None or declared.public:
            continue
        for headers in forged:
            answer = client.open(concrete(path), method=method, json={}, headers=headers)
            assert (answer.status_code, answer.get_json()["code"]) == (403, "proof-missing"), (name, headers)
        tried += 1
    assert tried > 60
    assert client.get("/api/v1/users/me").status_code == 200, "and nobody was signed out by it"


def test_behind_a_proxy_the_public_address_is_our_own(app: Flask, luo: FlaskClient) -> None:
    settings = app.extensions["bluegrid.settings"]
    app.extensions["bluegrid.settings"] = replace(settings, public_url="https://bluegrid.liuzhou.example/")
    public, right = {"Origin": "https://bluegrid.liuzhou.example"}, proof(luo)
    assert luo.put("/api/v1/feed/read", json={"up_to": 0}, headers=public | right).status_code == 200
    assert luo.put("/api/v1/feed/read", json={"up_to": 0}, headers=THEIRS | right).status_code == 403


def test_the_proof_of_one_sign_in_is_none_of_another(app: Flask, luo: FlaskClient, server: Server) -> None:
    mine = proof(luo)
    server.person("mo", "supervisor", password=PASSWORD)
    other = app.test_client()
    enter(other, "mo")
    assert other.put("/api/v1/feed/read", json={"up_to": 0}, headers=OURS | mine).get_json()["code"] == "proof-missing"


def test_another_sites_page_cannot_sign_anybody_in(client: FlaskClient, server: Server) -> None:
    server.person("luo", "supervisor", password=PASSWORD)
    assert enter(client, "luo", **THEIRS).get_json()["code"] == "proof-missing"
    said = {"username": "luo", "password": PASSWORD}
    assert client.post("/api/v1/auth/session", json=said).get_json()["code"] == "proof-missing"
    assert client.get_cookie("bluegrid") is None


def test_a_token_in_the_header_needs_no_proof_and_goes_before_a_cookie(luo: FlaskClient, server: Server) -> None:
    bearer = server.token("wei", "inspector")
    assert luo.get("/api/v1/users/me", headers=bearer).get_json()["name"] == "wei"
    assert luo.put("/api/v1/feed/read", json={"up_to": 0}, headers=bearer | THEIRS).status_code == 200
    assert luo.get("/api/v1/auth/session", headers=bearer).get_json()["proof"] is None
    assert luo.get("/api/v1/users/me", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_devices_token_in_a_cookie_opens_nothing(client: FlaskClient, server: Server) -> None:
    phone = server.phone("wei", "inspector")
    token = (phone.storage.get("meta", "token") or {})["token"]
    client.set_cookie("bluegrid", token)
    assert client.get("/api/v1/users/me").get_json()["code"] == "token-invalid"


def test_signing_out_ends_the_sign_in_and_takes_the_cookie_away(luo: FlaskClient) -> None:
    kept = luo.get_cookie("bluegrid")
    assert kept is not None
    assert luo.post("/api/v1/auth/logout", headers=OURS | proof(luo)).status_code == 204
    assert luo.get_cookie("bluegrid") is None
    luo.set_cookie("bluegrid", kept.value)
    assert luo.get("/api/v1/users/me").get_json()["code"] == "token-revoked"


def test_a_one_time_password_opens_only_its_own_change_by_cookie_too(client: FlaskClient, server: Server) -> None:
    luo, boss = server.person("luo", "supervisor"), server.token("boss", "admin")
    told = client.post(f"/api/v1/users/{luo}/password", headers=boss).get_json()["password"]
    assert enter(client, "luo", password=told).get_json()["owes"] == "password-change"
    assert client.get("/api/v1/findings").get_json()["code"] == "sign-in-unfinished"
    said = {"old": told, "new": "quite another one 7"}
    assert client.post("/api/v1/auth/password", json=said, headers=OURS | proof(client)).status_code == 204
    assert client.get("/api/v1/findings").status_code == 200
    assert client.get("/api/v1/auth/session").get_json()["owes"] is None


def test_what_a_cookie_opened_is_kept_by_no_proxy_and_runs_no_script(luo: FlaskClient) -> None:
    answer = luo.get("/api/v1/users/me")
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

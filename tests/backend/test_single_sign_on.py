"""Signing in by the office's own provider, against a real one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.api import credentials
from backend.config import SettingInvalid, SingleSignOn, from_environment
from backend.models import AuditEvent, User
from backend.services.second_factor import STEP_S
from tests.backend import providers
from tests.backend.providers import Provider
from tests.stories import FakeTime, Server

START = "/api/v1/auth/single-sign-on"
OURS = {"Origin": "http://localhost"}


@pytest.fixture
def provider(time: FakeTime) -> Iterator[Provider]:
    with providers.running(time) as found:
        yield found


@dataclass
class Browser:
    """A browser at a server that has single sign-on set up."""

    client: FlaskClient
    provider: Provider

    def begin(self, **asked: str) -> Any:
        return self.client.get(START, query_string=asked)

    def enter(self, name: str, **asked: str) -> Any:
        return self.come_back(self.provider.let_in(self.begin(**asked).headers["Location"], name))

    def come_back(self, address: str) -> Any:
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def session(self) -> Any:
        return self.client.get("/api/v1/auth/session")

    def proof(self) -> dict[str, str]:
        return OURS | {credentials.PROOF_HEADER: self.session().get_json()["proof"]}


def browser_of(app: Flask, provider: Provider, *, strict: bool = False, **changed: Any) -> Browser:
    """A new browser, at a server that is set up so; `strict`: admins must have a second factor."""
    settings = app.extensions["bluegrid.settings"]
    own = SingleSignOn(provider.issuer, providers.CLIENT, providers.SECRET, **changed)
    rules = replace(settings.sign_in, admin_second_factor=strict)
    app.extensions["bluegrid.settings"] = replace(settings, single_sign_on=own, sign_in=rules)
    return Browser(app.test_client(), provider)


@pytest.fixture
def browser(app: Flask, provider: Provider) -> Browser:
    return browser_of(app, provider)


def problem_of(answer: Any) -> str:
    assert answer.status_code == 302
    page, _, problem = answer.headers["Location"].partition("?problem=")
    assert page == "/console/sign-in"
    return str(problem)


def test_a_person_with_an_account_comes_in_to_the_page_wanted(browser: Browser, server: Server) -> None:
    server.person("luo", "supervisor")
    answer = browser.enter("luo", next="/findings?cell=450206")
    assert answer.headers["Location"] == "/console/findings?cell=450206"
    seen = browser.session().get_json()
    assert (seen["user"]["name"], seen["owes"]) == ("luo", None)
    assert "SameSite=Strict" in next(each for each in answer.headers.getlist("Set-Cookie") if "bluegrid=" in each)


def test_the_ways_in_are_told(app: Flask, provider: Provider, client: FlaskClient) -> None:
    assert client.get("/api/v1/auth/ways").get_json() == {"single_sign_on": None}
    assert client.get(START).status_code == 404
    there = browser_of(app, provider).client
    assert there.get("/api/v1/auth/ways").get_json() == {"single_sign_on": {"name": "单点登录"}}


def test_nobody_is_led_to_another_site(browser: Browser, server: Server) -> None:
    server.person("luo")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        assert browser.enter("luo", next=elsewhere).headers["Location"] == "/console/"


def test_no_account_is_made_and_a_closed_one_opens_nothing(browser: Browser, server: Server, session: Session) -> None:
    assert problem_of(browser.enter("stranger")) == "single-sign-on-unknown"
    wei = server.person("wei")
    session.get_one(User, wei).active = False
    session.commit()
    assert problem_of(browser.enter("wei")) == "single-sign-on-unknown"
    assert browser.session().status_code == 401
    assert session.scalars(select(User.name).where(User.name == "stranger")).first() is None
    failed = session.scalars(select(AuditEvent).where(AuditEvent.action == "login.failed")).all()
    assert [event.actor_id for event in failed] == [None, None]


WRONG: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another-client"},
    {"aud": ["bluegrid", "another"], "azp": "another"},
    {"aud": None},
    {"iss": "https://elsewhere.example"},
    {"exp": 1_700_000_000},
    {"exp": None},
    {"nbf": 4_000_000_000},
    {"preferred_username": None},
]


def test_a_token_that_is_not_for_this_sign_in_proves_nobody(browser: Browser, server: Server) -> None:
    server.person("luo")
    for wrong in WRONG:
        browser.provider.claims = wrong
        assert problem_of(browser.enter("luo")) == "single-sign-on-failed", wrong
    assert browser.session().status_code == 401


def test_a_token_that_another_key_or_our_own_secret_signed_proves_nobody(browser: Browser, server: Server) -> None:
    server.person("luo")
    browser.provider.signs_with = providers.new_key()
    assert problem_of(browser.enter("luo")) == "single-sign-on-failed"
    browser.provider.signs_with, browser.provider.algorithm = browser.provider.secret_key(), "HS256"
    assert problem_of(browser.enter("luo")) == "single-sign-on-failed"


def test_a_provider_that_changes_its_keys_needs_nothing_done_here(browser: Browser, server: Server) -> None:
    server.person("luo")
    assert browser.enter("luo").headers["Location"] == "/console/"
    browser.provider.key = providers.new_key()
    assert browser.enter("luo").headers["Location"] == "/console/"


def test_a_return_that_was_not_begun_in_this_browser_or_too_long_ago_is_refused(
    app: Flask, browser: Browser, server: Server
) -> None:
    server.person("luo")
    back = browser.provider.let_in(browser.begin().headers["Location"], "luo")
    another = browser_of(app, browser.provider)
    assert problem_of(another.come_back(back)) == "single-sign-on-failed"
    another.begin()
    assert problem_of(another.come_back(back)) == "single-sign-on-failed", "the state is of the first browser"
    server.time.pass_by(minutes=11)
    assert problem_of(browser.come_back(back)) == "single-sign-on-failed"


def test_a_return_works_once(browser: Browser, server: Server) -> None:
    server.person("luo")
    back = browser.provider.let_in(browser.begin().headers["Location"], "luo")
    assert browser.come_back(back).headers["Location"] == "/console/"
    assert problem_of(browser.come_back(back)) == "single-sign-on-failed"


def test_whoever_gives_up_there_is_told_so(browser: Browser) -> None:
    state = urlsplit(browser.begin().headers["Location"]).query.partition("state=")[2].partition("&")[0]
    answer = browser.client.get(f"{START}/return?error=access_denied&state={state}")
    assert problem_of(answer) == "single-sign-on-refused"


def test_a_provider_that_is_away_or_is_another_one_signs_nobody_in(app: Flask, provider: Provider) -> None:
    provider.metadata = {"issuer": "https://elsewhere.example"}
    assert problem_of(browser_of(app, provider).begin()) == "single-sign-on-failed"
    provider.metadata = {"token_endpoint": "http://elsewhere.example/token", "authorization_endpoint": "ftp://x"}
    assert problem_of(browser_of(app, provider).begin()) == "single-sign-on-failed"
    away = Provider(port=1, time=provider.time)
    assert problem_of(browser_of(app, away).begin()) == "single-sign-on-failed"


def test_an_address_as_claim_counts_only_when_it_is_verified(app: Flask, provider: Provider, server: Server) -> None:
    server.person("luo@liuzhou.example")
    browser = browser_of(app, provider, claim="email")
    provider.claims = {"email": "luo@liuzhou.example"}
    assert problem_of(browser.enter("luo")) == "single-sign-on-failed"
    provider.claims |= {"email_verified": True}
    assert browser.enter("luo").headers["Location"] == "/console/"


def test_a_second_factor_of_ones_own_is_asked_unless_the_provider_asked_for_several(
    browser: Browser, server: Server
) -> None:
    secret = with_factor(browser, server, "luo")
    browser.enter("luo")
    assert browser.session().get_json()["owes"] == "second-factor-code"
    assert browser.client.get("/api/v1/findings").get_json()["code"] == "sign-in-unfinished"
    wrong = browser.client.post("/api/v1/auth/second-factor/prove", json={"code": "000000"}, headers=browser.proof())
    assert wrong.get_json()["code"] == "second-factor-wrong"
    server.time.pass_by(seconds=2 * STEP_S)
    said = {"code": pyotp.TOTP(secret).at(server.time.now())}
    assert (
        browser.client.post("/api/v1/auth/second-factor/prove", json=said, headers=browser.proof()).status_code == 204
    )
    assert browser.client.get("/api/v1/findings").status_code == 200
    browser.provider.claims = {"amr": ["pwd", "mfa"]}
    browser.enter("luo")
    assert browser.session().get_json()["owes"] is None


def with_factor(browser: Browser, server: Server, name: str) -> str:
    """Give a person a second factor; its secret."""
    server.person(name, "supervisor", password="a long password")
    said = {"username": name, "password": "a long password"}
    token = browser.client.post("/api/v1/auth/login", json=said).get_json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    begun = browser.client.post("/api/v1/auth/second-factor", json={"password": "a long password"}, headers=bearer)
    secret = str(begun.get_json()["secret"])
    said = {"code": pyotp.TOTP(secret).at(server.time.now())}
    assert browser.client.post("/api/v1/auth/second-factor/confirm", json=said, headers=bearer).status_code == 200
    return secret


def test_wrong_codes_lock_the_name(browser: Browser, server: Server) -> None:
    with_factor(browser, server, "luo")
    browser.enter("luo")
    proof = browser.proof()
    tries = [
        browser.client.post("/api/v1/auth/second-factor/prove", json={"code": "000000"}, headers=proof).status_code
        for _ in range(6)
    ]
    assert tries == [401] * 5 + [429]


def test_what_is_owed_by_password_is_not_owed_here_and_admins_need_several_factors_where_it_is_required(
    app: Flask, provider: Provider, server: Server, client: FlaskClient
) -> None:
    boss, mo = server.token("boss", "admin"), server.person("mo", "admin")
    client.post(f"/api/v1/users/{mo}/password", headers=boss)  # for one time
    assert browser_of(app, provider).enter("mo").headers["Location"] == "/console/"
    strict = browser_of(app, provider, strict=True)
    strict.enter("mo")
    assert strict.session().get_json()["owes"] == "second-factor"
    provider.claims = {"amr": ["mfa"]}
    strict.enter("mo")
    assert strict.session().get_json()["owes"] is None


@pytest.mark.parametrize(
    "environment",
    [
        {"BLUEGRID_OIDC_ISSUER": "https://sso.example"},
        {"BLUEGRID_OIDC_CLIENT_ID": "bluegrid"},
        {"BLUEGRID_OIDC_ISSUER": "http://sso.example", "BLUEGRID_OIDC_CLIENT_ID": "bluegrid"},
    ],
)
def test_a_setting_of_single_sign_on_that_makes_no_sense_is_named(
    tmp_path: object, environment: dict[str, str]
) -> None:
    with pytest.raises(SettingInvalid, match="BLUEGRID_OIDC_"):
        from_environment({"BLUEGRID_DATA": str(tmp_path), **environment})

"""The page behind the responsible unit's link: whole in both languages, no inline script, nothing of any other host."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from backend import catalogue
from backend.services import unit_replies
from tests.backend.test_fire_page import Page


@pytest.fixture
def page(client: FlaskClient) -> Page:
    return Page(client.get("/rectify").text)


def test_it_is_in_chinese_first_and_says_all_in_english_too(client: FlaskClient, page: Page) -> None:
    assert page.of("html") == [{"lang": "zh-CN"}]
    assert set(page.words["zh"]) == set(page.words["en"])
    text = client.get("/rectify").text
    for name in ("title", "found", "requirement", "clause", "due", "photos", "done", "name", "send"):
        zh, en = (catalogue.label(language, "rectify_page", name) for language in ("zh-CN", "en"))
        assert 0 <= text.index(zh) < text.index(en)


def test_no_script_stands_in_the_page_and_nothing_comes_from_elsewhere(client: FlaskClient, page: Page) -> None:
    for path in ("/rectify", "/rectify/page.js", "/rectify/page.css"):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"https?://", answer.text)
    scripts = page.of("script")
    assert [script.get("src") for script in scripts if script.get("type") != "application/json"] == ["/rectify/page.js"]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]


def test_only_pictures_that_the_script_fetched_itself_are_shown(client: FlaskClient) -> None:
    assert "img-src blob:" in client.get("/rectify").headers["Content-Security-Policy"].split("; ")
    assert "img-src" not in client.get("/fire").headers["Content-Security-Policy"]


def test_every_field_has_a_label_and_what_happens_is_announced(page: Page) -> None:
    order = [tag for tag, _ in page.elements]
    fields = [index for index, tag in enumerate(order) if tag in ("input", "textarea")]
    assert len(fields) == 3
    assert all("label" in order[max(0, index - 3) : index] for index in fields)
    assert {"id": "state", "role": "status", "aria-live": "polite"} in page.of("p")


def test_the_page_knows_the_limits_of_the_api_and_asks_for_what_a_reply_needs(page: Page) -> None:
    assert page.words["limits"] == {"photos": unit_replies.MOST_PHOTOS, "bytes": unit_replies.MOST_PHOTO_BYTES}
    required = {attrs["name"] for tag in ("input", "textarea") for attrs in page.of(tag) if "required" in attrs}
    assert required == {"done", "name"}


def test_what_the_script_says_and_fills_in_is_there(client: FlaskClient, page: Page) -> None:
    script = client.get("/rectify/page.js").text
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert set(re.findall(r"(?:getElementById|show|picture)\('(\w+)'", script)) <= ids
    assert {"unit", "found", "requirement", "clause", "office"} <= ids
    said = set(re.findall(r"(?:say|both)\('(\w+)'|words\.zh\.(\w+)", script))
    assert len(said) > 10
    assert {one or other for one, other in said} <= set(page.words["zh"])

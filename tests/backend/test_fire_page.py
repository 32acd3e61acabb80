"""The page behind a one-time link: whole in both languages, no inline script, nothing of any other host."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend import catalogue


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of its JSON."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, Any] = {}
        self._in_words = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_words = ("id", "words") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_words:
            self.words, self._in_words = json.loads(data), False

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture
def page(client: FlaskClient) -> Page:
    return Page(client.get("/fire").text)


def test_every_outcome_and_handling_can_be_chosen(page: Page) -> None:
    boxes = page.of("input")
    assert [box["value"] for box in boxes if box.get("name") == "outcome"] == list(catalogue.codes("fire_outcome"))
    assert [box["value"] for box in boxes if box.get("name") == "handling"] == list(catalogue.codes("fire_handling"))


def test_it_is_in_chinese_first_and_says_all_in_english_too(client: FlaskClient, page: Page) -> None:
    assert page.of("html") == [{"lang": "zh-CN"}]
    assert set(page.words["zh"]) == set(page.words["en"])
    text = client.get("/fire").text
    for code in catalogue.codes("fire_outcome"):
        assert catalogue.label("zh-CN", "fire_outcome", code) in text
        assert catalogue.label("en", "fire_outcome", code) in text


def test_no_script_stands_in_the_page_and_nothing_comes_from_elsewhere(client: FlaskClient, page: Page) -> None:
    for path in ("/fire", "/fire/page.js", "/fire/page.css"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"https?://", answer.text)
    scripts = page.of("script")
    assert [script.get("src") for script in scripts if script.get("type") != "application/json"] == ["/fire/page.js"]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]


def test_every_field_has_a_label_and_what_happens_is_announced(page: Page) -> None:
    order = [tag for tag, _ in page.elements]
    inside_label = 0
    for index, (tag, _) in enumerate(page.elements):
        if tag in ("input", "textarea"):
            assert "label" in order[max(0, index - 3) : index]
            inside_label += 1
    assert inside_label > 8
    assert {"id": "state", "role": "status", "aria-live": "polite"} in page.of("p")


def test_what_the_script_says_and_fills_in_is_there(client: FlaskClient, page: Page) -> None:
    script = client.get("/fire/page.js").text
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert set(re.findall(r"(?:getElementById|show)\('(\w+)'", script)) <= ids
    assert set(re.findall(r"say\('(\w+)'\)|words\.(?:zh|en)\.(\w+)", script)) != set()
    for said, named in re.findall(r"say\('(\w+)'\)|words\.(?:zh|en)\.(\w+)", script):
        assert (said or named) in page.words["zh"]

"""The page behind a one-time link, for somebody without an account: what burns where, and a form to answer.

It holds no data: the script asks the API with the token that stands after # in the address, which no server is sent.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response

from backend import catalogue
from backend.api import access, page_files

PROBLEMS = ("link-invalid", "input-invalid", "too-large", "too-many-requests", "storage-full", "text-invalid")

blueprint = Blueprint("fire-page", __name__, url_prefix="/fire")


@blueprint.get("")
@access.public()
def page() -> Response:
    """The page."""
    return page_files.html("fire.html", **_words())


@blueprint.get("/page.js")
@access.public()
def script() -> Response:
    return page_files.script("fire.js")


@blueprint.get("/page.css")
@access.public()
def style() -> Response:
    return page_files.style()


@cache
def _words() -> dict[str, Any]:
    zh, en = (dict(catalogue.words(language)["fire_page"]) for language in ("zh-CN", "en"))
    english: dict[str, Any] = {}
    for group in ("fire_outcome", "fire_handling"):
        english |= {code: catalogue.label("en", group, code) for code in catalogue.codes(group)}
    outcomes, handlings = (
        [(code, catalogue.label("zh-CN", group, code)) for code in catalogue.codes(group)]
        for group in ("fire_outcome", "fire_handling")
    )
    said = {"zh": zh, "en": en, "problems": page_files.sentences(PROBLEMS)}
    return {"zh": zh, "en": en, "english": english, "outcomes": outcomes, "handlings": handlings, "words": said}

"""The page behind a one-time link, for somebody without an account: what burns where, and a form to answer.

It holds no data: the script asks the API with the token that stands after # in the address, which no server is sent.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader

from backend import catalogue
from backend.api import access

PAGES = Path(__file__).parents[1] / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PROBLEMS = ("link-invalid", "input-invalid", "too-large", "too-many-requests", "storage-full", "text-invalid")

blueprint = Blueprint("fire-page", __name__, url_prefix="/fire")


@blueprint.get("")
@access.public()
def page() -> Response:
    """The page."""
    return _sent(_html(), "text/html; charset=utf-8")


@blueprint.get("/page.js")
@access.public()
def script() -> Response:
    return _sent((PAGES / "fire.js").read_bytes(), "text/javascript; charset=utf-8")


@blueprint.get("/page.css")
@access.public()
def style() -> Response:
    return _sent((PAGES / "fire.css").read_bytes(), "text/css; charset=utf-8")


def _sent(body: bytes | str, media_type: str) -> Response:
    response = Response(body, content_type=media_type)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _html() -> str:
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
    zh, en = (dict(catalogue.words(language)["fire_page"]) for language in ("zh-CN", "en"))
    english: dict[str, Any] = {}
    for group in ("fire_outcome", "fire_handling"):
        english |= {code: catalogue.label("en", group, code) for code in catalogue.codes(group)}
    problems = {code: f"{catalogue.problems()[code]['zh']} {catalogue.problems()[code]['en']}" for code in PROBLEMS}
    return pages.get_template("fire.html").render(
        zh=zh,
        en=en,
        english=english,
        outcomes=[(code, catalogue.label("zh-CN", "fire_outcome", code)) for code in catalogue.codes("fire_outcome")],
        handlings=[
            (code, catalogue.label("zh-CN", "fire_handling", code)) for code in catalogue.codes("fire_handling")
        ],
        words={"zh": zh, "en": en, "problems": problems},
    )

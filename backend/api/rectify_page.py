"""The page behind the responsible unit's one-time link: what was found, and a form to say that it was put right.

It holds no data: the script asks the API with the token that stands after # in the address, which no server is sent.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response

from backend import catalogue
from backend.api import access, page_files
from backend.services import unit_replies

PROBLEMS = (
    "link-invalid", "unit-link-used", "unit-link-ended", "unit-link-expired", "no-picture", "sha256-mismatch",
    "input-invalid", "text-invalid", "too-large", "too-many-requests", "overloaded", "storage-full",
)  # fmt: skip

blueprint = Blueprint("rectify-page", __name__, url_prefix="/rectify")


@blueprint.get("")
@access.public()
def page() -> Response:
    """The page."""
    return page_files.html("rectify.html", page_files.OWN_PICTURES, **_words())


@blueprint.get("/page.js")
@access.public()
def script() -> Response:
    return page_files.script("rectify.js")


@blueprint.get("/page.css")
@access.public()
def style() -> Response:
    return page_files.style()


@cache
def _words() -> dict[str, Any]:
    zh, en = (dict(catalogue.words(language)["rectify_page"]) for language in ("zh-CN", "en"))
    limits = {"photos": unit_replies.MOST_PHOTOS, "bytes": unit_replies.MOST_PHOTO_BYTES}
    said = {"zh": zh, "en": en, "problems": page_files.sentences(PROBLEMS), "limits": limits}
    return {"zh": zh, "en": en, "words": said}

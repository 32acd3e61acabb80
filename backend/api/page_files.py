"""How the pages behind one-time links are sent: under a strict policy, nothing of other hosts, no address told on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Response
from jinja2 import Environment, FileSystemLoader

from backend import catalogue

PAGES = Path(__file__).parents[1] / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
OWN_PICTURES = f"{POLICY}; img-src blob:"
"""For a page whose script fetches pictures itself and shows them."""


def html(template: str, policy: str = POLICY, **values: Any) -> Response:
    """A page made from a template of `pages/`."""
    return _sent(_templates().get_template(template).render(**values), "text/html; charset=utf-8", policy)


def script(name: str) -> Response:
    return _sent((PAGES / name).read_bytes(), "text/javascript; charset=utf-8", POLICY)


def style() -> Response:
    """What all these pages look like."""
    return _sent((PAGES / "link.css").read_bytes(), "text/css; charset=utf-8", POLICY)


def sentences(codes: tuple[str, ...]) -> dict[str, str]:
    """What problems are called on a page: in Chinese, then in English."""
    return {code: f"{catalogue.problems()[code]['zh']} {catalogue.problems()[code]['en']}" for code in codes}


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(PAGES), autoescape=True)


def _sent(body: bytes | str, media_type: str, policy: str) -> Response:
    response = Response(body, content_type=media_type)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-cache"
    return response

"""What a request shows for itself: a bearer token in its header, or the sign-in cookie of a page of ours.

The cookie holds the same token; no script can read it, and no other site's request brings it along. It still proves
nothing where something is changed: there the page's own address and a proof bound to the sign-in must come with it.
A header goes first, and whoever sends one is never looked up by cookie. Knows no service.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from backend.config import Settings
from backend.services.errors import NotAllowed, Unauthenticated

PROOF_HEADER = "X-Bluegrid-Proof"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE, SECURE_COOKIE = "bluegrid", "__Host-bluegrid"
"""A browser takes the second one over HTTPS alone, for this host alone and for all its paths."""
PLAIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For answers of the API that a browser is led to: with a cookie they are opened as pages, and must run nothing."""


class ProofMissing(NotAllowed):
    """The request is signed in by cookie and does not prove that a page of this server sent it."""

    code = "proof-missing"


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, and whether a browser's cookie brought it; then it can be a person's alone."""

    token: str
    by_cookie: bool


def presented() -> Credential:
    """What the request shows. Raises Unauthenticated without anything."""
    header = request.headers.get("Authorization")
    if header is None:
        token = request.cookies.get(cookie_name(), "")
        if token:
            return Credential(token, by_cookie=True)
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send 'Authorization: Bearer …' with the token of your device or sign-in.")
    return Credential(token.strip(), by_cookie=False)


def require_proof(credential: Credential) -> None:
    """Of a request by cookie that may change something: our own page's address, and the proof. Raises ProofMissing."""
    g.by_cookie = credential.by_cookie
    if not credential.by_cookie or request.method in SAFE_METHODS:
        return
    require_own_page()
    if not hmac.compare_digest(request.headers.get(PROOF_HEADER, "").encode(), proof_of(credential.token).encode()):
        raise ProofMissing("This sign-in needs the proof that its page was told; load the page again.")


def require_own_page() -> None:
    """The request comes from a page of this server, as its browser says. Raises ProofMissing."""
    origin = request.headers.get("Origin", "")
    if origin not in {_origin_of(request.host_url), _origin_of(_settings().public_url or "")} or not origin:
        raise ProofMissing("This was not asked from a page of this server.")


def proof_of(token: str) -> str:
    """What the page of a sign-in sends with each change; made from the token, and nobody gets back from it."""
    return hmac.digest(_settings().secret_key.encode(), f"page proof {token}".encode(), "sha256").hex()


def cookie_name() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE


def remember(response: Response, token: str) -> None:
    """Give the browser a sign-in, until it is closed; the server may end it earlier."""
    response.set_cookie(cookie_name(), token, secure=request.is_secure, httponly=True, samesite="Strict", path="/")


def forget(response: Response) -> None:
    """Take the sign-in out of the browser."""
    response.delete_cookie(cookie_name(), secure=request.is_secure, httponly=True, samesite="Strict", path="/")


def init_app(app: Flask) -> None:
    app.after_request(_guarded)


def _guarded(response: Response) -> Response:
    """What a cookie opened is nobody else's to keep, and nothing of the API runs as a page."""
    if g.get("by_cookie"):
        response.vary.add("Cookie")
        response.headers.setdefault("Cache-Control", "private, no-cache")
    if request.path.startswith("/api/v1/"):
        response.headers.setdefault("Content-Security-Policy", PLAIN_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _settings() -> Settings:
    settings: Settings = current_app.extensions["bluegrid.settings"]
    return settings

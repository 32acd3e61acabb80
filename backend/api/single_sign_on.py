"""Signing in by the office's own provider: to it, and back with what it proves. And which ways in there are.

On the way back the browser comes from another site, which brings no cookie of `SameSite=Strict` along. What was begun
is in a cookie of its own, sealed and short-lived, that such a return may bring.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, fields, validate

from backend import clock, single_sign_on
from backend.api import access, credentials
from backend.api.auth import entrance, settings
from backend.config import SingleSignOn
from backend.extensions import limiter
from backend.services.errors import NotFound, ServiceError
from backend.services.sealed import Seal, Unreadable
from backend.single_sign_on import SingleSignOnFailed

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/api/v1/auth", description="Sign-in of people")
PATH, COOKIE = "/api/v1/auth/single-sign-on", "bluegrid-single-sign-on"
MINUTES = 10
OWN_PAGE = re.compile(r"/(?![/\\])[^\s\\]*")


class WaySchema(Schema):
    name = fields.String(required=True, metadata={"description": "What the office calls its sign-in"})


class WaysSchema(Schema):
    single_sign_on = fields.Nested(WaySchema, required=True, allow_none=True)


class BeginArgs(Schema):
    next = fields.String(
        load_default="/", validate=validate.Length(max=400), metadata={"description": "A console page"}
    )


class ReturnArgs(Schema):
    class Meta:
        unknown = EXCLUDE

    state = fields.String(validate=validate.Length(max=2000))
    code = fields.String(validate=validate.Length(max=8000))
    error = fields.String(validate=validate.Length(max=2000))
    iss = fields.String(validate=validate.Length(max=2000))


@blueprint.get("/ways")
@blueprint.response(200, WaysSchema)
@access.public()
def ways() -> dict[str, Any]:
    """How people can sign in, beside the password."""
    provider = settings().single_sign_on
    return {"single_sign_on": provider and {"name": provider.name}}


@blueprint.get("/single-sign-on")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(BeginArgs, location="query")
@blueprint.response(302, description="To the provider; or to the console's sign-in, with the code of a problem")
@access.public()
def begin(args: dict[str, str]) -> Response:
    """To the office's own sign-in."""
    provider = _provider()
    try:
        begun = single_sign_on.begin(provider, _redirect_uri())
    except ServiceError as problem:
        return _to_sign_in(problem)
    next_page = args["next"] if OWN_PAGE.fullmatch(args["next"]) else "/"
    until = (clock.now() + timedelta(minutes=MINUTES)).timestamp()
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "next": next_page}
    return _led(begun.address, _seal().close({**kept, "until": str(until)}))


@blueprint.get("/single-sign-on/return")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(ReturnArgs, location="query")
@blueprint.response(302, description="To the console: signed in, or to its sign-in with the code of a problem")
@access.public()
def come_back(args: dict[str, str]) -> Response:
    """Back from the office's own sign-in."""
    provider = _provider()
    try:
        kept = _kept()
        proven = single_sign_on.finish(provider, _redirect_uri(), kept, args, clock.now())
        agent = request.headers.get("User-Agent", "").replace("\0", "")
        opened = entrance().sign_in_as(proven.name, proven.factors, agent, request.remote_addr)
    except ServiceError as problem:
        return _to_sign_in(problem)
    response = _led("/console" + str(kept["next"]))
    credentials.remember(response, opened.token)
    return response


def _provider() -> SingleSignOn:
    provider = settings().single_sign_on
    if provider is None:
        raise NotFound("No single sign-on is set up here.")
    return provider


def _kept() -> dict[str, str | None]:
    """What was begun in this browser a short while ago. Raises SingleSignOnFailed."""
    try:
        kept = _seal().open(request.cookies.get(COOKIE, ""))
    except Unreadable:
        raise SingleSignOnFailed("This was not begun in this browser; begin again.") from None
    if clock.now().timestamp() > float(kept["until"] or 0):
        raise SingleSignOnFailed("It took too long; begin again.")
    return kept


def _to_sign_in(problem: ServiceError) -> Response:
    return _led(f"/console/sign-in?problem={problem.code}")


def _led(address: str, kept: str = "") -> Response:
    """To an address that nobody is told of; what was begun is kept for a while, or over."""
    response = Response(status=302, headers={"Location": address})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    lasts = MINUTES * 60 if kept else 0
    response.set_cookie(COOKIE, kept, max_age=lasts, path=PATH, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def _redirect_uri() -> str:
    return (settings().public_url or request.host_url).rstrip("/") + f"{PATH}/return"


def _seal() -> Seal:
    return Seal(settings().secret_key, "bluegrid single sign-on")

"""Sign-in and sign-out of people; their own password, sign-ins and second factor.

Programs get a bearer token (`login`). Pages get a cookie (`session`), and a proof that they send with every change.
"""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from backend import clock
from backend.api import access, credentials
from backend.api.people import UserSchema
from backend.config import Settings
from backend.extensions import limiter
from backend.services import accounts, qr, second_factor, sign_ins
from backend.services.signing_in import Entrance, Opened
from backend.services.texts import require_storable
from backend.transactions import reading, writing

blueprint = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Sign-in of people")
_code = validate.Length(1, 40)


def settings() -> Settings:
    settings: Settings = current_app.extensions["bluegrid.settings"]
    return settings


def _sealer() -> second_factor.Sealer:
    return second_factor.Sealer(settings().secret_key)


def entrance() -> Entrance:
    return Entrance(reading, writing, clock.now, settings().sign_in, _sealer())


class LoginSchema(Schema):
    username = fields.String(required=True, validate=validate.Length(1, 80))
    password = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(
        allow_none=True,
        load_default=None,
        validate=_code,
        metadata={"description": "Of the authenticator app, or a recovery code; where a second factor is set"},
    )


class LoginAnswerSchema(Schema):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    must_change_password = fields.Boolean(required=True)
    owes = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "password-change, second-factor or second-factor-code: the token opens nothing else before"
        },
    )


def _open(said: dict[str, Any]) -> Opened:
    require_storable(said["username"], "username")
    agent = request.headers.get("User-Agent", "").replace("\0", "")
    return entrance().sign_in(said["username"], said["password"], said["code"], agent, request.remote_addr)


@blueprint.post("/login")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(LoginSchema)
@blueprint.response(200, LoginAnswerSchema)
@access.public()
def login(said: dict[str, Any]) -> dict[str, object]:
    """Exchange a user name and password for a bearer token."""
    opened = _open(said)
    owes = opened.owes
    return {
        "token": opened.token,
        "expires_at": opened.expires_at,
        "must_change_password": owes == sign_ins.PASSWORD_CHANGE,
        "owes": owes,
    }


class PageSessionSchema(Schema):
    owes = fields.String(required=True, allow_none=True, metadata={"description": "As at login"})
    proof = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A page sends it as X-Bluegrid-Proof with every change; null with a bearer token"},
    )


class OwnSessionSchema(PageSessionSchema):
    user = fields.Nested(UserSchema, required=True)
    idle_minutes = fields.Integer(required=True, metadata={"description": "Unused for so long it ends; 0: it does not"})
    second_factor = fields.Boolean(required=True, metadata={"description": "Whether one is in force"})
    recovery_codes = fields.Integer(required=True, metadata={"description": "How many are left"})


@blueprint.post("/session")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(LoginSchema)
@blueprint.response(201, PageSessionSchema)
@access.public()
def open_session(said: dict[str, Any]) -> Response:
    """Sign in from a page of this server: the token goes into a cookie that no script can read."""
    credentials.require_own_page()
    opened = _open(said)
    response = jsonify(owes=opened.owes, proof=credentials.proof_of(opened.token))
    response.status_code = 201
    credentials.remember(response, opened.token)
    return response


@blueprint.get("/session")
@blueprint.response(200, OwnSessionSchema)
@access.people(unfinished=True)
def own_session() -> dict[str, Any]:
    """Who is signed in here, what is owed, and the proof for changes."""
    shown, user_id = credentials.presented(), access.current_actor().user_id
    with reading() as session:
        return {
            "user": accounts.shown(accounts.by_id(session, user_id)),
            "owes": access.current_owes(),
            "proof": credentials.proof_of(shown.token) if shown.by_cookie else None,
            "idle_minutes": settings().sign_in.idle_minutes,
            "second_factor": second_factor.is_set(session, user_id),
            "recovery_codes": second_factor.codes_left(session, user_id),
        }


class PasswordSchema(Schema):
    old = fields.String(required=True, validate=validate.Length(1, 200))
    new = fields.String(required=True, validate=validate.Length(1, 200))


@blueprint.post("/password")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(PasswordSchema)
@blueprint.response(204)
@access.people(unfinished=True)
def change_password(said: dict[str, str]) -> None:
    """Change one's own password; other sign-ins of this account end."""
    actor = access.current_actor()
    entrance().change_password(actor.user_id, actor.name, said["old"], said["new"], keep=credentials.presented().token)


@blueprint.post("/logout")
@blueprint.response(204)
@access.people(unfinished=True)
def logout() -> Response:
    """End the sign-in of the token used."""
    with writing() as session:
        sign_ins.close_login(session, credentials.presented().token, clock.now())
    response = Response(status=204)
    credentials.forget(response)
    return response


class SignInSchema(Schema):
    id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)
    client = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    current = fields.Boolean(required=True)


@blueprint.get("/sign-ins")
@blueprint.response(200, SignInSchema(many=True))
@access.people()
def own_sign_ins() -> list[dict[str, Any]]:
    """One's own sign-ins that are open."""
    with reading() as session:
        return sign_ins.listing(
            session, access.current_actor(), credentials.presented().token, settings().sign_in, clock.now()
        )


@blueprint.delete("/sign-ins/<sign_in_id>")
@blueprint.response(204)
@access.people()
def end_sign_in(sign_in_id: str) -> None:
    """End one of one's own sign-ins."""
    require_storable(sign_in_id, "sign_in_id")
    with writing() as session:
        sign_ins.end_one(session, access.current_actor(), sign_in_id, clock.now())


@blueprint.delete("/sign-ins")
@blueprint.response(204)
@access.people()
def end_sign_ins() -> None:
    """End all of one's own sign-ins, this one too."""
    actor = access.current_actor()
    with writing() as session:
        sign_ins.end_all(session, actor.user_id, actor.user_id, clock.now())


class PasswordProofSchema(Schema):
    password = fields.String(required=True, validate=validate.Length(1, 200))


class EnrolmentSchema(Schema):
    secret = fields.String(required=True)
    uri = fields.String(required=True)
    qr_svg = fields.String(required=True)


@blueprint.post("/second-factor")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(PasswordProofSchema)
@blueprint.response(201, EnrolmentSchema)
@access.people(unfinished=True)
def begin_second_factor(said: dict[str, str]) -> dict[str, str]:
    """Begin to set up a second factor: a secret for the authenticator app. It counts once it is confirmed."""
    actor = access.current_actor()
    entrance().prove(actor.name, said["password"])
    with writing() as session:
        user = accounts.by_id(session, actor.user_id)
        secret, uri = second_factor.begin(session, user, _sealer(), clock.now())
    return {"secret": secret, "uri": uri, "qr_svg": qr.svg(uri)}


class CodeSchema(Schema):
    code = fields.String(required=True, validate=_code)


class BothFactorsSchema(PasswordProofSchema):
    code = fields.String(required=True, validate=_code)


class CodesSchema(Schema):
    recovery_codes = fields.List(fields.String(), required=True)


@blueprint.post("/second-factor/confirm")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(CodeSchema)
@blueprint.response(200, CodesSchema)
@access.people(unfinished=True)
def confirm_second_factor(said: dict[str, str]) -> dict[str, list[str]]:
    """Put the second factor in force by a first code; the recovery codes are told once."""
    with writing() as session:
        user_id = access.current_actor().user_id
        return {"recovery_codes": second_factor.confirm(session, user_id, said["code"], _sealer(), clock.now())}


@blueprint.post("/second-factor/prove")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(CodeSchema)
@blueprint.response(204)
@access.people(unfinished=True)
def prove_second_factor(said: dict[str, str]) -> None:
    """The code that a sign-in through the office's provider still owes (`owes: second-factor-code`)."""
    actor = access.current_actor()
    entrance().prove_factor(actor.user_id, actor.name, said["code"], credentials.presented().token)


@blueprint.post("/second-factor/recovery-codes")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(BothFactorsSchema)
@blueprint.response(200, CodesSchema)
@access.people()
def renew_recovery_codes(said: dict[str, str]) -> dict[str, list[str]]:
    """New recovery codes; the old ones open nothing any more."""
    actor = access.current_actor()
    return {"recovery_codes": entrance().renew_codes(actor.user_id, actor.name, said["password"], said["code"])}

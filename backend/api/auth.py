"""Sign-in and sign-out of people."""

from __future__ import annotations

from flask import current_app
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.access import bearer_token
from backend.extensions import limiter
from backend.services import accounts
from backend.transactions import reading, writing

blueprint = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Sign-in of people")


class LoginSchema(Schema):
    username = fields.String(required=True, validate=validate.Length(1, 80))
    password = fields.String(required=True, validate=validate.Length(1, 200))


class LoginAnswerSchema(Schema):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    must_change_password = fields.Boolean(required=True)


@blueprint.post("/login")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(LoginSchema)
@blueprint.response(200, LoginAnswerSchema)
@access.public()
def login(credentials: dict[str, str]) -> dict[str, object]:
    """Exchange a user name and password for a bearer token."""
    hours = current_app.extensions["bluegrid.settings"].login_hours
    with reading() as session:  # argon2 takes its time: no lock is held meanwhile
        user_id = accounts.check_password(session, credentials["username"], credentials["password"]).id
    with writing() as session:
        user = accounts.by_id(session, user_id)
        token, expires_at = accounts.open_login(session, user, clock.now(), hours)
        return {"token": token, "expires_at": expires_at, "must_change_password": user.must_change_password}


class PasswordSchema(Schema):
    old = fields.String(required=True, validate=validate.Length(1, 200))
    new = fields.String(required=True, validate=validate.Length(1, 200))


@blueprint.post("/password")
@limiter.limit(lambda: current_app.config["BLUEGRID_LOGIN_ATTEMPTS"])
@blueprint.arguments(PasswordSchema)
@blueprint.response(204)
@access.people()
def change_password(passwords: dict[str, str]) -> None:
    """Change one's own password; other sign-ins of this account end."""
    actor = access.current_actor()
    with reading() as session:
        accounts.check_password(session, actor.name, passwords["old"])
        hashed = accounts.hash_password(passwords["new"])
    with writing() as session:
        accounts.set_password(session, actor.user_id, hashed, clock.now(), keep=bearer_token())


@blueprint.post("/logout")
@blueprint.response(204)
@access.people()
def logout() -> None:
    """End the sign-in of the token used."""
    with writing() as session:
        accounts.close_login(session, bearer_token(), clock.now())

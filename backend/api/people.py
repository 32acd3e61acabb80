"""People: accounts as admins see and change them, and oneself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate

from backend import clock
from backend.api import access
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models.people import ROLES
from backend.services import accounts, lockout, passwords, second_factor, sign_ins
from backend.transactions import reading, writing

blueprint = Blueprint("people", __name__, url_prefix="/api/v1/users", description="Accounts")


class UserSchema(Schema):
    id = fields.String()
    name = fields.String()
    display_name = fields.String()
    phone = fields.String(allow_none=True)
    role = fields.String()
    grants = fields.List(fields.String())
    office = fields.String(allow_none=True, metadata={"description": "Id of the office that a handler belongs to"})
    active = fields.Boolean()
    rev = fields.Integer()


class UserDetailSchema(UserSchema):
    has_password = fields.Boolean()
    must_change_password = fields.Boolean()
    second_factor = fields.Boolean()
    locked_until = fields.AwareDateTime(allow_none=True)
    erased_at = fields.AwareDateTime(allow_none=True)


UserPageSchema = page_of(UserSchema, "UserPage")


class UserArgs(PageArgs):
    role = fields.String(validate=validate.OneOf(ROLES))
    office = fields.UUID()
    active = fields.Boolean()
    name = fields.String(
        validate=validate.Length(max=80), metadata={"description": "What the user name or the shown name begins with"}
    )


class _Rights(Schema):
    class Meta:
        unknown = RAISE

    grants = fields.List(fields.String(validate=validate.Length(1, 40)))
    office = fields.UUID(allow_none=True, metadata={"description": "A handler needs one"})

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        if data.get("office") is not None:
            data["office"] = str(data["office"])
        if "grants" in data:
            data["grants"] = sorted(set(data["grants"]))
        return data


class NewUserSchema(_Rights):
    name = fields.String(required=True, validate=validate.Length(1, 80))
    display_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    grants = fields.List(fields.String(validate=validate.Length(1, 40)), required=True)
    office = fields.UUID(load_default=None, allow_none=True, metadata={"description": "A handler needs one"})
    password = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    must_change_password = fields.Boolean(load_default=True, metadata={"description": "At the first sign-in"})


class UserChangeSchema(_Rights):
    rev = fields.Integer(required=True, metadata={"description": "The revision that you read"})
    display_name = fields.String(validate=validate.Length(1, 80))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))
    role = fields.String(validate=validate.OneOf(ROLES))
    active = fields.Boolean(metadata={"description": "false closes the account: sign-ins and devices end"})


class OneTimePasswordSchema(Schema):
    password = fields.String(required=True, metadata={"description": "Shown once; changed at the next sign-in"})


@blueprint.get("/me")
@blueprint.response(200, UserSchema)
@access.anyone_known(unfinished=True)
def me() -> dict[str, Any]:
    """Oneself."""
    with reading() as session:
        return accounts.shown(accounts.by_id(session, access.current_actor().user_id))


@blueprint.get("")
@blueprint.arguments(UserArgs, location="query")
@blueprint.response(200, UserPageSchema)
@access.people("admin", personal="people")
def listing(args: dict[str, Any]) -> dict[str, Any]:
    """Accounts, newest first."""
    wanted = dict(storable(args)) | ({"office": str(args["office"])} if args.get("office") else {})
    with reading() as session:
        page = accounts.listing(session, wanted, page_asked(args))
        return page_body(page, [accounts.shown(user) for user in page.rows])


@blueprint.post("")
@blueprint.arguments(NewUserSchema)
@blueprint.response(201, UserSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> dict[str, Any]:
    """Add a person."""
    storable(said)
    with writing() as session:
        accounts.require_known_grants(session, said["grants"])
        by = access.current_actor().user_id
        user = accounts.create_user(session, id=clock.new_id(), now=clock.now(), by=by, **said)
        return accounts.shown(user)


@blueprint.get("/<uuid:user_id>")
@blueprint.response(200, UserDetailSchema)
@access.people("admin", personal="people")
def one(user_id: UUID) -> dict[str, Any]:
    """An account, and how its person signs in."""
    with reading() as session:
        user = accounts.by_id(session, str(user_id))
        return accounts.shown(user) | accounts.signing_in_of(session, user, clock.now())


@blueprint.patch("/<uuid:user_id>")
@blueprint.arguments(UserChangeSchema)
@blueprint.response(200, UserSchema)
@access.people("admin")
def change(said: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Change an account, or close it; none is deleted."""
    rev = said.pop("rev")
    with writing() as session:
        accounts.require_known_grants(session, said.get("grants", []))
        actor = access.current_actor()
        return accounts.shown(accounts.change(session, actor, str(user_id), rev, storable(said), clock.now()))


@blueprint.post("/<uuid:user_id>/password")
@blueprint.response(201, OneTimePasswordSchema)
@access.people("admin")
def reset_password(user_id: UUID) -> dict[str, str]:
    """A one-time password for somebody else; their sign-ins and a lock end."""
    actor, password = access.current_actor(), passwords.one_time()
    hashed = passwords.hashed(password)
    with writing() as session:
        user = accounts.other(session, actor, str(user_id))
        accounts.reset_password(session, actor.user_id, user, hashed, clock.now())
    return {"password": password}


@blueprint.delete("/<uuid:user_id>/lock")
@blueprint.response(204)
@access.people("admin")
def unlock(user_id: UUID) -> None:
    """Let somebody try again at once after too many wrong passwords."""
    actor = access.current_actor()
    with writing() as session:
        user = accounts.other(session, actor, str(user_id))
        lockout.unlock(session, actor.user_id, user.id, user.name, clock.now())


@blueprint.delete("/<uuid:user_id>/second-factor")
@blueprint.response(204)
@access.people("admin")
def reset_second_factor(user_id: UUID) -> None:
    """Take away somebody else's second factor, who has lost it."""
    actor = access.current_actor()
    with writing() as session:
        user = accounts.other(session, actor, str(user_id))
        second_factor.reset(session, actor.user_id, user.id, clock.now())


@blueprint.delete("/<uuid:user_id>/sign-ins")
@blueprint.response(204)
@access.people("admin")
def end_sign_ins(user_id: UUID) -> None:
    """End all sign-ins of a person."""
    actor = access.current_actor()
    with writing() as session:
        user = accounts.by_id(session, str(user_id))
        sign_ins.end_all(session, actor.user_id, user.id, clock.now())

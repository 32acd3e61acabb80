"""People: accounts as admins see them, and oneself."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from backend import clock
from backend.api import access
from backend.models.people import ROLES
from backend.services import accounts, cells, unit_register, units
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


class NewUserSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 80))
    display_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    grants = fields.List(fields.String(validate=validate.Length(1, 40)), required=True)
    office = fields.UUID(load_default=None, allow_none=True, metadata={"description": "A handler needs one"})
    password = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


@blueprint.get("/me")
@blueprint.response(200, UserSchema)
@access.anyone_known()
def me() -> dict[str, Any]:
    """Oneself."""
    with reading() as session:
        return accounts.shown(accounts.by_id(session, access.current_actor().user_id))


@blueprint.get("")
@blueprint.response(200, UserSchema(many=True))
@access.people("admin")
def listing() -> list[dict[str, Any]]:
    """All accounts, by name."""
    with reading() as session:
        return [accounts.shown(user) for user in accounts.listing(session)]


@blueprint.post("")
@blueprint.arguments(NewUserSchema)
@blueprint.response(201, UserSchema)
@access.people("admin")
def create(request: dict[str, Any]) -> dict[str, Any]:
    """Add a person."""
    cells.require_known(code for code in request["grants"] if not units.is_unit(code))
    with writing() as session:
        unit_register.require_known(session, [code for code in request["grants"] if units.is_unit(code)])
        by = access.current_actor().user_id
        office = str(request.pop("office")) if request["office"] else request.pop("office")
        user = accounts.create_user(session, id=clock.new_id(), now=clock.now(), by=by, office=office, **request)
        return accounts.shown(user)

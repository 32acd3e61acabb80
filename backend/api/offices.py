"""Offices that findings are given to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.paging import storable
from backend.models.case import OFFICE_KINDS
from backend.services import offices
from backend.transactions import reading, writing

blueprint = Blueprint("offices", __name__, url_prefix="/api/v1/offices", description="Offices 承办单位")


class OfficeSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(OFFICE_KINDS))
    cell = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    rev = fields.Integer(required=True)


class NewOfficeSchema(Schema):
    class Meta:
        unknown = RAISE

    code = fields.String(required=True, validate=validate.Length(1, 40))
    name = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.String(required=True, validate=validate.OneOf(OFFICE_KINDS))
    cell = fields.String(attribute="cell_code", allow_none=True, validate=validate.Length(max=20))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))


class OfficeChangeSchema(NewOfficeSchema):
    code = fields.String(validate=validate.Length(1, 40))
    name = fields.String(validate=validate.Length(1, 200))
    kind = fields.String(validate=validate.OneOf(OFFICE_KINDS))
    active = fields.Boolean()
    rev = fields.Integer(required=True)


@blueprint.get("")
@blueprint.response(200, OfficeSchema(many=True))
@access.people()
def listing() -> list[dict[str, Any]]:
    """All offices, by code."""
    with reading() as session:
        return [offices.shown(office) for office in offices.listing(session)]


@blueprint.post("")
@blueprint.arguments(NewOfficeSchema)
@blueprint.response(201, OfficeSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> dict[str, Any]:
    """Add an office."""
    with writing() as session:
        actor = access.current_actor()
        return offices.shown(offices.create(session, actor, storable(said), clock.now(), clock.new_id()))


@blueprint.patch("/<uuid:office_id>")
@blueprint.arguments(OfficeChangeSchema)
@blueprint.response(200, OfficeSchema)
@access.people("admin")
def change(said: dict[str, Any], office_id: UUID) -> dict[str, Any]:
    """Change an office, or close it; `rev` is the one that you read."""
    rev = said.pop("rev")
    with writing() as session:
        office = offices.change(session, access.current_actor(), str(office_id), rev, storable(said), clock.now())
        return offices.shown(office)

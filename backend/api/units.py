"""Management units: new areas, parks, farms beside the administrative cells."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access, instants
from backend.api.paging import storable
from backend.jobs import intents
from backend.models.unit import UNIT_KINDS
from backend.services import replacing, unit_register
from backend.transactions import reading, writing

blueprint = Blueprint("units", __name__, url_prefix="/api/v1/units", description="Management units 管理单元")


class UnitSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(UNIT_KINDS))
    cells = fields.List(fields.String(), required=True, metadata={"description": "Cells that belong to it as a whole"})
    outline = fields.Dict(required=True, allow_none=True, metadata={"description": "GeoJSON, CGCS2000 degrees"})
    source = fields.String(required=True, allow_none=True)
    invented = fields.Boolean(required=True)
    valid_from = fields.Date(required=True, allow_none=True)
    valid_to = fields.Date(required=True, allow_none=True)
    rev = fields.Integer(required=True)


class UnitChangeSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(validate=validate.Length(1, 200))
    kind = fields.String(validate=validate.OneOf(UNIT_KINDS))
    cells = fields.List(fields.String(validate=validate.Length(1, 20)), validate=validate.Length(max=500))
    outline = fields.Dict(allow_none=True, metadata={"description": "GeoJSON Polygon or MultiPolygon in `datum`"})
    datum = fields.String(metadata={"description": "Of the outline; never guessed"})
    source = fields.String(allow_none=True, validate=validate.Length(max=300))
    invented = fields.Boolean()
    valid_from = instants.day(allow_none=True)
    valid_to = instants.day(allow_none=True)
    rev = fields.Integer(required=True)


class NewUnitSchema(UnitChangeSchema):
    code = fields.String(required=True, validate=validate.Regexp(r"^M-[A-Z0-9-]{1,36}(?![\s\S])"))
    name = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.String(required=True, validate=validate.OneOf(UNIT_KINDS))
    rev = fields.Integer(load_default=None, allow_none=True)


@blueprint.get("")
@blueprint.response(200, UnitSchema(many=True))
@access.anyone_known()
def listing() -> Response:
    """All management units, by code."""
    with reading() as session:
        return jsonify([unit_register.document(unit) for unit in unit_register.listing(session)])


@blueprint.post("")
@blueprint.arguments(NewUnitSchema)
@blueprint.response(201, UnitSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Enter a unit; rows that lie in it are told some at a time."""
    said.pop("rev")
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        unit = unit_register.create(session, actor, storable(said), now, clock.new_id())
        intents.ask(session, clock.new_id(), replacing.JOB, {"unit": unit.code}, actor.user_id, now)
        return jsonify(unit_register.document(unit)), 201


@blueprint.patch("/<code>")
@blueprint.arguments(UnitChangeSchema)
@blueprint.response(200, UnitSchema)
@access.people("admin")
def change(said: dict[str, Any], code: str) -> Response:
    """Change a unit; `rev` is the one that you read."""
    rev = said.pop("rev")
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        unit = unit_register.change(session, actor, code, rev, storable(said), now)
        intents.ask(session, clock.new_id(), replacing.JOB, {"unit": unit.code}, actor.user_id, now)
        return jsonify(unit_register.document(unit))


@blueprint.get("/<code>/history")
@blueprint.response(200)
@access.people("supervisor", "admin")
def history(code: str) -> Response:
    """What a unit was, revision by revision."""
    with reading() as session:
        return jsonify(unit_register.history(session, code))

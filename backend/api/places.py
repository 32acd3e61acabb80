"""现场确权: findings whose place is doubtful, and what supervisors say of whose ground it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.paging import storable
from backend.services import place_decisions
from backend.services.place_decisions import Word
from backend.transactions import reading, writing

blueprint = Blueprint("places", __name__, url_prefix="/api/v1", description="Whose ground it is 现场确权")


class PlaceSchema(Schema):
    class Meta:
        unknown = RAISE

    cell = fields.String(
        required=True, allow_none=True, validate=validate.Length(1, 20), metadata={"description": "Null: not ours"}
    )
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=4000))
    rev = fields.Integer(required=True, metadata={"description": "The finding's revision that you saw"})


class PlacedSchema(Schema):
    cell = fields.String(required=True, allow_none=True)
    rev = fields.Integer(required=True)
    said = fields.List(fields.Dict(), required=True)


class PlacesSchema(Schema):
    items = fields.List(fields.Dict(), required=True)
    more = fields.Boolean(required=True, metadata={"description": "There are more than are told"})


@blueprint.get("/doubtful-places")
@blueprint.response(200, PlacesSchema)
@access.people("supervisor", "admin")
def doubtful() -> Response:
    """The findings whose place waits for your word, with the cells that their circle touches."""
    with reading() as session:
        items, more = place_decisions.queue(session, access.current_actor())
        return jsonify({"items": items, "more": more})


@blueprint.post("/findings/<uuid:finding_id>/place")
@blueprint.arguments(PlaceSchema)
@blueprint.response(200, PlacedSchema)
@access.people("supervisor", "admin")
def say(said: dict[str, Any], finding_id: UUID) -> Response:
    """Say that a finding lies in a cell of yours, or that it is not yours."""
    storable(said)
    actor, now = access.current_actor(), clock.now()
    word = Word(clock.new_id(), actor, now, now, said["cell"], said["note"])
    with writing() as session:
        found = place_decisions.say(session, actor, str(finding_id), said["rev"], word, now)
        history = place_decisions.history(session, found.id)
        return jsonify({"cell": found.cell_code, "rev": found.rev, "said": history})

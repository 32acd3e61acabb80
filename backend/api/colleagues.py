"""The people of one's own area, for whoever gives out work."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend.api import access
from backend.api.paging import storable
from backend.services import colleagues
from backend.services.colleagues import Wanted
from backend.transactions import reading

blueprint = Blueprint("colleagues", __name__, url_prefix="/api/v1/colleagues", description="People of one's area 人员")


class ColleagueSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)


class ColleaguesSchema(Schema):
    items = fields.List(fields.Nested(ColleagueSchema), required=True)
    more = fields.Boolean(required=True, metadata={"description": "There are more than are shown: ask for a name"})


class ColleaguesArgs(Schema):
    name = fields.String(
        validate=validate.Length(max=80),
        metadata={"description": "A part of the shown name, or what the user name begins with"},
    )
    role = fields.String(validate=validate.OneOf(colleagues.ROLES))
    cell = fields.String(metadata={"description": "Whose grants reach this administrative cell"})
    limit = fields.Integer(load_default=30, validate=validate.Range(1, 100))


@blueprint.get("")
@blueprint.arguments(ColleaguesArgs, location="query", unknown=RAISE)
@blueprint.response(200, ColleaguesSchema)
@access.people("supervisor", "admin", personal="colleagues")
def listing(args: dict[str, Any]) -> dict[str, Any]:
    """Inspectors and supervisors whose grants reach into your area, by name and role alone."""
    said = dict(storable(args))
    limit = said.pop("limit")
    with reading() as session:
        found, more = colleagues.find(session, access.current_actor(), Wanted(**said), limit)
        return {"items": [colleagues.document(user) for user in found], "more": more}

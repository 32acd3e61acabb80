"""Rating plates of sites: the one each has, why, since when, and by what rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models.plate import PLATES
from backend.services import plate_rules, plates
from backend.transactions import reading, writing

blueprint = Blueprint("plates", __name__, url_prefix="/api/v1", description="Rating plates 挂牌")


class PlatesArgs(PageArgs):
    plate = fields.String(validate=validate.OneOf(PLATES))
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})


class PlateSchema(Schema):
    site = fields.Dict(required=True)
    plate = fields.String(required=True, validate=validate.OneOf(PLATES))
    since = fields.DateTime(required=True)
    judged_at = fields.DateTime(required=True)
    scheme = fields.String(required=True)
    reasons = fields.List(fields.Dict(), required=True)
    facts = fields.Dict(required=True)


class PlateWithHistorySchema(PlateSchema):
    history = fields.List(fields.Dict(), required=True)


def _own_rules() -> Path | None:
    rules: Path | None = current_app.extensions["bluegrid.settings"].plate_rules
    return rules


@blueprint.get("/plates")
@blueprint.arguments(PlatesArgs, location="query", unknown=RAISE)
@blueprint.response(200, page_of(PlateSchema, "PlatePage"))
@access.anyone_known()
def list_plates(args: dict[str, Any]) -> Response:
    """The plates of the sites of your area, the last changed first."""
    storable(args)
    wanted = (args.get("plate"), args.get("cell"), _own_rules(), page_asked(args))
    with reading() as session:
        page, found = plates.page(session, access.current_actor(), *wanted)
        return jsonify(page_body(page, found))


@blueprint.get("/plates/schemes")
@blueprint.response(200, {"type": "array", "items": {"type": "object"}})
@access.anyone_known()
def schemes() -> Response:
    """The rules in force, a deployment's own first."""
    return jsonify(plate_rules.schemes(_own_rules()))


@blueprint.get("/sites/<uuid:site_id>/plate")
@blueprint.response(200, PlateWithHistorySchema)
@access.anyone_known()
def of_site(site_id: UUID) -> Response:
    """The plate of a site with its reasons and its history."""
    with reading() as session:
        return jsonify(plates.of_site(session, access.current_actor(), str(site_id), _own_rules()))


@blueprint.post("/sites/<uuid:site_id>/plate")
@blueprint.response(200, PlateWithHistorySchema)
@access.people("supervisor", "admin")
def judge(site_id: UUID) -> Response:
    """Judge a site now instead of at the next hour, by the same rules."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        return jsonify(plates.judge_now(session, actor, str(site_id), _own_rules(), now, clock.new_id))

"""Patrols, their tracks, and what was walked of an area."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields

from backend import clock
from backend.api import access, documents, instants
from backend.services import patrol_rows, patrol_tracks, patrols
from backend.transactions import reading, writing

blueprint = Blueprint("patrols", __name__, url_prefix="/api/v1/patrols", description="Patrols 巡查")


class WalkedSchema(Schema):
    cell = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    share = fields.Float(required=True, metadata={"description": "Of the cell's area, in sight"})
    first = fields.AwareDateTime(required=True)
    last = fields.AwareDateTime(required=True)


class PatrolSchema(Schema):
    id = fields.String(required=True)
    campaign = fields.String(required=True, allow_none=True)
    author = fields.Nested(documents.PersonSchema, required=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    cell = fields.String(required=True, allow_none=True)
    cells = fields.List(fields.String(), required=True, metadata={"description": "What was to be walked"})
    note = fields.String(required=True, allow_none=True)
    photos = fields.List(fields.Nested(documents.PhotoSchema), required=True)
    track = fields.String(
        required=True, metadata={"description": "none, announced, kept, not-kept (nobody asked for it) or expired"}
    )
    walked = fields.List(fields.Nested(WalkedSchema), required=True)
    missed = fields.List(fields.String(), required=True)
    gaps = fields.List(fields.Dict(), required=True, metadata={"description": "Where the way is not known, and why"})
    metres = fields.Float(required=True, allow_none=True)
    flags = fields.List(fields.Nested(documents.FlagSchema), required=True)
    rev = fields.Integer(required=True)


class PatrolsArgs(Schema):
    campaign = fields.UUID(load_default=None)
    since = instants.moment(load_default=None)
    until = instants.moment(load_default=None)


class CoverageArgs(Schema):
    cell = fields.String(required=True)
    since = instants.moment(required=True)
    until = instants.moment(required=True)
    campaign = fields.UUID(load_default=None)


class CoverageSchema(Schema):
    cell = fields.String(required=True)
    start = fields.AwareDateTime(required=True, data_key="from")
    to = fields.AwareDateTime(required=True)
    patrols = fields.Integer(required=True)
    covered = fields.Integer(required=True)
    missed = fields.Integer(required=True)
    cells = fields.List(fields.Dict(), required=True)


@blueprint.get("")
@blueprint.arguments(PatrolsArgs, location="query", unknown=RAISE)
@blueprint.response(200, PatrolSchema(many=True))
@access.anyone_known()
def listing(args: dict[str, Any]) -> Response:
    """The patrols that you may see, the latest first; 500 at most."""
    campaign = str(args["campaign"]) if args["campaign"] else None
    with reading() as session:
        found = patrols.listing(session, access.current_actor(), campaign, args["since"], args["until"])
        return jsonify([patrol_rows.document(session, each) for each in found])


@blueprint.put("/<uuid:patrol_id>/track")
@blueprint.response(200, PatrolSchema)
@access.anyone_known()
def put_track(patrol_id: UUID) -> Response:
    """Send the track that your patrol announced; it is kept only where somebody on duty was asked for it."""
    request.max_content_length = patrol_tracks.MOST_BYTES
    body = request.get_data(cache=False)
    with writing() as session:
        found = patrols.take_track(session, access.current_actor(), str(patrol_id), body, clock.now())
        return jsonify(patrol_rows.document(session, found))


@blueprint.get("/<uuid:patrol_id>/track")
@blueprint.response(200, content_type="application/json")
@access.people()
def get_track(patrol_id: UUID) -> Response:
    """The bytes of a kept track; that you looked is written down."""
    with writing() as session:
        body = patrols.track_of(session, access.current_actor(), str(patrol_id), clock.now())
    return Response(body, mimetype="application/json")


@blueprint.get("/coverage")
@blueprint.arguments(CoverageArgs, location="query", unknown=RAISE)
@blueprint.response(200, CoverageSchema)
@access.people("supervisor", "admin")
def coverage(args: dict[str, Any]) -> Response:
    """What was walked and what was missed of the cells below one, by all patrols together."""
    campaign = str(args["campaign"]) if args["campaign"] else None
    with reading() as session:
        actor = access.current_actor()
        return jsonify(patrols.coverage(session, actor, args["cell"], args["since"], args["until"], campaign))

"""Fire points: listed, read, reported by people, given to somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate

from backend import catalogue, clock
from backend.api import access, documents, geojson, instants
from backend.api.paging import PageArgs, page_asked, page_of, storable
from backend.models.fire_point import FIRE_STATES
from backend.services import fire_duty, fire_points, fire_reports
from backend.services.fire_imports import BY_PEOPLE
from backend.services.fire_points import FireFilters
from backend.services.fire_reports import NewReport
from backend.transactions import reading, writing
from geo.position import parse_position

FILTERS = ("cell", "bbox", "state", "outcome", "zone", "source", "assignee", "first_from", "first_to", "handled")

blueprint = Blueprint("fire-points", __name__, url_prefix="/api/v1/fire-points", description="Fire points 火点")


class FireFilterArgs(Schema):
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})
    bbox = fields.String(metadata={"description": "west,south,east,north in CGCS2000 degrees"})
    state = fields.String(validate=validate.OneOf(FIRE_STATES))
    outcome = fields.String(validate=validate.OneOf(catalogue.codes("fire_outcome")))
    zone = fields.String(validate=validate.OneOf(catalogue.codes("zone_outcome")))
    source = fields.String(validate=validate.OneOf(catalogue.codes("fire_source")))
    assignee = fields.UUID()
    handled = fields.Boolean(metadata={"description": "Answered, whatever was found"})
    first_from = instants.moment(metadata={"description": "First seen from this instant on"})
    first_to = instants.moment(metadata={"description": "First seen before this instant"})


class FirePointsArgs(FireFilterArgs, PageArgs, geojson.FormatArgs):
    pass


FirePointsSchema = page_of(documents.FirePointSchema, "FirePoints")


class NewReportSchema(Schema):
    class Meta:
        unknown = RAISE

    source = fields.String(required=True, validate=validate.OneOf([each.value for each in BY_PEOPLE]))
    position = fields.Raw(required=True, metadata={"$ref": "#/components/schemas/Position"})
    seen_at = instants.moment(required=True)
    place = fields.String(allow_none=True, validate=validate.Length(max=200))
    note = fields.String(allow_none=True, validate=validate.Length(max=2000))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> NewReport:
        storable(data)
        return NewReport(**{**data, "position": parse_position(data["position"])})


class AssigneeSchema(Schema):
    user = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: nobody in particular"})


def filters_of(args: dict[str, Any]) -> FireFilters:
    """The filters among the arguments of a query."""
    said = {name: args[name] for name in FILTERS if name in args}
    return FireFilters(**storable({**said, **({"assignee": str(said["assignee"])} if "assignee" in said else {})}))


@blueprint.get("")
@blueprint.arguments(FirePointsArgs, location="query", unknown=RAISE)
@blueprint.response(200, FirePointsSchema)
@blueprint.alt_response(
    200, schema=documents.points_of(documents.FirePointSchema, "FirePoint"), content_type=geojson.GEOJSON, success=True
)
@access.anyone_known(personal="fire-points")
def list_fire_points(args: dict[str, Any]) -> Response:
    """The fire points that you may see, as JSON or GeoJSON, the latest first; merged ones only when asked for."""
    with reading() as session:
        page = fire_points.page(session, access.current_actor(), filters_of(args), page_asked(args))
        return geojson.listed(args, page, fire_points.documents(session, page.rows))


@blueprint.get("/<uuid:point_id>")
@blueprint.response(200, documents.FirePointSchema)
@access.anyone_known(personal="fire-points")
def get(point_id: UUID) -> Response:
    """One fire point with its sightings."""
    with reading() as session:
        found = fire_points.get(session, access.current_actor(), str(point_id))
        return jsonify(fire_points.document(session, found))


@blueprint.post("")
@blueprint.arguments(NewReportSchema)
@blueprint.response(201, documents.FirePointSchema)
@access.people()
def report(new: NewReport) -> tuple[Response, int]:
    """Report a fire; it opens a fire point, or joins the one that is already known there."""
    with writing() as session:
        point = fire_reports.report(session, access.current_actor(), new, clock.now(), clock.new_id)
        return jsonify(fire_points.document(session, point)), 201


@blueprint.put("/<uuid:point_id>/assignee")
@blueprint.arguments(AssigneeSchema)
@blueprint.response(200, documents.FirePointSchema)
@access.people("supervisor", "admin")
def assign(body: dict[str, Any], point_id: UUID) -> Response:
    """Send somebody to a fire point of your area."""
    user = str(body["user"]) if body["user"] else None
    with writing() as session:
        point = fire_duty.assign(session, access.current_actor(), str(point_id), user, clock.now())
        return jsonify(fire_points.document(session, point))

"""Zones: the sets in force, which rule holds where and when, and how a new set comes into force."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields

from backend import clock
from backend.api import access, documents, geojson, instants
from backend.services import zone_words, zones
from backend.transactions import reading, writing
from geo.position import parse_position

blueprint = Blueprint("zones", __name__, url_prefix="/api/v1", description="Zones 区划（禁烧、限烧、禁燃、禁放、机械）")


class PlaceArgs(Schema):
    lon = fields.Float(required=True, metadata={"description": "Degrees, in `datum`"})
    lat = fields.Float(required=True, metadata={"description": "Degrees, in `datum`"})
    datum = fields.String(load_default=None, metadata={"description": "WGS84, GCJ02, BD09 or CGCS2000; never guessed"})
    accuracy_m = fields.Float(load_default=None, allow_none=True, metadata={"description": "Radius in metres"})
    at = instants.moment(load_default=None, metadata={"description": "The instant; now, if it is left out"})


class RulesSchema(Schema):
    at = fields.AwareDateTime(required=True)
    location = fields.Dict(required=True, metadata={"description": "CGCS2000"})
    rules = fields.List(fields.Dict(), required=True, metadata={"description": "A verdict on each subject"})
    files = fields.List(fields.String(), required=True, metadata={"description": "SHA-256 of each set asked"})


class ZonesSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


class ZoneFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "YAML or GeoJSON"})


class ZoneImportSchema(Schema):
    id = fields.UUID(required=True)
    city = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "checked, refused, active or retired"})
    sha256 = fields.String(required=True, allow_none=True, metadata={"description": "Of the resolved file"})
    source_sha256 = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    activated_at = fields.AwareDateTime(required=True, allow_none=True)
    retired_at = fields.AwareDateTime(required=True, allow_none=True)
    report = fields.Dict(required=True)


@blueprint.get("/zones")
@blueprint.arguments(geojson.FormatArgs, location="query", unknown=RAISE)
@blueprint.response(200, ZonesSchema)
@blueprint.alt_response(
    200, schema=documents.collection_of(fields.Dict(required=True), "Zone"), content_type=geojson.GEOJSON, success=True
)
@access.anyone_known()
def in_force(args: dict[str, Any]) -> Response:
    """The sets in force with their zones; as GeoJSON the zones that have a shape."""
    with reading() as session:
        if geojson.wanted(args):
            return geojson.shapes(zones.shapes(session))
        return geojson.varying(jsonify({"items": zones.in_force(session)}))


@blueprint.get("/zones/at")
@blueprint.arguments(PlaceArgs, location="query", unknown=RAISE)
@blueprint.response(200, RulesSchema)
@access.anyone_known()
def rules_at(args: dict[str, Any]) -> Response:
    """Which rules hold at a place and an instant, and why, in Chinese and English."""
    position, at = parse_position(args | {"at": None}), args["at"] or clock.now()
    with reading() as session:
        verdicts = zones.rules_at(session, position, at)
        files = [found.sha256 for found in zones.active(session)]
    lon, lat = position.canonical()
    said = [zone_words.document(verdict) for verdict in verdicts.values()]
    return jsonify({"at": at.isoformat(), "location": {"lon": lon, "lat": lat}, "rules": said, "files": files})


@blueprint.post("/zone-imports")
@blueprint.arguments(ZoneFileSchema, location="files")
@blueprint.response(201, ZoneImportSchema)
@access.people("admin")
def check(files: dict[str, Any]) -> tuple[Response, int]:
    """Send a city's zones and read what is wrong, new, changed and gone; no rule changes yet."""
    data, name = files["file"].read(), files["file"].filename or ""
    with writing() as session:
        found = zones.check(session, access.current_actor(), clock.new_id(), clock.now(), name, data)
        return jsonify(zones.document(found)), 201


@blueprint.get("/zone-imports/<uuid:set_id>")
@blueprint.response(200, ZoneImportSchema)
@access.people("admin")
def get(set_id: UUID) -> Response:
    """A set's report and state."""
    with reading() as session:
        return jsonify(zones.document(zones.get(session, str(set_id))))


@blueprint.post("/zone-imports/<uuid:set_id>/apply")
@blueprint.response(200, ZoneImportSchema)
@access.people("admin")
def apply(set_id: UUID) -> Response:
    """Put a set without faults into force for its city; the one before is retired."""
    with writing() as session:
        found = zones.activate(session, access.current_actor(), str(set_id), clock.now())
        return jsonify(zones.document(found))

"""Tables of sites: sent and looked at, then applied as a whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema, fields

from backend import clock
from backend.api import access
from backend.jobs import intents
from backend.services import site_imports
from backend.transactions import reading, writing
from geo.datum import parse_datum

blueprint = Blueprint(
    "site-imports", __name__, url_prefix="/api/v1/site-imports", description="Tables of sites 点位导入"
)


class FormSchema(Schema):
    datum = fields.String(
        load_default=None, metadata={"description": "Of every coordinate in the table: WGS84, GCJ02, BD09 or CGCS2000"}
    )


class FilesSchema(Schema):
    file = Upload(required=True, metadata={"description": "xlsx or csv"})


class SiteImportSchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    sha256 = fields.String(required=True)
    datum = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "checked, refused, applying or applied"})
    at = fields.AwareDateTime(required=True)
    applied_at = fields.AwareDateTime(required=True, allow_none=True)
    report = fields.Dict(required=True)


@blueprint.post("")
@blueprint.arguments(FormSchema, location="form")
@blueprint.arguments(FilesSchema, location="files")
@blueprint.response(201, SiteImportSchema)
@access.people("supervisor", "admin")
def check(form: dict[str, Any], files: dict[str, Any]) -> tuple[Response, int]:
    """Send a table and read what is wrong with it, line by line; nothing becomes a site yet."""
    datum, file = parse_datum(form["datum"]), files["file"]
    data, name = file.read(), file.filename or ""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = site_imports.check(session, actor, clock.new_id(), now, name, data, datum)
        return jsonify(site_imports.document(found)), 201


@blueprint.get("/<uuid:import_id>")
@blueprint.response(200, SiteImportSchema)
@access.people("supervisor", "admin", personal="site-imports")
def get(import_id: UUID) -> Response:
    """A table's report, and how far it got."""
    with reading() as session:
        return jsonify(site_imports.document(site_imports.get(session, access.current_actor(), str(import_id))))


@blueprint.post("/<uuid:import_id>/apply")
@blueprint.response(202, SiteImportSchema)
@access.people("supervisor", "admin")
def apply(import_id: UUID) -> tuple[Response, int]:
    """Let a table without faults become sites; a job writes them a few hundred at a time."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = site_imports.begin(session, actor, str(import_id), now)
        intents.ask(session, clock.new_id(), "site-import", {"import": found.id}, actor.user_id, now)
        return jsonify(site_imports.document(found)), 202

"""Checklists: their published versions, and the exact bytes of each, which never change."""

from __future__ import annotations

import re

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend.api import access, documents
from backend.services import checklists, rows, zones
from backend.services.errors import NotFound
from backend.transactions import reading

FOR_EVER = "private, max-age=31536000, immutable"
_SHA256 = re.compile("[0-9a-f]{64}")

blueprint = Blueprint("packs", __name__, url_prefix="/api/v1", description="Checklists and their packs")


class ChecklistsSchema(Schema):
    items = fields.List(fields.Nested(documents.ChecklistSchema), required=True)


@blueprint.get("/checklists")
@blueprint.response(200, ChecklistsSchema)
@access.anyone_known()
def list_checklists() -> Response:
    """Every checklist version ever published here."""
    with reading() as session:
        return jsonify({"items": [rows.checklist_document(each) for each in checklists.published(session)]})


@blueprint.get("/packs/<sha256>")
@blueprint.response(200, {"type": "object"}, description="The pack's exact bytes: their SHA-256 is its name")
@blueprint.alt_response(304, description="You have it")
@blueprint.alt_response(404, description="There is no such pack")
@access.anyone_known()
def get_pack(sha256: str) -> Response:
    """The exact bytes of a checklist version or of a set of zones, for ever the same."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound("A pack is named by 64 lower-case hex digits.")
    with reading() as session:
        response = Response(
            zones.body(session, sha256) or checklists.body(session, sha256), mimetype="application/json"
        )
    response.set_etag(sha256)
    response.headers["Cache-Control"] = FOR_EVER
    response.make_conditional(request)
    return response

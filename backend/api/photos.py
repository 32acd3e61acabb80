"""Photos as evidence: what is known of one, and copies that say it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue
from backend.api import access
from backend.api.document_parts import LocationSchema, PersonSchema, PhotoFlagSchema, PositionSchema, text, time
from backend.services import photo_evidence, watermarks
from backend.storage import blobs
from backend.transactions import reading

blueprint = Blueprint("photos", __name__, url_prefix="/api/v1/photos", description="Photos as evidence 照片证据")


class SubjectSchema(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)


class LogPlaceSchema(Schema):
    n = fields.Integer(required=True, metadata={"description": "GET /api/v1/evidence/proof/{n} proves it"})
    hash = fields.String(required=True)


class CarrierSchema(Schema):
    id = fields.String(required=True)
    stream = fields.String(required=True)
    n = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    status = fields.String(required=True)
    signature = text("valid, invalid or unsigned (the device has no key)", null=False)
    chain = text("continues or broken: whether it follows the op before it, byte for byte", null=False)
    log = fields.Nested(LogPlaceSchema, required=True, allow_none=True)


class PhotoRecordSchema(Schema):
    id = fields.String(required=True)
    role = fields.String(required=True)
    source = text("camera or gallery", null=False)
    author = fields.Nested(PersonSchema, required=True)
    captured_at = time("Corrected by the device's clock offset")
    captured_at_sent = text("As the device said it", null=False)
    received_at = time("The server's time")
    clock_offset_s = fields.Float(
        required=True, allow_none=True, metadata={"description": "Server time less device time when it was sent"}
    )
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    op = fields.Nested(CarrierSchema, required=True, allow_none=True)


class UseSchema(Schema):
    sha256 = fields.String(required=True)
    subject = fields.Nested(SubjectSchema, required=True)
    roles = fields.List(fields.String(), required=True)
    first_at = time("When the server first heard of it")
    author = fields.Nested(PersonSchema, required=True)
    records = fields.List(fields.Nested(PhotoRecordSchema), required=True)
    flags = fields.List(fields.Nested(PhotoFlagSchema), required=True)


class PhotoEvidenceSchema(Schema):
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    media_type = text()
    stored_at = time("When the bytes were whole")
    kind = text("image, film, audio or document")
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    exif = fields.Dict(required=True, metadata={"description": "taken_at, modified_at, gps, make, model, software …"})
    uses = fields.List(fields.Nested(UseSchema), required=True)


@blueprint.get("/<sha256>/evidence")
@blueprint.response(200, PhotoEvidenceSchema)
@access.anyone_known()
def evidence(sha256: str) -> Response:
    """What is known of a photo: its bytes, its EXIF, and of each use that you may see who said what, and doubts."""
    with reading() as session:
        found: dict[str, Any] = photo_evidence.record(session, access.current_actor(), sha256)
    return jsonify(found)


class WatermarkSchema(Schema):
    finding = fields.UUID(metadata={"description": "As which finding shows it; without, the last use that you may see"})
    size = fields.Integer(load_default=1600, validate=validate.Range(1, 1600))
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


@blueprint.get("/<sha256>/watermarked")
@blueprint.arguments(WatermarkSchema, location="query", unknown=RAISE)
@blueprint.doc(responses={200: {"description": "A JPEG", "content": {"image/jpeg": {}}}})
@access.anyone_known()
def watermarked(query: dict[str, Any], sha256: str) -> Response:
    """A copy with time, place, cell, inspector and number on it; the original stays as it is."""
    finding = str(query["finding"]) if "finding" in query else None
    with reading() as session:
        mark = watermarks.of(session, access.current_actor(), sha256, finding, query["lang"])
    response = Response(watermarks.copy(blobs(), mark, query["size"]), mimetype="image/jpeg")
    response.set_etag(f"{sha256}-{mark.name(query['size'])}")
    response.headers["Cache-Control"] = "private, no-cache"  # a finding may move or get a number
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request.environ)
    return response

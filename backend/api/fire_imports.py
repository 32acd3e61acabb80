"""Files of fire points and pasted texts: sent and looked at, then taken in as a whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import FileStorage

from backend import clock
from backend.api import access
from backend.jobs import intents
from backend.models.fire_point import FIRE_FORMS
from backend.services import fire_imports
from backend.services.errors import InputInvalid
from backend.services.fire_imports import BY_PEOPLE, PIXEL_M, Reading
from backend.services.texts import require_storable
from backend.transactions import reading, writing

blueprint = Blueprint("fire-imports", __name__, url_prefix="/api/v1/fire-imports", description="Fire points 火点导入")


class FireFormSchema(Schema):
    form = fields.String(required=True, validate=validate.OneOf(FIRE_FORMS))
    datum = fields.String(load_default=None, metadata={"description": "Of a report or a text; never guessed"})
    source = fields.String(load_default="message", validate=validate.OneOf([each.value for each in BY_PEOPLE]))
    year = fields.Integer(load_default=None, validate=validate.Range(2000, 2100))
    sheet = fields.String(load_default=None, validate=validate.Length(max=100))
    pixel_m = fields.Float(load_default=PIXEL_M, validate=validate.Range(10, 20_000))
    text = fields.String(
        load_default=None, validate=validate.Length(1, 100_000), metadata={"description": "Instead of a file"}
    )

    @validates_schema
    def text_is_pasted(self, data: dict[str, Any], **_options: Any) -> None:
        if data.get("text") is not None and data.get("form") != "pasted":
            raise ValidationError("A text is read in the form `pasted`.", "text")


class FireFileSchema(Schema):
    file = Upload(required=False)


class FireImportSchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    form = fields.String(required=True)
    terms = fields.Dict(required=True)
    sha256 = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "checked, refused, applying or applied"})
    at = fields.AwareDateTime(required=True)
    applied_at = fields.AwareDateTime(required=True, allow_none=True)
    report = fields.Dict(required=True)


def _sent(text: str | None, file: FileStorage | None) -> tuple[str, bytes]:
    """The name and the bytes of what was sent, a file or a text and not both."""
    if text is not None and file is None:
        require_storable(text, "text")
        return "", text.encode()
    if file is not None and text is None:
        return file.filename or "", file.read()
    raise InputInvalid("Send a file, or a text in the form `pasted`.", field="file")


@blueprint.post("")
@blueprint.arguments(FireFormSchema, location="form")
@blueprint.arguments(FireFileSchema, location="files")
@blueprint.response(201, FireImportSchema)
@access.people("supervisor", "admin")
def check(form: dict[str, Any], files: dict[str, Any]) -> tuple[Response, int]:
    """Send a file or a text; the answer says what is wrong and what it would open, join and merge."""
    name, data = _sent(form.pop("text"), files.get("file"))
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = fire_imports.check(session, actor, clock.new_id(), now, name, data, Reading(**form))
        return jsonify(fire_imports.document(found)), 201


@blueprint.get("/<uuid:import_id>")
@blueprint.response(200, FireImportSchema)
@access.people("supervisor", "admin")
def get(import_id: UUID) -> Response:
    """A file's report, and how far it got."""
    with reading() as session:
        return jsonify(fire_imports.document(fire_imports.get(session, access.current_actor(), str(import_id))))


@blueprint.post("/<uuid:import_id>/apply")
@blueprint.response(202, FireImportSchema)
@access.people("supervisor", "admin")
def apply(import_id: UUID) -> tuple[Response, int]:
    """Let a file without faults become fire points; a job takes it in a few hundred sightings at a time."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = fire_imports.begin(session, actor, str(import_id), now)
        intents.ask(session, clock.new_id(), "fire-import", {"import": found.id}, actor.user_id, now)
        return jsonify(fire_imports.document(found)), 202

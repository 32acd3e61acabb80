"""A person's own data: taken along, and erased when they have left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.attachments import ZIP, attachment, temporary
from backend.services import accounts, erasure, personal_export
from backend.transactions import reading, writing

blueprint = Blueprint(
    "personal-data", __name__, url_prefix="/api/v1/users", description="Personal data: export and erasure"
)
REASONS = ("left", "asked")
"""No free text: the trail that it goes into can never be erased."""


class KeptSchema(Schema):
    what = fields.String(required=True)
    rows = fields.Integer(required=True)
    why = fields.String(required=True, metadata={"description": "step, record, duty or sent"})


class MentionSchema(Schema):
    finding = fields.UUID(required=True)
    number = fields.String(required=True)
    field = fields.String(required=True, metadata={"description": "leader, contact or phone"})
    text = fields.String(required=True)


class ErasurePlanSchema(Schema):
    erased = fields.List(fields.String(), required=True)
    kept = fields.List(fields.Nested(KeptSchema), required=True, metadata={"description": "Why the name stays"})
    refused = fields.List(fields.String(), required=True, metadata={"description": "account-active, oneself"})
    statements = fields.List(
        fields.Nested(MentionSchema),
        required=True,
        metadata={"description": "Where counties' statements name the person, the first 200; these fields are cleared"},
    )


class ErasureSchema(Schema):
    class Meta:
        unknown = RAISE

    rev = fields.Integer(required=True, metadata={"description": "The revision of the account that you read"})
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))


@blueprint.get("/me/personal-data.zip")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=ZIP)
@access.people(personal="personal-data")
def own() -> Response:
    """All that is kept of oneself, as JSON lines in a zip."""
    return _packed(access.current_actor().user_id)


@blueprint.get("/<uuid:user_id>/personal-data.zip")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=ZIP)
@access.people("admin", personal="personal-data")
def of_person(user_id: UUID) -> Response:
    """All that is kept of a person, to answer their request."""
    return _packed(str(user_id))


def _packed(user_id: str) -> Response:
    file = temporary()
    with reading() as session:
        personal_export.write(session, accounts.by_id(session, user_id), file, clock.now())
    return attachment(file, ZIP, f"personal-data-{user_id}.zip")


@blueprint.get("/<uuid:user_id>/erasure")
@blueprint.response(200, ErasurePlanSchema)
@access.people("admin", personal="people")
def erasure_plan(user_id: UUID) -> dict[str, Any]:
    """What an erasure would take, and what must stay and why. Changes nothing."""
    with reading() as session:
        return erasure.plan(session, access.current_actor(), str(user_id)).shown()


@blueprint.post("/<uuid:user_id>/erasure")
@blueprint.arguments(ErasureSchema)
@blueprint.response(200, ErasurePlanSchema)
@access.people("admin")
def erase(said: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Erase what is personal of somebody who has left, as far as the law on evidence allows."""
    with writing() as session:
        actor = access.current_actor()
        done = erasure.erase(session, actor, str(user_id), said["rev"], said["reason"], clock.now())
        return done.shown()

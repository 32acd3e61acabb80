"""Comments on a finding, written at the console; they are read with the finding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate

from backend import clock
from backend.api import access, documents
from backend.api.paging import storable
from backend.services import comments, finding_queries
from backend.services.commands.arguments import MAX_PHOTOS, MAX_TEXT, Sha256
from backend.services.comments import Said
from backend.transactions import writing

blueprint = Blueprint("comments", __name__, url_prefix="/api/v1/findings", description="Comments 备注")


class SaidSchema(Schema):
    class Meta:
        unknown = RAISE

    once = fields.UUID(
        metadata={"description": "A key of your own: what is sent again with it, after a lost answer, is said once"}
    )
    text = fields.String(required=True, validate=[validate.Length(1, MAX_TEXT), validate.Regexp(r"[\s\S]*\S")])
    photos = fields.List(Sha256(), load_default=list, validate=validate.Length(max=MAX_PHOTOS))

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> Said:
        storable(data)
        once = str(data.get("once") or clock.new_id())
        return Said(comments.id_of(access.current_actor(), once), data["text"], data["photos"])


@blueprint.post("/<uuid:finding_id>/comments")
@blueprint.arguments(SaidSchema)
@blueprint.response(201, documents.CommentSchema)
@access.people()
def say(said: Said, finding_id: UUID) -> tuple[Response, int]:
    """Comment on a finding that you may act on; photos by the hash of what you have uploaded."""
    with writing() as session:
        comment = comments.say(session, access.current_actor(), str(finding_id), said, clock.now())
        return jsonify(finding_queries.comment_documents(session, [comment])[0]), 201

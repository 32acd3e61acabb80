"""Backups, for an admin to see that there are some; they are made and put back on the server itself."""

from __future__ import annotations

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend import clock
from backend.api import access
from backend.backups import running

blueprint = Blueprint("backups", __name__, url_prefix="/api/v1", description="Backups")


class BackupSchema(Schema):
    name = fields.String(required=True)
    made_at = fields.DateTime(required=True, format="iso", metadata={"description": "when it was begun"})
    epoch = fields.String(required=True)
    head = fields.Integer(required=True, metadata={"description": "every row with a seq up to this one is in it"})
    photos = fields.Integer(required=True)
    bytes = fields.Integer(required=True)
    lost = fields.Integer(required=True, metadata={"description": "photos whose bytes could not be had"})


class BackupsSchema(Schema):
    items = fields.List(fields.Nested(BackupSchema), required=True)
    age_s = fields.Integer(required=True, allow_none=True, metadata={"description": "of the newest, null without one"})
    backed_up_by = fields.String(required=True, metadata={"enum": ["bluegrid", "external"]})


@blueprint.get("/backups")
@blueprint.response(200, BackupsSchema)
@access.people("admin")
def list_backups() -> dict[str, object]:
    """The backups in this host's backup folder, oldest first, and how old the newest is."""
    return running.overview(clock.now())

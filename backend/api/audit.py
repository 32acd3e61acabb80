"""The audit trail, for admins."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from backend.api import access
from backend.api.paging import storable
from backend.services import audit_search
from backend.services.pages import DEFAULT_LIMIT, MAX_LIMIT
from backend.transactions import reading

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1/audit", description="Who did what, and who read what")


class AuditArgs(Schema):
    actor = fields.UUID()
    action = fields.String(
        validate=validate.Length(1, 60),
        metadata={"description": "As it stands, or with a dot at its end all that begin with it: `read.`"},
    )
    subject = fields.String(validate=validate.Length(1, 120))
    since = fields.AwareDateTime()
    until = fields.AwareDateTime(metadata={"description": "Not including this instant"})
    cursor = fields.String(validate=validate.Length(max=40))
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))


class AuditEventSchema(Schema):
    n = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    actor = fields.String(required=True, allow_none=True)
    actor_name = fields.String(required=True, allow_none=True, metadata={"description": "What the person signs in as"})
    action = fields.String(required=True)
    subject = fields.String(required=True, allow_none=True)
    details = fields.Dict(required=True)
    names = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "What the ids that it names are called now: names, numbers of findings"},
    )


class AuditPageSchema(Schema):
    items = fields.List(fields.Nested(AuditEventSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    complete_since = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Earlier events were removed under a signed checkpoint; null: none was"},
    )


@blueprint.get("")
@blueprint.arguments(AuditArgs, location="query")
@blueprint.response(200, AuditPageSchema)
@access.people("admin", personal="audit")
def search(args: dict[str, Any]) -> dict[str, Any]:
    """Events, newest first; the look is itself written down."""
    actor = str(args.pop("actor")) if "actor" in args else None
    with reading() as session:
        return audit_search.search(session, audit_search.Wanted(actor=actor, **storable(args)))

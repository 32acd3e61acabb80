"""Overdue findings: proposals of 提醒, 催办 and 督办函, issued or dismissed by a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from backend import clock
from backend.api import access
from backend.api.document_parts import PersonSchema
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models import Supervision
from backend.models.supervision import LEVELS, SUPERVISION_STATES
from backend.services import supervision
from backend.services.commands.arguments import MAX_TEXT
from backend.services.supervision import SupervisionFilters
from backend.transactions import reading, writing

blueprint = Blueprint("supervision", __name__, url_prefix="/api/v1/supervision", description="Overdue items 超期督办")


class SupervisionSchema(Schema):
    id = fields.String(required=True)
    finding = fields.Dict(required=True, metadata={"description": "Its id, number, topic, severity and state"})
    hop = fields.Integer(required=True, metadata={"description": "Which stay of the finding's is late"})
    office = fields.Dict(required=True, allow_none=True)
    cell = fields.Dict(required=True, allow_none=True)
    level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    state = fields.String(required=True, validate=validate.OneOf(SUPERVISION_STATES))
    due_at = fields.AwareDateTime(required=True, metadata={"description": "The term that was over"})
    late_days = fields.Integer(required=True)
    proposed_at = fields.AwareDateTime(required=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it was dismissed, or how its ground went"}
    )
    number = fields.String(required=True, allow_none=True)
    signer = fields.String(required=True, allow_none=True)
    rev = fields.Integer(required=True)


SupervisionPageSchema = page_of(SupervisionSchema, "SupervisionPage")


class SupervisionArgs(PageArgs):
    cell = fields.String()
    office = fields.UUID()
    finding = fields.UUID()
    level = fields.String(validate=validate.OneOf(LEVELS))
    state = fields.String(validate=validate.OneOf(SUPERVISION_STATES))


class IssueProposalSchema(Schema):
    class Meta:
        unknown = RAISE

    signer = fields.String(
        required=True,
        validate=[validate.Length(1, 80), validate.Regexp(r".*\S", error="Name who signs.")],
        metadata={"description": "Who signs the paper (签发人)"},
    )


class DismissProposalSchema(Schema):
    class Meta:
        unknown = RAISE

    reason = fields.String(required=True, validate=validate.Length(1, MAX_TEXT))


@blueprint.get("")
@blueprint.arguments(SupervisionArgs, location="query", unknown=RAISE)
@blueprint.response(200, SupervisionPageSchema)
@access.people("supervisor", "admin")
def listing(args: dict[str, Any]) -> Response:
    """The proposals for the findings that you may see, the newest first."""
    said = {name: str(args[name]) for name in SupervisionFilters.__slots__ if name in args}
    with reading() as session:
        page = supervision.page(session, access.current_actor(), SupervisionFilters(**storable(said)), page_asked(args))
        return jsonify(page_body(page, supervision.documents(session, page.rows, clock.now())))


@blueprint.get("/<uuid:proposal_id>")
@blueprint.response(200, SupervisionSchema)
@access.people("supervisor", "admin")
def get(proposal_id: UUID) -> Response:
    """One proposal, and what became of it."""
    with reading() as session:
        return _shown(session, supervision.one(session, access.current_actor(), str(proposal_id)))


@blueprint.post("/<uuid:proposal_id>/issue")
@blueprint.arguments(IssueProposalSchema)
@blueprint.response(200, SupervisionSchema)
@access.people("supervisor", "admin")
def issue(said: dict[str, Any], proposal_id: UUID) -> Response:
    """Issue it: it gets its number, and a step in the finding's history."""
    signer = storable(said)["signer"]
    with writing() as session:
        actor = access.current_actor()
        return _shown(session, supervision.issue(session, actor, str(proposal_id), signer, clock.now()))


@blueprint.post("/<uuid:proposal_id>/dismiss")
@blueprint.arguments(DismissProposalSchema)
@blueprint.response(200, SupervisionSchema)
@access.people("supervisor", "admin")
def dismiss(said: dict[str, Any], proposal_id: UUID) -> Response:
    """Put it aside, with a reason; the next rung waits from now."""
    reason = storable(said)["reason"]
    with writing() as session:
        actor = access.current_actor()
        return _shown(session, supervision.dismiss(session, actor, str(proposal_id), reason, clock.now()))


def _shown(session: Session, found: Supervision) -> Response:
    return jsonify(supervision.documents(session, [found], clock.now())[0])

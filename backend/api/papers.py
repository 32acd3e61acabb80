"""Papers: drafted, issued, revoked, and handed out as Word files."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate

from backend import clock
from backend.api import access, instants
from backend.api.attachments import DOCX, attachment
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.api.unit_links import link_of
from backend.models import Paper
from backend.services import audit, paper_links, papers
from backend.transactions import reading, writing

blueprint = Blueprint("papers", __name__, url_prefix="/api/v1/papers", description="Papers 公文")


class PaperTextSchema(Schema):
    class Meta:
        unknown = RAISE

    findings = fields.List(fields.UUID(), required=True, validate=validate.Length(1, papers.MOST_FINDINGS))
    addressee = fields.String(required=True, validate=validate.Length(1, 200), metadata={"description": "主送"})
    copies = fields.String(validate=validate.Length(max=300), metadata={"description": "抄送"})
    basis = fields.String(validate=validate.Length(max=2000), metadata={"description": "依据"})
    requirement = fields.String(validate=validate.Length(max=2000))
    due = instants.moment()
    remark = fields.String(validate=validate.Length(max=1000))
    contact = fields.String(validate=validate.Length(max=80))
    phone = fields.String(validate=validate.Length(max=40))
    attachments = fields.List(
        fields.String(validate=validate.Length(1, 200)),
        validate=validate.Length(max=30),
        metadata={"description": "附件"},
    )

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        storable(data)
        data["findings"] = [str(each) for each in data["findings"]]
        if data.get("due") is not None:
            data["due"] = data["due"].isoformat()
        return data


class NewPaperSchema(PaperTextSchema):
    kind = fields.String(required=True, validate=validate.Length(1, 30))


class PaperChangeSchema(PaperTextSchema):
    rev = fields.Integer(required=True, strict=True)


class IssueSchema(Schema):
    class Meta:
        unknown = RAISE

    rev = fields.Integer(required=True, strict=True, metadata={"description": "Of the draft that you saw"})
    signer = fields.String(required=True, validate=validate.Length(1, 80), metadata={"description": "签发人"})


class RevokeSchema(Schema):
    class Meta:
        unknown = RAISE

    reason = fields.String(required=True, validate=validate.Length(1, 500))


class IssuedPaperSchema(Schema):
    number = fields.String(required=True)
    year = fields.Integer(required=True)
    n = fields.Integer(required=True)
    signer = fields.String(required=True)
    template = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: the house's own"})
    template_sha256 = fields.String(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the Word file"})
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class RevocationSchema(Schema):
    reason = fields.String(required=True)
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class PaperSchema(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    office = fields.UUID(required=True)
    state = fields.String(required=True, metadata={"description": "draft, issued or revoked"})
    rev = fields.Integer(required=True)
    said = fields.Dict(required=True)
    findings = fields.List(fields.UUID(), required=True)
    created_by = fields.UUID(required=True)
    created_at = fields.AwareDateTime(required=True)
    issued = fields.Nested(IssuedPaperSchema, required=True, allow_none=True)
    revoked = fields.Nested(RevocationSchema, required=True, allow_none=True)


PapersSchema = page_of(PaperSchema, "Papers")


class PaperListArgs(PageArgs):
    kind = fields.String(validate=validate.Length(max=30))
    state = fields.String(validate=validate.OneOf(("draft", "issued", "revoked")))
    finding = fields.UUID()


@blueprint.get("")
@blueprint.arguments(PaperListArgs, location="query", unknown=RAISE)
@blueprint.response(200, PapersSchema)
@access.people("handler", "supervisor", "admin")
def listing(args: dict[str, Any]) -> Response:
    """Papers of your office, the newest first; with `finding` those about it that you may see."""
    with reading() as session:
        actor, finding = access.current_actor(), args.get("finding")
        storable({name: args[name] for name in ("kind", "state") if name in args})
        wanted = (args.get("kind"), args.get("state"), str(finding) if finding else None)
        found = papers.page(session, actor, page_asked(args), *wanted)
        return jsonify(page_body(found, [papers.document(session, paper) for paper in found.rows]))


@blueprint.post("")
@blueprint.arguments(NewPaperSchema)
@blueprint.response(201, PaperSchema)
@access.people("handler", "supervisor", "admin")
def draft(said: dict[str, Any]) -> tuple[Response, int]:
    """Begin a paper of your office; it has no number until it is issued."""
    kind = said.pop("kind")
    with writing() as session:
        made = papers.draft(session, access.current_actor(), clock.new_id(), clock.now(), kind, said)
        return jsonify(papers.document(session, made)), 201


@blueprint.get("/<uuid:paper_id>")
@blueprint.response(200, PaperSchema)
@access.people("handler", "supervisor", "admin")
def get(paper_id: UUID) -> Response:
    """A paper."""
    with reading() as session:
        return jsonify(papers.document(session, papers.get(session, access.current_actor(), str(paper_id))))


@blueprint.put("/<uuid:paper_id>")
@blueprint.arguments(PaperChangeSchema)
@blueprint.response(200, PaperSchema)
@access.people("handler", "supervisor", "admin")
def change(said: dict[str, Any], paper_id: UUID) -> Response:
    """Write a draft anew; `rev` is the one that you read."""
    rev = said.pop("rev")
    with writing() as session:
        found = papers.change(session, access.current_actor(), str(paper_id), clock.now(), rev, said)
        return jsonify(papers.document(session, found))


@blueprint.delete("/<uuid:paper_id>")
@blueprint.response(204)
@access.people("handler", "supervisor", "admin")
def discard(paper_id: UUID) -> None:
    """Throw a draft away."""
    with writing() as session:
        papers.discard(session, access.current_actor(), str(paper_id), clock.now())


@blueprint.post("/<uuid:paper_id>/issue")
@blueprint.arguments(IssueSchema)
@blueprint.response(200, PaperSchema)
@access.people("handler", "supervisor", "admin")
def issue(said: dict[str, Any], paper_id: UUID) -> Response:
    """Give a draft its number and settle it for good."""
    storable(said)
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = papers.issue(session, actor, str(paper_id), now, said["rev"], said["signer"])
        return jsonify(papers.document(session, found))


@blueprint.post("/<uuid:paper_id>/revoke")
@blueprint.arguments(RevokeSchema)
@blueprint.response(200, PaperSchema)
@access.people("handler", "supervisor", "admin")
def revoke(said: dict[str, Any], paper_id: UUID) -> Response:
    """Revoke an issued paper; its number stays used."""
    storable(said)
    with writing() as session:
        found = papers.revoke(session, access.current_actor(), str(paper_id), clock.now(), said["reason"])
        return jsonify(papers.document(session, found))


@blueprint.get("/<uuid:paper_id>/document.docx")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=DOCX)
@access.people("handler", "supervisor", "admin")
def word_file(paper_id: UUID) -> Response:
    """The bytes that were issued; of a draft a preview that says so on every page."""
    with reading() as session:
        found = papers.get(session, access.current_actor(), str(paper_id))
        data, name = papers.data_of(session, found), _name(papers.document(session, found), found)
        state = found.state
    with writing() as session:
        audit.record(session, clock.now(), access.current_actor().user_id, "paper.print", str(paper_id), state=state)
    return docx_file(data, name)


@blueprint.post("/<uuid:paper_id>/unit-links.docx")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=DOCX)
@access.people("handler", "supervisor", "admin")
def unit_link_sheet(paper_id: UUID) -> Response:
    """A sheet of QR codes to go with an issued paper: a new link for each finding, which ends the one before."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        data, number = paper_links.sheet(session, actor, str(paper_id), link_of, clock.new_id, now)
    return docx_file(data, f"{number}-QR")


def _name(document: dict[str, Any], paper: Paper) -> str:
    return document["issued"]["number"] if document["issued"] else f"draft-{paper.kind}"


def docx_file(data: bytes, name: str) -> Response:
    """A Word file to keep."""
    return attachment(io.BytesIO(data), DOCX, f"{name}.docx")

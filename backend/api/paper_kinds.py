"""Kinds of papers, which office issues which, and the templates that offices bring."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.attachments import DOCX
from backend.api.paging import storable
from backend.api.papers import docx_file
from backend.exports import paper_forms
from backend.services import paper_offices, paper_templates
from backend.transactions import reading, writing

blueprint = Blueprint("paper-kinds", __name__, url_prefix="/api/v1", description="Kinds of papers 文书种类")


class TwoTextsSchema(Schema):
    zh = fields.String(required=True, data_key="zh-CN")
    en = fields.String(required=True)


class PaperKindSchema(Schema):
    kind = fields.String(required=True)
    name = fields.Nested(TwoTextsSchema, required=True)
    body = fields.String(required=True)
    body_name = fields.Nested(TwoTextsSchema, required=True)
    word = fields.String(required=True, allow_none=True, metadata={"description": "An example of 机关代字"})
    offered = fields.Boolean(required=True)
    reason = fields.Nested(TwoTextsSchema, required=True, allow_none=True)
    needs = fields.List(fields.String(), required=True)


class IssuerSchema(Schema):
    class Meta:
        unknown = RAISE

    kind = fields.String(required=True, validate=validate.Length(1, 30))
    word = fields.String(required=True, validate=validate.Length(1, 40), metadata={"description": "机关代字"})
    first_n = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, 100_000),
        metadata={"description": "This year's series begins with it, for those before were given out elsewhere"},
    )
    first_year = fields.Integer(dump_only=True, allow_none=True)


class IssuersSchema(Schema):
    class Meta:
        unknown = RAISE

    papers = fields.List(fields.Nested(IssuerSchema), required=True, validate=validate.Length(max=20))


class TemplateFormSchema(Schema):
    office = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.Length(1, 30))


class TemplateFilesSchema(Schema):
    file = Upload(required=True, metadata={"description": "docx"})


class TemplateArgs(Schema):
    office = fields.UUID(required=True)


class PaperTemplateSchema(Schema):
    id = fields.UUID(required=True)
    office = fields.UUID(required=True)
    kind = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    sha256 = fields.String(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields")
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


@blueprint.get("/paper-kinds")
@blueprint.response(200, PaperKindSchema(many=True))
@access.people("handler", "supervisor", "admin")
def kinds() -> Response:
    """Every kind of paper: which body issues it, and why it is not made here where it is not."""
    return jsonify(paper_offices.documents())


@blueprint.get("/paper-kinds/<kind>/template.docx")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=DOCX)
@access.people("handler", "supervisor", "admin")
def house_template(kind: str) -> Response:
    """The house's own template of a kind, to begin with."""
    return docx_file(paper_forms.house_template(paper_offices.offered(kind).code), kind)


@blueprint.get("/offices/<uuid:office_id>/papers")
@blueprint.response(200, IssuerSchema(many=True))
@access.people("handler", "supervisor", "admin")
def issued_by(office_id: UUID) -> Response:
    """What an office issues, and under which word."""
    with reading() as session:
        return jsonify([paper_offices.document(each) for each in paper_offices.of_office(session, str(office_id))])


@blueprint.put("/offices/<uuid:office_id>/papers")
@blueprint.arguments(IssuersSchema)
@blueprint.response(200, IssuerSchema(many=True))
@access.people("admin")
def assign(said: dict[str, Any], office_id: UUID) -> Response:
    """Say what an office issues from now on."""
    storable(said)
    words = {each["kind"]: each["word"] for each in said["papers"]}
    first = {each["kind"]: each["first_n"] for each in said["papers"] if each.get("first_n") is not None}
    with writing() as session:
        found = paper_offices.assign(session, access.current_actor(), str(office_id), words, clock.now(), first)
        return jsonify([paper_offices.document(each) for each in found])


@blueprint.get("/paper-templates")
@blueprint.arguments(TemplateArgs, location="query", unknown=RAISE)
@blueprint.response(200, PaperTemplateSchema(many=True))
@access.people("handler", "supervisor", "admin")
def templates(args: dict[str, Any]) -> Response:
    """Every version of an office's templates."""
    with reading() as session:
        found = paper_templates.listing(session, str(args["office"]))
        return jsonify([paper_templates.document(each) for each in found])


@blueprint.post("/paper-templates")
@blueprint.arguments(TemplateFormSchema, location="form")
@blueprint.arguments(TemplateFilesSchema, location="files")
@blueprint.response(201, PaperTemplateSchema)
@access.people("handler", "supervisor", "admin")
def bring_template(form: dict[str, Any], files: dict[str, Any]) -> tuple[Response, int]:
    """Replace an office's template of a kind; a field that papers do not have is refused by its name."""
    file = files["file"]
    data, name = file.read(), storable({"name": file.filename or ""})["name"]
    with writing() as session:
        actor, now, office = access.current_actor(), clock.now(), str(form["office"])
        made = paper_templates.bring(session, actor, clock.new_id(), now, office, form["kind"], name, data)
        return jsonify(paper_templates.document(made)), 201


@blueprint.get("/paper-templates/<uuid:template_id>/file.docx")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=DOCX)
@access.people("handler", "supervisor", "admin")
def template_file(template_id: UUID) -> Response:
    """A version's own bytes."""
    with reading() as session:
        found = paper_templates.get(session, str(template_id))
        return docx_file(found.data, f"{found.kind}-{found.version}")

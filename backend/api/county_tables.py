"""Tables that counties send: the blank one to fill in, the look at what came back, and applying it."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import access
from backend.api.attachments import XLSX, attachment, digest_of, temporary
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.services import audit, county_blank, county_offers, county_tables, finding_queries, statements
from backend.transactions import reading, writing

BYTES = "application/octet-stream"

blueprint = Blueprint("county-tables", __name__, url_prefix="/api/v1", description="Counties' tables 县区报表")


class CountyFormSchema(Schema):
    cell = fields.String(
        required=True, validate=validate.Length(1, 20), metadata={"description": "The county whose table it is"}
    )


class CountyFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "xlsx or csv"})


class CountyTableSchema(Schema):
    id = fields.UUID(required=True)
    cell = fields.String(required=True)
    name = fields.String(required=True)
    sha256 = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "checked, refused or applied"})
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)
    applied_by = fields.UUID(required=True, allow_none=True)
    applied_at = fields.AwareDateTime(required=True, allow_none=True)
    report = fields.Dict(required=True)


CountyTablesSchema = page_of(CountyTableSchema, "CountyTables")


class CountyTablesArgs(PageArgs):
    cell = fields.String(validate=validate.Length(max=20))


class CountyApplySchema(Schema):
    class Meta:
        unknown = RAISE

    sha256 = fields.String(
        required=True, validate=validate.Regexp("[0-9a-f]{64}$"), metadata={"description": "Of the file looked at"}
    )


class CountyBlankArgs(Schema):
    period = fields.UUID(required=True)
    cell = fields.String(required=True, validate=validate.Length(1, 20))
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


class LeftOutArgs(Schema):
    period = fields.UUID(required=True)
    cell = fields.String(required=True, validate=validate.Length(1, 20))


class OfferedPeriodSchema(Schema):
    id = fields.UUID(required=True)
    cell = fields.String(required=True)
    topic = fields.String(required=True, allow_none=True)
    year = fields.Integer(required=True)
    number = fields.Integer(required=True)
    cut_off = fields.AwareDateTime(required=True)
    state = fields.String(required=True)


class OfferedSchema(Schema):
    cell = fields.String(required=True, allow_none=True, metadata={"description": "Of a handler's office"})
    periods = fields.List(fields.Nested(OfferedPeriodSchema), required=True)


class LeftOutSchema(Schema):
    finding = fields.UUID(required=True)
    number = fields.String(required=True)
    site = fields.String(required=True, allow_none=True)
    office = fields.String(required=True, allow_none=True)
    cell = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, validate=validate.OneOf(county_offers.REASONS))


class LeftOutListSchema(Schema):
    items = fields.List(fields.Nested(LeftOutSchema), required=True)


class StatementSchema(Schema):
    n = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    table = fields.UUID(required=True)
    table_name = fields.String(required=True)
    line = fields.Integer(required=True)
    progress = fields.String(required=True, allow_none=True)
    leader = fields.String(required=True, allow_none=True)
    contact = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    done_on = fields.Date(required=True, allow_none=True)
    remarks = fields.String(required=True, allow_none=True)


@blueprint.get("/county-tables/offered")
@blueprint.response(200, OfferedSchema)
@access.people("admin", "handler")
def offered() -> Response:
    """The newest periods whose blank table you may have, and the cell that your office speaks for."""
    with reading() as session:
        return jsonify(county_offers.offered(session, access.current_actor()))


@blueprint.get("/county-tables/left-out")
@blueprint.arguments(LeftOutArgs, location="query", unknown=RAISE)
@blueprint.response(200, LeftOutListSchema)
@access.people("admin")
def left_out(args: dict[str, Any]) -> Response:
    """Which findings of a period a county's table leaves out, or came back without a word, and why."""
    period_id, cell = str(args["period"]), storable(args)["cell"]
    with reading() as session:
        return jsonify({"items": county_offers.left_out(session, access.current_actor(), period_id, cell)})


@blueprint.post("/county-tables")
@blueprint.arguments(CountyFormSchema, location="form")
@blueprint.arguments(CountyFileSchema, location="files")
@blueprint.response(201, CountyTableSchema)
@access.people("admin", "handler")
def check(form: dict[str, Any], files: dict[str, Any]) -> tuple[Response, int]:
    """Send a county's table and read what it would change and what is wrong with it; nothing is changed yet."""
    cell, file = storable(form)["cell"], files["file"]
    data, name = file.read(), storable({"file": file.filename or ""})["file"]
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = county_tables.check(session, actor, clock.new_id(), now, cell, name, data)
        return jsonify(county_tables.document(found)), 201


@blueprint.get("/county-tables")
@blueprint.arguments(CountyTablesArgs, location="query", unknown=RAISE)
@blueprint.response(200, CountyTablesSchema)
@access.people("admin", "handler")
def listing(args: dict[str, Any]) -> Response:
    """The tables that came, the newest first: your own, all for an admin; without the lists of their reports."""
    with reading() as session:
        found = county_tables.page(session, access.current_actor(), page_asked(args), storable(args).get("cell"))
        return jsonify(page_body(found, [county_tables.document(each, whole=False) for each in found.rows]))


@blueprint.get("/county-tables/<uuid:table_id>")
@blueprint.response(200, CountyTableSchema)
@access.people("admin", "handler", personal="county-tables")
def get(table_id: UUID) -> Response:
    """A table with its whole report."""
    with reading() as session:
        found = county_tables.get(session, access.current_actor(), str(table_id))
        return jsonify(county_tables.document(found))


@blueprint.get("/county-tables/<uuid:table_id>/file")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=BYTES)
@access.people("admin", "handler", personal="county-tables")
def file(table_id: UUID) -> Response:
    """The file as it was sent, byte for byte."""
    with reading() as session:
        found = county_tables.get(session, access.current_actor(), str(table_id))
        return attachment(io.BytesIO(found.data), BYTES, found.name or "table", digest=found.sha256)


@blueprint.post("/county-tables/<uuid:table_id>/apply")
@blueprint.arguments(CountyApplySchema)
@blueprint.response(200, CountyTableSchema)
@access.people("admin", "handler")
def apply(said: dict[str, Any], table_id: UUID) -> Response:
    """Let a table that was looked at become what the county says; all of it or nothing."""
    with writing() as session:
        found = county_tables.apply(session, access.current_actor(), str(table_id), clock.now(), said["sha256"])
        return jsonify(county_tables.document(found))


@blueprint.get("/county-tables/blank.xlsx")
@blueprint.arguments(CountyBlankArgs, location="query", unknown=RAISE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
@access.people("admin", "handler", personal="county-tables")
def blank(args: dict[str, Any]) -> Response:
    """A county's open findings of a period, to be filled in and sent back."""
    file = temporary()
    actor, period_id, cell = access.current_actor(), str(args["period"]), storable(args)["cell"]
    with reading() as session:
        period, count = county_blank.write(session, actor, period_id, cell, file, args["lang"])
        name = f"{cell}-{period.year}-{period.number:03d}.xlsx"
    digest = digest_of(file)
    with writing() as session:
        audit.record(session, clock.now(), actor.user_id, "county-table.blank", period_id, cell=cell, rows=count)
    return attachment(file, XLSX, f"county-table-{name}", digest=digest)


@blueprint.get("/findings/<uuid:finding_id>/statements")
@blueprint.response(200, StatementSchema(many=True))
@access.people("supervisor", "admin", "handler", personal="statements")
def of_finding(finding_id: UUID) -> Response:
    """What counties said of a finding, the newest first."""
    with reading() as session:
        finding = finding_queries.one(session, access.current_actor(), str(finding_id))
        return jsonify(statements.history(session, finding.id))

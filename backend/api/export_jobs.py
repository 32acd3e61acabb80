"""Files that are asked for and fetched when they are made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import access, attachments, instants
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.export_files import ExportFiles
from backend.jobs import intents
from backend.models import Export
from backend.models.export import EXPORT_STATES
from backend.services import exports
from backend.services.export_errors import ExportGone
from backend.services.export_kinds import FORMATS, KINDS
from backend.transactions import reading, writing

OFFICE = ("supervisor", "admin")
MIMETYPES = {
    "xlsx": attachments.XLSX,
    "csv": attachments.CSV,
    "geojson": attachments.GEOJSON,
    "gpkg": attachments.GPKG,
    "pdf": attachments.PDF,
    "zip": attachments.ZIP,
}

blueprint = Blueprint("export-jobs", __name__, url_prefix="/api/v1/exports", description="Files asked for 导出任务")


class ExportWishSchema(Schema):
    class Meta:
        unknown = RAISE

    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    filters = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "As in the query of the list of its rows"}
    )
    language = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))
    seq = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "Only as the data were at this seq: your file of then, or one made while they are"},
    )
    as_of = instants.day(
        load_default=None,
        allow_none=True,
        metadata={"description": "Lateness is counted up to the beginning of this day in Beijing; today if left out"},
    )


class ProgressSchema(Schema):
    done = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)


class ExportErrorSchema(Schema):
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ExportSchema(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    format = fields.String(required=True)
    filters = fields.Dict(required=True)
    language = fields.String(required=True)
    as_of = fields.Date(required=True)
    wanted_seq = fields.Integer(required=True, allow_none=True)
    asked_by = fields.UUID(required=True)
    asked_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, metadata={"enum": list(EXPORT_STATES)})
    progress = fields.Nested(ProgressSchema, required=True)
    seq = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the snapshot that it shows"})
    epoch = fields.String(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    bytes = fields.Integer(required=True, allow_none=True)
    file_name = fields.String(required=True, allow_none=True)
    error = fields.Nested(ExportErrorSchema, required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    kept_until = fields.AwareDateTime(required=True, allow_none=True)


ExportsSchema = page_of(ExportSchema, "Exports")


@blueprint.post("")
@blueprint.arguments(ExportWishSchema)
@blueprint.response(202, ExportSchema)
@blueprint.alt_response(200, schema=ExportSchema, success=True)
@access.people(*OFFICE)
def ask(said: dict[str, Any]) -> tuple[Response, int, dict[str, str]]:
    """Ask for a file with the filters of its list; 202, or 200 where you have the file of this seq already."""
    actor, wish = access.current_actor(), exports.wish(storable(said), clock.now())
    with reading() as session:
        if (same := exports.same_at(session, actor, wish, clock.now())) is not None:
            return _told(same, 200)
        exports.check(session, actor, wish, _limit())
    with writing() as session:
        export = exports.ask(session, actor, clock.new_id(), wish, clock.now())
        intents.ask(session, export.id, "export", {"export": export.id}, actor.user_id, clock.now())
        return _told(export, 202)


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query", unknown=RAISE)
@blueprint.response(200, ExportsSchema)
@access.people(*OFFICE)
def list_exports(args: dict[str, Any]) -> Response:
    """Your exports, newest first; an admin sees everybody's."""
    with reading() as session:
        page = exports.listing(session, access.current_actor(), page_asked(args))
        return jsonify(page_body(page, [exports.document(each) for each in page.rows]))


@blueprint.get("/<uuid:export_id>")
@blueprint.response(200, ExportSchema)
@access.people(*OFFICE)
def get_export(export_id: UUID) -> Response:
    """How far an export is, or why there will be none."""
    with reading() as session:
        return jsonify(exports.document(exports.get(session, access.current_actor(), str(export_id))))


@blueprint.get("/<uuid:export_id>/file")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@access.people(*OFFICE)
def fetch(export_id: UUID) -> Response:
    """The file, for whoever asked for it and for admins; each fetch is written down."""
    with writing() as session:
        actor = access.current_actor()
        export = exports.ready(session, actor, str(export_id), clock.now())
        response = _attachment(export)
        exports.note_fetch(session, actor, export, clock.now())
    return response


@blueprint.delete("/<uuid:export_id>")
@blueprint.response(204)
@access.people(*OFFICE)
def forget(export_id: UUID) -> None:
    """Take an export back: what is under way stops, and a file is removed."""
    with writing() as session:
        key = exports.forget(session, access.current_actor(), str(export_id), clock.now())
    _files().remove(key)


def _told(export: Export, status: int) -> tuple[Response, int, dict[str, str]]:
    where = url_for("export-jobs.get_export", export_id=export.id)
    return jsonify(exports.document(export)), status, {"Location": where}


def _attachment(export: Export) -> Response:
    file = _files().open((export.id, export.attempt), export.bytes or 0)
    if file is None:
        raise ExportGone("The file is no longer on this server's disk; ask for it anew.")
    name = export.file_name or ""
    ending = name.rpartition(".")[2]
    plain = f"{export.kind}-{export.as_of.isoformat()}-seq{export.seq}.{ending}"
    return attachments.attachment(file, MIMETYPES[ending], name, plain=plain, digest=str(export.sha256), seq=export.seq)


def _files() -> ExportFiles:
    return ExportFiles(current_app.extensions["bluegrid.settings"].export_folder)


def _limit() -> int:
    return int(current_app.extensions["bluegrid.settings"].export_rows)

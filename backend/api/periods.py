"""Periods of the list: opened, frozen, issued again, and printed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import access, instants
from backend.api.attachments import XLSX, attachment, digest_of, temporary
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.services import audit, period_list, periods
from backend.services.period_standing import COUNTED
from backend.transactions import reading, writing

blueprint = Blueprint("periods", __name__, url_prefix="/api/v1/periods", description="Periods of the list 期次")


class NewPeriodSchema(Schema):
    class Meta:
        unknown = RAISE

    cell = fields.String(required=True, validate=validate.Length(1, 20))
    topic = fields.String(allow_none=True, validate=validate.Length(1, 20))
    campaign = fields.UUID(allow_none=True)
    cut_off = instants.moment(required=True)
    starts_at = instants.moment(
        allow_none=True, metadata={"description": "Of the first one: what is older and open is carried over"}
    )
    year = fields.Integer(strict=True, validate=validate.Range(2000, 2200))
    number = fields.Integer(
        strict=True, validate=validate.Range(1, 10_000), metadata={"description": "The next one if left out"}
    )
    document_no = fields.String(validate=validate.Length(1, 100))
    signer = fields.String(validate=validate.Length(1, 80))


class FreezeSchema(Schema):
    class Meta:
        unknown = RAISE

    document_no = fields.String(validate=validate.Length(1, 100))
    signer = fields.String(validate=validate.Length(1, 80))


class ReissueSchema(FreezeSchema):
    version = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 10_000), metadata={"description": "The one that you saw"}
    )
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class PeriodSumsSchema(Schema):
    """上期结转, 本期新增, 迟报, 反弹, 本期销号, 移交处罚, 移出, 累计未完成."""

    carried = fields.Integer(required=True)
    new = fields.Integer(required=True)
    late = fields.Integer(required=True, metadata={"description": "Of the new ones"})
    reopened = fields.Integer(required=True)
    closed = fields.Integer(required=True)
    transferred = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    open = fields.Integer(required=True)


class PeriodUnitSumsSchema(PeriodSumsSchema):
    unit = fields.String(required=True)


class PeriodCountsSchema(Schema):
    all = fields.Nested(PeriodSumsSchema, required=True)
    units = fields.List(fields.Nested(PeriodUnitSumsSchema), required=True)


class RestsOnSchema(Schema):
    period = fields.UUID(required=True)
    version = fields.Integer(required=True)


class PeriodVersionSchema(Schema):
    version = fields.Integer(required=True)
    document_no = fields.String(required=True)
    signer = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    rests_on = fields.Nested(RestsOnSchema, required=True, allow_none=True)
    counts = fields.Nested(PeriodCountsSchema, required=True)
    rows = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the rows' canonical JSON"})
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class PeriodSchema(Schema):
    id = fields.UUID(required=True)
    cell = fields.String(required=True)
    campaign = fields.UUID(required=True, allow_none=True)
    topic = fields.String(required=True, allow_none=True)
    year = fields.Integer(required=True)
    number = fields.Integer(required=True)
    document_no = fields.String(required=True, allow_none=True)
    signer = fields.String(required=True, allow_none=True)
    starts_at = fields.AwareDateTime(required=True, allow_none=True)
    cut_off = fields.AwareDateTime(required=True)
    state = fields.String(required=True, metadata={"description": "open, frozen or reissued"})
    version = fields.Integer(required=True, metadata={"description": "The newest; 0 while it is open"})
    stale = fields.Boolean(
        required=True, metadata={"description": "The period that this one carries over from was issued again since"}
    )
    versions = fields.List(fields.Nested(PeriodVersionSchema), required=True)


PeriodsSchema = page_of(PeriodSchema, "Periods")


class PeriodRowSchema(Schema):
    n = fields.Integer(required=True)
    finding = fields.UUID(required=True)
    state = fields.String(required=True, metadata={"description": "At the cut-off"})
    origin = fields.String(required=True, metadata={"description": "carried, new or reopened"})
    outcome = fields.String(required=True, metadata={"description": "open, closed, transferred or removed"})
    late = fields.Boolean(required=True, metadata={"description": "迟报"})
    unit = fields.String(required=True)
    facts = fields.Dict(required=True)


class PeriodListArgs(PageArgs):
    cell = fields.String(validate=validate.Length(max=20))


class VersionArgs(Schema):
    version = fields.Integer(validate=validate.Range(1, 10_000))


class PrintArgs(VersionArgs):
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


assert set(PeriodSumsSchema._declared_fields) == set(COUNTED)


@blueprint.get("")
@blueprint.arguments(PeriodListArgs, location="query", unknown=RAISE)
@blueprint.response(200, PeriodsSchema)
@access.people("supervisor", "admin")
def listing(args: dict[str, Any]) -> Response:
    """The periods of your area, the newest cut-off first."""
    with reading() as session:
        found = periods.page(session, access.current_actor(), page_asked(args), storable(args).get("cell"))
        return jsonify(page_body(found, [periods.document(session, period) for period in found.rows]))


@blueprint.post("")
@blueprint.arguments(NewPeriodSchema)
@blueprint.response(201, PeriodSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Open the next period of a cell's series; a topic or a campaign makes a series of its own."""
    if said.get("campaign") is not None:
        said["campaign"] = str(said["campaign"])
    with writing() as session:
        made = periods.create(session, access.current_actor(), clock.new_id(), clock.now(), storable(said))
        return jsonify(periods.document(session, made)), 201


@blueprint.get("/<uuid:period_id>")
@blueprint.response(200, PeriodSchema)
@access.people("supervisor", "admin")
def get(period_id: UUID) -> Response:
    """A period with every version that was issued."""
    with reading() as session:
        return jsonify(periods.document(session, periods.get(session, access.current_actor(), str(period_id))))


@blueprint.post("/<uuid:period_id>/freeze")
@blueprint.arguments(FreezeSchema)
@blueprint.response(200, PeriodSchema)
@access.people("admin")
def freeze(said: dict[str, Any], period_id: UUID) -> Response:
    """Take the one snapshot of an open period; a frozen one stays as it is."""
    named = storable(said)
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = periods.freeze(session, actor, str(period_id), now, named.get("document_no"), named.get("signer"))
        return jsonify(periods.document(session, found))


@blueprint.post("/<uuid:period_id>/reissue")
@blueprint.arguments(ReissueSchema)
@blueprint.response(200, PeriodSchema)
@access.people("admin")
def reissue(said: dict[str, Any], period_id: UUID) -> Response:
    """Issue a frozen period again, with a reason; every version stays."""
    named = storable(said)
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = periods.reissue(
            session, actor, str(period_id), now, said["version"], said["reason"],
            named.get("document_no"), named.get("signer"),
        )  # fmt: skip
        return jsonify(periods.document(session, found))


@blueprint.get("/<uuid:period_id>/rows")
@blueprint.arguments(VersionArgs, location="query", unknown=RAISE)
@blueprint.response(200, PeriodRowSchema(many=True))
@access.people("supervisor", "admin")
def rows(args: dict[str, Any], period_id: UUID) -> Response:
    """The rows of a version; of an open period those that it would have now."""
    with reading() as session:
        period = periods.get(session, access.current_actor(), str(period_id))
        return jsonify([row.document() for row in periods.rows_of(session, period, args.get("version"))])


@blueprint.get("/<uuid:period_id>/list.xlsx")
@blueprint.arguments(PrintArgs, location="query", unknown=RAISE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
@access.people("supervisor", "admin")
def list_xlsx(args: dict[str, Any], period_id: UUID) -> Response:
    """The list of a version as it goes on paper: A3 landscape, fifteen columns, photos before and after."""
    file = temporary()
    with reading() as session:
        period = periods.get(session, access.current_actor(), str(period_id))
        count = period_list.write(session, period, args.get("version"), file, args["lang"])
        name = f"{period.cell_code}-{period.year}-{period.number:03d}"
    digest = digest_of(file)
    _note("period.print", str(period_id), rows=count, version=args.get("version"), sha256=digest)
    return attachment(file, XLSX, f"period-{name}.xlsx", digest=digest)


def _note(action: str, subject: str, **details: object) -> None:
    """Every print is in the audit trail."""
    with writing() as session:
        audit.record(session, clock.now(), access.current_actor().user_id, action, subject, **details)

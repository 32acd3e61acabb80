"""Findings, read: as JSON and as GeoJSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import (
    access,
    documents,
    geojson,
)
from backend.api.paging import (
    PageArgs,
    page_asked,
    page_of,
)
from backend.services import (
    figures,
    finding_filters,
    finding_orders,
    finding_queries,
)
from backend.transactions import reading

MOST_AT_ONCE = 200
"""As many as the longest page of the list has."""

blueprint = Blueprint("findings", __name__, url_prefix="/api/v1/findings", description="Findings 问题")


def _filter(description: str) -> fields.Field[Any]:
    return fields.String(metadata={"description": description})


def _codes(group: str) -> fields.Field[Any]:
    return _filter(f"One or more, separated by commas: {', '.join(catalogue.codes(group))}")


class FilterArgs(Schema):
    """Read by `finding_filters.parse`, which says what is wrong with one."""

    cell = _filter("Administrative code (with all below it), 1 km or 3 km square, BeiDou code, or `unassigned`")
    topic = _codes("topic")
    state = _codes("state")
    severity = _codes("severity")
    found_from = _filter("RFC 3339 time, or a date (its start in Beijing); included")
    found_to = _filter("RFC 3339 time, not included; or a date, that whole day in Beijing included")
    bbox = _filter("west,south,east,north in CGCS2000 degrees")
    site = _filter("Id of a site")
    unit = _filter("Code of a management unit")
    campaign = _filter("Id of a campaign: its cells, days and topic")
    figure = _filter(f"What a figure of the statistics counts: {', '.join(figures.FIGURES)}")
    as_of = _filter("RFC 3339 time at which `figure=overdue` is meant; now without it")
    township = _filter("Counted exactly there: a township, or a larger cell without what is known finer; `unassigned`")
    office = _filter("Id of the office that has it, or had it last")
    responsible_unit = _filter("Name of the responsible unit of its site")
    period = _filter("Id of a frozen period (第N期): exactly its findings")
    flag = _codes("flag")
    waiting = _filter(f"What its office has asked for: {', '.join(finding_filters.WAITING)}")
    text = _filter("Looked for in number, item, description, and the site's name and address")


class FindingsArgs(FilterArgs, PageArgs, geojson.FormatArgs):
    sort = fields.String(
        load_default="newest",
        validate=validate.OneOf(list(finding_orders.SORTS)),
        metadata={
            "description": "newest and oldest: by when it was found; deadline: the longest overdue first, what has no "
            "term last; severity: the gravest first; changed: what was changed last first"
        },
    )


@blueprint.get("")
@blueprint.arguments(FindingsArgs, location="query", unknown=RAISE)
@blueprint.response(200, page_of(documents.FindingSchema, "FindingPage"))
@blueprint.alt_response(
    200, schema=documents.points_of(documents.FindingSchema, "Finding"), content_type=geojson.GEOJSON, success=True
)
@access.anyone_known()
def list_findings(args: dict[str, Any]) -> Response:
    """Findings that you may see, in the order of `sort`; `Accept: application/geo+json` gives GeoJSON in CGCS2000."""
    filters = finding_filters.parse(args)
    with reading() as session:
        page = finding_queries.page(session, access.current_actor(), filters, page_asked(args), args["sort"])
        found = finding_queries.documents(session, page.rows)
    return geojson.listed(args, page, found)


class ToVerifySchema(Schema):
    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class ToVerifyAnswerSchema(Schema):
    items = fields.List(
        fields.Nested(documents.FindingToVerifySchema),
        required=True,
        metadata={"description": "Those of them that you may see"},
    )


@blueprint.post("/to-verify")
@blueprint.arguments(ToVerifySchema)
@blueprint.response(200, ToVerifyAnswerSchema)
@access.anyone_known()
def to_verify(asked: dict[str, list[UUID]]) -> Response:
    """What speaks against several findings, before somebody vouches for them; nothing changes by it."""
    with reading() as session:
        found = finding_queries.to_verify(session, access.current_actor(), [str(each) for each in asked["ids"]])
    return jsonify({"items": found})


@blueprint.get("/<uuid:finding_id>")
@blueprint.response(200, documents.FindingDetailSchema)
@access.anyone_known()
def get_finding(finding_id: UUID) -> Response:
    """One finding with its comments, photos, flags, and how its cells were found."""
    with reading() as session:
        return jsonify(finding_queries.detail(session, access.current_actor(), str(finding_id), clock.now()))

"""Statistics: what was found and what became of it, coverage, the 100 % rates, rankings, the plans' targets."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy.orm import Session

from backend import catalogue, clock
from backend.api import access, instants
from backend.api.findings import FilterArgs
from backend.api.paging import storable
from backend.services import (
    beside_figures,
    figures,
    finding_filters,
    hundreds,
    period_findings,
    plan_targets,
    rankings,
    statistics,
)
from backend.services.figure_sums import Asked
from backend.services.fire_rates import Span
from backend.transactions import reading

PLACES = ("county", "township", "total")
RANKED = (*figures.rates(), "coverage", "fire_handling")

EVER = 100_000
"""Days: those of a period are as many as its oldest finding makes them."""

blueprint = Blueprint("statistics", __name__, url_prefix="/api/v1/statistics", description="Statistics 统计")


class SpanArgs(Schema):
    first = instants.day(required=True, data_key="from", metadata={"description": "First day, in China"})
    last = instants.day(required=True, data_key="to", metadata={"description": "Last day, included"})


class CountArgs(FilterArgs, SpanArgs):
    """The findings' own filters; the days say when they were found, and a figure is what is asked for.

    A frozen period says its days by itself.
    """

    first = instants.day(data_key="from", metadata={"description": "First day, in China; not needed with a period"})
    last = instants.day(data_key="to", metadata={"description": "Last day, included; not needed with a period"})

    class Meta:
        exclude = ("found_from", "found_to", "figure")

    monthly = fields.Boolean(load_default=False, metadata={"description": "A line a month"})

    @validates_schema
    def check_days(self, data: dict[str, Any], **_options: Any) -> None:
        missing = {"first": "from", "last": "to"}.items()
        if wrong := [name for key, name in missing if key not in data and not data.get("period")]:
            raise ValidationError({name: ["Say the days, or a frozen period."] for name in wrong})


class StatisticsArgs(CountArgs):
    by = fields.String(load_default="county", validate=validate.OneOf(statistics.DIMENSIONS))


class RankingArgs(CountArgs):
    class Meta:
        exclude = ("found_from", "found_to", "figure", "monthly")

    by = fields.String(load_default="county", validate=validate.OneOf(rankings.RANKED))
    rate = fields.String(required=True, validate=validate.OneOf(RANKED))
    least = fields.Integer(
        load_default=rankings.LEAST,
        validate=validate.Range(1, 100_000),
        metadata={"description": "With a smaller denominator there is no rank"},
    )


class PlaceArgs(SpanArgs):
    by = fields.String(load_default="county", validate=validate.OneOf(PLACES))
    cell = fields.String()


class CoverageArgs(PlaceArgs):
    kind = fields.String(validate=validate.OneOf(catalogue.codes("site_kind")))


class HundredSitesArgs(SpanArgs):
    set = fields.String(required=True, validate=validate.OneOf(hundreds.codes()))
    cell = fields.String()
    township = fields.String()
    holds = fields.Boolean(metadata={"description": "Whether all that applied held; without it, all that were judged"})
    item = fields.String()
    result = fields.String(validate=validate.OneOf(sorted(hundreds.JUDGED)), metadata={"description": "Of the item"})

    @validates_schema
    def check(self, data: dict[str, Any], **_options: Any) -> None:
        if "result" in data and "item" not in data:
            raise ValidationError("A result is that of an item: name the item.", "item")


class TargetArgs(Schema):
    year = fields.Integer(validate=validate.Range(instants.LEAST_YEAR, instants.MOST_YEAR))
    place = fields.String()


class ItemsSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


class StatisticsSchema(ItemsSchema):
    by = fields.String(required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    as_of = fields.DateTime(required=True)
    narrowed = fields.Dict(required=True)
    total = fields.Dict(required=True)


class RankingSchema(ItemsSchema):
    by = fields.String(required=True)
    figure = fields.String(required=True)
    best = fields.String(required=True, validate=validate.OneOf(("highest", "lowest")))
    least_denominator = fields.Integer(required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")


def _asked(session: Session, args: dict[str, Any]) -> Asked:
    filters = finding_filters.parse(args)
    monthly = args.get("monthly", False)
    if filters.period is None:
        span = Span(args["first"], args["last"], monthly)
    else:
        first, last = period_findings.days(session, filters.period)
        span = Span(args.get("first", first), args.get("last", last), monthly, most=EVER)
    return Asked(args["by"], span, filters, filters.as_of or clock.now())


@blueprint.get("")
@blueprint.arguments(StatisticsArgs, location="query", unknown=RAISE)
@blueprint.response(200, StatisticsSchema)
@access.people("supervisor", "admin", "handler")
def count(args: dict[str, Any]) -> Response:
    """Findings and what became of them, each number with the list that shows it; a handler sees the own office's."""
    with reading() as session:
        return jsonify(statistics.of(session, access.current_actor(), _asked(session, args)))


@blueprint.get("/definitions")
@blueprint.response(200, {"type": "object"})
@access.people("supervisor", "admin", "handler")
def definitions() -> Response:
    """What each figure and rate means."""
    return jsonify(figures.definitions())


@blueprint.get("/ranking")
@blueprint.arguments(RankingArgs, location="query", unknown=RAISE)
@blueprint.response(200, RankingSchema)
@access.people("supervisor", "admin")
def ranking(args: dict[str, Any]) -> Response:
    """Areas or units by a rate, the best first; ties share a rank. There is none of persons."""
    with reading() as session:
        actor = access.current_actor()
        return jsonify(rankings.of(session, actor, _asked(session, args), args["rate"], args["least"]))


@blueprint.get("/coverage")
@blueprint.arguments(CoverageArgs, location="query", unknown=RAISE)
@blueprint.response(200, ItemsSchema)
@access.people("supervisor", "admin")
def coverage(args: dict[str, Any]) -> Response:
    """How many of the register's sites were inspected, by place and kind."""
    storable(args)
    span, where = Span(args["first"], args["last"]), (args.get("cell"), args.get("kind"))
    with reading() as session:
        found = beside_figures.coverage(session, access.current_actor(), args["by"], span, *where)
        return jsonify({"items": found})


@blueprint.get("/hundreds")
@blueprint.arguments(PlaceArgs, location="query", unknown=RAISE)
@blueprint.response(200, ItemsSchema)
@access.people("supervisor", "admin")
def hundred_rates(args: dict[str, Any]) -> Response:
    """The 100 % rates of the six and the nine, of all items together and of each."""
    storable(args)
    span = Span(args["first"], args["last"])
    with reading() as session:
        found = hundreds.rates(session, access.current_actor(), args["by"], span, args.get("cell"))
        return jsonify({"items": found})


@blueprint.get("/hundreds/sites")
@blueprint.arguments(HundredSitesArgs, location="query", unknown=RAISE)
@blueprint.response(200, ItemsSchema)
@access.people("supervisor", "admin")
def hundred_sites(args: dict[str, Any]) -> Response:
    """The sites behind such a rate, each at its latest inspection; at most 1,000."""
    storable(args)
    asked = hundreds.SitesAsked(span=Span(args.pop("first"), args.pop("last")), **args)
    with reading() as session:
        return jsonify({"items": hundreds.listing(session, access.current_actor(), asked)})


@blueprint.get("/targets")
@blueprint.arguments(TargetArgs, location="query", unknown=RAISE)
@blueprint.response(200, ItemsSchema)
@access.people("supervisor", "admin", "handler")
def targets(args: dict[str, Any]) -> Response:
    """The plans' annual targets, with plan and clause."""
    found = plan_targets.listing(args.get("year"))
    if "place" in args:
        found = [each for each in found if each["place"] == args["place"]]
    with reading():
        return jsonify({"items": plan_targets.named(found)})

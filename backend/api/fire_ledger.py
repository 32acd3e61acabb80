"""What is made of the fire points: the ledger as xlsx, handling rates, daily reports."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from backend import catalogue, clock
from backend.api import access, instants
from backend.api.attachments import XLSX, attachment, digest_of, temporary
from backend.api.fire_points import FireFilterArgs, filters_of
from backend.api.paging import storable
from backend.services import audit, fire_days, fire_ledger, fire_rates
from backend.services.errors import InputInvalid
from backend.services.fire_days import DayReport
from backend.services.fire_points import FireFilters
from backend.transactions import reading, writing
from geo.local_time import local_time

MOST = 100_000

blueprint = Blueprint("fire-ledger", __name__, url_prefix="/api/v1", description="Fire points' ledger 火点台账与日报")


class LedgerArgs(FireFilterArgs):
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


class RatesArgs(Schema):
    first = instants.day(required=True, data_key="from", metadata={"description": "First day"})
    last = instants.day(required=True, data_key="to", metadata={"description": "Last day, included"})
    monthly = fields.Boolean(load_default=False)
    source = fields.String(
        validate=validate.OneOf(catalogue.codes("fire_source")),
        metadata={"description": "`video` is the plans' own rate"},
    )
    cell = fields.String()
    zone = fields.String(validate=validate.OneOf(catalogue.codes("zone_outcome")))
    within_minutes = fields.Integer(load_default=fire_rates.IN_TIME_MINUTES, validate=validate.Range(1, 10_080))


class RatesSchema(Schema):
    items = fields.List(fields.Dict(), required=True)


class DayArgs(Schema):
    cell = fields.String(required=True, metadata={"description": "The units right below it are listed"})
    day = instants.day(required=True)


class DaySchema(Schema):
    day = fields.Date(required=True)
    cell = fields.String(required=True)
    items = fields.List(fields.Dict(), required=True, metadata={"description": "`state`: reported, zero or missing"})
    sums = fields.Dict(required=True)


class DayReportSchema(Schema):
    people = fields.Integer(required=True, validate=validate.Range(0, MOST))
    vehicles = fields.Integer(required=True, validate=validate.Range(0, MOST))
    fires = fields.Integer(required=True, validate=validate.Range(0, MOST))
    zero_report = fields.Boolean(required=True, metadata={"description": "零报告, said on purpose"})
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=500))


@blueprint.get("/exports/fire-ledger.xlsx")
@blueprint.arguments(LedgerArgs, location="query", unknown=RAISE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
@access.people("supervisor", "admin")
def ledger(args: dict[str, Any]) -> Response:
    """The ledger (火点台账) of the fire points that you may see, with the filters of the list."""
    language, filters = args.pop("lang"), filters_of(args)
    stated = {name: str(value) for name, value in sorted(args.items())}
    file = temporary()
    with reading() as session:
        facts = fire_ledger.write(session, access.current_actor(), filters, stated, file, language)
    digest = digest_of(file)
    _note(facts, stated, digest)
    day = local_time(clock.now()).date().isoformat()
    name, plain = f"{catalogue.label(language, 'fire_ledger', 'title')}-{day}.xlsx", f"fire-ledger-{day}.xlsx"
    return attachment(file, XLSX, name, plain=plain, digest=digest, seq=facts.seq)


def _note(facts: fire_ledger.Facts, stated: dict[str, str], digest: str) -> None:
    """Every export is in the audit trail."""
    with writing() as session:
        said = {"seq": facts.seq, "rows": facts.rows, "filters": stated, "sha256": digest}
        audit.record(session, clock.now(), access.current_actor().user_id, "export.fire-ledger", None, **said)


@blueprint.get("/fire-rates")
@blueprint.arguments(RatesArgs, location="query", unknown=RAISE)
@blueprint.response(200, RatesSchema)
@access.people("supervisor", "admin")
def rates(args: dict[str, Any]) -> Response:
    """Handling rates by county and period against the plans' targets, and the number of a year before."""
    span = fire_rates.Span(args["first"], args["last"], args["monthly"])
    filters = FireFilters(**storable({name: args[name] for name in ("source", "cell", "zone") if name in args}))
    with reading() as session:
        found = fire_rates.rates(session, access.current_actor(), span, filters, args["within_minutes"])
        return jsonify({"items": found})


@blueprint.get("/fire-days")
@blueprint.arguments(DayArgs, location="query", unknown=RAISE)
@blueprint.response(200, DaySchema)
@access.people("supervisor", "admin")
def of_day(args: dict[str, Any]) -> Response:
    """A day's reports of the units below a cell: reported, zero on purpose, or missing."""
    storable(args)
    with reading() as session:
        return jsonify(fire_days.of_day(session, access.current_actor(), args["cell"], args["day"]))


@blueprint.put("/fire-days/<unit>/<day>")
@blueprint.arguments(DayReportSchema)
@blueprint.response(200, {"type": "object"})
@access.people()
def report_day(said: dict[str, Any], unit: str, day: str) -> Response:
    """Report a unit's day, or revise the report."""
    storable({"unit": unit, **said})
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = fire_days.report(session, actor, unit, _day(day), DayReport(**said), now)
        return jsonify(fire_days.document(session, found))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        instants.in_bounds(day)
        return day
    except (ValueError, ValidationError):
        raise InputInvalid("A day is written YYYY-MM-DD.", field="day") from None

"""Look-backs (回头看): listed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.case_documents import LookBackSchema
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models.look_back import LOOK_BACK_OUTCOMES
from backend.services import look_back_queries, look_back_rules
from backend.services.look_back_queries import LookBackFilters
from backend.transactions import reading

blueprint = Blueprint("look-backs", __name__, url_prefix="/api/v1/look-backs", description="Look-backs 回头看")


class LookBackFindingSchema(Schema):
    id = fields.String(required=True)
    number = fields.String(required=True)
    topic = fields.String(required=True)
    severity = fields.String(required=True)
    description = fields.String(required=True)
    state = fields.String(required=True)


class ListedLookBackSchema(LookBackSchema):
    finding = fields.Nested(LookBackFindingSchema, required=True)


LookBackPageSchema = page_of(ListedLookBackSchema, "LookBackPage")


class RuleSchema(Schema):
    code = fields.String(required=True)
    severity = fields.List(fields.String(), required=True, metadata={"description": "Empty: each"})
    topic = fields.List(fields.String(), required=True, metadata={"description": "Empty: each"})
    again = fields.Boolean(required=True, metadata={"description": "Only what was sent back or reopened before"})
    after = fields.Integer(required=True, metadata={"description": "Working days from the close-out"})
    within = fields.Integer(required=True, metadata={"description": "Working days to do it in"})
    share = fields.Integer(required=True, metadata={"description": "Per cent of the close-outs"})


class LookBackRulesSchema(Schema):
    items = fields.List(fields.Nested(RuleSchema), required=True)


class LookBacksArgs(PageArgs):
    state = fields.String(
        validate=validate.OneOf(look_back_queries.STATES), metadata={"description": "Overdue ones are planned too"}
    )
    outcome = fields.String(validate=validate.OneOf(LOOK_BACK_OUTCOMES))
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})


@blueprint.get("/rules")
@blueprint.response(200, LookBackRulesSchema)
@access.anyone_known()
def rules() -> Response:
    """Which close-outs are looked at again, and when; the first rule that fits holds."""
    return jsonify({"items": [asdict(rule) for rule in look_back_rules.table()]})


@blueprint.get("")
@blueprint.arguments(LookBacksArgs, location="query", unknown=RAISE)
@blueprint.response(200, LookBackPageSchema)
@access.anyone_known()
def listing(args: dict[str, Any]) -> Response:
    """The look-backs of findings that you may see, those due last first."""
    said = {name: args[name] for name in LookBackFilters.__slots__ if name in args}
    with reading() as session:
        asked = (access.current_actor(), LookBackFilters(**storable(said)), page_asked(args), clock.now())
        page, found = look_back_queries.page(session, *asked)
        return jsonify(page_body(page, found))

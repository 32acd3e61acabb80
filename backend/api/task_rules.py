"""Rules by which tasks recur: listed, made, paused, taken up again, ended."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access, instants
from backend.api.document_parts import PersonSchema
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models.task import RULE_STATES, TASK_KINDS
from backend.services import task_rules
from backend.services.recurrence import HOLIDAYS, MOST_DAYS
from backend.transactions import reading, writing

blueprint = Blueprint("task-rules", __name__, url_prefix="/api/v1/task-rules", description="Recurring tasks 周期任务")

HINDRANCES = ("paused", "ended", "site-closed", "campaign-not-running")
OFFICE = ("supervisor", "admin")


class TaskRuleFieldsSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(TASK_KINDS))
    title = fields.String(required=True, validate=validate.Length(1, 200))
    rule = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={
            "description": "Of RFC 5545: FREQ=DAILY, FREQ=WEEKLY with BYDAY, or FREQ=MONTHLY with BYMONTHDAY; INTERVAL",
            "example": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
        },
    )
    opens = fields.Time(format="%H:%M", load_default=time(8), metadata={"description": "Chinese time"})
    closes = fields.Time(format="%H:%M", load_default=time(18))
    days = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "How many days after it opens it closes; working days unless holidays are kept"},
    )
    holidays = fields.String(
        load_default="keep",
        validate=validate.OneOf(HOLIDAYS),
        metadata={"description": "A day that is no working day is kept, skipped, or put off to the next working day"},
    )


class NewTaskRuleSchema(TaskRuleFieldsSchema):
    class Meta:
        unknown = RAISE

    note = fields.String(allow_none=True, validate=validate.Length(max=4000))
    site_id = fields.UUID(data_key="site", allow_none=True)
    cell_code = fields.String(data_key="cell", allow_none=True, validate=validate.Length(max=20))
    checklist = fields.String(allow_none=True, validate=validate.Length(max=60))
    campaign_id = fields.UUID(data_key="campaign", allow_none=True)
    pool = fields.String(allow_none=True, validate=validate.Length(max=20))
    assignee_id = fields.UUID(data_key="assignee", allow_none=True)
    first_day = instants.day(allow_none=True, metadata={"description": "Days are counted from here; today"})
    last_day = instants.day(allow_none=True)


class OccurrenceSchema(Schema):
    day = fields.Date(required=True, metadata={"description": "The one that the rule names"})
    not_before = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    assumed = fields.Boolean(required=True, metadata={"description": "Its holidays are not announced yet"})


class TaskRuleSchema(TaskRuleFieldsSchema):
    id = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    site = fields.String(required=True, allow_none=True)
    cell = fields.String(required=True, allow_none=True)
    checklist = fields.String(required=True, allow_none=True)
    campaign = fields.String(required=True, allow_none=True)
    pool = fields.String(required=True, allow_none=True)
    assignee = fields.Nested(PersonSchema, required=True, allow_none=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(RULE_STATES))
    hindrance = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(HINDRANCES),
        metadata={"description": "Why it makes no tasks just now"},
    )
    next = fields.List(fields.Nested(OccurrenceSchema), required=True)
    created_by = fields.Nested(PersonSchema, required=True)
    created_at = fields.AwareDateTime(required=True)
    rev = fields.Integer(required=True)


TaskRulePageSchema = page_of(TaskRuleSchema, "TaskRulePage")


class TaskRulesArgs(PageArgs):
    state = fields.String(validate=validate.OneOf(RULE_STATES))


class StopSchema(Schema):
    class Meta:
        unknown = RAISE

    note = fields.String(required=True, validate=validate.Length(1, 4000))


@blueprint.get("")
@blueprint.arguments(TaskRulesArgs, location="query", unknown=RAISE)
@blueprint.response(200, TaskRulePageSchema)
@access.people(*OFFICE)
def listing(args: dict[str, Any]) -> Response:
    """The rules of your area, the newest first."""
    with reading() as session:
        page = task_rules.page(session, access.current_actor(), args.get("state"), page_asked(args))
        return jsonify(page_body(page, [task_rules.document(session, each, clock.now()) for each in page.rows]))


@blueprint.post("")
@blueprint.arguments(NewTaskRuleSchema)
@blueprint.response(201, TaskRuleSchema)
@access.people(*OFFICE)
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Let a task recur; those of the next seven days are made at once."""
    given = {name: str(value) if isinstance(value, UUID) else value for name, value in said.items()}
    with writing() as session:
        now = clock.now()
        made = task_rules.create(session, access.current_actor(), storable(given), now, clock.new_id())
        return jsonify(task_rules.document(session, made, now)), 201


@blueprint.get("/<uuid:rule_id>")
@blueprint.response(200, TaskRuleSchema)
@access.people(*OFFICE)
def get(rule_id: UUID) -> Response:
    """One rule, with its next days."""
    with reading() as session:
        found = task_rules.get(session, access.current_actor(), str(rule_id))
        return jsonify(task_rules.document(session, found, clock.now()))


@blueprint.post("/<uuid:rule_id>/pause")
@blueprint.arguments(StopSchema)
@blueprint.response(200, TaskRuleSchema)
@access.people(*OFFICE)
def pause(said: dict[str, Any], rule_id: UUID) -> Response:
    """Make no more for now; what has not begun is called off until the rule goes on."""
    return _stopped(task_rules.pause, said, rule_id)


@blueprint.post("/<uuid:rule_id>/resume")
@blueprint.response(200, TaskRuleSchema)
@access.people(*OFFICE)
def resume(rule_id: UUID) -> Response:
    """Go on from today."""
    with writing() as session:
        now = clock.now()
        found = task_rules.resume(session, access.current_actor(), str(rule_id), now, clock.new_id())
        return jsonify(task_rules.document(session, found, now))


@blueprint.post("/<uuid:rule_id>/end")
@blueprint.arguments(StopSchema)
@blueprint.response(200, TaskRuleSchema)
@access.people(*OFFICE)
def end(said: dict[str, Any], rule_id: UUID) -> Response:
    """Make no more for good; what has not begun is called off."""
    return _stopped(task_rules.end, said, rule_id)


def _stopped(stop: task_rules.Stop, said: dict[str, Any], rule_id: UUID) -> Response:
    with writing() as session:
        now = clock.now()
        found = stop(session, access.current_actor(), str(rule_id), storable(said)["note"], now, clock.new_id())
        return jsonify(task_rules.document(session, found, now))

"""Tasks: listed, given, reassigned, called off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access, instants
from backend.api.document_parts import PersonSchema
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.models.task import TASK_KINDS, TASK_STATES
from backend.services import task_desk, tasks
from backend.services.task_desk import TaskFilters
from backend.transactions import reading, writing

blueprint = Blueprint("tasks", __name__, url_prefix="/api/v1/tasks", description="Tasks 任务")


MOST_COMPANIONS = 4


class SourceSchema(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)


class TaskSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(TASK_KINDS))
    title = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    site = fields.String(required=True, allow_none=True)
    cell = fields.String(required=True, allow_none=True)
    checklist = fields.String(required=True, allow_none=True)
    campaign = fields.String(required=True, allow_none=True)
    not_before = fields.AwareDateTime(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True)
    pool = fields.String(required=True, allow_none=True, metadata={"description": "Whose people may take it"})
    assignee = fields.Nested(PersonSchema, required=True, allow_none=True)
    companions = fields.List(
        fields.Nested(PersonSchema), required=True, metadata={"description": "Who goes along; each of them may do it"}
    )
    source = fields.Nested(SourceSchema, required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(TASK_STATES))
    created_at = fields.AwareDateTime(required=True)
    rev = fields.Integer(required=True)


class TaskDetailSchema(TaskSchema):
    steps = fields.List(fields.Dict(), required=True)


TaskPageSchema = page_of(TaskSchema, "TaskPage")


class TasksArgs(PageArgs):
    state = fields.String(validate=validate.OneOf(TASK_STATES))
    kind = fields.String(validate=validate.OneOf(TASK_KINDS))
    cell = fields.String()
    campaign = fields.UUID()
    assignee = fields.UUID()
    sort = fields.String(
        load_default="latest",
        validate=validate.OneOf(list(task_desk.SORTS)),
        metadata={"description": "latest: what is due last first; urgent: what still is to be done, by its term"},
    )


class NewTaskSchema(Schema):
    class Meta:
        unknown = RAISE

    kind = fields.String(required=True, validate=validate.OneOf(TASK_KINDS))
    title = fields.String(required=True, validate=validate.Length(1, 200))
    note = fields.String(allow_none=True, validate=validate.Length(max=4000))
    site_id = fields.UUID(data_key="site", allow_none=True)
    cell_code = fields.String(data_key="cell", allow_none=True, validate=validate.Length(max=20))
    checklist = fields.String(allow_none=True, validate=validate.Length(max=60))
    campaign_id = fields.UUID(data_key="campaign", allow_none=True)
    not_before = instants.moment(allow_none=True)
    due_at = instants.moment(required=True)
    pool = fields.String(allow_none=True, validate=validate.Length(max=20))
    assignee_id = fields.UUID(data_key="assignee", allow_none=True)
    companions = fields.List(fields.UUID(), validate=validate.Length(max=MOST_COMPANIONS))


class TaskAssigneeSchema(Schema):
    assignee = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: back to the pool"})
    companions = fields.List(fields.UUID(), validate=validate.Length(max=MOST_COMPANIONS))


class CancelSchema(Schema):
    note = fields.String(required=True, validate=validate.Length(1, 4000))


@blueprint.get("")
@blueprint.arguments(TasksArgs, location="query", unknown=RAISE)
@blueprint.response(200, TaskPageSchema)
@access.anyone_known()
def listing(args: dict[str, Any]) -> Response:
    """The tasks that you may see, in the order of `sort`."""
    said = {name: str(args[name]) for name in TaskFilters.__slots__ if name in args}
    with reading() as session:
        page = task_desk.page(
            session, access.current_actor(), TaskFilters(**storable(said)), page_asked(args), args["sort"]
        )
        return jsonify(page_body(page, [tasks.document(session, each) for each in page.rows]))


@blueprint.post("")
@blueprint.arguments(NewTaskSchema)
@blueprint.response(201, TaskSchema)
@access.people("supervisor", "admin")
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Give a task to a person, or to whoever of an area takes it."""
    given = {name: _plain(value) for name, value in said.items()}
    with writing() as session:
        made = task_desk.create(session, access.current_actor(), storable(given), clock.now(), clock.new_id())
        return jsonify(tasks.document(session, made)), 201


@blueprint.get("/<uuid:task_id>")
@blueprint.response(200, TaskDetailSchema)
@access.anyone_known()
def get(task_id: UUID) -> Response:
    """One task, with what became of it."""
    with reading() as session:
        found = task_desk.get(session, access.current_actor(), str(task_id))
        return jsonify(tasks.document(session, found) | {"steps": task_desk.steps(session, found.id)})


@blueprint.put("/<uuid:task_id>/assignee")
@blueprint.arguments(TaskAssigneeSchema)
@blueprint.response(200, TaskSchema)
@access.people("supervisor", "admin")
def assign(said: dict[str, Any], task_id: UUID) -> Response:
    """Give a task to somebody else, or back to its pool."""
    who, along = _plain(said["assignee"]), _plain(said.get("companions"))
    with writing() as session:
        actor, now, id = access.current_actor(), clock.now(), clock.new_id()
        return jsonify(tasks.document(session, task_desk.assign(session, actor, str(task_id), who, now, id, along)))


@blueprint.post("/<uuid:task_id>/cancel")
@blueprint.arguments(CancelSchema)
@blueprint.response(200, TaskSchema)
@access.people("supervisor", "admin")
def cancel(said: dict[str, Any], task_id: UUID) -> Response:
    """Call a task off, with a reason."""
    with writing() as session:
        actor, now, id = access.current_actor(), clock.now(), clock.new_id()
        found = task_desk.cancel(session, actor, str(task_id), storable(said)["note"], now, id)
        return jsonify(tasks.document(session, found))


def _plain(value: Any) -> Any:
    """Ids as texts, alone and in lists."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, UUID) else value

"""The attention queue, and what a supervisor decides of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from backend import clock
from backend.api import access
from backend.models import Conflict
from backend.services import attention, conflict_decisions
from backend.services.errors import InputInvalid, NotAllowed, NotFound
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from sync.errors import OpHeld, OpRefused

blueprint = Blueprint("attention", __name__, url_prefix="/api/v1/attention", description="What needs a supervisor")


class QueueSchema(Schema):
    held = fields.List(fields.Dict())
    rejected = fields.List(fields.Dict())
    unreadable = fields.List(fields.Dict())
    conflicts = fields.List(fields.Dict())
    refused_media = fields.List(fields.Dict())
    late_media = fields.List(fields.Dict())
    lost_media = fields.List(fields.Dict())


@blueprint.get("")
@blueprint.response(200, QueueSchema)
@access.people("supervisor", "admin")
def queue() -> dict[str, Any]:
    """Held and rejected ops, open conflicts, refused, late and lost media of your area."""
    with reading() as session:
        return attention.of(session, access.current_actor(), clock.now())


class DecisionSchema(Schema):
    status = fields.String(required=True)
    problem = fields.Dict(allow_none=True)


class RetrySchema(Schema):
    approve = fields.Boolean(
        load_default=False, metadata={"description": "let it through although its author's right was lost"}
    )


@blueprint.post("/ops/<uuid:stream>/<int:n>/retry")
@blueprint.arguments(RetrySchema)
@blueprint.response(200, DecisionSchema)
@access.people("supervisor", "admin")
def retry(request: dict[str, bool], stream: UUID, n: int) -> dict[str, Any]:
    """Decide a held op anew."""
    with writing() as session:
        actor = access.current_actor()
        decided = attention.retry(session, actor, str(stream), n, clock.now(), request["approve"])
        return {"status": decided.result.status, "problem": decided.result.problem}


class DismissSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))


@blueprint.post("/ops/<uuid:stream>/<int:n>/dismiss")
@blueprint.arguments(DismissSchema)
@blueprint.response(200, DecisionSchema)
@access.people("supervisor", "admin")
def dismiss(request: dict[str, str], stream: UUID, n: int) -> dict[str, Any]:
    """Reject a held op; its author reads the reason."""
    with writing() as session:
        actor = access.current_actor()
        decided = attention.dismiss(session, actor, str(stream), n, clock.now(), request["reason"])
        return {"status": decided.result.status, "problem": decided.result.problem}


class ChoiceSchema(Schema):
    choice = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(("current", "incoming"))), required=True
    )


@blueprint.post("/conflicts/<uuid:conflict_id>/resolve")
@blueprint.arguments(ChoiceSchema)
@blueprint.response(204)
@access.people("supervisor", "admin")
def resolve(request: dict[str, Any], conflict_id: UUID) -> None:
    """Choose for each lost field which value stands."""
    with writing() as session:
        store = SqlStore(session, clock.now())
        store.lock_counter()
        conflict = session.get(Conflict, str(conflict_id))
        if conflict is None:
            raise NotFound("There is no such conflict.")
        _decide(session, store, conflict, request["choice"])


def _decide(session: Any, store: SqlStore, conflict: Conflict, choice: dict[str, str]) -> None:
    try:
        conflict_decisions.decide(session, store, conflict, choice, access.current_actor(), at=clock.now())
    except OpHeld as error:
        raise NotAllowed(str(error)) from None
    except OpRefused as error:
        raise InputInvalid(str(error), reason=error.code, **error.extras) from None

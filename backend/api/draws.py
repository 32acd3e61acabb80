"""Double-random draws: made, listed and read by admins."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate
from sqlalchemy.orm import Session

from backend import clock
from backend.api import access, instants
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.jobs import intents
from backend.models import Draw
from backend.services import draw_tasks, draws
from backend.services.double_random import CLASSES, MOST_OFFICERS
from backend.services.draws import DrawAsked
from backend.transactions import reading, writing

blueprint = Blueprint("draws", __name__, url_prefix="/api/v1/draws", description="Double-random draws 双随机抽查")

PERCENT = validate.Range(0, 100)


class DrawRatesSchema(Schema):
    key = fields.Integer(strict=True, validate=PERCENT, metadata={"description": "重点, per cent a quarter"})
    special = fields.Integer(strict=True, validate=PERCENT, metadata={"description": "特殊"})
    general = fields.Integer(strict=True, validate=PERCENT, metadata={"description": "一般"})


class DeclaredConflictSchema(Schema):
    user = fields.UUID(required=True)
    site = fields.UUID(required=True)


class NewDrawSchema(Schema):
    area = fields.String(required=True, validate=validate.Length(1, 20), metadata={"description": "A cell's code"})
    rates = fields.Nested(
        DrawRatesSchema, load_default=dict, metadata={"description": "Instead of the office's settings"}
    )
    officers_per_site = fields.Integer(strict=True, load_default=2, validate=validate.Range(1, MOST_OFFICERS))
    certificate_needed = fields.Boolean(load_default=True)
    conflicts = fields.List(
        fields.Nested(DeclaredConflictSchema),
        load_default=list,
        validate=validate.Length(max=10_000),
        metadata={"description": "Declared conflicts of interest: who may not be sent where"},
    )
    seed = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Of a public lottery; made by the server if left out"},
    )
    reason = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 500),
        metadata={"description": "Needed where the quarter was drawn already"},
    )

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> DrawAsked:
        storable({name: data[name] for name in ("area", "seed", "reason") if data[name] is not None})
        usual = current_app.extensions["bluegrid.settings"].draw_rates
        rates = {name: data["rates"].get(name, getattr(usual, name)) for name in CLASSES}
        barred = frozenset((str(pair["user"]), str(pair["site"])) for pair in data["conflicts"])
        return DrawAsked(**{**data, "rates": rates, "conflicts": barred})


class DrawHeadSchema(Schema):
    id = fields.UUID(required=True)
    area = fields.String(required=True)
    quarter = fields.String(required=True, metadata={"description": "As 2026Q4, by China's calendar"})
    round = fields.Integer(required=True)
    reason = fields.String(required=True, allow_none=True)
    algorithm = fields.String(required=True)
    seed = fields.String(required=True)
    seed_origin = fields.String(required=True, metadata={"description": "made by the server, or given"})
    inputs_sha256 = fields.String(required=True)
    result_sha256 = fields.String(required=True)
    by = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class NewPublicationSchema(Schema):
    class Meta:
        unknown = RAISE

    not_before = instants.moment(load_default=None, allow_none=True)
    due_at = instants.moment(
        load_default=None, allow_none=True, metadata={"description": "The end of the quarter if left out"}
    )
    checklist = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 60))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 4000))


class PublicationSchema(Schema):
    at = fields.AwareDateTime(required=True)
    by = fields.UUID(required=True)
    not_before = fields.AwareDateTime(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True)
    visits = fields.Integer(required=True)
    tasks = fields.Integer(required=True, metadata={"description": "How many of the visits are tasks by now"})


class DrawSchema(DrawHeadSchema):
    inputs = fields.Dict(required=True, metadata={"description": "The frozen lists"})
    result = fields.Dict(required=True, metadata={"description": "`visits` in the order drawn, and `quotas`"})
    publication = fields.Nested(PublicationSchema, required=True, allow_none=True)
    names = fields.Dict(required=True, metadata={"description": "Of the drawn sites and officers, as they are today"})


DrawsSchema = page_of(DrawHeadSchema, "Draws")


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query", unknown=RAISE)
@blueprint.response(200, DrawsSchema)
@access.people("admin")
def list_draws(args: dict[str, Any]) -> Response:
    """Draws without their lists, the newest first."""
    with reading() as session:
        page = draws.listed(session, page_asked(args))
        return jsonify(page_body(page, [draws.document(kept, whole=False) for kept in page.rows]))


@blueprint.get("/<uuid:draw_id>")
@blueprint.response(200, DrawSchema)
@access.people("admin")
def get(draw_id: UUID) -> Response:
    """A draw with the lists that it rested on and what came out."""
    with reading() as session:
        kept = draws.get(session, str(draw_id))
        return jsonify(_whole(session, kept))


@blueprint.post("")
@blueprint.arguments(NewDrawSchema)
@blueprint.response(201, DrawSchema)
@access.people("admin")
def make(asked: DrawAsked) -> tuple[Response, int]:
    """Draw sites and officers for this quarter; lists, seed and result are kept for good."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        made = draws.make(session, actor, clock.new_id(), now, asked, lambda: secrets.token_hex(32))
        return jsonify(_whole(session, made)), 201


@blueprint.post("/<uuid:draw_id>/publish")
@blueprint.arguments(NewPublicationSchema)
@blueprint.response(202, PublicationSchema)
@access.people("admin")
def publish(said: dict[str, Any], draw_id: UUID) -> tuple[Response, int]:
    """Give the visits as tasks to the officers who were drawn; said again, it answers how far that is."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        _, new = draw_tasks.publish(session, actor, str(draw_id), storable(said), now)
        if new:
            intents.ask(session, clock.new_id(), draw_tasks.JOB, {"draw": str(draw_id)}, actor.user_id, now)
        return jsonify(draw_tasks.state(session, draws.get(session, str(draw_id)))), 202


def _whole(session: Session, kept: Draw) -> dict[str, Any]:
    about = {"publication": draw_tasks.state(session, kept), "names": draws.names(session, kept)}
    return draws.document(kept, whole=True) | about

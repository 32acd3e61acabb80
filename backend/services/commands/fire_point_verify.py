"""`fire_point.verify`: what the inspector found at a fire point. `row` is the fire point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import FirePoint
from backend.services import field_history, fire_answers, fire_points, photos
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.ops import Op
from sync.store import OpContext, Store

MAX_AREA_MU = 100_000
MAX_PENALTY_YUAN = 10_000_000


class AnswerArguments(Schema):
    """What an answer says, whichever way it comes."""

    outcome = fields.String(required=True, validate=validate.OneOf(catalogue.codes("fire_outcome")))
    arrived_at = arguments.Instant(load_default=None, allow_none=True)
    extinguished_at = arguments.Instant(load_default=None, allow_none=True)
    crop = arguments.optional_text(40)
    area_mu = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, MAX_AREA_MU))
    handling = fields.List(
        fields.String(validate=validate.OneOf(catalogue.codes("fire_handling"))),
        load_default=list,
        validate=validate.Length(max=len(catalogue.codes("fire_handling"))),
    )
    penalty_yuan = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, MAX_PENALTY_YUAN))
    note = arguments.optional_text()
    position = arguments.Place(load_default=None, allow_none=True)


class VerifyArguments(arguments.Arguments, AnswerArguments):
    photos = arguments.hashes()


@dataclass(frozen=True, slots=True)
class FirePointVerify:
    """See sync.commands.Handler."""

    session: Session
    versions = frozenset({1})

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        args = arguments.read(VerifyArguments, op)
        require_order(args)
        return args

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        point = self.session.get(FirePoint, op.row)
        if point is None:
            raise OpHeld("parent-missing", "The fire point is not known here.", waits_for=op.row)
        who = author(self.session, context.author_id)
        if not (context.approved or fire_points.may_answer(who, point)):
            raise OpHeld("right-lost", "The fire point is outside the author's grants; a supervisor decides.")
        hashes = prepared["photos"] or []
        photos.hold_if_seen(self.session, who, hashes)
        photos.mention(self.session, context, ("fire_point", point.merged_into or point.id), hashes, "scene")
        times = {
            name: corrected(prepared[name], context)[0] if prepared[name] else None
            for name in ("arrived_at", "extinguished_at")
        }
        position = prepared["position"]
        given = fire_answers.give(
            self.session,
            cast(SqlStore, store),
            point,
            {**prepared, **times, "position": position and position.to_wire()},
            fire_answers.By(
                who.user_id,
                None,
                "app",
                op.id,
                context.stream,
                context.received_at,
                field_history.own_streams(self.session, context.stream),
            ),
            str(uuid5(UUID(op.id), "conflict")),
            {"photos": hashes},
        )
        return Outcome(given.status, given.point.rev, given.conflict.id if given.conflict else None)


def require_order(said: dict[str, Any]) -> None:
    """Raise OpRefused for a fire that was out before anybody came."""
    arrived, out = said["arrived_at"], said["extinguished_at"]
    if arrived is not None and out is not None and out < arrived:
        raise OpRefused(
            "args-invalid", "The fire was put out before anybody arrived.", errors={"extinguished_at": ["too early"]}
        )

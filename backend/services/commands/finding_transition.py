"""`finding.transition`: a step of a finding's life cycle. A wrong `from` is a conflict whose evidence stays."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import (
    case_errors,
    case_steps,
    conflicts,
    field_history,
    finding_rights,
    lifecycle,
    photos,
    publishing,
)
from backend.services.actor import Actor
from backend.services.authors import author
from backend.services.case_steps import Asked
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.errors import ServiceError
from backend.services.lifecycle import Step
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.merge import Loss
from sync.ops import Op
from sync.store import OpContext, Store


class TransitionArguments(arguments.Arguments):
    start = fields.String(required=True, data_key="from", validate=validate.OneOf(lifecycle.STATES))
    to = fields.String(required=True, validate=validate.OneOf(lifecycle.STATES))
    note = arguments.optional_text()
    photos = arguments.hashes()
    position = arguments.Place(load_default=None, allow_none=True)
    office = arguments.Uuid(load_default=None, allow_none=True)


class FindingTransition:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        args = arguments.read(TransitionArguments, op)
        if lifecycle.step(args["start"], args["to"]) is None:
            raise OpRefused("step-unknown", f"There is no step from {args['start']} to {args['to']}.")
        return args

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        finding = self.session.get(Finding, op.row)
        if finding is None:
            raise OpHeld("parent-missing", "The finding has not come yet.", waits_for=op.row)
        who = author(self.session, context.author_id)
        finding_rights.require(who, finding, context)
        step = lifecycle.step(prepared["start"], prepared["to"])
        assert step is not None
        self._keep_evidence(context, prepared, finding, who, step)
        feed = cast(SqlStore, store)
        if finding.state == prepared["to"] and finding.state != prepared["start"]:
            publishing.finding(self.session, feed, finding)
            return Outcome("merged", finding.rev)
        if finding.state != prepared["start"]:
            return self._conflict(op, context, prepared, finding, feed)
        try:
            case_steps.take(self.session, feed, finding, step, _asked(op, context, prepared, who, feed))
        except case_errors.StepNotYours as error:
            raise OpHeld("right-lost", "The author may not take this step; a supervisor decides.") from error
        except (case_errors.NoteMissing, case_errors.AfterPhotoMissing) as error:
            raise OpHeld(error.code, str(error)) from error
        except ServiceError as error:
            raise OpRefused(error.code, str(error), **error.extras) from error
        return Outcome("applied", finding.rev)

    def _keep_evidence(
        self, context: OpContext, prepared: dict[str, Any], finding: Finding, who: Actor, step: Step
    ) -> None:
        hashes = prepared["photos"] or []
        photos.hold_if_seen(self.session, who, hashes)
        photos.mention(self.session, context, ("finding", finding.id), hashes, case_steps.photo_role(step))

    def _conflict(
        self, op: Op, context: OpContext, prepared: dict[str, Any], finding: Finding, store: SqlStore
    ) -> Outcome:
        loss = Loss("state", prepared["start"], finding.state, prepared["to"])
        own = field_history.own_streams(self.session, context.stream)
        details = {"note": prepared["note"], "photos": prepared["photos"] or []}
        record = conflicts.record(
            self.session, store, finding, [loss], op, context, own, str(uuid5(UUID(op.id), "conflict")), details
        )
        publishing.finding(self.session, store, finding)
        return Outcome("conflict", finding.rev, record.id)


def _asked(op: Op, context: OpContext, prepared: dict[str, Any], who: Actor, store: SqlStore) -> Asked:
    wall, place = op.wall, prepared["position"]
    assert wall is not None
    return Asked(
        id=str(uuid5(UUID(op.id), "step")),
        who=who,
        at=corrected(wall, context)[0],
        received_at=context.received_at,
        note=prepared["note"],
        photos=tuple(prepared["photos"] or ()),
        position=place and place.to_wire(),
        office=prepared["office"],
        approved_by=(store.by or context.author_id) if context.approved else None,
        op_id=op.id,
        stream_id=context.stream,
    )

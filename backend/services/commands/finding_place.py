"""`finding.place`: a supervisor says whose ground a finding lies on, or that it is not the own one (现场确权)."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import conflicts, field_history, place_decisions, publishing
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.errors import ServiceError
from backend.services.place_decisions import PlaceNotYours, Word
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.merge import merge
from sync.ops import Op
from sync.store import OpContext, Store


class PlaceArguments(arguments.Arguments):
    cell = fields.String(
        required=True,
        allow_none=True,
        validate=validate.Length(1, 20),
        metadata={"description": "The administrative cell that it is; null: not ours"},
    )
    note = arguments.optional_text()


class FindingPlace:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        return arguments.read(PlaceArguments, op)

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        finding = self.session.get(Finding, op.row)
        if finding is None:
            raise OpHeld("parent-missing", "The finding has not come yet.", waits_for=op.row)
        word, feed = self._word(op, context, prepared), cast(SqlStore, store)
        try:
            if word.cell is None:
                place_decisions.decline(self.session, feed, finding, word)
                return Outcome("applied", finding.rev)
            return self._claim(op, context, finding, word, feed)
        except PlaceNotYours as error:
            raise OpHeld("right-lost", "Another one decides on this place.") from error
        except ServiceError as error:
            raise OpRefused(error.code, str(error), **error.extras) from error

    def _claim(self, op: Op, context: OpContext, finding: Finding, word: Word, store: SqlStore) -> Outcome:
        """A claim that crosses another one that its author had not seen is a conflict, which a supervisor decides."""
        own = field_history.own_streams(self.session, context.stream)
        history = field_history.of(self.session, ("finding", finding.id))
        merged = merge({"cell": finding.cell_code}, {"cell": word.cell}, op.base_rev, history, own)
        if merged.lost:
            wanted = str(uuid5(UUID(op.id), "conflict"))
            details = {"note": word.note}
            record = conflicts.record(self.session, store, finding, merged.lost, op, context, own, wanted, details)
            publishing.finding(self.session, store, finding)
            return Outcome("conflict", finding.rev, record.id)
        place_decisions.claim(self.session, store, finding, word)
        return Outcome("applied", finding.rev)

    def _word(self, op: Op, context: OpContext, prepared: dict[str, Any]) -> Word:
        wall = op.wall
        assert wall is not None
        return Word(
            id=str(uuid5(UUID(op.id), "place")),
            who=author(self.session, context.author_id),
            at=corrected(wall, context)[0],
            received_at=context.received_at,
            cell=prepared["cell"],
            note=prepared["note"],
            op_id=op.id,
            stream_id=context.stream,
            approved=context.approved,
        )

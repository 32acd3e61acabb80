"""`finding.edit`: text, severity and place of a finding, merged field by field; first received stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import conflicts, field_history, finding_fields, finding_rights, publishing
from backend.services.authors import author
from backend.services.commands import arguments
from backend.services.lifecycle import CLOSED
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.merge import Loss, Merge, merge
from sync.ops import Op
from sync.store import OpContext, Store


class EditArguments(arguments.Arguments):
    description = fields.String(validate=validate.Length(1, arguments.MAX_TEXT))
    severity = fields.String(validate=validate.OneOf(("minor", "moderate", "serious")))
    topic = fields.String(validate=validate.Regexp(arguments.TOPIC))
    item = fields.String(allow_none=True, validate=validate.Length(max=80))
    site = arguments.Uuid(allow_none=True)
    position = arguments.Place()


@dataclass(frozen=True, slots=True)
class Prepared:
    wanted: dict[str, Any]


class FindingEdit:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> Prepared:
        args = arguments.read(EditArguments, op)
        if not args:
            raise OpRefused("args-invalid", "An edit names at least one field.", errors={})
        return Prepared({name: finding_fields.as_kept(name, value) for name, value in args.items()})

    def apply(self, op: Op, context: OpContext, prepared: Prepared, store: Store) -> Outcome:
        finding = self.session.get(Finding, op.row)
        if finding is None:
            raise OpHeld("parent-missing", "The finding has not come yet.", waits_for=op.row)
        finding_rights.require(author(self.session, context.author_id), finding, context)
        finding_fields.require_known_item(self.session, prepared.wanted.get("item"))
        merged, own = self._merge(op, context, prepared, finding)
        if merged.changed:
            finding.rev += 1
            finding_fields.put(self.session, finding, merged.changed)
            self._remember(op, context, finding, merged)
            publishing.finding_and_what_hangs_on_it(self.session, cast(SqlStore, store), finding)
        conflict_id = None
        if merged.lost:
            wanted_id = str(uuid5(UUID(op.id), "conflict"))
            feed = cast(SqlStore, store)
            conflict_id = conflicts.record(self.session, feed, finding, merged.lost, op, context, own, wanted_id).id
        return Outcome(merged.status, finding.rev, conflict_id)

    def _merge(self, op: Op, context: OpContext, prepared: Prepared, finding: Finding) -> tuple[Merge, frozenset[str]]:
        """The merge; after close-out nothing is written any more, so every change is a loss."""
        own = field_history.own_streams(self.session, context.stream)
        history = field_history.of(self.session, ("finding", finding.id))
        current = finding_fields.current(finding)
        merged = merge(current, prepared.wanted, op.base_rev, history, own)
        if finding.state in CLOSED and merged.changed:
            settled = tuple(Loss(name, current[name], current[name], value) for name, value in merged.changed.items())
            merged = Merge({}, (*merged.lost, *settled), True)
        return merged, own

    def _remember(self, op: Op, context: OpContext, finding: Finding, merged: Merge) -> None:
        field_history.write(
            self.session,
            ("finding", finding.id),
            finding.rev,
            merged.changed,
            author_id=context.author_id,
            stream_id=context.stream,
            op_id=op.id,
            at=context.received_at,
        )

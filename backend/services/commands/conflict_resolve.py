"""`conflict.resolve`: a supervisor chooses, field by field, what stands. `row` is the conflict."""

from __future__ import annotations

from typing import Any, cast

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Conflict
from backend.services import conflict_decisions
from backend.services.authors import author
from backend.services.commands import arguments
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld
from sync.ops import Op
from sync.store import OpContext, Store


class ResolveArguments(arguments.Arguments):
    choice = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.String(validate=validate.OneOf(("current", "incoming"))),
        required=True,
    )


class ConflictResolve:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        return arguments.read(ResolveArguments, op)

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        conflict = self.session.get(Conflict, op.row)
        if conflict is None:
            raise OpHeld("parent-missing", "The conflict is not known here.", waits_for=op.row)
        who = author(self.session, context.author_id)
        rev = conflict_decisions.decide(
            self.session,
            cast(SqlStore, store),
            conflict,
            prepared["choice"],
            who,
            at=context.received_at,
            stream_id=context.stream,
            op_id=op.id,
            approved=context.approved,
        )
        return Outcome("applied", rev)

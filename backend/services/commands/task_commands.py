"""`task.take`, `task.done`, `task.return`: what a device does with a task. `row` is the task.

Of two who took one apart the second hears who has it; a task that is done by somebody who does not have it waits for a
supervisor, and what was done stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Task
from backend.services import tasks
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.errors import ServiceError
from backend.services.tasks import Word
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.ops import Op
from sync.store import OpContext, Store

Doing = Callable[[Session, SqlStore, Task, Word], Task]


class EvidenceArguments(arguments.Arguments):
    type = fields.String(required=True, validate=validate.OneOf(("inspection", "finding", "patrol", "photo")))
    id = arguments.Uuid(required=True)


class TakeArguments(arguments.Arguments):
    note = arguments.optional_text()


class DoneArguments(arguments.Arguments):
    note = arguments.optional_text()
    evidence = fields.List(
        fields.Nested(EvidenceArguments), load_default=list, allow_none=True, validate=validate.Length(max=50)
    )


class ReturnArguments(arguments.Arguments):
    note = arguments.text()


class TaskCommand:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session, schema: type[arguments.Arguments], do: Doing) -> None:
        self.session, self.schema, self.do = session, schema, do

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        return arguments.read(self.schema, op)

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        task = self.session.get(Task, op.row)
        if task is None:
            raise OpHeld("parent-missing", "There is no such task here.", waits_for=op.row)
        wall = op.wall
        assert wall is not None
        word = tasks.word_of(
            self.session,
            context.author_id,
            str(uuid5(UUID(op.id), "task")),
            corrected(wall, context)[0],
            context.received_at,
            note=prepared["note"],
            evidence=prepared.get("evidence") or (),
            op_id=op.id,
            approved=context.approved,
        )
        try:
            self.do(self.session, cast(SqlStore, store), task, word)
        except tasks.TaskNotYours as error:
            raise OpHeld("right-lost", str(error)) from error
        except ServiceError as error:
            raise OpRefused(error.code, str(error), **error.extras) from error
        return Outcome("applied", task.rev)


def commands(session: Session) -> dict[str, TaskCommand]:
    """The three commands by name."""
    return {
        "task.take": TaskCommand(session, TakeArguments, tasks.take),
        "task.done": TaskCommand(session, DoneArguments, tasks.done),
        "task.return": TaskCommand(session, ReturnArguments, tasks.give_back),
    }

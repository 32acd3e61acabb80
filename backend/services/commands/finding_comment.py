"""`finding.comment`: words and photos beside a finding; append-only.

`row` is the finding; the comment's own id derives from the op.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import comments, finding_rights
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.comments import Said
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpHeld
from sync.ops import Op
from sync.store import OpContext, Store


class CommentArguments(arguments.Arguments):
    text = arguments.text()
    photos = arguments.hashes()


class FindingComment:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        return arguments.read(CommentArguments, op)

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        finding = self.session.get(Finding, op.row)
        if finding is None:
            raise OpHeld("parent-missing", "The finding of this comment has not come yet.", waits_for=op.row)
        who = author(self.session, context.author_id)
        finding_rights.require(who, finding, context)
        wall = op.wall
        assert wall is not None
        said = Said(comment_id(op), prepared["text"], prepared["photos"] or [])
        at = corrected(wall, context)[0]
        comment = comments.write(self.session, cast(SqlStore, store), who, finding, said, at, context)
        return Outcome(rev=1, created=(comment.id,))


def comment_id(op: Op) -> str:
    """UUIDv5(op id, "comment"): an op makes one comment, whatever happens on the way."""
    return str(uuid5(UUID(op.id), "comment"))

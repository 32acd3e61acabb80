"""Words and photos beside a finding; append-only, written alike from a phone (`finding.comment`) and at the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.models import Comment, Finding
from backend.services import audit, finding_queries, finding_rights, photos, publishing
from backend.services.actor import Actor
from backend.services.case_errors import StepNotYours
from backend.services.errors import InputInvalid
from backend.sync_store import SqlStore
from sync.store import OpContext


@dataclass(frozen=True, slots=True)
class Said:
    """A comment to be, under the id that it will have."""

    id: str
    text: str
    photos: Sequence[str] = ()


def id_of(actor: Actor, once: str) -> str:
    """The id of the comment that somebody says under a key of their own; never that of a phone's comment."""
    return str(uuid5(UUID(once), f"comment of {actor.user_id}"))


def say(session: Session, actor: Actor, finding_id: str, said: Said, now: datetime) -> Comment:
    """Comment on a finding that the actor may act on; what is there under its id already is not said twice.

    Raises NotFound, StepNotYours, InputInvalid where something else was said under this id.
    """
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    finding = finding_queries.one(session, actor, finding_id)
    if not finding_rights.may_act(actor, finding):
        raise StepNotYours("Its author, and those who have it or whose area it lies in, comment on it.")
    before = session.get(Comment, said.id)
    if before is not None:
        if (before.finding_id, before.text) != (finding.id, said.text):
            raise InputInvalid("Something else was said under this key; take a new one.", field="once")
        return before
    context = OpContext(said.id, actor.user_id, now, None)
    comment = write(session, store, actor, finding, said, now, context)
    audit.record(session, now, actor.user_id, "finding.comment", finding.id, comment=comment.id)
    return comment


def write(
    session: Session, store: SqlStore, who: Actor, finding: Finding, said: Said, at: datetime, context: OpContext
) -> Comment:
    """Write a comment whose right was judged, and publish it; the counter must be locked by then."""
    comment = Comment(id=said.id, finding_id=finding.id, author_id=who.user_id, text=said.text, said_at=at)
    session.add(comment)
    session.flush()
    photos.hold_if_seen(session, who, said.photos)
    photos.mention(session, context, ("comment", comment.id), said.photos, "scene")
    publishing.comment(session, store, comment)
    return comment

"""Deciding a conflict: the chosen values are written, and the record is closed. For ops and the console alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.models import Conflict, Finding, FirePoint
from backend.services import (
    case_steps,
    conflicts,
    field_history,
    finding_fields,
    finding_rights,
    fire_answers,
    place_decisions,
    publishing,
)
from backend.services.actor import Actor
from backend.services.case_steps import Asked
from backend.services.place_decisions import Word
from backend.sync_store import SqlStore
from sync.errors import OpHeld, OpRefused


def decide(
    session: Session,
    store: SqlStore,
    conflict: Conflict,
    choice: Mapping[str, str],
    who: Actor,
    *,
    at: datetime,
    stream_id: str | None = None,
    op_id: str | None = None,
    approved: bool = False,
) -> int:
    """Resolve a conflict; the same choice again changes nothing. Returns the row's `rev`.

    Raises OpRefused `already-resolved` and `choice-invalid`, OpHeld `right-lost`.
    """
    subject: Finding | FirePoint
    if conflict.row_type == "fire_point":
        subject = session.get_one(FirePoint, conflict.row_id)
    else:
        subject = session.get_one(Finding, conflict.row_id)
    if not approved and (who.role not in ("supervisor", "admin") or not finding_rights.covers(who, subject)):
        raise OpHeld("right-lost", "Only a supervisor of the cell resolves its conflicts.")
    names = {field["name"] for field in conflict.fields}
    if set(choice) != names:
        raise OpRefused("choice-invalid", "The choice names each lost field once.", fields=sorted(names))
    if conflict.state == "resolved":
        if conflict.choice == dict(choice):
            return subject.rev
        raise OpRefused("already-resolved", "This conflict was resolved otherwise; the first decision stands.")
    incoming = {field["name"]: field["incoming"] for field in conflict.fields if choice[field["name"]] == "incoming"}
    if incoming:
        before = subject.state
        place = place_decisions.as_it_was(subject) if isinstance(subject, Finding) else {}
        subject.rev += 1
        _set(session, subject, incoming)
        if isinstance(subject, Finding) and subject.state != before:
            asked = Asked(str(uuid5(UUID(conflict.id), "step")), who, at, at, op_id=op_id, stream_id=stream_id)
            case_steps.decide_state(session, store, subject, before, asked)
        if isinstance(subject, Finding) and "cell" in incoming:
            word = Word(str(uuid5(UUID(conflict.id), "place")), who, at, at, incoming["cell"], None, op_id, stream_id)
            place_decisions.note_decided(session, subject, place, word)
        field_history.write(
            session,
            (conflict.row_type, subject.id),
            subject.rev,
            incoming,
            author_id=who.user_id,
            stream_id=stream_id,
            op_id=op_id,
            at=at,
        )
        if isinstance(subject, FirePoint):
            publishing.fire_point(session, store, subject)
        else:
            publishing.finding_and_what_hangs_on_it(session, store, subject)
    conflicts.resolve(session, store, conflict, choice, who.user_id, at)
    return subject.rev


def _set(session: Session, subject: Finding | FirePoint, incoming: Mapping[str, Any]) -> None:
    if isinstance(subject, FirePoint):
        fire_answers.choose(subject, incoming)
        return
    if "state" in incoming:
        subject.state = incoming["state"]
    if "cell" in incoming:
        place_decisions.set_cell(session, subject, incoming["cell"])
    plain = {name: value for name, value in incoming.items() if name not in ("state", "cell")}
    finding_fields.put(session, subject, plain)

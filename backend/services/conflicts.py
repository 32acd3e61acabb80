"""Conflicts: recorded, joined, resolved. Both values are kept for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Conflict, Finding, FirePoint
from backend.services import publishing, telling
from backend.sync_store import SqlStore
from sync.merge import Loss
from sync.ops import Op
from sync.store import OpContext

Subject = Finding | FirePoint


@dataclass(frozen=True, slots=True)
class Loser:
    """Whose fields were lost: the op (or the link that was answered by), its stream and author, and when it came."""

    op_id: str
    stream: str
    author_id: str
    at: datetime
    own_streams: frozenset[str]


def record(
    session: Session,
    store: SqlStore,
    finding: Finding,
    losses: Sequence[Loss],
    op: Op,
    context: OpContext,
    own_streams: frozenset[str],
    conflict_id: str,
    details: Mapping[str, Any] | None = None,
) -> Conflict:
    """The one conflict record of an op that lost fields of a finding; see `record_of`."""
    loser = Loser(op.id, context.stream, context.author_id, context.received_at, own_streams)
    return record_of(session, store, finding, losses, loser, conflict_id, details)


def record_of(
    session: Session,
    store: SqlStore,
    subject: Subject,
    losses: Sequence[Loss],
    loser: Loser,
    conflict_id: str,
    details: Mapping[str, Any] | None = None,
) -> Conflict:
    """The one conflict record of whoever lost fields.

    An op that loses a field which an earlier op of its own streams had lost joins that one's open record.
    """
    earlier = _joined_by(session, subject, losses, loser.own_streams)
    if earlier is not None:
        _join(earlier, losses, loser.op_id, details)
        publishing.conflict(session, store, earlier)
        return earlier
    conflict = Conflict(
        id=conflict_id,
        row_type=subject.__tablename__,
        row_id=subject.id,
        fields=[loss.as_wire() for loss in losses],
        op_id=loser.op_id,
        joined=[],
        stream_id=loser.stream,
        author_id=loser.author_id,
        at=loser.at,
        details=dict(details or {}),
    )
    session.add(conflict)
    publishing.conflict(session, store, conflict)
    telling.of_finding(session, "conflict-recorded", store.now, subject, user=loser.author_id)
    return conflict


def _joined_by(
    session: Session, subject: Subject, losses: Sequence[Loss], own_streams: frozenset[str]
) -> Conflict | None:
    query = select(Conflict).where(
        Conflict.row_type == subject.__tablename__,
        Conflict.row_id == subject.id,
        Conflict.state == "open",
        Conflict.stream_id.in_(own_streams),
    )
    names = {loss.name for loss in losses}
    for conflict in session.scalars(query.order_by(Conflict.at, Conflict.id)):
        if not names.isdisjoint(field["name"] for field in conflict.fields):
            return conflict
    return None


def _join(conflict: Conflict, losses: Sequence[Loss], op_id: str, details: Mapping[str, Any] | None) -> None:
    """The later value is what the device wants now; the earlier one stays in the record and in its op."""
    fields = {field["name"]: field for field in conflict.fields}
    superseded = []
    for loss in losses:
        before = fields.get(loss.name)
        if before is not None:
            superseded.append({"name": loss.name, "incoming": before["incoming"]})
            fields[loss.name] = {**before, "current": loss.current, "incoming": loss.incoming}
        else:
            fields[loss.name] = loss.as_wire()
    conflict.fields = list(fields.values())
    conflict.joined = [*conflict.joined, {"op": op_id, "superseded": superseded, **(details or {})}]
    conflict.rev += 1


def resolve(
    session: Session, store: SqlStore, conflict: Conflict, choice: Mapping[str, str], by: str, at: datetime
) -> None:
    """Close a record with a person's choice for each field; whoever calls this has written the chosen values."""
    conflict.state, conflict.choice = "resolved", dict(choice)
    conflict.resolved_by, conflict.resolved_at = by, at
    conflict.rev += 1
    publishing.conflict(session, store, conflict)

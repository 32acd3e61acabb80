"""What became of a fire point: the inspector's answer, first received stays, a different second one is a conflict.

An answer comes from the app, by a one-time link, or from the console; the rule is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.models import Conflict, FirePoint
from backend.services import conflicts, field_history, publishing
from backend.sync_store import SqlStore
from sync.merge import Loss

FIELDS = (
    "outcome",
    "arrived_at",
    "extinguished_at",
    "crop",
    "area_mu",
    "handling",
    "penalty_yuan",
    "note",
    "position",
)
_INSTANTS = ("arrived_at", "extinguished_at")


@dataclass(frozen=True, slots=True)
class By:
    """Who answers, how, and when it was received. `streams`: those whose earlier answer this one corrects."""

    user_id: str
    name: str | None
    via: str
    source_id: str
    stream: str
    at: datetime
    streams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Given:
    """`status`: applied, merged or conflict, as an op's verdict has it."""

    point: FirePoint
    status: str
    conflict: Conflict | None = None


def give(
    session: Session,
    store: SqlStore,
    point: FirePoint,
    said: Mapping[str, Any],
    by: By,
    conflict_id: str,
    details: Mapping[str, Any] | None = None,
) -> Given:
    """Enter an answer, FIELDS by name (instants as such, the position in wire form); what is null says nothing.

    On a fire point that was merged it is the answer of the one that stands. The counter must be locked.
    """
    if point.merged_into is not None:
        point = session.get_one(FirePoint, point.merged_into)
    said = {name: said.get(name) for name in FIELDS if said.get(name) not in (None, [], "")}
    if "handling" in said:
        said["handling"] = sorted(set(said["handling"]))
    if point.outcome is None or (point.answered_by == by.user_id and point.answered_stream in by.streams):
        _enter(session, point, said, by)
        publishing.fire_point(session, store, point)
        return Given(point, "applied")
    standing = {name: getattr(point, name) for name in said}
    lacking = {name: value for name, value in said.items() if standing[name] in (None, [], "")}
    lost = [
        Loss(name, None, plain(standing[name]), plain(value))
        for name, value in said.items()
        if name not in lacking and plain(standing[name]) != plain(value)
    ]
    if lacking:
        _put(session, point, lacking, by)
    record = None
    if lost:
        record = conflicts.record_of(
            session,
            store,
            point,
            lost,
            conflicts.Loser(by.source_id, by.stream, by.user_id, by.at, by.streams),
            conflict_id,
            {**(details or {}), "name": by.name, "via": by.via},
        )
    publishing.fire_point(session, store, point)
    return Given(point, "conflict" if lost else "merged", record)


def _enter(session: Session, point: FirePoint, said: Mapping[str, Any], by: By) -> None:
    point.state = "answered"
    point.answered_at, point.answered_by, point.answered_name = by.at, by.user_id, by.name
    point.answered_via, point.answered_stream = by.via, by.stream
    _put(session, point, said, by)


def _put(session: Session, point: FirePoint, values: Mapping[str, Any], by: By) -> None:
    point.rev += 1
    for name, value in values.items():
        setattr(point, name, value)
    field_history.write(
        session,
        ("fire_point", point.id),
        point.rev,
        {name: plain(value) for name, value in values.items()},
        author_id=by.user_id,
        stream_id=by.stream if by.via == "app" else None,
        op_id=by.source_id if by.via == "app" else None,
        at=by.at,
    )


def choose(point: FirePoint, incoming: Mapping[str, Any]) -> None:
    """Set the values that a person chose in a conflict; instants come as text."""
    for name, value in incoming.items():
        setattr(point, name, datetime.fromisoformat(value) if name in _INSTANTS and value else value)


def inherit(kept: FirePoint, gone: FirePoint) -> None:
    """One fire now: an answer to the one is that of both; two that differ are pointed out."""
    if gone.outcome is None:
        return
    if kept.outcome is None:
        for name in (*FIELDS, "answered_at", "answered_by", "answered_name", "answered_via", "answered_stream"):
            setattr(kept, name, getattr(gone, name))
        kept.state = "answered"
    elif [plain(getattr(kept, n)) for n in FIELDS] != [plain(getattr(gone, n)) for n in FIELDS]:
        kept.flags = [*kept.flags, {"code": "answers-differ", "detail": gone.number}]


def plain(value: Any) -> Any:
    """A field's value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

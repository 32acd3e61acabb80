"""The in-app feed: what a person is told of, newest first, with an unread mark, kept for 90 days.

Reads what `telling` wrote. Who may read an event is asked anew each time: a grant that was lost shows nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import FeedEvent, FeedMark, UnitMember
from backend.services import cells, event_kinds, numbering, rows, visibility
from backend.services.actor import Actor
from backend.services.pages import PageCursorInvalid

KEPT = timedelta(days=90)
MOST_COUNTED = 1_000
A_COMMIT = 1_000
LARGEST_N = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FeedPage:
    """`unread` counts at most MOST_COUNTED; `read_up_to` is where the person's mark stands."""

    events: list[FeedEvent]
    next_cursor: str | None
    unread: int
    read_up_to: int


def page(session: Session, actor: Actor, cursor: str | None, limit: int, unread_only: bool = False) -> FeedPage:
    """A page of an actor's feed. Raises PageCursorInvalid.

    Each way in which an event can be somebody's is walked by its own index, as far as the page reaches.
    """
    mark = session.scalar(select(FeedMark.read_n).where(FeedMark.user_id == actor.user_id)) or 0
    bounds = [FeedEvent.n < _read(cursor)] if cursor is not None else []
    bounds += [FeedEvent.n > mark] if unread_only else []
    found: dict[int, FeedEvent] = {}
    for way in _ways(actor):
        query = select(FeedEvent).where(way, *bounds).order_by(FeedEvent.n.desc()).limit(limit + 1)
        found |= {event.n: event for event in session.scalars(query)}
    events = sorted(found.values(), key=lambda event: -event.n)
    shown = events[:limit]
    counted = select(FeedEvent.n).where(or_(*_ways(actor)), FeedEvent.n > mark).limit(MOST_COUNTED).subquery()
    unread = session.scalar(select(func.count()).select_from(counted)) or 0
    return FeedPage(shown, str(shown[-1].n) if len(events) > limit else None, unread, mark)


def _read(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= LARGEST_N):
        raise PageCursorInvalid("This cursor is not one that this list gave; begin again without it.")
    return int(cursor)


def _ways(actor: Actor) -> list[ColumnElement[bool]]:
    """The ways in which an event can be an actor's: by name, by office, by role in the own area."""
    ways = [FeedEvent.user_id == actor.user_id]
    if actor.office_id is not None and actor.role == "handler":
        ways.append(FeedEvent.office_id == actor.office_id)
    if actor.role == "admin":
        return [*ways, FeedEvent.role == "admin", FeedEvent.role == "supervisor"]
    near = FeedEvent.cell_code.in_(visibility.below(actor.grants))
    ways.append(and_(FeedEvent.role == actor.role, near))
    if actor.sees_unassigned():
        ways.append(and_(FeedEvent.role == actor.role, FeedEvent.cell_code.is_(None)))
    if actor.units:
        members = select(UnitMember.subject_id).where(UnitMember.code.in_(sorted(actor.units)))
        ways.append(and_(FeedEvent.role == actor.role, FeedEvent.subject_id.in_(members)))
    return ways


def read_up_to(session: Session, actor: Actor, n: int, now: datetime) -> int:
    """Mark what there is up to an event as read; a mark never goes back. Returns where it stands."""
    n = min(n, numbering.last_event(session))
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    put = dialect.insert(FeedMark).values(user_id=actor.user_id, read_n=n, at=now)
    further = {"read_n": put.excluded.read_n, "at": put.excluded.at}
    later = put.excluded.read_n > FeedMark.read_n
    session.execute(put.on_conflict_do_update(index_elements=["user_id"], set_=further, where=later))
    return session.scalars(select(FeedMark.read_n).where(FeedMark.user_id == actor.user_id)).one()


def sweep(session: Session, now: datetime) -> int:
    """Remove events whose time is over, at most A_COMMIT; how many."""
    old = select(FeedEvent.n).where(FeedEvent.at < now - KEPT).limit(A_COMMIT)
    gone = session.execute(delete(FeedEvent).where(FeedEvent.n.in_(old)).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", gone).rowcount


def document(event: FeedEvent, mark: int) -> dict[str, Any]:
    """An event as the API shows it."""
    return {
        "n": event.n,
        "kind": event.kind,
        "at": rows.instant(event.at),
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "cell": None if event.cell_code is None else {"code": event.cell_code, "name": cells.name(event.cell_code)},
        "facts": event.facts,
        "text": texts(event.kind, event.facts),
        "unread": event.n > mark,
    }


def texts(kind: str, facts: dict[str, Any]) -> dict[str, str]:
    """An event's sentence in each language."""
    return {language: event_kinds.sentence(kind, facts, language) for language in catalogue.LANGUAGES}

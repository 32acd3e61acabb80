"""What is to be sent to which web hook, when it is tried again, and when a hook is given up for now.

Each hook looks at the events one after the other, so that none is missed and none is queued twice; what was taken up
and not noted (a killed consumer) is sent again. The posting itself is `web_hooks.posting`, outside of transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, exists, or_, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import FeedEvent, WebHook, WebHookDelivery
from backend.services import cells, event_kinds, feed, numbering, rows, telling, visibility
from backend.sync_store import SqlStore
from backend.web_hooks.posting import Reply

BACK_OFF = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 12 * 60, 24 * 60)
)  # after the first, second … attempt
GIVEN_UP_AFTER = timedelta(days=3)
BUSY = timedelta(minutes=5)
LOOKED_AT = 500
A_RUN = {"standard": 100, "wecom": 20, "dingtalk": 20}
"""Deliveries to a hook in a run, one a minute: a group robot takes 20 messages a minute."""

Outcome = tuple[str, Reply]
TEST = "hook-test"
"""The kind of a message that somebody sends by hand to see it arrive: tried once, and no sign of a failing hook."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that is due."""

    id: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be sent to one hook now, in this order."""

    hook_id: str
    form: str
    language: str
    sealed: str
    parcels: tuple[Parcel, ...]


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether a hook has events to look at, or something to send."""
    behind = select(WebHook.id).where(WebHook.state == "active", WebHook.seen_n < numbering.last_event(session))
    if session.scalar(behind.limit(1)) is not None:
        return True
    due = select(WebHookDelivery.id).where(*_due(now)).join(WebHook, WebHook.id == WebHookDelivery.hook_id)
    return session.scalar(due.where(*_free(now)).limit(1)) is not None


def _due(now: datetime) -> tuple[Any, ...]:
    return (WebHookDelivery.state == "waiting", WebHookDelivery.next_at <= now)


def _free(now: datetime) -> tuple[Any, ...]:
    return (WebHook.state == "active", or_(WebHook.busy_until.is_(None), WebHook.busy_until <= now))


def look(session: Session, now: datetime, new_id: Callable[[], str]) -> int:
    """Queue the next events for the hooks that want them; how many deliveries were made."""
    made = 0
    behind = select(WebHook).where(WebHook.state == "active", WebHook.seen_n < numbering.last_event(session))
    for hook in session.scalars(behind.order_by(WebHook.id).with_for_update()).all():
        next_ones = select(FeedEvent).where(FeedEvent.n > hook.seen_n).order_by(FeedEvent.n).limit(LOOKED_AT)
        events = session.scalars(next_ones).all()
        wanted = set(visibility.below(hook.cells))
        for event in events:
            if event.kind in hook.kinds and event.kind != "digest" and (not hook.cells or event.cell_code in wanted):
                session.add(delivery(hook, new_id(), str(event.n), content(event), now))
                made += 1
        hook.seen_n = events[-1].n if events else numbering.last_event(session)
    session.flush()
    return made


def content(event: FeedEvent) -> dict[str, Any]:
    """What is sent of an event, whatever the form: no person is named."""
    subject = {"type": event.subject_type, "id": event.subject_id}
    return content_of(event.kind, event.at, event.facts, event.n, subject, event.cell_code)


def content_of(
    kind: str,
    at: datetime,
    facts: Mapping[str, Any],
    n: int | None = None,
    subject: Mapping[str, str] | None = None,
    cell: str | None = None,
) -> dict[str, Any]:
    return {
        "n": n,
        "kind": kind,
        "at": rows.instant(at),
        "subject": subject,
        "cell": None if cell is None else {"code": cell, "name": cells.name(cell)},
        "facts": dict(facts),
        "title": {language: event_kinds.title(kind, language) for language in catalogue.LANGUAGES},
        "text": feed.texts(kind, dict(facts)),
    }


def delivery(hook: WebHook, id: str, key: str, said: dict[str, Any], now: datetime) -> WebHookDelivery:
    """A delivery to a hook that waits to be sent at once."""
    return WebHookDelivery(
        id=id,
        hook_id=hook.id,
        event_key=key,
        kind=said["kind"],
        content=said,
        state="waiting",
        attempts=0,
        next_at=now,
        created_at=now,
    )


def take_up(session: Session, now: datetime) -> list[Errand]:
    """What is due, by hook, for whoever calls this alone until BUSY is over or `note` was called."""
    due = exists().where(WebHookDelivery.hook_id == WebHook.id, *_due(now))
    found = session.scalars(select(WebHook).where(*_free(now), due).order_by(WebHook.id).with_for_update()).all()
    errands = []
    for hook in found:
        query = select(WebHookDelivery).where(WebHookDelivery.hook_id == hook.id, *_due(now))
        query = query.order_by(WebHookDelivery.created_at, WebHookDelivery.id).limit(A_RUN[hook.form])
        parcels = tuple(Parcel(each.id, each.content) for each in session.scalars(query))
        hook.busy_until = now + BUSY
        errands.append(Errand(hook.id, hook.form, hook.language, hook.sealed, parcels))
    return errands


def note(session: Session, hook_id: str, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Note how deliveries to a hook went; one that has failed for long is paused, and the admins are told."""
    SqlStore(session, now).lock_counter()
    hook = session.get(WebHook, hook_id, with_for_update=True)
    if hook is None:
        return  # removed while it was being told
    hook.busy_until = None
    for delivery_id, reply in outcomes:
        each = session.get_one(WebHookDelivery, delivery_id)
        each.attempts += 1
        each.last_at, each.last_status, each.last_answer = now, reply.status, reply.answer
        if reply.taken:
            each.state, hook.failing_since = "delivered", None
            continue
        if each.kind == TEST:
            each.state = "failed"
            continue
        hook.failing_since = hook.failing_since or now
        if each.attempts > len(BACK_OFF):
            each.state = "failed"
        else:
            each.next_at = now + BACK_OFF[each.attempts - 1]
    if hook.state == "active" and hook.failing_since is not None and now - hook.failing_since >= GIVEN_UP_AFTER:
        hook.state, hook.paused_at = "paused", now
        telling.tell(session, "hook-paused", now, ("web_hook", hook.id), {"name": hook.name})


def sweep(session: Session, now: datetime) -> int:
    """Remove deliveries as old as the events that the feed keeps no more, at most feed.A_COMMIT; how many."""
    old = select(WebHookDelivery.id).where(WebHookDelivery.created_at < now - feed.KEPT).limit(feed.A_COMMIT)
    gone = delete(WebHookDelivery).where(WebHookDelivery.id.in_(old)).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(gone)).rowcount

"""The daily digest: how the area stands, told to each supervisor and to the web hooks that want it, once a day.

A day's digest looks back from its hour to the same hour of the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.models import FeedEvent, Finding, FirePoint, Hop, User, WebHook, WebHookDelivery
from backend.services import accounts, attention, finding_queries, fire_points, hook_queue, telling
from backend.services.actor import Actor
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore

SOME = 50
FOUND_WITHIN = timedelta(days=30)
"""A finding that is handed in later than this is not counted as new; it keeps the count on an index."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar of China, and the instant that its digest is of."""

    date: date
    until: datetime

    @property
    def since(self) -> datetime:
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told: a supervisor or a hook, and for whose area."""

    area: Actor
    user_id: str | None = None
    hook_id: str | None = None


def day_due(now: datetime, hour: int) -> Day | None:
    """The day whose digest is to be told by now; None before its hour (Chinese time)."""
    today = now.astimezone(CHINA).date()
    until = datetime.combine(today, time(hour), CHINA)
    return Day(today, until) if until <= now else None


def _once(day: Day, user_id: str) -> str:
    return f"digest:{day.date}:{user_id}"


def _key(day: Day) -> str:
    return f"digest:{day.date}"


def not_told(session: Session, day: Day) -> list[Reader]:
    """The supervisors and hooks that have not had the digest of a day."""
    told = set(session.scalars(select(FeedEvent.once).where(FeedEvent.once.startswith(f"{_key(day)}:"))))
    people = session.scalars(select(User).where(User.role == "supervisor", User.active).order_by(User.id))
    found = [Reader(accounts.actor_of(each), user_id=each.id) for each in people if _once(day, each.id) not in told]
    had = set(session.scalars(select(WebHookDelivery.hook_id).where(WebHookDelivery.event_key == _key(day))))
    for hook in session.scalars(select(WebHook).where(WebHook.state == "active").order_by(WebHook.id)):
        if "digest" in hook.kinds and hook.id not in had:
            found.append(Reader(_area_of(hook), hook_id=hook.id))
    return found


def _area_of(hook: WebHook) -> Actor:
    """Who would see what a hook is told of: a supervisor of its cells, an admin where it names none."""
    role = "supervisor" if hook.cells else "admin"
    return Actor(f"hook:{hook.id}", hook.name, role, frozenset(hook.cells))


def counts(session: Session, area: Actor, day: Day) -> dict[str, int]:
    """How an area stands: what is new since the day before, and what is open now."""
    visible = finding_queries.visible_to(area)
    open_hop = select(func.count()).select_from(Hop).join(Finding, Finding.id == Hop.finding_id)
    open_hop = open_hop.where(Hop.ended_at.is_(None), visible)
    overdue = (Hop.due_at < day.until, or_(Hop.parked_until.is_(None), Hop.parked_until <= day.until))
    findings = select(func.count()).select_from(Finding).where(visible)
    lately = Finding.found_at >= day.since - FOUND_WITHIN
    new = (Finding.received_at >= day.since, Finding.received_at < day.until, lately)
    fires = fire_points.visible(area).where(FirePoint.state == "open").with_only_columns(func.count(FirePoint.id))
    counted = {
        "new": session.scalar(findings.where(*new)),
        "overdue": session.scalar(open_hop.where(*overdue)),
        "returns": session.scalar(open_hop.where(Hop.return_asked_at.is_not(None))),
        "returned": session.scalar(findings.where(Finding.state == "returned")),
        "held": attention.count_held(session, area),
        "conflicts": attention.count_conflicts(session, area),
        "fire_points": session.scalar(fires),
    }
    return {name: n or 0 for name, n in counted.items()}


def tell(
    session: Session,
    counted: Sequence[tuple[Reader, dict[str, int]]],
    day: Day,
    now: datetime,
    new_id: Callable[[], str],
) -> int:
    """Tell those that have not been told meanwhile; how many."""
    SqlStore(session, now).lock_counter()
    waiting = {(each.user_id, each.hook_id) for each in not_told(session, day)}
    told = [(each, numbers) for each, numbers in counted if (each.user_id, each.hook_id) in waiting]
    for each, numbers in told:
        facts: dict[str, Any] = {"day": day.date.isoformat(), **numbers}
        if each.user_id is not None:
            about, once = ("user", each.user_id), _once(day, each.user_id)
            telling.tell(session, "digest", now, about, facts, user=each.user_id, once=once)
        else:
            hook = session.get_one(WebHook, each.hook_id)
            said = hook_queue.content_of("digest", now, facts)
            session.add(hook_queue.delivery(hook, new_id(), _key(day), said, now))
    session.flush()
    return len(told)

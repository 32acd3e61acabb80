"""A draw's visits as tasks: one for each site that was drawn, for all officers who were drawn for it.

The draw itself is not touched, and is replayed before anybody is sent anywhere. A site of a draw has one task, which
the database holds, so that publishing twice or on two hosts gives no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Draw, DrawPublication, Site, Task, User
from backend.services import audit, draws, rows, tasks
from backend.services.actor import Actor
from backend.services.authors import author
from backend.services.errors import InputInvalid, ServiceError
from backend.services.tasks import Word
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore

JOB = "draw-tasks"
A_COMMIT = 100


class DrawOvertaken(ServiceError):
    """The area was drawn again; the later round is the one to publish."""

    code = "draw-overtaken"


def publish(
    session: Session, actor: Actor, draw_id: str, said: Mapping[str, Any], now: datetime
) -> tuple[DrawPublication, bool]:
    """Say that a draw's visits are to be made, by the end of its quarter unless `due_at` says otherwise.

    What was published before stays as it was said then; true when it is new.
    Raises NotFound, NotAllowed, DrawOvertaken, DrawNotReproduced, InputInvalid.
    """
    actor.require_role("admin")
    SqlStore(session, now).lock_counter()
    drawn = draws.get(session, draw_id)
    before = session.get(DrawPublication, draw_id)
    if before is not None:
        return before, False
    later = select(Draw.id).where(Draw.area == drawn.area, Draw.quarter == drawn.quarter, Draw.round > drawn.round)
    if session.scalar(later.limit(1)) is not None:
        raise DrawOvertaken("This area was drawn again in this quarter; publish the last round.")
    draws.replay(session, draw_id)
    made = DrawPublication(draw_id=draw_id, by_id=actor.user_id, at=now, **said)
    made.due_at = made.due_at or end_of(drawn.quarter)
    if made.due_at <= now or (made.not_before is not None and made.not_before > made.due_at):
        raise InputInvalid("It would be due before it may begin; say until when.", field="due_at")
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "draw.publish", draw_id)
    return made, True


def make_some(session: Session, draw_id: str, now: datetime) -> int:
    """Call off what earlier rounds left open, then make the next tasks of a published draw; how much is left to do."""
    store = SqlStore(session, now)
    store.lock_counter()
    published = session.get_one(DrawPublication, draw_id)
    drawn = session.get_one(Draw, draw_id)
    giver = author(session, published.by_id)
    old = _left_open(session, drawn)
    for task in old[:A_COMMIT]:
        word = Word(str(uuid5(UUID(draw_id), task.id)), giver, now, now, drawn.reason)
        tasks.call_off(session, store, task, "cancel", word)
    if old:
        return len(old)
    visits = json.loads(drawn.result)["visits"]
    made = set(session.scalars(select(Task.site_id).where(Task.draw_id == draw_id)))
    lacking = [visit for visit in visits if visit["site"] not in made]
    for visit in lacking[:A_COMMIT]:
        task = _task(session, drawn, published, visit)
        tasks.open_task(session, store, task, Word(str(uuid5(UUID(task.id), "create")), giver, now, now))
    return len(lacking[A_COMMIT:])


def state(session: Session, drawn: Draw) -> dict[str, Any] | None:
    """How far a publication is; null where the draw was not published."""
    published = session.get(DrawPublication, drawn.id)
    if published is None:
        return None
    return {
        "at": rows.instant(published.at),
        "by": published.by_id,
        "not_before": rows.instant(published.not_before),
        "due_at": rows.instant(published.due_at),
        "visits": len(json.loads(drawn.result)["visits"]),
        "tasks": session.scalar(select(func.count()).where(Task.draw_id == drawn.id)) or 0,
    }


def end_of(quarter: str) -> datetime:
    """The last second of a quarter (as 2026Q4) in China."""
    year, n = int(quarter[:4]), int(quarter[-1])
    after = datetime(year + n // 4, n % 4 * 3 + 1, 1, tzinfo=CHINA)
    return after - timedelta(seconds=1)


def _left_open(session: Session, drawn: Draw) -> list[Task]:
    earlier = select(Draw.id).where(Draw.area == drawn.area, Draw.quarter == drawn.quarter, Draw.round < drawn.round)
    query = select(Task).where(Task.draw_id.in_(earlier), Task.state.in_(("open", "taken")))
    return list(session.scalars(query.order_by(Task.id)))


def _task(session: Session, drawn: Draw, published: DrawPublication, visit: Mapping[str, Any]) -> Task:
    """The task of a visit; where nobody can be sent any more it is with whoever published, to send somebody by hand."""
    site = session.get_one(Site, visit["site"])
    officers = [user for user in visit["officers"] if session.get_one(User, user).active] or [published.by_id]
    title = catalogue.label(catalogue.DEFAULT, "task_title", "draw")
    task = Task(
        id=str(uuid5(UUID(drawn.id), site.id)),
        kind="inspection",
        title=title.format(quarter=drawn.quarter, site=site.name)[:200],
        note=published.note,
        site_id=site.id,
        cell_code=site.cell_code,
        checklist=published.checklist,
        not_before=published.not_before,
        due_at=published.due_at,
        assignee_id=officers[0],
        draw_id=drawn.id,
    )
    tasks.go_along(task, officers[1:])
    return task

"""Tasks at the console: given, reassigned, called off and listed by the offices of their area.

What a step of a task does is `tasks`. Each function takes the counter itself before it writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from backend.models import Campaign, Site, Task, TaskCompanion, TaskRule, TaskStep, User
from backend.services import audit, cells, pages, rows, tasks, visibility
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotAllowed, NotFound
from backend.services.pages import Key, Order, Page, PageAsked
from backend.services.tasks import Word
from backend.sync_store import SqlStore


def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> Task:
    """Give a task within the own area. Raises InputInvalid, NotAllowed."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    said = dict(fields)
    along = said.pop("companions", [])
    task = Task(id=id, **said)
    require_sound(session, actor, task)
    _go_along(session, task, along)
    if task.not_before is not None and task.not_before > task.due_at:
        raise InputInvalid("It would be due before it may begin.", field="due_at")
    made = tasks.open_task(session, store, task, Word(_step_id(id, "create"), actor, now, now))
    audit.record(session, now, actor.user_id, "task.create", made.id, kind=made.kind)
    return made


def require_sound(session: Session, actor: Actor, given: Task | TaskRule) -> None:
    """Find out the cell of what is given, and refuse what names nothing known or lies outside of the actor's area.

    Raises InputInvalid, NotAllowed.
    """
    site = session.get(Site, given.site_id) if given.site_id is not None else None
    if given.site_id is not None and site is None:
        raise InputInvalid("There is no such site.", field="site")
    if given.campaign_id is not None and session.get(Campaign, given.campaign_id) is None:
        raise InputInvalid("There is no such campaign.", field="campaign")
    given.cell_code = given.cell_code or (site.cell_code if site is not None else given.pool)
    cells.require_known([code for code in (given.cell_code, given.pool) if code is not None])
    if given.pool is None and given.assignee_id is None:
        raise InputInvalid("Say who: a person, or a cell whose people may take it.", field="assignee")
    require_area(actor, given)
    _require_person(session, given.assignee_id)


def assign(
    session: Session,
    actor: Actor,
    task_id: str,
    user_id: str | None,
    now: datetime,
    id: str,
    companions: Sequence[str] | None = None,
) -> Task:
    """Give it to somebody else, or back to its pool. Who goes along stays, unless others are named.

    Raises NotFound, NotAllowed, TaskOver, InputInvalid, RecheckerIsRectifier.
    """
    store, task = _locked(session, actor, task_id, now)
    tasks.require_open(task)
    if user_id is None and task.pool is None:
        raise InputInvalid("This task has no pool; name somebody.", field="assignee")
    _require_person(session, user_id)
    task.assignee_id, task.state = user_id, "open" if user_id is None else "taken"
    stay = [] if user_id is None else [each.user_id for each in task.companions]
    _go_along(session, task, stay if companions is None else companions)
    tasks.require_other_eyes(session, task, tasks.people_of(task))
    audit.record(session, now, actor.user_id, "task.assign", task.id, to=user_id)
    return tasks.step(session, store, task, "assign", Word(id, actor, now, now), to=user_id)


def cancel(session: Session, actor: Actor, task_id: str, note: str, now: datetime, id: str) -> Task:
    """Call it off, with a reason. Raises NotFound, NotAllowed, TaskOver."""
    store, task = _locked(session, actor, task_id, now)
    tasks.call_off(session, store, task, "cancel", Word(id, actor, now, now, note))
    audit.record(session, now, actor.user_id, "task.cancel", task.id)
    return task


def _go_along(session: Session, task: Task, user_ids: Sequence[str]) -> None:
    if user_ids and task.assignee_id is None:
        raise InputInvalid("Name first who has it, then who goes along.", field="companions")
    for user_id in user_ids:
        _require_person(session, user_id, "companions")
    tasks.go_along(task, user_ids)


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """Null means: not narrowed by this."""

    state: str | None = None
    kind: str | None = None
    cell: str | None = None
    campaign: str | None = None
    assignee: str | None = None


def _going(query: Select[Any]) -> Select[Any]:
    return query.where(Task.state.in_(GOING))


def _over(query: Select[Any]) -> Select[Any]:
    return query.where(Task.state.not_in(GOING))


_LATEST = (Key(Task.due_at, datetime), Key(Task.id, str))
_EARLIEST = (Key(Task.due_at, datetime, False), Key(Task.id, str, False))
GOING = ("open", "taken")
SORTS = {
    "latest": Order("", _LATEST),
    "urgent": Order("urgent", _EARLIEST, _going, Order("over", _LATEST, _over)),
}
"""`latest`: what is due last first; `urgent`: what is still to be done first, the longest overdue before all."""


def page(session: Session, actor: Actor, filters: TaskFilters, asked: PageAsked, sort: str = "latest") -> Page[Task]:
    """The tasks that an actor sees: the own, those of the area for offices, open ones of the area for inspectors."""
    area = visibility.seen_by(actor, Task.cell_code)
    if actor.role not in ("supervisor", "admin"):
        area = area & (Task.state == "open")
    query = select(Task).where(or_(area, _with(actor.user_id), Task.created_by == actor.user_id))
    for column, wanted in (
        (Task.state, filters.state),
        (Task.kind, filters.kind),
        (Task.campaign_id, filters.campaign),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.assignee is not None:
        query = query.where(_with(filters.assignee))
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Task.cell_code))
    return pages.ordered(session, query, SORTS[sort], asked)


def _with(user_id: str) -> ColumnElement[bool]:
    along = select(TaskCompanion.task_id).where(TaskCompanion.user_id == user_id)
    return or_(Task.assignee_id == user_id, Task.id.in_(along))


def steps(session: Session, task_id: str) -> list[dict[str, Any]]:
    """What became of a task, the earliest first."""
    found = session.scalars(select(TaskStep).where(TaskStep.task_id == task_id).order_by(TaskStep.n)).all()
    return [
        {
            "action": each.action,
            "by": tasks.person(session, each.by_id),
            "to": tasks.person(session, each.to_id),
            "at": rows.instant(each.at),
            "note": each.note,
            "evidence": each.evidence,
        }
        for each in found
    ]


def get(session: Session, actor: Actor, task_id: str) -> Task:
    """One task that an actor sees. Raises NotFound."""
    found = session.get(Task, task_id)
    if found is None or not _sees(actor, found):
        raise NotFound("There is no such task, or you may not see it.")
    return found


def _sees(actor: Actor, task: Task) -> bool:
    if actor.user_id in (*tasks.people_of(task), task.created_by) or actor.role == "admin":
        return True
    near = actor.covers(cells.lineage(task.cell_code)) if task.cell_code else actor.sees_unassigned()
    return near and (actor.role == "supervisor" or task.state == "open")


def _locked(session: Session, actor: Actor, task_id: str, now: datetime) -> tuple[SqlStore, Task]:
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    task = get(session, actor, task_id)
    require_area(actor, task)
    return store, task


def require_area(actor: Actor, task: Task | TaskRule) -> None:
    """Raise NotAllowed unless the actor is an office above the cell and the pool."""
    near = actor.covers(cells.lineage(task.cell_code)) if task.cell_code else actor.sees_unassigned()
    pooled = task.pool is None or actor.covers(cells.lineage(task.pool))
    if actor.role not in ("supervisor", "admin") or not (near and pooled):
        raise NotAllowed("A task is given by a supervisor of its area.")


def _require_person(session: Session, user_id: str | None, field: str = "assignee") -> None:
    who = session.get(User, user_id) if user_id is not None else None
    if user_id is not None and (who is None or not who.active):
        raise InputInvalid("There is no such person, or the account is closed.", field=field)


def _step_id(task_id: str, action: str) -> str:
    return str(uuid5(UUID(task_id), action))

"""Tasks: given, taken, done, handed back, cancelled; each step is kept. For ops and the console alike.

An open one of a pool is on the devices of its area; one that somebody has is on that one's alone. The offices above
see all in their lists. Whoever calls a writing function holds the counter's lock, but for those at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.models import Campaign, Site, Task, TaskRule, TaskStep, User
from backend.services import audit, cells, pages, rows, telling, visibility
from backend.services.actor import Actor
from backend.services.authors import author, shown_name
from backend.services.errors import InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.pages import Page, PageAsked
from backend.sync_store import SqlStore
from sync.store import Row

GIVEN = ("create", "assign", "return", "resume")
"""Steps that give a task to somebody."""


class TaskTaken(ServiceError):
    """Somebody else has it; extras say who."""

    code = "task-taken"


class TaskOver(ServiceError):
    """It is done or cancelled."""

    code = "task-over"


class TaskNotYours(NotAllowed):
    """It is neither yours nor of a pool of your area."""

    code = "task-not-yours"


@dataclass(frozen=True, slots=True)
class Word:
    """Who does something to a task, when, and why; `id` is of the step."""

    id: str
    who: Actor
    at: datetime
    received_at: datetime
    note: str | None = None
    evidence: Sequence[Mapping[str, str]] = ()
    op_id: str | None = None
    approved: bool = False


def open_task(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Enter a new task; it is taken at once when it has an assignee."""
    task.state = "taken" if task.assignee_id is not None else "open"
    task.created_by, task.created_at, task.rev = word.who.user_id, word.at, 0
    session.add(task)
    session.flush()
    return _step(session, store, task, "create", word, to=task.assignee_id)


def take(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Take an open one of the own area; what one has already is left. Raises TaskTaken, TaskOver, TaskNotYours."""
    _require_open(task)
    if task.assignee_id == word.who.user_id:
        return task
    if task.assignee_id is not None:
        raise TaskTaken("Somebody else has taken this task.", by=_person(session, task.assignee_id))
    if not word.approved and (task.pool is None or not word.who.covers(cells.lineage(task.pool))):
        raise TaskNotYours("This task is of another area.")
    task.state, task.assignee_id = "taken", word.who.user_id
    return _step(session, store, task, "take", word, to=word.who.user_id)


def done(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Say that it is done. Raises TaskOver, TaskNotYours."""
    _require_open(task)
    _require_own(task, word)
    task.state = "done"
    if task.assignee_id is None:
        task.assignee_id = word.who.user_id
    return _step(session, store, task, "done", word)


def give_back(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Hand it back to its pool, or, without one, to whoever gave it. Raises InputInvalid without a reason, and more."""
    _require_open(task)
    _require_own(task, word)
    if not (word.note or "").strip():
        raise InputInvalid("Say why.", field="note")
    task.state, task.assignee_id = ("open", None) if task.pool is not None else ("taken", task.created_by)
    return _step(session, store, task, "return", word, to=task.assignee_id)


def finish_by_inspection(session: Session, store: SqlStore, task_id: str, word: Word) -> str | None:
    """An inspection names its task: done by it, where it is the inspector's. A flag's code where it is not."""
    task = session.get(Task, task_id)
    if task is None:
        return "task-unknown"
    if task.state in ("done", "cancelled"):
        return "task-over"
    try:
        done(session, store, task, word)
    except TaskNotYours:
        return "task-not-yours"
    return None


def of_source(session: Session, source: tuple[str, str], kind: str) -> Task | None:
    """The task of a source that is not over, if there is one."""
    return session.scalar(
        select(Task).where(
            Task.source_type == source[0],
            Task.source_id == source[1],
            Task.kind == kind,
            Task.state.in_(("open", "taken")),
        )
    )


def end_of_source(
    session: Session, store: SqlStore, source: tuple[str, str], kind: str, word: Word, state: str = "done"
) -> None:
    """What a task was about has been done, by whomever, or is not to be done any more (`cancelled`): it is over."""
    task = of_source(session, source, kind)
    if task is not None:
        task.state = state
        _step(session, store, task, "done" if state == "done" else "cancel", word)


def call_off(session: Session, store: SqlStore, task: Task, action: str, word: Word) -> None:
    """It is not to be done (`cancel`), or not for now (`pause`), by what its rule was told. Raises TaskOver."""
    _require_open(task)
    task.state = "cancelled"
    _step(session, store, task, action, word)


def resume(session: Session, store: SqlStore, task: Task, word: Word) -> None:
    """One that was called off for now is to be done after all."""
    task.state = "open" if task.assignee_id is None else "taken"
    _step(session, store, task, "resume", word, to=task.assignee_id)


def _require_open(task: Task) -> None:
    if task.state in ("done", "cancelled"):
        raise TaskOver("This task is over.", state=task.state)


def _require_own(task: Task, word: Word) -> None:
    pooled = task.assignee_id is None and task.pool is not None and word.who.covers(cells.lineage(task.pool))
    if not (word.approved or task.assignee_id == word.who.user_id or pooled):
        raise TaskNotYours("Somebody else has this task.")


def _step(session: Session, store: SqlStore, task: Task, action: str, word: Word, to: str | None = None) -> Task:
    task.rev += 1
    last = session.scalar(select(func.max(TaskStep.n)).where(TaskStep.task_id == task.id)) or 0
    session.add(
        TaskStep(
            id=word.id,
            task_id=task.id,
            n=last + 1,
            action=action,
            by_id=word.who.user_id,
            to_id=to,
            at=word.at,
            received_at=word.received_at,
            note=word.note,
            evidence=[dict(each) for each in word.evidence],
            op_id=word.op_id,
        )
    )
    session.flush()
    store.publish(Row("task", task.id, task.rev, document(session, task), scopes_of(task)))
    if action in GIVEN:
        _tell(session, task, word)
    return task


def _tell(session: Session, task: Task, word: Word) -> None:
    """Tell who has it now, or who may take it; nobody is told of what one gives oneself."""
    if task.assignee_id == word.who.user_id:
        return
    facts = {"place": telling.place(task.cell_code), "due": rows.instant(task.due_at)}
    about, cell = ("task", task.id), task.pool if task.assignee_id is None else task.cell_code
    user, role = task.assignee_id, None if task.assignee_id is None else ""
    telling.tell(session, "task-given", word.received_at, about, facts, cell=cell, user=user, role=role)


def scopes_of(task: Task) -> frozenset[str]:
    """An open one of a pool is with everybody of its area, one that somebody has with that one."""
    if task.assignee_id is None and task.pool is not None:
        return frozenset(cells.scopes(task.pool))
    return frozenset({f"user:{task.assignee_id or task.created_by}"})


def document(session: Session, task: Task) -> dict[str, Any]:
    """The `task` row."""
    return {
        "id": task.id,
        "kind": task.kind,
        "title": task.title,
        "note": task.note,
        "site": task.site_id,
        "cell": task.cell_code,
        "checklist": task.checklist,
        "campaign": task.campaign_id,
        "not_before": rows.instant(task.not_before),
        "due_at": rows.instant(task.due_at),
        "pool": task.pool,
        "assignee": _person(session, task.assignee_id),
        "source": _source(task),
        "state": task.state,
        "created_at": rows.instant(task.created_at),
        "rev": task.rev,
    }


def _source(task: Task) -> dict[str, Any] | None:
    """What it comes of."""
    if task.rule_id is not None:
        return {"type": "task_rule", "id": task.rule_id}
    return None if task.source_id is None else {"type": task.source_type, "id": task.source_id}


def _person(session: Session, user_id: str | None) -> dict[str, Any] | None:
    return None if user_id is None else {"id": user_id, "name": shown_name(session, user_id)}


# for the console ------------------------------------------------------------------------------------------------
def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> Task:
    """Give a task within the own area. Raises InputInvalid, NotAllowed."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    task = Task(id=id, **fields)
    require_sound(session, actor, task)
    if task.not_before is not None and task.not_before > task.due_at:
        raise InputInvalid("It would be due before it may begin.", field="due_at")
    made = open_task(session, store, task, Word(_step_id(id, "create"), actor, now, now))
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


def assign(session: Session, actor: Actor, task_id: str, user_id: str | None, now: datetime, id: str) -> Task:
    """Give it to somebody else, or back to its pool. Raises NotFound, NotAllowed, TaskOver, InputInvalid."""
    store, task = _locked(session, actor, task_id, now)
    _require_open(task)
    if user_id is None and task.pool is None:
        raise InputInvalid("This task has no pool; name somebody.", field="assignee")
    _require_person(session, user_id)
    task.assignee_id, task.state = user_id, "open" if user_id is None else "taken"
    audit.record(session, now, actor.user_id, "task.assign", task.id, to=user_id)
    return _step(session, store, task, "assign", Word(id, actor, now, now), to=user_id)


def cancel(session: Session, actor: Actor, task_id: str, note: str, now: datetime, id: str) -> Task:
    """Call it off, with a reason. Raises NotFound, NotAllowed, TaskOver."""
    store, task = _locked(session, actor, task_id, now)
    _require_open(task)
    task.state = "cancelled"
    audit.record(session, now, actor.user_id, "task.cancel", task.id)
    return _step(session, store, task, "cancel", Word(id, actor, now, now, note))


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """Null means: not narrowed by this."""

    state: str | None = None
    kind: str | None = None
    cell: str | None = None
    campaign: str | None = None
    assignee: str | None = None


def page(session: Session, actor: Actor, filters: TaskFilters, asked: PageAsked) -> Page[Task]:
    """The tasks that an actor sees: the own, those of the area for offices, open ones of the area for inspectors."""
    area = visibility.seen_by(actor, Task.cell_code)
    if actor.role not in ("supervisor", "admin"):
        area = area & (Task.state == "open")
    query = select(Task).where(or_(area, Task.assignee_id == actor.user_id, Task.created_by == actor.user_id))
    for column, wanted in (
        (Task.state, filters.state),
        (Task.kind, filters.kind),
        (Task.campaign_id, filters.campaign),
        (Task.assignee_id, filters.assignee),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Task.cell_code))
    return pages.fetch(session, query, Task.due_at, Task.id, asked)


def steps(session: Session, task_id: str) -> list[dict[str, Any]]:
    """What became of a task, the earliest first."""
    found = session.scalars(select(TaskStep).where(TaskStep.task_id == task_id).order_by(TaskStep.n)).all()
    return [
        {
            "action": each.action,
            "by": _person(session, each.by_id),
            "to": _person(session, each.to_id),
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
    if actor.user_id in (task.assignee_id, task.created_by) or actor.role == "admin":
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


def _require_person(session: Session, user_id: str | None) -> None:
    who = session.get(User, user_id) if user_id is not None else None
    if user_id is not None and (who is None or not who.active):
        raise InputInvalid("There is no such person, or the account is closed.", field="assignee")


def _step_id(task_id: str, action: str) -> str:
    return str(uuid5(UUID(task_id), action))


def word_of(session: Session, author_id: str, step: str, at: datetime, received_at: datetime, **more: Any) -> Word:
    """A word of an op's author."""
    return Word(step, author(session, author_id), at, received_at, **more)

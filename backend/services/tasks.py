"""Tasks: given, taken, done, handed back, cancelled; each step is kept. For ops and the console alike.

An open one of a pool is on the devices of its area; one that somebody has is on that one's alone. The offices above
see all in their lists (`task_desk`). Whoever calls a writing function holds the counter's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Case, Task, TaskCompanion, TaskStep
from backend.services import cells, rows, telling
from backend.services.actor import Actor
from backend.services.authors import author, shown_name
from backend.services.case_errors import RecheckerIsRectifier
from backend.services.errors import InputInvalid, NotAllowed, ServiceError
from backend.sync_store import SqlStore
from sync.store import Row

GIVEN = ("create", "assign", "return", "resume")
"""Steps that give a task to somebody."""
TOLD_TO_ALL = ("create", "resume")


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
    return step(session, store, task, "create", word, to=task.assignee_id)


def people_of(task: Task) -> list[str]:
    """Who has it: whoever it was given to, and who goes along."""
    first = [] if task.assignee_id is None else [task.assignee_id]
    return first + [each.user_id for each in task.companions]


def require_other_eyes(session: Session, task: Task, user_ids: Sequence[str | None]) -> None:
    """Whoever said that a finding was put right does not check it, whatever a supervisor approves.

    Raises RecheckerIsRectifier.
    """
    if task.kind != "re-inspection" or task.source_type != "finding" or task.source_id is None:
        return
    case = session.get(Case, task.source_id)
    if case is not None and case.rectified_by is not None and case.rectified_by in user_ids:
        raise RecheckerIsRectifier("Whoever said that it was put right does not check it; somebody else does.")


def take(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Take an open one of the own area; what one has already is left.

    Raises TaskTaken, TaskOver, TaskNotYours, RecheckerIsRectifier.
    """
    require_open(task)
    if word.who.user_id in people_of(task):
        return task
    if task.assignee_id is not None:
        raise TaskTaken("Somebody else has taken this task.", by=person(session, task.assignee_id))
    if not word.approved and (task.pool is None or not word.who.covers(cells.lineage(task.pool))):
        raise TaskNotYours("This task is of another area.")
    require_other_eyes(session, task, [word.who.user_id])
    task.state, task.assignee_id = "taken", word.who.user_id
    return step(session, store, task, "take", word, to=word.who.user_id)


def done(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Say that it is done. Raises TaskOver, TaskNotYours, RecheckerIsRectifier."""
    require_open(task)
    _require_own(task, word)
    require_other_eyes(session, task, [word.who.user_id])
    task.state = "done"
    if task.assignee_id is None:
        task.assignee_id = word.who.user_id
    return step(session, store, task, "done", word)


def give_back(session: Session, store: SqlStore, task: Task, word: Word) -> Task:
    """Hand it back to its pool, or, without one, to whoever gave it. Raises InputInvalid without a reason, and more.

    Of several who have it, the others go on seeing it while whoever gave it looks for somebody else.
    """
    require_open(task)
    _require_own(task, word)
    if not (word.note or "").strip():
        raise InputInvalid("Say why.", field="note")
    giver = None if task.pool is not None else task.created_by
    others = [] if giver is None else [each for each in people_of(task) if each not in (giver, word.who.user_id)]
    task.state, task.assignee_id = "open" if giver is None else "taken", giver
    go_along(task, others)
    return step(session, store, task, "return", word, to=task.assignee_id)


def go_along(task: Task, user_ids: Iterable[str]) -> None:
    """Let these, and nobody else, go along with whoever has it."""
    wanted = set(user_ids) - {task.assignee_id}
    kept = [each for each in task.companions if each.user_id in wanted]
    new = wanted - {each.user_id for each in kept}
    task.companions = kept + [TaskCompanion(user_id=user_id) for user_id in sorted(new)]


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
    except RecheckerIsRectifier as error:
        return error.code
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
        step(session, store, task, "done" if state == "done" else "cancel", word)


def call_off(session: Session, store: SqlStore, task: Task, action: str, word: Word) -> None:
    """It is not to be done (`cancel`), or not for now (`pause`), by what its rule was told. Raises TaskOver."""
    require_open(task)
    task.state = "cancelled"
    step(session, store, task, action, word)


def resume(session: Session, store: SqlStore, task: Task, word: Word) -> None:
    """One that was called off for now is to be done after all."""
    task.state = "open" if task.assignee_id is None else "taken"
    step(session, store, task, "resume", word, to=task.assignee_id)


def require_open(task: Task) -> None:
    """Raise TaskOver where it is done or cancelled."""
    if task.state in ("done", "cancelled"):
        raise TaskOver("This task is over.", state=task.state)


def _require_own(task: Task, word: Word) -> None:
    pooled = task.assignee_id is None and task.pool is not None and word.who.covers(cells.lineage(task.pool))
    if not (word.approved or word.who.user_id in people_of(task) or pooled):
        raise TaskNotYours("Somebody else has this task.")


def step(session: Session, store: SqlStore, task: Task, action: str, word: Word, to: str | None = None) -> Task:
    """Write a step down and publish the task as it is now."""
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
        _tell(session, task, word, people_of(task) if action in TOLD_TO_ALL else [task.assignee_id])
    return task


def _tell(session: Session, task: Task, word: Word, people: Sequence[str | None]) -> None:
    """Tell who has it now, or who may take it; nobody is told of what one gives oneself."""
    facts = {"place": telling.place(task.cell_code), "due": rows.instant(task.due_at)}
    about, cell = ("task", task.id), task.pool if task.assignee_id is None else task.cell_code
    for user in people or [None]:
        if user is None or user != word.who.user_id:
            role = None if user is None else ""
            telling.tell(session, "task-given", word.received_at, about, facts, cell=cell, user=user, role=role)


def scopes_of(task: Task) -> frozenset[str]:
    """An open one of a pool is with everybody of its area, one that somebody has with that one and who goes along."""
    if task.assignee_id is None and task.pool is not None:
        return frozenset(cells.scopes(task.pool))
    return frozenset(f"user:{user}" for user in people_of(task) or [task.created_by])


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
        "assignee": person(session, task.assignee_id),
        "companions": [person(session, each.user_id) for each in task.companions],
        "source": _source(task),
        "state": task.state,
        "created_at": rows.instant(task.created_at),
        "rev": task.rev,
    }


def _source(task: Task) -> dict[str, Any] | None:
    """What it comes of."""
    for type, id in (("task_rule", task.rule_id), ("draw", task.draw_id)):
        if id is not None:
            return {"type": type, "id": id}
    return None if task.source_id is None else {"type": task.source_type, "id": task.source_id}


def person(session: Session, user_id: str | None) -> dict[str, Any] | None:
    """Somebody as documents show one; null for nobody."""
    return None if user_id is None else {"id": user_id, "name": shown_name(session, user_id)}


def word_of(session: Session, author_id: str, step: str, at: datetime, received_at: datetime, **more: Any) -> Word:
    """A word of an op's author."""
    return Word(step, author(session, author_id), at, received_at, **more)

"""Rules by which tasks recur: made, paused, taken up again and ended by the offices of their area.

A rule says what the task is and for whom, on which days (`recurrence`) and from when to when. Its tasks are made ahead
of time by `task_occurrences`. A rule is not changed: end it and make another, so that what was ordered stays seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Task, TaskRule, TaskStep
from backend.services import audit, pages, rows, task_desk, task_occurrences, tasks, visibility
from backend.services.actor import Actor
from backend.services.authors import shown_name
from backend.services.errors import NotFound, ServiceError
from backend.services.pages import Page, PageAsked
from backend.services.recurrence import Recurrence
from backend.services.tasks import Word
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore

SHOWN = 10
Stop = Callable[[Session, Actor, str, str, datetime, str], TaskRule]


class TaskRuleNotReady(ServiceError):
    """The rule is not in the state that this needs; extras say in which it is."""

    code = "task-rule-not-ready"


def create(session: Session, actor: Actor, said: Mapping[str, Any], now: datetime, id: str) -> TaskRule:
    """Let a task recur within the own area; what is due soon is made at once.

    Raises RecurrenceInvalid, InputInvalid, NotAllowed.
    """
    store = _locked_store(session, actor, now)
    today = now.astimezone(CHINA).date()
    fields = {"first_day": today, **{name: value for name, value in said.items() if value is not None}}
    fields["recurrence"] = Recurrence.of(fields.pop("rule")).text()
    made = TaskRule(id=id, state="active", created_by=actor.user_id, created_at=now, rev=1, **fields)
    made.active_from = max(today, made.first_day)
    task_desk.require_sound(session, actor, made)
    task_occurrences.pattern(made, task_occurrences.campaign_of(session, made)).require_sound()
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "task-rule.create", id, rule=made.recurrence)
    task_occurrences.make(session, store, made, now)
    return made


def pause(session: Session, actor: Actor, rule_id: str, note: str, now: datetime, id: str) -> TaskRule:
    """Make no more for now, and call off what has not begun. Raises NotFound, NotAllowed, TaskRuleNotReady."""
    return _stop(session, actor, rule_id, "pause", note, now, id)


def end(session: Session, actor: Actor, rule_id: str, note: str, now: datetime, id: str) -> TaskRule:
    """Make no more for good, and call off what has not begun. Raises NotFound, NotAllowed, TaskRuleNotReady."""
    return _stop(session, actor, rule_id, "end", note, now, id)


def resume(session: Session, actor: Actor, rule_id: str, now: datetime, id: str) -> TaskRule:
    """Go on from today; what fell into the pause is not made up for.

    Raises NotFound, NotAllowed, TaskRuleNotReady.
    """
    store, rule = _locked(session, actor, rule_id, now, ("paused",))
    rule.state, rule.rev = "active", rule.rev + 1
    rule.active_from = max(now.astimezone(CHINA).date(), rule.first_day)
    for task in _ahead(session, rule, now, ("cancelled",)):
        if _last_action(session, task) == "pause":
            tasks.resume(session, store, task, Word(_step_id(id, task), actor, now, now))
    audit.record(session, now, actor.user_id, "task-rule.resume", rule.id)
    task_occurrences.make(session, store, rule, now)
    return rule


def get(session: Session, actor: Actor, rule_id: str) -> TaskRule:
    """One rule of the actor's area. Raises NotFound."""
    found = session.scalar(_seen(actor).where(TaskRule.id == rule_id))
    if found is None:
        raise NotFound("There is no such rule, or you may not see it.")
    return found


def page(session: Session, actor: Actor, state: str | None, asked: PageAsked) -> Page[TaskRule]:
    """The rules of an office's area and its own, the newest first. Raises PageCursorInvalid."""
    query = _seen(actor)
    if state is not None:
        query = query.where(TaskRule.state == state)
    return pages.fetch(session, query, TaskRule.created_at, TaskRule.id, asked)


def document(session: Session, rule: TaskRule, now: datetime) -> dict[str, Any]:
    """A rule as the API shows it, with its next days and, where none will be made, why."""
    hindrance = task_occurrences.hindrance(session, rule)
    return {
        "id": rule.id,
        "kind": rule.kind,
        "title": rule.title,
        "note": rule.note,
        "site": rule.site_id,
        "cell": rule.cell_code,
        "checklist": rule.checklist,
        "campaign": rule.campaign_id,
        "pool": rule.pool,
        "assignee": _person(session, rule.assignee_id),
        "rule": rule.recurrence,
        "first_day": rule.first_day.isoformat(),
        "last_day": None if rule.last_day is None else rule.last_day.isoformat(),
        "opens": f"{rule.opens:%H:%M}",
        "closes": f"{rule.closes:%H:%M}",
        "days": rule.days,
        "holidays": rule.holidays,
        "state": rule.state,
        "hindrance": hindrance,
        "next": [] if hindrance is not None else _next(session, rule, now),
        "created_by": _person(session, rule.created_by),
        "created_at": rows.instant(rule.created_at),
        "rev": rule.rev,
    }


def _next(session: Session, rule: TaskRule, now: datetime) -> list[dict[str, Any]]:
    found = task_occurrences.upcoming(rule, task_occurrences.campaign_of(session, rule), now, SHOWN)
    return [
        {
            "day": each.day.isoformat(),
            "not_before": rows.instant(each.not_before),
            "due_at": rows.instant(each.due_at),
            "assumed": each.assumed,
        }
        for each in found
    ]


def _person(session: Session, user_id: str | None) -> dict[str, Any] | None:
    return None if user_id is None else {"id": user_id, "name": shown_name(session, user_id)}


def _seen(actor: Actor) -> Any:
    return select(TaskRule).where(
        visibility.seen_by(actor, TaskRule.cell_code) | (TaskRule.created_by == actor.user_id)
    )


def _stop(session: Session, actor: Actor, rule_id: str, action: str, note: str, now: datetime, id: str) -> TaskRule:
    store, rule = _locked(session, actor, rule_id, now, ("active", "paused") if action == "end" else ("active",))
    rule.state, rule.rev = "paused" if action == "pause" else "ended", rule.rev + 1
    step = "pause" if action == "pause" else "cancel"
    for task in _ahead(session, rule, now, ("open", "taken")):
        tasks.call_off(session, store, task, step, Word(_step_id(id, task), actor, now, now, note))
    audit.record(session, now, actor.user_id, f"task-rule.{action}", rule.id)
    session.flush()
    return rule


def _ahead(session: Session, rule: TaskRule, now: datetime, states: tuple[str, ...]) -> list[Task]:
    """The tasks of a rule that have not begun."""
    query = select(Task).where(Task.rule_id == rule.id, Task.not_before > now, Task.state.in_(states))
    return list(session.scalars(query.order_by(Task.occurrence)))


def _last_action(session: Session, task: Task) -> str | None:
    last = select(func.max(TaskStep.n)).where(TaskStep.task_id == task.id).scalar_subquery()
    return session.scalar(select(TaskStep.action).where(TaskStep.task_id == task.id, TaskStep.n == last))


def _step_id(id: str, task: Task) -> str:
    return str(uuid5(UUID(id), task.id))


def _locked_store(session: Session, actor: Actor, now: datetime) -> SqlStore:
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    return store


def _locked(
    session: Session, actor: Actor, rule_id: str, now: datetime, states: tuple[str, ...]
) -> tuple[SqlStore, TaskRule]:
    store = _locked_store(session, actor, now)
    rule = get(session, actor, rule_id)
    task_desk.require_area(actor, rule)
    if rule.state not in states:
        raise TaskRuleNotReady(f"This rule is {rule.state}.", state=rule.state)
    return store, rule

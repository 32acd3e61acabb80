"""Look-backs (回头看): planned by rule when a finding is closed, begun and ended by its steps.

Whatever brings a finding from one state to another calls `after`, which keeps its plans right; the database holds that
one of a finding is open at a time. A plan in a cell is also a task for the people there. Whoever calls this holds the
counter's lock. Lists are `look_back_queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Case, Finding, LookBack, Task
from backend.services import look_back_rules, rows, tasks, working_time
from backend.services.case_tasks import Asked
from backend.services.look_back_rules import Rule
from backend.services.tasks import Word
from backend.sync_store import SqlStore

KIND = "look-back"
_OUTCOMES = {"closed": "holds", "reopened": "relapse"}
_BY_HAND = Rule(look_back_rules.BY_HAND, after=0, within=3, share=100)
"""Begun without a plan: it may be done at once, and should be within three working days (a house setting)."""


def after(session: Session, store: SqlStore, finding: Finding, start: str, asked: Asked) -> None:
    """Plan, begin or end the finding's look-back, now that it has come from the state `start` to its own."""
    if start == finding.state:
        return
    plan = find_open(session, finding.id)
    if finding.state == "look_back":
        plan = plan or _plan(session, store, finding, _BY_HAND, asked)
        plan.begun_at = asked.at
    elif plan is not None:
        outcome = _OUTCOMES.get(finding.state, "cancelled") if start == "look_back" else "cancelled"
        _end(session, store, finding, plan, outcome, asked)
    if finding.state == "closed" and start != "look_back":
        rule = look_back_rules.rule_for(finding.severity, finding.topic, _was_mended_again(session, finding))
        if rule is not None and rule.chooses(finding.number):
            _plan(session, store, finding, rule, asked)
    session.flush()


def find_open(session: Session, finding_id: str) -> LookBack | None:
    """The look-back of a finding that is planned or under way, if one is."""
    return session.scalar(select(LookBack).where(LookBack.finding_id == finding_id, LookBack.ended_at.is_(None)))


def of(session: Session, finding_id: str, now: datetime) -> list[dict[str, Any]]:
    """All look-backs of a finding, the earliest first."""
    found: Sequence[LookBack] = session.scalars(
        select(LookBack).where(LookBack.finding_id == finding_id).order_by(LookBack.n)
    ).all()
    return [document(each, now) for each in found]


def document(plan: LookBack, now: datetime) -> dict[str, Any]:
    """A look-back as it is shown; whether it is overdue is as of now."""
    return {
        "id": plan.id,
        "n": plan.n,
        "rule": plan.rule,
        "planned_at": rows.instant(plan.planned_at),
        "not_before": rows.instant(plan.not_before),
        "due_at": rows.instant(plan.due_at),
        "due_assumed": plan.due_assumed,
        "task": plan.task_id,
        "begun_at": rows.instant(plan.begun_at),
        "ended_at": rows.instant(plan.ended_at),
        "outcome": plan.outcome,
        "overdue": plan.ended_at is None and plan.due_at < now,
    }


def _was_mended_again(session: Session, finding: Finding) -> bool:
    case = session.get(Case, finding.id)
    return case is not None and case.times_returned + case.times_reopened > 0


def _plan(session: Session, store: SqlStore, finding: Finding, rule: Rule, asked: Asked) -> LookBack:
    begin = working_time.after_days(asked.received_at, rule.after, working=True)
    due = working_time.after_days(asked.received_at, rule.after + rule.within, working=True)
    last = session.scalar(select(func.max(LookBack.n)).where(LookBack.finding_id == finding.id)) or 0
    plan = LookBack(
        id=str(uuid5(UUID(asked.id), KIND)),
        finding_id=finding.id,
        n=last + 1,
        rule=rule.code,
        planned_at=asked.received_at,
        not_before=begin.at if rule.after else asked.received_at,
        due_at=due.at,
        due_assumed=due.assumed,
    )
    if finding.cell_code is not None and tasks.of_source(session, ("finding", finding.id), KIND) is None:
        plan.task_id = tasks.open_task(session, store, _task(finding, plan), _word(asked, "open")).id
    session.add(plan)
    session.flush()
    return plan


def _task(finding: Finding, plan: LookBack) -> Task:
    return Task(
        id=str(uuid5(UUID(plan.id), "task")),
        kind=KIND,
        title=f"{finding.number} {finding.description}"[:200],
        site_id=finding.site_id,
        cell_code=finding.cell_code,
        pool=finding.cell_code,
        not_before=plan.not_before,
        due_at=plan.due_at,
        source_type="finding",
        source_id=finding.id,
    )


def _end(session: Session, store: SqlStore, finding: Finding, plan: LookBack, outcome: str, asked: Asked) -> None:
    plan.ended_at, plan.outcome = asked.at, outcome
    session.flush()
    state = "cancelled" if outcome == "cancelled" else "done"
    tasks.end_of_source(session, store, ("finding", finding.id), KIND, _word(asked, "end"), state)


def _word(asked: Asked, step: str) -> Word:
    return Word(str(uuid5(UUID(asked.id), f"{KIND} {step}")), asked.who, asked.at, asked.received_at)

"""The tasks of rules, made ahead of time: each day of a rule once, whoever looks and however often.

That a day has one task is held by the database. What a server that was away has missed is made up for only where the
window is still open, so that nobody comes back to a heap of tasks that cannot be done any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Campaign, Site, Task, TaskRule, User
from backend.services import tasks
from backend.services.authors import author
from backend.services.recurrence import Occurrence, Pattern, Recurrence
from backend.services.tasks import Word
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore

AHEAD = timedelta(days=7)
"""So long before its day a task is made: a phone that is offline for a week has what it needs."""
FAR = timedelta(days=366)
RULES_A_COMMIT = 5


def pattern(rule: TaskRule, campaign: Campaign | None) -> Pattern:
    """The days of a rule, within those of its campaign."""
    lasts = [day for day in (rule.last_day, None if campaign is None else campaign.last_day) if day is not None]
    return Pattern(
        Recurrence.of(rule.recurrence),
        rule.first_day,
        min(lasts, default=None),
        rule.opens,
        rule.closes,
        rule.days,
        rule.holidays,
    )


def hindrance(session: Session, rule: TaskRule) -> str | None:
    """Why no tasks are made by a rule just now, as a code; None where they are."""
    if rule.state != "active":
        return rule.state
    site = None if rule.site_id is None else session.get(Site, rule.site_id)
    if site is not None and site.status == "closed":
        return "site-closed"
    campaign = campaign_of(session, rule)
    return "campaign-not-running" if campaign is not None and campaign.state != "running" else None


def upcoming(rule: TaskRule, campaign: Campaign | None, now: datetime, limit: int) -> list[Occurrence]:
    """The next occurrences of a rule that are not over, made or not, within a year."""
    until = now.astimezone(CHINA).date() + FAR
    return pattern(rule, campaign).not_over(now, _since(rule, campaign), until)[:limit]


def lacking(session: Session, rule: TaskRule, now: datetime) -> list[Occurrence]:
    """The occurrences for which a task is to be made now."""
    if hindrance(session, rule) is not None:
        return []
    campaign, until = campaign_of(session, rule), (now + AHEAD).astimezone(CHINA).date()
    wanted = pattern(rule, campaign).not_over(now, _since(rule, campaign), until)
    made = set(session.scalars(select(Task.occurrence).where(Task.rule_id == rule.id)))
    return [each for each in wanted if each.day not in made]


def ready(session: Session, now: datetime) -> list[str]:
    """The ids of the rules that lack a task."""
    rules = session.scalars(select(TaskRule).where(TaskRule.state == "active").order_by(TaskRule.id))
    return [rule.id for rule in rules if lacking(session, rule, now)]


def make_some(session: Session, rule_ids: Sequence[str], now: datetime) -> int:
    """Make what some rules lack; how many tasks. Takes the counter first."""
    store = SqlStore(session, now)
    store.lock_counter()
    return sum(make(session, store, session.get_one(TaskRule, rule_id), now) for rule_id in rule_ids)


def make(session: Session, store: SqlStore, rule: TaskRule, now: datetime) -> int:
    """Make what a rule lacks; how many tasks. Whoever calls this holds the counter's lock."""
    lacks = lacking(session, rule, now)
    if not lacks:
        return 0
    giver, assignee = author(session, rule.created_by), _assignee(session, rule)
    for each in lacks:
        id = uuid5(UUID(rule.id), each.day.isoformat())
        task = Task(
            id=str(id),
            kind=rule.kind,
            title=rule.title,
            note=rule.note,
            site_id=rule.site_id,
            cell_code=rule.cell_code,
            checklist=rule.checklist,
            campaign_id=rule.campaign_id,
            not_before=each.not_before,
            due_at=each.due_at,
            pool=rule.pool,
            assignee_id=assignee,
            rule_id=rule.id,
            occurrence=each.day,
        )
        tasks.open_task(session, store, task, Word(str(uuid5(id, "create")), giver, now, now))
    return len(lacks)


def _assignee(session: Session, rule: TaskRule) -> str | None:
    """Who gets it: the one that is named; where that account is closed, the pool, or else whoever made the rule."""
    named = None if rule.assignee_id is None else session.get_one(User, rule.assignee_id)
    if named is None or named.active:
        return rule.assignee_id
    return None if rule.pool is not None else rule.created_by


def _since(rule: TaskRule, campaign: Campaign | None) -> date:
    return rule.active_from if campaign is None else max(rule.active_from, campaign.first_day)


def campaign_of(session: Session, rule: TaskRule) -> Campaign | None:
    """The campaign of a rule, if it is of one."""
    return None if rule.campaign_id is None else session.get_one(Campaign, rule.campaign_id)

"""The list of look-backs: planned, overdue, done, called off, as far as somebody sees their findings. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from backend.models import Finding, LookBack
from backend.services import finding_queries, look_backs, pages, visibility
from backend.services.actor import Actor
from backend.services.pages import Page, PageAsked

STATES = ("planned", "overdue", "done", "cancelled")


@dataclass(frozen=True, slots=True)
class LookBackFilters:
    """Null means: not narrowed by this. Those overdue are among the planned ones."""

    state: str | None = None
    outcome: str | None = None
    cell: str | None = None


def page(
    session: Session, actor: Actor, filters: LookBackFilters, asked: PageAsked, now: datetime
) -> tuple[Page[LookBack], list[dict[str, Any]]]:
    """A page of look-backs, those due last first, and as they are shown. Raises FilterInvalid, PageCursorInvalid."""
    query = select(LookBack).join(Finding, Finding.id == LookBack.finding_id)
    query = query.where(finding_queries.visible_to(actor))
    if filters.state is not None:
        query = query.where(_stands(filters.state, now))
    if filters.outcome is not None:
        query = query.where(LookBack.outcome == filters.outcome)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Finding.cell_code))
    found = pages.fetch(session, query, LookBack.due_at, LookBack.id, asked)
    wanted = [each.finding_id for each in found.rows]
    findings = {each.id: each for each in session.scalars(select(Finding).where(Finding.id.in_(wanted)))}
    return found, [_document(each, findings[each.finding_id], now) for each in found.rows]


def _stands(state: str, now: datetime) -> ColumnElement[bool]:
    if state == "planned":
        return LookBack.ended_at.is_(None)
    if state == "overdue":
        return and_(LookBack.ended_at.is_(None), LookBack.due_at < now)
    return LookBack.outcome == "cancelled" if state == "cancelled" else LookBack.outcome.in_(("holds", "relapse"))


def _document(plan: LookBack, finding: Finding, now: datetime) -> dict[str, Any]:
    return look_backs.document(plan, now) | {
        "finding": {
            "id": finding.id,
            "number": finding.number,
            "topic": finding.topic,
            "severity": finding.severity,
            "description": finding.description,
            "state": finding.state,
        }
    }

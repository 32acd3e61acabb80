"""Inspections read: each by the checklist version that it pinned, for ever.

Reads only; rights are `visibility`, rendering is `rows`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from backend.models import Finding, Inspection
from backend.services import checklists, pages, rows, visibility
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.pages import Page, PageAsked


@dataclass(frozen=True, slots=True)
class InspectionFilters:
    """Null means: not narrowed by this. `finished_from` is included, `finished_to` is not."""

    site: str | None = None
    checklist: str | None = None
    mode: str | None = None
    cell: str | None = None
    township: str | None = None
    finished_from: datetime | None = None
    finished_to: datetime | None = None


def visible(actor: Actor) -> Select[Inspection]:
    """Every inspection that the actor may see."""
    return select(Inspection).where(seen(actor))


def seen(actor: Actor) -> ColumnElement[bool]:
    """The condition on `inspection` that keeps what the actor may see."""
    return visibility.seen_by(actor, Inspection.cell_code, Inspection.author_id)


def page(session: Session, actor: Actor, filters: InspectionFilters, asked: PageAsked) -> Page[Inspection]:
    """A page of inspections, the last finished first. Raises PageCursorInvalid."""
    query = visible(actor)
    if filters.site is not None:
        query = query.where(Inspection.site_id == filters.site)
    if filters.checklist is not None:
        query = query.where(Inspection.checklist == filters.checklist)
    if filters.mode is not None:
        query = query.where(Inspection.mode == filters.mode)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Inspection.cell_code))
    if filters.township is not None:
        query = query.where(visibility.counted_at(filters.township, Inspection.cell_code))
    if filters.finished_from is not None:
        query = query.where(Inspection.finished_at >= filters.finished_from)
    if filters.finished_to is not None:
        query = query.where(Inspection.finished_at < filters.finished_to)
    return pages.fetch(session, query, Inspection.finished_at, Inspection.id, asked)


def documents(session: Session, inspections: Sequence[Inspection]) -> list[rows.Document]:
    """Inspections as the wire shows them: two statements, however many they are."""
    found: dict[str, list[str]] = defaultdict(list)
    ids = [inspection.id for inspection in inspections]
    query = select(Finding.inspection_id, Finding.id).where(Finding.inspection_id.in_(ids)).order_by(Finding.number)
    for inspection_id, finding_id in session.execute(query) if ids else ():
        found[str(inspection_id)].append(finding_id)
    names = rows.names_of(session, [inspection.author_id for inspection in inspections])
    return [rows.inspection_document(each, found[each.id], names.get(each.author_id)) for each in inspections]


def detail(session: Session, actor: Actor, inspection_id: str) -> rows.Document:
    """One inspection with its questions as its pinned version words them. Raises NotFound."""
    inspection = session.scalar(visible(actor).where(Inspection.id == inspection_id))
    if inspection is None:
        raise NotFound("There is no such inspection, or you may not see it.")
    return whole(session, inspection)


def whole(session: Session, inspection: Inspection) -> rows.Document:
    """One inspection, worded; who may see it is decided before."""
    words = checklists.item_words(session, inspection.checklist, inspection.checklist_version)
    document = documents(session, [inspection])[0]
    document["answers"] = [_worded(answer, words) for answer in inspection.answers]
    document["advice"] = [_worded(advice, words) for advice in inspection.advice]
    document["details"] = inspection.details
    return document


def _worded(answer: Any, words: checklists.Words) -> Any:
    if not isinstance(answer, dict) or not isinstance(answer.get("item"), str):
        return answer
    text = words.get(answer["item"])
    return {**answer, "text": {"zh": text.zh, "en": text.en} if text else None}

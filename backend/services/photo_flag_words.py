"""Flags of photos as a person reads them: the reason as a sentence in both languages, with its numbers.

Another record that a flag speaks of is named only to those who may see it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Entry, Finding, PhotoFlag
from backend.services import rows
from backend.services.actor import Actor

LANGUAGES = {"zh": "zh-CN", "en": "en"}
Subject = tuple[str, str]


def documents(session: Session, actor: Actor | None, flags: Sequence[PhotoFlag]) -> list[rows.Document]:
    """The flags as answers have them. `actor` None is the house itself, which sees everything."""
    others = {(other["type"], other["id"]) for flag in flags if (other := flag.details.get("other"))}
    visible = visible_subjects(session, actor, others)
    numbers = _numbers(session, {id for kind, id in visible if kind == "finding"})
    return [_document(flag, visible, numbers) for flag in flags]


def visible_subjects(session: Session, actor: Actor | None, subjects: Collection[Subject]) -> set[Subject]:
    """Those of some subjects that the actor may read."""
    if not subjects or actor is None:
        return set(subjects)
    query = select(Entry.type, Entry.row_id).where(Entry.row_id.in_({id for _, id in subjects}), Entry.kind == "put")
    if actor.role != "admin":
        query = query.where(Entry.scope.in_(actor.scopes()))
    return {(row.type, row.row_id) for row in session.execute(query)} & set(subjects)


def _numbers(session: Session, ids: Collection[str]) -> dict[str, str]:
    query = select(Finding.id, Finding.number).where(Finding.id.in_(ids))
    return {row.id: row.number for row in session.execute(query)} if ids else {}


def _document(flag: PhotoFlag, visible: Collection[Subject], numbers: dict[str, str]) -> rows.Document:
    details = dict(flag.details)
    other = details.get("other")
    if other is not None:
        known = (other["type"], other["id"]) in visible
        details["other"] = {**other, "number": numbers.get(other["id"])} if known else None
    return {
        "sha256": flag.sha256,
        "subject": {"type": flag.subject_type, "id": flag.subject_id},
        "code": flag.code,
        "text": {short: _sentence(language, flag.code, details) for short, language in LANGUAGES.items()},
        "details": details,
        "found_at": rows.instant(flag.found_at),
    }


def _sentence(language: str, code: str, details: dict[str, Any]) -> str:
    if "other" not in details:
        return catalogue.label(language, "photo_flag", code).format(**details)
    other = details["other"]
    named = catalogue.label(language, "photo_subject", "unseen" if other is None else other["type"])
    if other is not None and other["number"]:
        named = f"{named} {other['number']}"
    return catalogue.label(language, "photo_flag", code).format(**{**details, "other": named})

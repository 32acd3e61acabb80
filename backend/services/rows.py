"""Rows as the wire shows them: one renderer for what devices pull and for what the API answers.

The `*_document` functions are pure: they read columns already loaded and query nothing. `photos_of` and `names_of`
fetch what they need for many rows at once. Who may see a row is decided before it gets here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.models import (
    Blob,
    BlobHolder,
    Case,
    ChecklistVersion,
    Comment,
    Conflict,
    Finding,
    Inspection,
    Mention,
    Photo,
    Site,
    User,
)

Document = dict[str, Any]


def finding_document(finding: Finding, photos: Sequence[Document], author_name: str | None = None) -> Document:
    """The `finding` row of the contract, and what this house adds to it.

    `photos` are those of `photos_of`. `position` is as sent, `location` canonical CGCS2000; `found_at` is corrected
    by the device's clock offset, `found_at_sent` is what the device said.
    """
    return {
        "id": finding.id,
        "number": finding.number,
        "topic": finding.topic,
        "item": finding.item,
        "checklist": finding.checklist,
        "checklist_version": finding.checklist_version,
        "description": finding.description,
        "severity": finding.severity,
        "state": finding.state,
        "grade": finding.grade,
        "source": finding.source,
        "basis": finding.basis,
        "requirement": finding.requirement,
        "rectification_kind": finding.rectification_kind,
        "deadline_at": instant(finding.deadline_at),
        "lead_department": finding.lead_department,
        "found_at": instant(finding.found_at),
        "found_at_sent": finding.found_at_sent,
        "received_at": instant(finding.received_at),
        "site": finding.site_id,
        "inspection": finding.inspection_id,
        "author": {"id": finding.author_id, "name": author_name},
        "position": finding.position,
        "location": location(finding.lon, finding.lat),
        "cells": [{"scheme": cell.scheme, "code": cell.code, "confidence": cell.confidence} for cell in finding.cells],
        "photos": list(photos),
        "flags": finding.flags,
        "merged_into": finding.merged_into,
        "case": finding.case and case_document(finding.case),
        "rev": finding.rev,
    }


def case_document(case: Case) -> Document:
    """How a finding stands with the office; persons are user ids."""
    office = case.office
    return {
        "office": office and {"id": office.id, "code": office.code, "name": office.name},
        "due_at": instant(case.due_at),
        "parked_until": instant(case.parked_until),
        "rectified_by": case.rectified_by,
        "rectified_at": instant(case.rectified_at),
        "rechecked_by": case.rechecked_by,
        "rechecked_at": instant(case.rechecked_at),
        "closed_by": case.closed_by,
        "closed_at": instant(case.closed_at),
        "on_the_spot": case.on_the_spot,
        "times_returned": case.times_returned,
        "times_reopened": case.times_reopened,
    }


def inspection_document(inspection: Inspection, finding_ids: Sequence[str], author_name: str | None = None) -> Document:
    """The `inspection` row; `finding_ids` are the findings that its failed duties became."""
    return {
        "id": inspection.id,
        "checklist": inspection.checklist,
        "checklist_version": inspection.checklist_version,
        "mode": inspection.mode,
        "grade": inspection.grade,
        "grade_reasons": inspection.grade_reasons,
        "site": inspection.site_id,
        "task": inspection.task_id,
        "started_at": instant(inspection.started_at),
        "finished_at": instant(inspection.finished_at),
        "received_at": instant(inspection.received_at),
        "author": {"id": inspection.author_id, "name": author_name},
        "position": inspection.position,
        "location": location(inspection.lon, inspection.lat),
        "cell": inspection.cell_code,
        "answers": inspection.answers,
        "findings": list(finding_ids),
        "advice": inspection.advice,
        "flags": inspection.flags,
        "rev": inspection.rev,
    }


def comment_document(comment: Comment, photos: Sequence[Document], author_name: str | None = None) -> Document:
    """The `comment` row; `by` is a user id and `author` names that user."""
    return {
        "id": comment.id,
        "finding": comment.finding_id,
        "text": comment.text,
        "photos": list(photos),
        "by": comment.author_id,
        "author": {"id": comment.author_id, "name": author_name},
        "at": instant(comment.said_at),
        "rev": comment.rev,
    }


def conflict_document(conflict: Conflict, author_name: str | None = None) -> Document:
    """The `conflict` row; `choice` names for each lost field whose value stands."""
    return {
        "id": conflict.id,
        "row": {"type": conflict.row_type, "id": conflict.row_id},
        "fields": conflict.fields,
        "op": conflict.op_id,
        "joined": conflict.joined,
        "details": conflict.details,
        "by": conflict.author_id,
        "author": {"id": conflict.author_id, "name": author_name},
        "at": instant(conflict.at),
        "state": conflict.state,
        "choice": conflict.choice,
        "resolved_by": conflict.resolved_by,
        "resolved_at": instant(conflict.resolved_at),
        "rev": conflict.rev,
    }


def checklist_document(version: ChecklistVersion) -> Document:
    """The `checklist` row; `pack` is the SHA-256 under which `GET /api/v1/packs/<sha256>` gives the exact bytes."""
    return {
        "id": version.id,
        "code": version.code,
        "version": version.version,
        "title": {"zh": version.title_zh, "en": version.title_en},
        "pack": version.sha256,
        "published_at": instant(version.published_at),
        "retired_at": instant(version.retired_at),
    }


def site_document(site: Site, photos: Sequence[Document] = ()) -> Document:
    """The `site` row; `photos` are those of `photos_of`."""
    return {
        "id": site.id,
        "code": site.code,
        "name": site.name,
        "kind": site.kind,
        "address": site.address,
        "responsible_unit": site.responsible_unit,
        "responsible_person": site.responsible_person,
        "phone": site.phone,
        "supervising_department": site.supervising_department,
        "attributes": site.attributes,
        "position": site.position,
        "location": location(site.lon, site.lat),
        "cell": site.cell_code,
        "status": site.status,
        "label": site.label,
        "origin": site.origin,
        "photos": list(photos),
        "doubt": site.doubt,
        "created_at": instant(site.created_at),
        "rev": site.rev,
    }


def site_documents(session: Session, sites: Sequence[Site]) -> list[Document]:
    """Sites as the wire shows them: two statements, however many they are."""
    photos = photos_of(session, "site", [site.id for site in sites])
    return [site_document(site, photos[site.id]) for site in sites]


def instant(value: datetime | None) -> str | None:
    """RFC 3339 in UTC, with its offset."""
    return None if value is None else value.astimezone(UTC).isoformat()


def location(lon: float | None, lat: float | None) -> Document | None:
    """A canonical CGCS2000 pair, null where no position was given."""
    return None if lon is None or lat is None else {"lon": lon, "lat": lat}


def photos_of(session: Session, subject_type: str, ids: Collection[str]) -> dict[str, list[Document]]:
    """The photos of many subjects, in two queries: `{id, sha256, role, stored}`, records first, by time of capture.

    A hash that was named but has no record of the same subject shows with `id` null and the role `scene`. `stored` is
    true only when the bytes are, and the one who made the record (or named the hash) sent them or could see them.
    """
    found: dict[str, list[Document]] = {subject: [] for subject in ids}
    if not found:
        return found
    photos = session.execute(
        select(Photo.subject_id, Photo.id, Photo.sha256, Photo.role, _stored(Photo.sha256, Photo.author_id))
        .where(Photo.subject_type == subject_type, Photo.subject_id.in_(list(found)))
        .order_by(Photo.captured_at, Photo.id)
    ).all()
    for subject, photo_id, sha256, role, stored in photos:
        found[subject].append({"id": photo_id, "sha256": sha256, "role": role, "stored": stored})
    recorded = {(subject, sha256) for subject, _, sha256, _, _ in photos}
    mentions = session.execute(
        select(Mention.subject_id, Mention.sha256, Mention.role, _stored(Mention.sha256, Mention.author_id))
        .where(Mention.subject_type == subject_type, Mention.subject_id.in_(list(found)))
        .order_by(Mention.sha256, Mention.stream_id)
    ).all()
    named: dict[tuple[str, str], Document] = {}
    for subject, sha256, role, stored in mentions:
        if (subject, sha256) in recorded:
            continue
        seen = named.get((subject, sha256))
        if seen is not None:
            seen["stored"] = seen["stored"] or stored
            continue
        named[subject, sha256] = photo = {"id": None, "sha256": sha256, "role": shown_role(role), "stored": stored}
        found[subject].append(photo)
    return found


def shown_role(role: str) -> str:
    """The role that a hash shows in which was named without a photo record."""
    return role if role in ("after", "document", "signature") else "scene"


def _stored(sha256: InstrumentedAttribute[str], author_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return exists().where(
        Blob.sha256 == sha256,
        Blob.status == "stored",
        Blob.lost_at.is_(None),
        BlobHolder.sha256 == sha256,
        BlobHolder.user_id == author_id,
    )


def names_of(session: Session, user_ids: Collection[str]) -> Mapping[str, str]:
    """The display names of people, in one query."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(wanted))).all()
    return dict(rows)

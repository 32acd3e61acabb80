"""What happened at a site: changes of its record, inspections and findings, as far as the reader may see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Finding, Inspection, Site, SiteChange
from backend.services import rows, visibility
from backend.services.actor import Actor

MOST = 200


def of(session: Session, actor: Actor, site: Site) -> dict[str, list[dict[str, Any]]]:
    """The newest 200 of each kind, newest first; five statements, however much there is."""
    return {
        "changes": _changes(session, site),
        "inspections": _inspections(session, actor, site),
        "findings": _findings(session, actor, site),
    }


def _changes(session: Session, site: Site) -> list[dict[str, Any]]:
    query = select(SiteChange).where(SiteChange.site_id == site.id).order_by(SiteChange.rev.desc()).limit(MOST)
    found = session.scalars(query).all()
    names = rows.names_of(session, [each.actor_id for each in found if each.actor_id])
    return [
        {
            "rev": each.rev,
            "at": rows.instant(each.at),
            "by": {"id": each.actor_id, "name": names.get(each.actor_id or "")},
            "changes": each.changes,
            "reason": each.reason,
        }
        for each in found
    ]


def _inspections(session: Session, actor: Actor, site: Site) -> list[dict[str, Any]]:
    seen = visibility.seen_by(actor, Inspection.cell_code, Inspection.author_id)
    counted = select(func.count()).where(Finding.inspection_id == Inspection.id).correlate(Inspection).scalar_subquery()
    query = select(Inspection, counted).where(Inspection.site_id == site.id, seen)
    return [
        {
            "id": each.id,
            "checklist": each.checklist,
            "checklist_version": each.checklist_version,
            "mode": each.mode,
            "started_at": rows.instant(each.started_at),
            "findings": findings,
        }
        for each, findings in session.execute(query.order_by(Inspection.started_at.desc(), Inspection.id).limit(MOST))
    ]


def _findings(session: Session, actor: Actor, site: Site) -> list[dict[str, Any]]:
    seen = visibility.seen_by(actor, Finding.cell_code, Finding.author_id)
    query = select(Finding).where(Finding.site_id == site.id, seen)
    return [
        {
            "id": each.id,
            "number": each.number,
            "topic": each.topic,
            "item": each.item,
            "severity": each.severity,
            "state": each.state,
            "found_at": rows.instant(each.found_at),
        }
        for each in session.scalars(query.order_by(Finding.found_at.desc(), Finding.id).limit(MOST))
    ]

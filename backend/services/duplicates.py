"""Near-equal records from another stream of the same person, as a reinstalled app sends them.

Flagged, never dropped.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding, Inspection
from geo.distance import distance_m

SPAN = timedelta(minutes=2)
REACH_M = 50.0


def of_finding(session: Session, finding: Finding) -> list[dict[str, Any]]:
    """Flags for a new finding: same author, topic and item, found within two minutes and 50 m, by another stream."""
    query = select(Finding).where(
        Finding.author_id == finding.author_id,
        Finding.stream_id != finding.stream_id,
        Finding.topic == finding.topic,
        Finding.item == finding.item if finding.item is not None else Finding.item.is_(None),
        Finding.found_at.between(finding.found_at - SPAN, finding.found_at + SPAN),
    )
    return [
        {"code": "possible-duplicate", "detail": other.number, "finding": other.id}
        for other in session.scalars(query.order_by(Finding.number))
        if other.id != finding.id and _near(finding, other)
    ]


def _near(one: Finding, other: Finding) -> bool:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return one.lon is None and other.lon is None
    return distance_m((one.lon, one.lat), (other.lon, other.lat)) <= REACH_M


def of_inspection(session: Session, inspection: Inspection) -> list[dict[str, Any]]:
    """Flags for a new inspection: same author, checklist and site, begun within two minutes, by another stream."""
    site = inspection.site_id
    query = select(Inspection.id).where(
        Inspection.author_id == inspection.author_id,
        Inspection.stream_id != inspection.stream_id,
        Inspection.checklist == inspection.checklist,
        Inspection.site_id == site if site is not None else Inspection.site_id.is_(None),
        Inspection.started_at.between(inspection.started_at - SPAN, inspection.started_at + SPAN),
    )
    return [{"code": "possible-duplicate", "detail": other} for other in session.scalars(query)]

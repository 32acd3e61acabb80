"""Sites whose visitors stand where another datum would put them: pointed out, never moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.models import Finding, Inspection, Site
from backend.services import publishing
from backend.sync_store import SqlStore
from geo import datum_doubt
from geo.datum import parse_datum

A_TIME = 500
ENOUGH_ACCURACY_M = 100.0  # a worse fix says nothing about 550 m

Place = tuple[float, float]


def look(session: Session, now: datetime, since: datetime, most: int = A_TIME) -> int:
    """Judge the sites that were visited since an instant; how many changed. One transaction, the counter first."""
    store = SqlStore(session, now)
    store.lock_counter()
    visited = select(Inspection.site_id).where(Inspection.received_at >= since, Inspection.site_id.is_not(None))
    reported = select(Finding.site_id).where(Finding.received_at >= since, Finding.site_id.is_not(None))
    query = select(Site).where(or_(Site.id.in_(visited), Site.id.in_(reported)), Site.position.is_not(None))
    sites = session.scalars(query.order_by(Site.id).limit(most)).all()
    places = visits(session, [site.id for site in sites])
    changed = 0
    for site in sites:
        found = judge(site, places[site.id])
        if found != site.doubt:
            site.doubt = found
            publishing.site(session, store, site)
            changed += 1
    return changed


def judge(site: Site, seen: Sequence[Place]) -> dict[str, Any] | None:
    """What the visits say of a site's datum, as its row shows it; None where they agree with it."""
    assert site.position is not None
    stated = parse_datum(site.position["datum"])
    doubt = datum_doubt.doubt((site.position["lon"], site.position["lat"]), stated, seen)
    return None if doubt is None else {"code": "datum-doubtful", **asdict(doubt)}


def visits(session: Session, site_ids: Sequence[str]) -> dict[str, list[Place]]:
    """Where people stood when they inspected or reported at some sites: one place an inspection or free finding.

    A position that stands for the site's own, a simulated one, or one of poor accuracy is no visit.
    """
    found: dict[str, list[Place]] = defaultdict(list)
    inspections = select(Inspection.site_id, Inspection.lon, Inspection.lat, Inspection.position)
    reports = select(Finding.site_id, Finding.lon, Finding.lat, Finding.position)
    for query in (
        inspections.where(Inspection.site_id.in_(site_ids), Inspection.lon.is_not(None)),
        reports.where(Finding.site_id.in_(site_ids), Finding.inspection_id.is_(None), Finding.lon.is_not(None)),
    ):
        for site_id, lon, lat, position in session.execute(query):
            if position is None or position.get("mock") or (position.get("accuracy_m") or 0.0) > ENOUGH_ACCURACY_M:
                continue
            found[str(site_id)].append((float(lon or 0.0), float(lat or 0.0)))
    return found

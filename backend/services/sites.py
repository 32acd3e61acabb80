"""Sites (点位): which an actor may see, and what an actor may change. Writing itself is `site_register`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from backend.models import (
    Finding,
    Hop,
    Inspection,
    Site,
    SitePlate,
)
from backend.services import (
    bounds,
    cells,
    pages,
    site_register,
    visibility,
)
from backend.services.actor import Actor
from backend.services.errors import NotAllowed, NotFound
from backend.services.pages import Page, PageAsked
from backend.sync_store import SqlStore
from geo.position import Position


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """Null means: not narrowed by this. `inspected_from`, included, to `inspected_to`: inspected at least once then."""

    kind: str | None = None
    cell: str | None = None
    text: str | None = None
    status: str | None = None
    doubtful: bool | None = None
    unit: str | None = None
    bbox: str | None = None
    township: str | None = None
    inspected_from: datetime | None = None
    inspected_to: datetime | None = None
    plate: str | None = None


@dataclass(frozen=True, slots=True)
class NewSite:
    """What is said of a site to be added. `attributes` feed the conditions of checklists."""

    code: str
    name: str
    kind: str
    position: Position
    address: str | None = None
    responsible_unit: str | None = None
    responsible_person: str | None = None
    phone: str | None = None
    supervising_department: str | None = None
    attributes: dict[str, Any] | None = None


def visible(actor: Actor) -> Select[Site]:
    """Every site that the actor may see: for a handler those, too, of what the own office was ever given."""
    seen = visibility.seen_by(actor, Site.cell_code, Site.author_id)
    if actor.role == "handler":
        given = select(Finding.site_id).join(Hop, Hop.finding_id == Finding.id).where(Hop.office_id == actor.office_id)
        seen = or_(seen, Site.id.in_(given.where(Finding.site_id.is_not(None))))
    return select(Site).where(seen)


def page(session: Session, actor: Actor, filters: SiteFilters, asked: PageAsked) -> Page[Site]:
    """A page of sites, the last added first. Raises FilterInvalid, PageCursorInvalid."""
    query = visible(actor)
    if filters.kind is not None:
        query = query.where(Site.kind == filters.kind)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Site.cell_code))
    if filters.status is not None:
        query = query.where(Site.status == filters.status)
    if filters.doubtful is not None:
        query = query.where(Site.doubt.is_not(None) if filters.doubtful else Site.doubt.is_(None))
    if filters.unit is not None:
        query = query.where(visibility.in_units(Site, [filters.unit]))
    if filters.bbox is not None:
        query = query.where(*bounds.inside(bounds.parse(filters.bbox), Site.lon, Site.lat))
    if filters.township is not None:
        query = query.where(visibility.counted_at(filters.township, Site.cell_code))
    if filters.inspected_from is not None or filters.inspected_to is not None:
        query = query.where(inspected(filters.inspected_from, filters.inspected_to))
    if filters.plate is not None:
        query = query.where(Site.id.in_(select(SitePlate.site_id).where(SitePlate.plate == filters.plate)))
    if filters.text is not None:
        columns = (Site.name, Site.code, Site.address, Site.responsible_unit)
        query = query.where(or_(*(column.icontains(filters.text, autoescape=True) for column in columns)))
    return pages.fetch(session, query, Site.created_at, Site.id, asked)


def inspected(start: datetime | None, end: datetime | None) -> ColumnElement[bool]:
    """The condition that a site was inspected at least once from `start` on and before `end`, by whomever."""
    within = [Inspection.site_id == Site.id]
    if start is not None:
        within.append(Inspection.finished_at >= start)
    if end is not None:
        within.append(Inspection.finished_at < end)
    return exists().where(*within)


def get(session: Session, actor: Actor, site_id: str) -> Site:
    """One site. Raises NotFound, also where the actor may not know of it."""
    site = session.scalar(visible(actor).where(Site.id == site_id))
    if site is None:
        raise NotFound("There is no such site, or you may not see it.")
    return site


def by_label(session: Session, actor: Actor, label: str) -> Site:
    """The site whose QR label was read. Raises NotFound."""
    site = session.scalar(visible(actor).where(Site.label == label.strip().upper()))
    if site is None:
        raise NotFound("No site that you may see has this label.")
    return site


def add(session: Session, actor: Actor, site_id: str, now: datetime, new: NewSite) -> Site:
    """Add a site in the actor's area. Raises NotAllowed, AlreadyExists. The session is one that may write."""
    require_area(actor, cell_of(new.position))
    store = SqlStore(session, now)
    store.lock_counter()
    return site_register.enter(session, store, site_id, now, asdict_shallow(new), actor.user_id)


def change(
    session: Session, actor: Actor, site_id: str, now: datetime, fields: Mapping[str, Any], reason: str | None, rev: int
) -> Site:
    """Change a site from the revision that the caller saw; neither its old nor its new place may be outside the area.

    Raises NotFound, NotAllowed, RevisionStale, AlreadyExists.
    """
    moved = cell_of(fields["position"]) if fields.get("position") is not None else None
    store = SqlStore(session, now)
    store.lock_counter()
    site = get(session, actor, site_id)
    require_area(actor, site.cell_code)
    if fields.get("position") is not None:
        require_area(actor, moved)
    site_register.change(session, store, site, now, fields, actor.user_id, reason, rev)
    return site


def cell_of(position: Position) -> str | None:
    """The administrative cell of a stated position."""
    lon, lat = position.canonical()
    return cells.locate(lon, lat, position.accuracy_m).code


def asdict_shallow(new: NewSite) -> dict[str, Any]:
    """A new site's fields; the position stays what it is."""
    return {field.name: getattr(new, field.name) for field in dataclass_fields(new)}


def require_area(actor: Actor, code: str | None) -> None:
    """Raise NotAllowed unless the actor may write in a cell (or, for null, outside all)."""
    allowed = actor.sees_unassigned() if code is None else actor.covers(cells.lineage(code))
    if not allowed:
        raise NotAllowed("This place lies outside your area.", cell=code)

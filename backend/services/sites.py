"""Sites (点位): listed, read and added. A new site is published to the devices in its area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.models import Site
from backend.services import audit, cells, pages, publishing, visibility
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, NotAllowed, NotFound
from backend.services.pages import Page, PageAsked
from backend.sync_store import SqlStore
from geo.locate import Location
from geo.position import Position


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """Null means: not narrowed by this."""

    kind: str | None = None
    cell: str | None = None
    text: str | None = None


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
    """Every site that the actor may see."""
    return select(Site).where(visibility.seen_by(actor, Site.cell_code))


def page(session: Session, actor: Actor, filters: SiteFilters, asked: PageAsked) -> Page[Site]:
    """A page of sites, the last added first. Raises FilterInvalid, PageCursorInvalid."""
    query = visible(actor)
    if filters.kind is not None:
        query = query.where(Site.kind == filters.kind)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Site.cell_code))
    if filters.text is not None:
        columns = (Site.name, Site.code, Site.address, Site.responsible_unit)
        query = query.where(or_(*(column.icontains(filters.text, autoescape=True) for column in columns)))
    return pages.fetch(session, query, Site.created_at, Site.id, asked)


def get(session: Session, actor: Actor, site_id: str) -> Site:
    """One site. Raises NotFound, also where the actor may not know of it."""
    site = session.scalar(visible(actor).where(Site.id == site_id))
    if site is None:
        raise NotFound("There is no such site, or you may not see it.")
    return site


def locate(position: Position) -> Location:
    """The cells of a stated position; computed before any lock is taken."""
    lon, lat = position.canonical()
    return cells.locate(lon, lat, position.accuracy_m)


def add(session: Session, actor: Actor, site_id: str, now: datetime, new: NewSite, place: Location) -> Site:
    """Add a site in the actor's area and publish it. Raises NotAllowed, AlreadyExists.

    The session is one that may write; the counter is taken before anything else is.
    """
    require_area(actor, place.code)
    store = SqlStore(session, now)
    store.lock_counter()
    if session.scalar(select(Site.id).where(Site.code == new.code)):
        raise AlreadyExists("There is already a site with this code.", field="code")
    lon, lat = new.position.canonical()
    site = Site(
        id=site_id,
        code=new.code,
        name=new.name,
        kind=new.kind,
        address=new.address,
        responsible_unit=new.responsible_unit,
        responsible_person=new.responsible_person,
        phone=new.phone,
        supervising_department=new.supervising_department,
        attributes=new.attributes or {},
        position=new.position.to_wire(),
        lon=lon,
        lat=lat,
        cell_code=place.code,
        created_at=now,
        rev=1,
    )
    session.add(site)
    audit.record(session, now, actor.user_id, "site.add", site_id, code=new.code)
    publishing.site(session, store, site)
    return site


def require_area(actor: Actor, code: str | None) -> None:
    """Raise NotAllowed unless the actor may write in a cell (or, for null, outside all)."""
    allowed = actor.sees_unassigned() if code is None else actor.covers(cells.lineage(code))
    if not allowed:
        raise NotAllowed("This place lies outside your area.", cell=code)

"""Fire points read: which an actor may see, narrowed and in pages, and as the wire shows them.

Reads only. Sightings are taken in by `fire_register`, answers by `fire_answers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from backend.models import FireDetection, FirePoint
from backend.services import bounds, cells, pages, rows, units, visibility
from backend.services.actor import Actor
from backend.services.errors import NotAllowed, NotFound
from backend.services.pages import Page, PageAsked

SHOWN = 20  # sightings in a row; the count is of all
_BY_PEOPLE = ("video", "drone", "12345", "12369", "message", "patrol")


@dataclass(frozen=True, slots=True)
class FireFilters:
    """Null means: not narrowed by this. `first_from` is included, `first_to` is not."""

    cell: str | None = None
    state: str | None = None
    outcome: str | None = None
    zone: str | None = None
    source: str | None = None
    assignee: str | None = None
    first_from: datetime | None = None
    first_to: datetime | None = None
    bbox: str | None = None
    handled: bool | None = None


def visible(actor: Actor) -> Select[FirePoint]:
    """Every fire point that the actor may see."""
    return select(FirePoint).where(visible_to(actor))


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition that keeps those of the actor's area, one's own reports, and those one is sent to."""
    seen = visibility.seen_by(actor, FirePoint.cell_code, FirePoint.reporter_id)
    return or_(seen, FirePoint.assignee_id == actor.user_id)


def conditions(filters: FireFilters) -> list[ColumnElement[bool]]:
    """The filters on the table. Raises FilterInvalid. Without a state, merged rows are left out."""
    asked: list[ColumnElement[bool]] = [
        FirePoint.state == filters.state if filters.state is not None else FirePoint.state != "merged"
    ]
    if filters.cell is not None:
        asked.append(visibility.within(filters.cell, FirePoint.cell_code))
    if filters.bbox is not None:
        asked += bounds.inside(bounds.parse(filters.bbox), FirePoint.lon, FirePoint.lat)
    if filters.outcome is not None:
        asked.append(FirePoint.outcome == filters.outcome)
    if filters.zone is not None:
        asked.append(FirePoint.zone_outcome == filters.zone)
    if filters.source is not None:
        seen = select(FireDetection.fire_point_id).where(FireDetection.source == filters.source)
        asked.append(or_(FirePoint.id.in_(seen), FirePoint.id.in_(_merged_of(seen))))
    if filters.assignee is not None:
        asked.append(FirePoint.assignee_id == filters.assignee)
    if filters.handled is not None:
        asked.append(FirePoint.outcome.is_not(None) if filters.handled else FirePoint.outcome.is_(None))
    if filters.first_from is not None:
        asked.append(FirePoint.first_at >= filters.first_from)
    if filters.first_to is not None:
        asked.append(FirePoint.first_at < filters.first_to)
    return asked


def _merged_of(ids: Select[str]) -> Select[str | None]:
    return select(FirePoint.merged_into).where(FirePoint.id.in_(ids), FirePoint.merged_into.is_not(None))


def page(session: Session, actor: Actor, filters: FireFilters, asked: PageAsked) -> Page[FirePoint]:
    """A page of fire points, the latest first. Raises FilterInvalid, PageCursorInvalid."""
    query = visible(actor).where(*conditions(filters))
    return pages.fetch(session, query, FirePoint.first_at, FirePoint.id, asked)


def get(session: Session, actor: Actor, point_id: str) -> FirePoint:
    """One fire point. Raises NotFound, also where the actor may not know of it."""
    point = session.scalar(visible(actor).where(FirePoint.id == point_id))
    if point is None:
        raise NotFound("There is no such fire point, or you may not see it.")
    return point


def covers(actor: Actor, point: FirePoint) -> bool:
    """True when it lies within the grants; one in no cell is the city's and the admins'."""
    if point.cell_code is None:
        return actor.sees_unassigned()
    inside = units.of(point.cell_code, point.lon, point.lat, point.first_at) if actor.units else frozenset()
    return actor.covers(cells.lineage(point.cell_code)) or not actor.units.isdisjoint(inside)


def may_answer(actor: Actor, point: FirePoint) -> bool:
    """Whoever was sent, and everybody of the area."""
    return point.assignee_id == actor.user_id or covers(actor, point)


def require_office(actor: Actor, point: FirePoint) -> None:
    """Raise NotAllowed unless the actor supervises the area."""
    actor.require_role("supervisor", "admin")
    if not covers(actor, point):
        raise NotAllowed("This fire point lies outside your area.", cell=point.cell_code)


def documents(session: Session, points: Sequence[FirePoint]) -> list[rows.Document]:
    """The `fire_point` rows: a constant number of statements, however many they are."""
    ids = [point.id for point in points]
    photos = rows.photos_of(session, "fire_point", ids)
    people = {user for point in points for user in (point.assignee_id, point.answered_by, point.reporter_id) if user}
    names, seen = rows.names_of(session, people), _sightings(session, ids)
    return [_document(point, photos[point.id], names, seen.get(point.id, [])) for point in points]


def document(session: Session, point: FirePoint) -> rows.Document:
    """One `fire_point` row."""
    return documents(session, [point])[0]


def _sightings(session: Session, ids: Sequence[str]) -> dict[str, list[FireDetection]]:
    """The latest sightings of each, those of fire points merged into it too, the first first."""
    root = func.coalesce(FirePoint.merged_into, FirePoint.id)
    nth = func.row_number().over(partition_by=root, order_by=(FireDetection.instant.desc(), FireDetection.id.desc()))
    numbered = (
        select(FireDetection.id, root.label("root"), nth.label("nth"))
        .join(FirePoint, FirePoint.id == FireDetection.fire_point_id)
        .where(or_(FirePoint.id.in_(ids), FirePoint.merged_into.in_(ids)))
        .subquery()
    )
    query = select(numbered.c.root, FireDetection).join(numbered, numbered.c.id == FireDetection.id)
    found: dict[str, list[FireDetection]] = {}
    for owner, one in session.execute(
        query.where(numbered.c.nth <= SHOWN).order_by(FireDetection.instant, FireDetection.id)
    ):
        found.setdefault(owner, []).append(one)
    return found


def _document(
    point: FirePoint, photos: Sequence[rows.Document], names: Mapping[str, str], seen: Sequence[FireDetection]
) -> rows.Document:
    def person(user_id: str | None) -> rows.Document | None:
        return None if user_id is None else {"id": user_id, "name": names.get(user_id)}

    return {
        "id": point.id,
        "number": point.number,
        "state": point.state,
        "first_at": rows.instant(point.first_at),
        "last_at": rows.instant(point.last_at),
        "reported_at": rows.instant(point.reported_at),
        "location": rows.location(point.lon, point.lat),
        "reach_m": point.reach_m,
        "cell": point.cell_code,
        "cell_confidence": point.cell_confidence,
        "place": point.place,
        "zone": point.zone,
        "sources": point.sources,
        "sightings": point.sightings,
        "detections": [sighting(one) for one in seen],
        "reporter": person(point.reporter_id),
        "assignee": person(point.assignee_id),
        "outcome": point.outcome,
        "arrived_at": rows.instant(point.arrived_at),
        "extinguished_at": rows.instant(point.extinguished_at),
        "crop": point.crop,
        "area_mu": point.area_mu,
        "handling": point.handling,
        "penalty_yuan": point.penalty_yuan,
        "note": point.note,
        "position": point.position,
        "answered_at": rows.instant(point.answered_at),
        "answered_by": _answerer(point, names),
        "answered_via": point.answered_via,
        "photos": list(photos),
        "flags": point.flags,
        "merged_into": point.merged_into,
        "rev": point.rev,
    }


def _answerer(point: FirePoint, names: Mapping[str, str]) -> rows.Document | None:
    """Whoever answered; by a link it is the name that the link was made out to, under the one who made it."""
    if point.answered_by is None:
        return None
    return {"id": point.answered_by, "name": point.answered_name or names.get(point.answered_by)}


def sighting(one: FireDetection) -> dict[str, Any]:
    """A sighting as the wire shows it; what a person said goes with it, a satellite's row stays in the office."""
    return {
        "id": one.id,
        "source": one.source,
        "satellite": one.satellite,
        "at": rows.instant(one.instant),
        "until": rows.instant(one.until),
        "location": rows.location(one.lon, one.lat),
        "reach_m": one.reach_m,
        "confidence": one.confidence,
        "quality": one.quality or None,
        "notes": one.notes if one.source in _BY_PEOPLE else {},
    }

"""The register of fire points: sightings taken in, one fire point a fire, its place, cell and zone kept up to date.

The one way to write sightings. The counter must be locked before. Which sightings are of one fire is
`geo.fire_points.events`; what people answer is `fire_answers`, files are `fire_imports`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from backend.models import FireDetection, FirePoint
from backend.services import cells, fire_answers, fire_detections, fire_duty, numbering, publishing, zone_words, zones
from backend.sync_store import SqlStore
from geo.fire_points.detection import Detection
from geo.fire_points.distinct import distinct
from geo.fire_points.events import Grouping, Member, group, neighbourhood
from geo.fire_points.verdict import burning_verdict
from geo.zones.rules import Verdict, ZoneIndex

SOME = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection, and where it came from."""

    detection: Detection
    import_id: str | None = None
    by_id: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """`points`: the fire point of each sighting that was taken, those known already too. `opened`, `merged`: ids."""

    points: Sequence[str]
    opened: Sequence[str]
    merged: Mapping[str, str]


def take(
    session: Session, store: SqlStore, sightings: Sequence[Sighting], now: datetime, new_id: Callable[[], str]
) -> Taken:
    """Take sightings in; those that are known stay as they are. Raises OutsideFrame."""
    known = points_of_known(session, [each.detection for each in sightings])
    new: dict[tuple[str, str], Sighting] = {}
    for each in sightings:
        key = fire_detections.key_of(each.detection)
        if key not in known:
            new.setdefault(key, each)
    grouping = grouped(session, [each.detection for each in new.values()], new_id)
    of_new = dict(zip(new, grouping.event_ids, strict=True))
    zone_index = zones.index(session)
    in_charge = cache(lambda cell: fire_duty.in_charge(session, cell, now))
    members: dict[str, list[Sighting]] = {}
    for key, each in new.items():
        members.setdefault(of_new[key], []).append(each)
    opened = [_opened(session, point_id, members[point_id], now, zone_index, in_charge) for point_id in grouping.opened]
    session.add_all(opened)
    session.flush()
    for key, each in new.items():
        more = {"import_id": each.import_id, "by_id": each.by_id, "received_at": now, "fire_point_id": of_new[key]}
        session.add(fire_detections.row_of(each.detection, id=new_id(), **more))
    session.flush()
    _merge(session, store, grouping.merged, now)
    again = _points(session, set(grouping.event_ids) - grouping.opened.keys())
    seen = _sightings_of(session, [point.id for point in again])
    for point in again:
        point.rev += 1
        _note_later(point, [each.detection for each in members[point.id]])
        _locate(point, distinct(seen[point.id]).kept, zone_index)
    publishing.many_fire_points(session, store, [*opened, *again])
    for point in opened:
        fire_duty.tell(session, point, now)
    points = [known.get(key) or of_new[key] for key in (fire_detections.key_of(e.detection) for e in sightings)]
    return Taken(points, tuple(grouping.opened), grouping.merged)


def points_of_known(session: Session, detections: Iterable[Detection]) -> dict[tuple[str, str], str]:
    """The fire points of those sightings that are in the table already, by their key."""
    keys = [fire_detections.key_of(each)[0] for each in detections]
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(keys), SOME):
        rows = session.execute(
            select(FireDetection.key, FireDetection.quality, func.coalesce(FirePoint.merged_into, FirePoint.id))
            .join(FirePoint, FirePoint.id == FireDetection.fire_point_id)
            .where(FireDetection.key.in_(keys[start : start + SOME]))
        )
        found.update({(key, quality): point for key, quality, point in rows})
    return found


def grouped(session: Session, detections: Sequence[Detection], new_id: Callable[[], str]) -> Grouping:
    """Which fire each new sighting is of; nothing is written."""
    farthest = session.scalar(select(func.max(FireDetection.reach_m))) or 0.0
    near = neighbourhood(detections, farthest)
    if near is None:
        return Grouping((), {}, {})
    root = func.coalesce(FirePoint.merged_into, FirePoint.id)
    columns = (
        FireDetection.id,
        FireDetection.lon,
        FireDetection.lat,
        FireDetection.instant,
        FireDetection.until,
        FireDetection.reach_m,
    )
    seen = select(root, *columns).join(FirePoint, FirePoint.id == FireDetection.fire_point_id)
    here = (
        (FireDetection.lon + 0).between(near.west, near.east),  # + 0: by the index of the time, which narrows it most
        (FireDetection.lat + 0).between(near.south, near.north),
    )
    within = FireDetection.instant.between(near.first, near.last)
    reaching = and_(FireDetection.until >= near.first, FireDetection.instant < near.first)
    rows = [row for when in (within, reaching) for row in session.execute(seen.where(when, *here))]
    rows.sort(key=lambda row: row.id)
    members = [Member(row[0], *row[2:]) for row in rows]
    opened = {point.id: point.created_at for point in _points(session, {member.event_id for member in members})}
    return group(detections, members, opened, new_id)


def _points(session: Session, ids: Iterable[str]) -> list[FirePoint]:
    wanted = sorted(ids)
    found: list[FirePoint] = []
    for start in range(0, len(wanted), SOME):
        found += session.scalars(select(FirePoint).where(FirePoint.id.in_(wanted[start : start + SOME])))
    return sorted(found, key=lambda point: point.id)


def _opened(
    session: Session,
    point_id: str,
    members: Sequence[Sighting],
    now: datetime,
    zone_index: ZoneIndex,
    in_charge: Callable[[str | None], str | None],
) -> FirePoint:
    first = min(members, key=lambda each: each.detection.instant)
    detections = distinct(each.detection for each in members).kept
    point = FirePoint(
        id=point_id,
        state="open",
        reported_at=now,
        created_at=now,
        reporter_id=next((each.by_id for each in members if each.import_id is None), None),
        place=_place_named(first.detection),
        handling=[],
        flags=[],
        rev=1,
    )
    _locate(point, detections, zone_index)
    point.assignee_id = in_charge(point.cell_code)
    point.number = numbering.fire_number(session, point.cell_code, now)
    return point


def _place_named(detection: Detection) -> str | None:
    """The small place name (小地名) as the source wrote it."""
    notes = detection.notes
    named = notes.get("place") or "".join(str(notes[level]) for level in ("township", "village") if notes.get(level))
    return str(named)[:200] or None


def _sightings_of(session: Session, ids: Sequence[str]) -> dict[str, list[Detection]]:
    """The sightings of fire points and of those merged into them, the first first."""
    root = func.coalesce(FirePoint.merged_into, FirePoint.id)
    found: dict[str, list[Detection]] = {point_id: [] for point_id in ids}
    for start in range(0, len(ids), SOME):
        some = ids[start : start + SOME]
        query = (
            select(root, FireDetection)
            .join(FirePoint, FirePoint.id == FireDetection.fire_point_id)
            .where(or_(FirePoint.id.in_(some), FirePoint.merged_into.in_(some)))
        )
        for point_id, row in session.execute(query.order_by(FireDetection.instant, FireDetection.id)):
            found[point_id].append(fire_detections.of_row(row))
    return found


def _locate(point: FirePoint, detections: Sequence[Detection], zone_index: ZoneIndex) -> None:
    """Times and sources from all sightings; the place from the best, as long as nobody has been there."""
    point.first_at = min(each.instant for each in detections)
    point.last_at = max(each.until or each.instant for each in detections)
    point.sources = sorted({each.source.value for each in detections})
    point.sightings = len(detections)
    if point.state != "open":
        return
    verdict, best = burning_verdict(detections, zone_index)
    at = cells.locate(best.lon, best.lat, best.reach_m, point.first_at)
    point.lon, point.lat, point.reach_m = best.lon, best.lat, best.reach_m
    point.cell_code, point.cell_confidence = at.code, at.confidence
    point.placed_n = cells.activation()
    point.zone_outcome, point.zone = verdict.outcome, zone_document(verdict, best)


def zone_document(verdict: Verdict, best: Detection) -> dict[str, Any]:
    """A verdict as a fire point carries it: enough to show and to ask again."""
    said = zone_words.document(verdict)
    zone = said["zone"]
    return {name: said[name] for name in ("outcome", "certainty", "share", "shares", "window", "sentence")} | {
        "zone": zone and {"id": zone["id"], "name": zone["name"], "document": zone["document"]["number"]},
        "at": best.instant.isoformat(),
        "source": best.source.value,
    }


def _note_later(point: FirePoint, detections: Sequence[Detection]) -> None:
    """A fire that is seen after somebody said that it was out is pointed out."""
    over = point.extinguished_at or point.answered_at
    later = [each for each in detections if point.state == "answered" and over is not None and each.instant > over]
    flag = {"code": "seen-again", "detail": min(each.instant for each in later).isoformat()} if later else None
    if flag is not None and flag not in point.flags:
        point.flags = [*point.flags, flag]


def _merge(session: Session, store: SqlStore, merged: Mapping[str, str], now: datetime) -> None:
    """Two that were one: the later-opened keeps its row and leads to the other, which takes an answer over."""
    for gone_id, kept_id in merged.items():
        gone, kept = session.get_one(FirePoint, gone_id), session.get_one(FirePoint, kept_id)
        fire_answers.inherit(kept, gone)
        inner = list(session.scalars(select(FirePoint).where(FirePoint.merged_into == gone_id)))
        for point in (gone, *inner):
            point.state, point.merged_into = "merged", kept_id
            point.rev += 1
            publishing.fire_point(session, store, point)
    session.flush()

"""Patrols: written down when they are reported; read once more when their track comes; coverage of places.

A track is kept only of somebody on duty in a campaign that asks for tracks. Any other is read for the cells that it
passed and let go. What goes out of here is cells and times, never who walked more than whom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.models import Patrol, PatrolTrack
from backend.services import audit, campaigns, cells, photos, publishing, rows, visibility
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound, ServiceError
from backend.services.patrol_tracks import Track, read_track
from backend.sync_store import SqlStore
from geo.admin import AdminGrid
from geo.patrol import PatrolCoverage, Walked, patrolled, together

KEPT = timedelta(days=185)
MOST_CELLS = 400


class TrackUnknown(ServiceError):
    """These are not the bytes that the patrol announced, or it announced none."""

    code = "track-unknown"


def take_track(session: Session, actor: Actor, patrol_id: str, body: bytes, now: datetime) -> Patrol:
    """Read the track that a patrol announced, and keep it where that is wanted; the same again changes nothing.

    Raises NotFound (also while the patrol itself has not come), TrackUnknown, InputInvalid.
    """
    track = read_track(body)
    store = SqlStore(session, now)
    store.lock_counter()
    patrol = session.get(Patrol, patrol_id)
    if patrol is None or patrol.author_id != actor.user_id:
        raise NotFound("There is no such patrol of yours here yet; send it first.")
    if patrol.track_sha256 is None or hashlib.sha256(body).hexdigest() != patrol.track_sha256:
        raise TrackUnknown("These are not the bytes that the patrol announced.")
    if patrol.track != "announced":
        return patrol
    _tell_coverage(session, patrol, track)
    wanted = _wanted(session, patrol, track)
    patrol.track = "kept" if wanted else "not-kept"
    if wanted:
        session.add(PatrolTrack(patrol_id=patrol.id, body=body, received_at=now, expires_at=now + KEPT))
    patrol.rev += 1
    audit.record(session, now, actor.user_id, "patrol.track", patrol.id, kept=wanted, points=len(track.points))
    publishing.patrol(session, store, patrol)
    return patrol


def _wanted(session: Session, patrol: Patrol, track: Track) -> bool:
    """Whether the person was on duty in a campaign that asks for tracks, where and when the track begins or ends."""
    for point in (track.points[0], track.points[-1]) if track.points else ():
        code = cells.locate(point.lon, point.lat, point.accuracy_m, point.instant).code
        if code is not None and campaigns.tracks_wanted(session, patrol.author_id, code, point.instant):
            return True
    return False


def _tell_coverage(session: Session, patrol: Patrol, track: Track) -> None:
    grid = cells.grid(session, patrol.started_at)
    inside = [p for p in track.points if patrol.started_at <= p.instant <= patrol.ended_at + timedelta(seconds=1)]
    asked = _shaped(grid, patrol.cells) if patrol.cells else _passed(grid, track)
    found = patrolled(inside, grid, asked)
    patrol.walked = [_walked(each) for each in found.walked]
    patrol.missed = list(found.missed) if patrol.cells else []
    patrol.gaps = [
        {
            "from": rows.instant(gap.start.instant),
            "to": rows.instant(gap.end.instant),
            "metres": gap.metres,
            "why": gap.why,
        }
        for gap in found.gaps
    ]
    patrol.metres = found.metres
    flags = [flag for flag in patrol.flags if not flag["code"].startswith("track-")]
    if track.mocked:
        flags.append({"code": "track-mocked", "detail": f"{track.mocked} points"})
    if len(inside) < len(track.points):
        flags.append({"code": "track-outside", "detail": f"{len(track.points) - len(inside)} points"})
    patrol.flags = flags
    if patrol.cell_code is None and inside:
        patrol.cell_code = cells.locate(inside[0].lon, inside[0].lat, inside[0].accuracy_m, patrol.started_at).code


def _walked(each: Walked) -> dict[str, Any]:
    first, last = rows.instant(each.first), rows.instant(each.last)
    return {"cell": each.code, "name": cells.name(each.code), "share": each.share, "first": first, "last": last}


def _shaped(grid: AdminGrid, codes: Sequence[str]) -> list[str]:
    """The cells of some codes that have a shape; of one without, those below it that have one, or the one above."""
    found: dict[str, None] = {}
    for code in codes:
        if code not in grid:
            continue
        below = [each for each in (code, *grid.descendants(code)) if grid[each].geometry is not None]
        above = next((each for each in grid.ancestors(code) if grid[each].geometry is not None), None)
        for each in below[:1] or ([above] if above is not None else []):
            found[each] = None
    return list(found)


def _passed(grid: AdminGrid, track: Track) -> list[str]:
    """The finest cells that the points of a track lie in."""
    found: dict[str, None] = {}
    for point in track.points:
        hits = grid.hits(point.lon, point.lat)
        if hits:
            found[grid.cells[max(hits, key=lambda i: (int(grid.depth[i]), i))].code] = None
    return list(found)[:MOST_CELLS]


def listing(
    session: Session, actor: Actor, campaign: str | None, since: datetime | None, until: datetime | None
) -> Sequence[Patrol]:
    """The patrols that an actor sees, the latest first; 500 at most."""
    query = select(Patrol).where(visibility.seen_by(actor, Patrol.cell_code, Patrol.author_id))
    if campaign is not None:
        query = query.where(Patrol.campaign_id == campaign)
    if since is not None:
        query = query.where(Patrol.started_at >= since)
    if until is not None:
        query = query.where(Patrol.started_at < until)
    return session.scalars(query.order_by(Patrol.started_at.desc(), Patrol.id).limit(500)).all()


def track_of(session: Session, actor: Actor, patrol_id: str, now: datetime) -> bytes:
    """The bytes of a kept track, for its author and the offices above; the look is written down. Raises NotFound."""
    patrol = session.get(Patrol, patrol_id)
    allowed = patrol is not None and (
        patrol.author_id == actor.user_id
        or (
            actor.role in ("supervisor", "admin")
            and (actor.covers(cells.lineage(patrol.cell_code)) if patrol.cell_code else actor.sees_unassigned())
        )
    )
    found = session.get(PatrolTrack, patrol_id) if allowed else None
    if found is None or found.expires_at <= now:
        raise NotFound("No track of this patrol is kept, or you may not see it.")
    audit.record(session, now, actor.user_id, "patrol.track-read", patrol_id)
    return found.body


def coverage(
    session: Session, actor: Actor, cell: str, since: datetime, until: datetime, campaign: str | None
) -> dict[str, Any]:
    """What was walked and what was missed of the cells below one, in a span of time, by all patrols together.

    Of each cell the largest share stands. Raises NotFound for a cell that is not in the actor's area.
    """
    if not actor.covers(cells.lineage(cell)):
        raise NotFound("There is no such cell in your area.")
    if since >= until:
        raise InputInvalid("The span ends before it begins.", field="until")
    grid = cells.grid(session, since)
    asked = _leaves(grid, cell)
    query = select(Patrol.walked, Patrol.cells).where(Patrol.started_at < until, Patrol.ended_at >= since)
    if campaign is not None:
        query = query.where(Patrol.campaign_id == campaign)
    seen = [
        PatrolCoverage(tuple(_read(each, asked, since, until)), (), (), (), 0.0, 0)
        for each, _ in session.execute(query)
    ]
    found = together(seen, asked)
    shares = {each.code: each for each in found.walked}
    return {
        "cell": cell,
        "from": rows.instant(since),
        "to": rows.instant(until),
        "patrols": sum(1 for each in seen if each.walked),
        "covered": len(found.covered),
        "missed": len(found.missed),
        "cells": [
            {
                "cell": code,
                "name": cells.name(code),
                "share": shares[code].share if code in shares else 0.0,
                "first": rows.instant(shares[code].first) if code in shares else None,
                "last": rows.instant(shares[code].last) if code in shares else None,
                "covered": code in found.covered,
            }
            for code in sorted(asked)
        ],
    }


def _leaves(grid: AdminGrid, cell: str) -> list[str]:
    """The finest cells with shapes at or below one."""
    shaped = [code for code in (cell, *grid.descendants(cell)) if grid[code].geometry is not None]
    above = {each for code in shaped for each in grid.ancestors(code)}
    return [code for code in shaped if code not in above]


def _read(walked: Sequence[dict[str, Any]], asked: Sequence[str], since: datetime, until: datetime) -> list[Walked]:
    wanted, found = set(asked), []
    for each in walked:
        first, last = datetime.fromisoformat(each["first"]), datetime.fromisoformat(each["last"])
        if each["cell"] in wanted and first < until and last >= since:
            found.append(Walked(each["cell"], each["share"], first, last))
    return found


def forget_tracks(session: Session, now: datetime) -> int:
    """Delete the tracks whose time is over; what they told of cells stays. The counter must not be needed."""
    store = SqlStore(session, now)
    store.lock_counter()
    over = session.scalars(select(PatrolTrack.patrol_id).where(PatrolTrack.expires_at <= now).limit(500)).all()
    for patrol_id in over:
        patrol = session.get_one(Patrol, patrol_id)
        patrol.track = "expired"
        patrol.rev += 1
        publishing.patrol(session, store, patrol)
    session.execute(delete(PatrolTrack).where(PatrolTrack.patrol_id.in_(over)))
    return len(over)


def mention_photos(session: Session, context: Any, patrol_id: str, hashes: Sequence[str]) -> None:
    """The photos that a report names."""
    photos.mention(session, context, ("patrol", patrol_id), hashes, "scene")

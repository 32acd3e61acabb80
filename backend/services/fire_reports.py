"""A fire point that a person reports: by phone call, from a video wall, from the road.

The same sightings as those of satellites, with a circle instead of a pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.models import FirePoint
from backend.services import audit, fire_register
from backend.services.actor import Actor
from backend.services.errors import InputInvalid
from backend.sync_store import SqlStore
from geo.fire_points.detection import Detection, Source
from geo.fire_points.pasted import LEAST_RADIUS_M
from geo.position import Position

EARLY = timedelta(minutes=10)
MOST_RADIUS_M = 5000.0


@dataclass(frozen=True, slots=True)
class NewReport:
    """`seen_at`: when the fire was seen. `place`: the village and small place name. `phone`: of whoever called."""

    source: str
    position: Position
    seen_at: datetime
    place: str | None = None
    note: str | None = None
    phone: str | None = None


def report(session: Session, actor: Actor, new: NewReport, now: datetime, new_id: Callable[[], str]) -> FirePoint:
    """Take a report in; the fire point that it opened or belongs to.

    Raises InputInvalid for a time that has not come; OutsideFrame.
    """
    if new.seen_at > now + EARLY:
        raise InputInvalid("The fire is said to be seen in the future.", field="seen_at")
    radius = max(LEAST_RADIUS_M, new.position.accuracy_m or 0.0)
    if radius > MOST_RADIUS_M:
        raise InputInvalid(f"The accuracy is worse than {MOST_RADIUS_M:g} m; say the place better.", field="position")
    lon, lat = new.position.canonical()
    said = {name: getattr(new, name) for name in ("place", "note", "phone") if getattr(new, name)}
    detection = Detection(
        source=Source(new.source),
        instant=new.seen_at,
        lon=lon,
        lat=lat,
        row=1,
        raw={"position": str(new.position.to_wire())},
        radius_m=radius,
        notes=said,
    )
    store = SqlStore(session, now)
    store.lock_counter()
    taken = fire_register.take(session, store, [fire_register.Sighting(detection, None, actor.user_id)], now, new_id)
    point = session.get_one(FirePoint, taken.points[0])
    audit.record(session, now, actor.user_id, "fire-point.report", point.id, source=new.source)
    return point

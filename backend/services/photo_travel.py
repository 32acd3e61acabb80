"""Could one person have been at both places? Each photo against the one that the same person took before it.

By corrected times and stated positions, over all of a person's devices. Reads only.
"""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.config import PhotoRules
from backend.models import Photo
from backend.services.photo_checks import Flag
from geo.distance import distance_m


def flags(session: Session, photo: Photo, rules: PhotoRules) -> list[Flag]:
    """Whether the way from the last photo was too fast; what both positions are unsure of is taken off the way."""
    if photo.lon is None or photo.lat is None:
        return []
    before = session.scalar(
        _positioned(photo)
        .where(
            or_(
                Photo.captured_at < photo.captured_at,
                (Photo.captured_at == photo.captured_at) & (Photo.id < photo.id),
            )
        )
        .order_by(Photo.captured_at.desc(), Photo.id.desc())
        .limit(1)
    )
    if before is None or before.lon is None or before.lat is None:
        return []
    metres = distance_m((before.lon, before.lat), (photo.lon, photo.lat)) - _unsure_m(before) - _unsure_m(photo)
    seconds = (photo.captured_at - before.captured_at).total_seconds()
    kmh = metres * 3.6 / max(seconds, 1.0)
    if metres < rules.travel_least_m or kmh <= rules.travel_kmh:
        return []
    return [
        {
            "code": "impossible-travel",
            "km": round(metres / 1000, 1),
            "minutes": round(seconds / 60, 1),
            "kmh": round(kmh),
            "other": {"type": before.subject_type, "id": before.subject_id, "sha256": before.sha256},
        }
    ]


def after(session: Session, sha256: str) -> set[str]:
    """The bytes of the photos that came next after those of these bytes: what they say depends on them."""
    found = set()
    for photo in session.scalars(select(Photo).where(Photo.sha256 == sha256, Photo.lon.is_not(None))):
        following = _positioned(photo).where(
            or_(
                Photo.captured_at > photo.captured_at,
                (Photo.captured_at == photo.captured_at) & (Photo.id > photo.id),
            )
        )
        nearest = session.scalar(following.order_by(Photo.captured_at, Photo.id).limit(1))
        if nearest is not None:
            found.add(nearest.sha256)
    return found


def _positioned(photo: Photo) -> Select[Photo]:
    return select(Photo).where(Photo.author_id == photo.author_id, Photo.id != photo.id, Photo.lon.is_not(None))


def _unsure_m(photo: Photo) -> float:
    said = (photo.position or {}).get("accuracy_m")
    return float(said) if isinstance(said, int | float) else 0.0

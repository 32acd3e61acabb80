"""What this server knows of the files that answers name, and of the gate that photos are measured from.

Photo records may come after the inspection that names them; what is not known yet counts as whatever is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Photo, Site
from checklists.evidence import Gate, Media
from checklists.spots import Place

KINDS = {"image": "photo", "video": "film", "audio": "audio", "application": "document"}


def known(session: Session, author_id: str, answers: Sequence[Mapping[str, Any]]) -> dict[str, Media]:
    """By hash, what the author's own photo records say of the files that the answers name."""
    named = {sha256 for answer in answers for sha256 in answer.get("photos") or [] if isinstance(sha256, str)}
    if not named:
        return {}
    photos = session.scalars(select(Photo).where(Photo.sha256.in_(named), Photo.author_id == author_id))
    return {
        photo.sha256: Media(
            kind="document" if photo.role == "document" else KINDS.get(photo.media_type.split("/")[0]),
            lon=photo.lon,
            lat=photo.lat,
            accuracy_m=_number((photo.position or {}).get("accuracy_m")),
        )
        for photo in photos
    }


def gate_of(site: Site | None) -> Gate | None:
    """By the attributes `gate_lon`, `gate_lat` (canonical degrees) and `road_bearing_deg`; None without a gate."""
    stated = site.attributes if site is not None else {}
    lon, lat = _number(stated.get("gate_lon")), _number(stated.get("gate_lat"))
    return None if lon is None or lat is None else Gate(Place(lon, lat), _number(stated.get("road_bearing_deg")))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

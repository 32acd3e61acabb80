"""Put right on the spot (立行立改): an after-photo of the same place, taken within two hours of the finding."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding, Photo
from backend.services.case_errors import AfterPhotoMissing
from geo.distance import distance_m

WITHIN = timedelta(hours=2)
SAME_PLACE_M = 50.0
"""Beside what the two positions themselves are unsure of."""


def require(session: Session, finding: Finding) -> Photo:
    """The after-photo that shows it. Raises AfterPhotoMissing, which says what is wrong with those there are."""
    after = select(Photo).where(Photo.subject_type == "finding", Photo.subject_id == finding.id, Photo.role == "after")
    found = session.scalars(after.order_by(Photo.captured_at, Photo.id)).all()
    reasons = []
    for photo in found:
        reason = _fault(finding, photo)
        if reason is None:
            return photo
        reasons.append({"photo": photo.id, "reason": reason})
    raise AfterPhotoMissing(
        "To close it at once, add an after-photo of the same place, taken within two hours.", photos=reasons
    )


def _fault(finding: Finding, photo: Photo) -> str | None:
    """What keeps a photo from showing it: `too-late`, `before-the-finding`, `elsewhere`, `no-position`; or None."""
    if photo.captured_at > finding.found_at + WITHIN:
        return "too-late"
    if photo.captured_at < finding.found_at - timedelta(minutes=5):
        return "before-the-finding"
    if photo.lon is None or photo.lat is None or finding.lon is None or finding.lat is None:
        return "no-position"
    unsure = (finding.accuracy_m or 0.0) + float((photo.position or {}).get("accuracy_m") or 0.0)
    apart = distance_m((finding.lon, finding.lat), (photo.lon, photo.lat))
    return None if apart <= SAME_PLACE_M + unsure else "elsewhere"

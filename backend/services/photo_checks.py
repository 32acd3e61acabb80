"""What a photo's bytes say against what was said of them. Flags, never refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from backend.models import Finding, Photo
from geo.distance import distance_m

Flag = dict[str, Any]
TIME_TOLERANCE = timedelta(minutes=10)


def flags(photo: Photo, facts: Mapping[str, Any], finding: Finding | None) -> list[Flag]:
    """Differences between EXIF and the record: place, time."""
    exif = facts.get("exif") or {}
    return [*_place(photo, exif.get("gps"), finding), *_time(photo, exif.get("taken_at"))]


def _place(photo: Photo, gps: Mapping[str, Any] | None, finding: Finding | None) -> list[Flag]:
    stated = photo if photo.lon is not None else finding
    if gps is None or stated is None or stated.lon is None or stated.lat is None:
        return []
    metres = distance_m((gps["lon"], gps["lat"]), (stated.lon, stated.lat))
    limit: float = current_app.extensions["bluegrid.settings"].exif_distance_m
    if metres <= limit:
        return []
    return [
        {
            "code": "exif-position-differs",
            "detail": f"{round(metres)} m from the stated position",
            "metres": round(metres),
        }
    ]


def _time(photo: Photo, taken_at: str | None) -> list[Flag]:
    if taken_at is None:
        return []
    try:
        taken = datetime.fromisoformat(taken_at)
        stated = datetime.fromisoformat(photo.captured_at_sent)
    except ValueError:
        return []
    if taken.tzinfo is None:  # EXIF without an offset: the camera's local time, as the phone's
        taken = taken.replace(tzinfo=stated.tzinfo)
    if abs(taken - stated) <= TIME_TOLERANCE:
        return []
    return [{"code": "exif-time-differs", "detail": f"EXIF says {taken.isoformat()}"}]

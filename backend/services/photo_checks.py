"""What a photo's bytes, and the device that sent them, say against what was said of them. Flags, never refusals.

`flags` is what a finding's row carries to devices; `own` is all that can be told of one record by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from backend.config import PhotoRules
from backend.models import Finding, Photo
from geo.distance import distance_m

Flag = dict[str, Any]
EDITORS = (
    "photoshop", "lightroom", "snapseed", "gimp", "picsart", "pixelmator", "affinity", "paint.net", "acdsee", "canva",
    "vsco", "photoscape", "darktable", "imagemagick", "meitu", "美图", "xingtu", "醒图", "b612", "faceu", "polish",
)  # fmt: skip
"""Words by which programs that change pictures name themselves in EXIF's Software; cameras write their firmware."""


def rules() -> PhotoRules:
    """The thresholds of this installation."""
    found: PhotoRules = current_app.extensions["bluegrid.settings"].photo_rules
    return found


def flags(photo: Photo, facts: Mapping[str, Any], finding: Finding | None) -> list[Flag]:
    """Differences between EXIF and the record: place, time."""
    exif = facts.get("exif") or {}
    found = []
    if (metres := _metres_off(photo, exif.get("gps"), finding)) > rules().exif_distance_m:
        detail = f"{round(metres)} m from the stated position"
        found.append({"code": "exif-position-differs", "detail": detail, "metres": round(metres)})
    taken = _taken(photo, exif.get("taken_at"))
    if taken is not None and _minutes_off(photo, taken) > rules().exif_minutes:
        found.append({"code": "exif-time-differs", "detail": f"EXIF says {taken.isoformat()}"})
    return found


def own(
    photo: Photo, facts: Mapping[str, Any], finding: Finding | None, skew_s: float | None, habit: Sequence[bool]
) -> list[Flag]:
    """All that one record gives reason for. `skew_s`: how far the device's clock was off when it sent the record.

    `habit`: of the last photos of the same device's camera, newest first, whether each names its camera.
    """
    exif = facts.get("exif") or {}
    found = [*_against_exif(photo, exif, finding), *_edited(exif, photo, facts, habit)]
    if photo.source == "gallery":
        found.append({"code": "from-gallery"})
    if (photo.position or {}).get("mock") is True:
        found.append({"code": "position-mocked", "provider": (photo.position or {}).get("provider")})
    if skew_s is not None and abs(skew_s) > rules().clock_s:
        found.append({"code": "device-clock-off", "seconds": round(skew_s), "limit_s": round(rules().clock_s)})
    return found


def names_its_camera(facts: Mapping[str, Any]) -> bool:
    """Whether a file's EXIF names the camera that made it."""
    exif = facts.get("exif") or {}
    return bool(exif.get("make") or exif.get("model"))


def _against_exif(photo: Photo, exif: Mapping[str, Any], finding: Finding | None) -> list[Flag]:
    limits = rules()
    found: list[Flag] = []
    if (metres := _metres_off(photo, exif.get("gps"), finding)) > limits.exif_distance_m:
        found.append(
            {"code": "exif-position-differs", "metres": round(metres), "limit_m": round(limits.exif_distance_m)}
        )
    taken = _taken(photo, exif.get("taken_at"))
    if taken is not None and (minutes := _minutes_off(photo, taken)) > limits.exif_minutes:
        found.append(
            {
                "code": "exif-time-differs",
                "exif": taken.isoformat(),
                "minutes": round(minutes),
                "limit_min": round(limits.exif_minutes),
            }
        )
    return found


def _edited(exif: Mapping[str, Any], photo: Photo, facts: Mapping[str, Any], habit: Sequence[bool]) -> list[Flag]:
    """Signs that the file is not as the camera wrote it: an editor's name, a later change, the camera's name gone."""
    limits = rules()
    found: list[Flag] = []
    software = str(exif.get("software") or "")
    if any(word in software.lower() for word in EDITORS):
        found.append({"code": "edited-by-software", "software": software})
    minutes = _minutes_between(exif.get("taken_at"), exif.get("modified_at"))
    if minutes is not None and minutes > limits.edited_minutes:
        found.append({"code": "edited-later", "minutes": round(minutes)})
    seen = habit[: limits.camera_look_back]
    usual = len(seen) >= limits.camera_least and all(seen)
    if photo.source == "camera" and facts.get("kind") == "image" and usual and not names_its_camera(facts):
        found.append({"code": "exif-missing", "others": len(seen)})
    return found


def _metres_off(photo: Photo, gps: Mapping[str, Any] | None, finding: Finding | None) -> float:
    stated = photo if photo.lon is not None else finding
    if gps is None or stated is None or stated.lon is None or stated.lat is None:
        return 0.0
    return distance_m((gps["lon"], gps["lat"]), (stated.lon, stated.lat))


def _taken(photo: Photo, taken_at: str | None) -> datetime | None:
    """When EXIF says that it was taken. Without an offset that is the camera's local time, as the phone's."""
    try:
        taken = datetime.fromisoformat(taken_at or "")
        stated = datetime.fromisoformat(photo.captured_at_sent)
    except ValueError:
        return None
    return taken.replace(tzinfo=stated.tzinfo) if taken.tzinfo is None else taken


def _minutes_off(photo: Photo, taken: datetime) -> float:
    return abs(taken - datetime.fromisoformat(photo.captured_at_sent)).total_seconds() / 60


def _minutes_between(taken_at: str | None, modified_at: str | None) -> float | None:
    """How long after it was taken a file was changed, by one local clock; None when EXIF does not say both."""
    try:
        taken, modified = datetime.fromisoformat(taken_at or ""), datetime.fromisoformat(modified_at or "")
    except ValueError:
        return None
    return (modified - taken.replace(tzinfo=None)).total_seconds() / 60

"""Sightings between the library, a staged row and the table; the same sighting in each form.

Knows three shapes of one thing, and no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.models import FireDetection
from geo.fire_points.detection import Detection, Source

_PLAIN = ("lon", "lat", "row", "across_m", "along_m", "radius_m", "confidence", "quality", "satellite", "frp_mw")


def packed(detection: Detection) -> dict[str, Any]:
    """As plain JSON."""
    return {name: getattr(detection, name) for name in _PLAIN} | {
        "source": detection.source.value,
        "instant": detection.instant.isoformat(),
        "until": detection.until.isoformat() if detection.until else None,
        "raw": dict(detection.raw),
        "notes": dict(detection.notes),
    }


def unpacked(fields: Mapping[str, Any]) -> Detection:
    """What `packed` made."""
    until = fields["until"]
    times = {"instant": datetime.fromisoformat(fields["instant"]), "until": until and datetime.fromisoformat(until)}
    return Detection(**{**fields, **times, "source": Source(fields["source"])})


def key_of(detection: Detection) -> tuple[str, str]:
    """What is unique in the table: the sighting, and the quality of the data."""
    return "|".join(map(str, detection.key))[:120], detection.quality or ""


def row_of(detection: Detection, **more: Any) -> FireDetection:
    """As a row; `more` are the columns that the library does not know."""
    key, quality = key_of(detection)
    plain = {name: getattr(detection, name) for name in _PLAIN if name not in ("row", "quality", "satellite")}
    return FireDetection(
        **plain,
        **more,
        key=key,
        quality=quality,
        source=detection.source.value,
        satellite=detection.satellite[:60],
        instant=detection.instant,
        until=detection.until,
        reach_m=detection.reach_m,
        line=detection.row,
        raw=dict(detection.raw),
        notes=dict(detection.notes),
    )


def of_row(row: FireDetection) -> Detection:
    """A stored sighting as the library wants it."""
    plain = {name: getattr(row, name) for name in _PLAIN if name not in ("row", "quality")}
    return Detection(
        **plain,
        source=Source(row.source),
        quality=row.quality or None,  # type: ignore[arg-type]
        instant=row.instant,
        until=row.until,
        row=row.line,
        raw=row.raw,
        notes=row.notes,
    )

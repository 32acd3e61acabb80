"""The bytes of a track: `{"datum": …, "points": [[time, lon, lat, accuracy or null, mocked or absent], …]}`.

Reads and checks; knows nothing of patrols. Times are RFC 3339 with an offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from backend.services.errors import InputInvalid, TooLarge
from geo.datum import parse_datum
from geo.errors import GeoError
from geo.patrol import TrackPoint
from geo.position import Position
from sync.ops import read_instant

MOST_BYTES = 8 * 1024 * 1024
MOST_POINTS = 50_000


@dataclass(frozen=True, slots=True)
class Track:
    """Points in canonical CGCS2000 degrees, in the order of time; how many were said to be simulated."""

    points: tuple[TrackPoint, ...]
    mocked: int


def read_track(body: bytes) -> Track:
    """A track from its bytes. Raises TooLarge, InputInvalid with the number of the first wrong point, DatumMissing."""
    if len(body) > MOST_BYTES:
        raise TooLarge(f"A track may have {MOST_BYTES // 2**20} MiB at most.", limit=MOST_BYTES)
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InputInvalid("A track is a JSON object.", field="track") from None
    if not isinstance(said, dict) or not isinstance(said.get("points"), list):
        raise InputInvalid("A track has a datum and a list of points.", field="points")
    datum = parse_datum(said.get("datum"))
    if len(said["points"]) > MOST_POINTS:
        raise TooLarge(f"A track may have {MOST_POINTS} points at most.", limit=MOST_POINTS)
    points, mocked = [], 0
    for number, each in enumerate(said["points"], 1):
        points.append(_point(number, each, datum))
        mocked += len(each) > 4 and each[4] is True
    return Track(tuple(sorted(points, key=lambda point: point.instant)), mocked)


def _point(number: int, said: Any, datum: Any) -> TrackPoint:
    wrong = InputInvalid(f"Point {number} is not [time, lon, lat, accuracy].", field="points", point=number)
    if not isinstance(said, list) or not 3 <= len(said) <= 5:
        raise wrong
    instant: datetime | None = read_instant(said[0])
    accuracy = said[3] if len(said) > 3 else None
    if instant is None or isinstance(accuracy, bool) or not (accuracy is None or isinstance(accuracy, int | float)):
        raise wrong
    try:
        lon, lat = Position(said[1], said[2], datum).canonical()
    except (GeoError, TypeError, ValueError):
        raise wrong from None
    return TrackPoint(instant, lon, lat, None if accuracy is None else float(accuracy))

"""Is the evidence that an item asks for there? A lack is flagged, never a reason to refuse an answer.

Must not read photos: whoever can tells the kind, length and place of each by its hash; the rest count as whatever
is needed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from .answers import Answer
from .model import Evidence

FILES = ("photo", "film", "audio", "document")
EARTH_RADIUS_M = 6_371_008.8
LIMIT_OF_PHOTOS = 12


@dataclass(frozen=True)
class Media:
    """What is known of one file. Longitude and latitude in degrees, all of one datum, as the gate's."""

    kind: str | None = None  # photo | film | audio | document
    seconds: float | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Lack:
    """Missing or doubtful evidence. `reason`: missing | too-long | misplaced | unlocated; `count` files concerned."""

    kind: str
    reason: str
    count: int


def lacks(
    answer: Answer,
    failed: bool,
    media: Mapping[str, Media],
    gate: tuple[float, float] | None = None,
    positioned: bool = False,
) -> list[Lack]:
    """What an answer lacks of its item's evidence; evidence marked `fail` counts for a failed duty only.

    `gate`: lon, lat from which photo offsets are measured, in the media's datum. `positioned`: the inspection
    itself has a position.
    """
    asked = [each for each in answer.item.evidence if failed or each.when == "always"]
    found = _missing_files(asked, answer.photos, media)
    for each in asked:
        if (each.kind == "position" and answer.position is None and not positioned) or (
            each.kind == "number" and answer.value is None
        ):
            found.append(Lack(each.kind, "missing", 1))
        if each.kind == "film":
            limit = each.max_seconds or 0
            long = sum((media.get(sha, Media()).seconds or 0) > limit for sha in answer.photos)
            found += [Lack("film", "too-long", long)] if long else []
        if each.offsets_m:
            found += _offset_lacks(each, answer.photos, media, gate)
    return found


def _missing_files(asked: Sequence[Evidence], photos: Sequence[str], media: Mapping[str, Media]) -> list[Lack]:
    kinds = [media.get(sha, Media()).kind for sha in photos]
    spare, found = kinds.count(None), []
    for kind in FILES:
        short = sum(each.count for each in asked if each.kind == kind) - kinds.count(kind)
        if short > 0:
            filled = min(short, spare)
            spare -= filled
            if short > filled:
                found.append(Lack(kind, "missing", short - filled))
    return found


def _offset_lacks(
    asked: Evidence, photos: Sequence[str], media: Mapping[str, Media], gate: tuple[float, float] | None
) -> list[Lack]:
    """Is there a photo near each offset, those of opposite sign on opposite sides of the gate?"""
    known = [media[sha] for sha in photos if sha in media]
    places = [(each.lon, each.lat) for each in known if each.lon is not None and each.lat is not None]
    if gate is None or len(places) < len(asked.offsets_m):
        return [Lack("photo", "unlocated", max(1, len(asked.offsets_m) - len(places)))]
    points = [_metres(gate, place) for place in places[:LIMIT_OF_PHOTOS]]
    tolerance = asked.tolerance_m or 0
    best = max(_fitting(asked.offsets_m, chosen, tolerance) for chosen in permutations(points, len(asked.offsets_m)))
    return [] if best == len(asked.offsets_m) else [Lack("photo", "misplaced", len(asked.offsets_m) - best)]


def _fitting(offsets: Sequence[int], points: Sequence[tuple[float, float]], tolerance: int) -> int:
    """How many points fit their offset; the sides are told by the direction of the first that is away from the gate."""
    fits, side = 0, None
    for offset, (east, north) in zip(offsets, points, strict=True):
        if abs(math.hypot(east, north) - abs(offset)) > tolerance:
            continue
        if offset:
            sign = math.copysign(1, offset)
            if side is None:
                side = (east * sign, north * sign)
            elif (east * side[0] + north * side[1]) * sign <= 0:
                continue
        fits += 1
    return fits


def _metres(origin: tuple[float, float], place: tuple[float, float]) -> tuple[float, float]:
    """East and north of the origin on the sphere; good to centimetres at 100 m."""
    east = math.radians(place[0] - origin[0]) * math.cos(math.radians(origin[1])) * EARTH_RADIUS_M
    return east, math.radians(place[1] - origin[1]) * EARTH_RADIUS_M

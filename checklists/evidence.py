"""Is the evidence that an item asks for there? A lack is flagged, never a reason to refuse an answer.

Must not read photos: whoever can tells the kind, length and place of each by its hash; the rest count as whatever
is needed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .answers import Answer
from .model import Evidence
from .spots import Place, prove

FILES = ("photo", "film", "audio", "document")
REASON_OF_FLAG = {"missing": "misplaced", "inaccurate": "inaccurate"}


@dataclass(frozen=True)
class Media:
    """What is known of one file. Longitude and latitude in degrees, all of one datum, as the gate's."""

    kind: str | None = None  # photo | film | audio | document
    seconds: float | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Gate:
    """The gate from which photo offsets are measured, and the bearing of the road there, where it is known."""

    place: Place
    bearing_deg: float | None = None


@dataclass(frozen=True)
class Lack:
    """Missing or doubtful evidence; `count` files concerned.

    `reason`: missing | too-long | misplaced (no photo near a wanted spot) | inaccurate (one may be, its error is too
    large to say) | unlocated.
    """

    kind: str
    reason: str
    count: int


def lacks(
    answer: Answer,
    failed: bool,
    media: Mapping[str, Media],
    gate: Gate | None = None,
    positioned: bool = False,
) -> list[Lack]:
    """What an answer lacks of its item's evidence; evidence marked `fail` counts for a failed duty only.

    `gate`: in the media's datum. `positioned`: the inspection itself has a position.
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
    """Files short of each kind. A paper may be photographed: photos to spare count as documents."""
    kinds = Counter(media.get(sha, Media()).kind for sha in photos)
    wanted = Counter({kind: sum(each.count for each in asked if each.kind == kind) for kind in FILES})
    photographed = min(max(0, kinds["photo"] - wanted["photo"]), max(0, wanted["document"] - kinds["document"]))
    kinds.update({"photo": -photographed, "document": photographed})
    spare, found = kinds[None], []
    for kind in FILES:
        short = max(0, wanted[kind] - kinds[kind])
        filled = min(short, spare)
        spare -= filled
        if short > filled:
            found.append(Lack(kind, "missing", short - filled))
    return found


def _offset_lacks(asked: Evidence, photos: Sequence[str], media: Mapping[str, Media], gate: Gate | None) -> list[Lack]:
    """The wanted spots along the road that no photo proves (spots.py), by reason."""
    known = [media[sha] for sha in photos if sha in media]
    places = [
        Place(each.lon, each.lat, each.accuracy_m) for each in known if each.lon is not None and each.lat is not None
    ]
    if gate is None or len(places) < len(asked.offsets_m):
        return [Lack("photo", "unlocated", max(1, len(asked.offsets_m) - len(places)))]
    spots = prove(gate.place, places, gate.bearing_deg, asked.offsets_m, asked.tolerance_m or 0)
    reasons = Counter(REASON_OF_FLAG[spot.flag] for spot in spots if not spot.proven and spot.flag is not None)
    return [Lack("photo", reason, count) for reason, count in sorted(reasons.items())]

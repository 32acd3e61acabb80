"""The same sighting sent twice: standard data replaces near-real-time data of the same pixel and minute.

Knows detections only; that two sightings are of one fire, `events` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from geo.fire_points.detection import Detection, Key

_QUALITY = {None: 0, "rt": 1, "nrt": 2, "standard": 3}


@dataclass(frozen=True, slots=True)
class Distinct:
    """`kept`: one detection a key, in the order of keys. `replaced`: the others, each with the one that stands."""

    kept: tuple[Detection, ...]
    replaced: tuple[tuple[Detection, Detection], ...]


def distinct(detections: Iterable[Detection]) -> Distinct:
    """One detection of each key: that of the best quality; of equals the one whose row comes first in any order of
    input. Whatever is known already goes in as well."""
    groups: dict[Key, list[Detection]] = {}
    for detection in detections:
        groups.setdefault(detection.key, []).append(detection)
    kept: list[Detection] = []
    replaced: list[tuple[Detection, Detection]] = []
    for key in sorted(groups):
        best, *others = sorted(groups[key], key=_rank)
        kept.append(best)
        replaced += [(other, best) for other in others]
    return Distinct(tuple(kept), tuple(replaced))


def _rank(detection: Detection) -> tuple[int, int, list[tuple[str, str]]]:
    return -_QUALITY[detection.quality], detection.row, sorted(detection.raw.items())

"""Pairs of coordinates in running text: which angles belong together, and which of them is the longitude.

Knows text and a region; what a point is for, `pasted` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo.fault import Fault
from geo.fire_points.angles import Angle, angles_in
from geo.region import Region

_BETWEEN = re.compile(r"[\s,;/|、()\[\]和-]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextPoint:
    """`exchanged`: the text labels the numbers the other way round than the region allows, and they were exchanged.

    `unit_m`: metres of the last written digit, the coarser of the two. `start`, `end`: where it stands in the text.
    """

    lon: float
    lat: float
    exchanged: bool
    unit_m: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextPoints:
    """The points, in the text's order, and what looked like one but was none."""

    points: tuple[TextPoint, ...]
    faults: tuple[Fault, ...]


def points_in_text(text: str, region: Region | None) -> TextPoints:
    """The points in a text that went through `angles.plain`. Unlabelled pairs are taken in the order that lies in the
    region, longitude first where both or neither does."""
    points: list[TextPoint] = []
    faults: list[Fault] = []
    angles = list(angles_in(text))
    i = 0
    while i < len(angles):
        first, second = angles[i], angles[i + 1] if i + 1 < len(angles) else None
        if second is None or not _together(first, second, text):
            written = text[first.start : first.end].strip()
            faults.append(
                Fault("coordinate-unpaired", None, f"{written} has no second number", params={"text": written})
            )
            i += 1
            continue
        i += 2
        points.append(_point(first, second, region))
    return TextPoints(tuple(points), tuple(faults))


def _together(first: Angle, second: Angle, text: str) -> bool:
    if first.axis is not None and first.axis == second.axis:
        return False
    return _BETWEEN.fullmatch(text, first.end, second.start) is not None


def _point(first: Angle, second: Angle, region: Region | None) -> TextPoint:
    a, b = first.degrees, second.degrees
    labelled = first.axis is not None or second.axis is not None
    if first.axis == "lat" or second.axis == "lon" or (not labelled and b > 90.0 >= a):
        a, b = b, a
    exchanged = region is not None and region.holds_exchanged(a, b)
    if exchanged:
        a, b = b, a
    return TextPoint(a, b, exchanged and labelled, max(first.unit_m, second.unit_m), first.start, second.end)

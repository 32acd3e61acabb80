"""Longitudes and latitudes as people and tables write them: decimal degrees, degrees with minutes and seconds, 度分秒,
full-width digits, 东经 and 北纬, E and N before or after.

Knows numbers and axes; which place is meant, and whether it is likely, others say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Axis = Literal["lon", "lat"]

# Before NFKC, which would turn º into o and ″ into two strokes.
_SIGNS = str.maketrans({
    **dict.fromkeys("º˚ﾟ", "°"),
    **dict.fromkeys("′’‘´`＇ʹ", "'"),
    **dict.fromkeys("″”“＂ʺ", '"'),
})  # fmt: skip
_AXES: dict[str, Axis] = {
    "东经": "lon", "经度": "lon", "经": "lon", "e": "lon",
    "lon": "lon", "lng": "lon", "long": "lon", "longitude": "lon",
    "北纬": "lat", "纬度": "lat", "纬": "lat", "n": "lat", "lat": "lat", "latitude": "lat",
}  # fmt: skip
_WORDS = r"东经|北纬|经度|纬度|经|纬|longitude|latitude|long|lon|lng|lat"
# Runs of blanks are bounded, or a text of nothing else would take for ever.
_ANGLE = re.compile(
    rf"""
    (?:(?P<before>(?<![a-z])(?:{_WORDS}|[en]))\s{{0,3}}[:=]?\s{{0,3}})?
    (?<![\d.])(?P<degrees>\d{{1,3}}(?:\.\d+)?)
    (?:\s{{0,3}}(?P<sign>[°度])
        (?:\s{{0,3}}(?P<minutes>\d{{1,2}}(?:\.\d+)?)\s{{0,3}}['分]
            (?:\s{{0,3}}(?P<seconds>\d{{1,2}}(?:\.\d+)?)\s{{0,3}}(?:"|''|秒)?)?
        )?
    )?
    (?![\d:]|\.\d)
    (?(before)|(?:\s{{0,3}}(?P<after>[en])(?![a-z]))?)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_METRES_A_DEGREE = 111_000.0
_LEAST_DECIMALS = 3
"""Of a bare number in running text: fewer are more likely to be something else."""


@dataclass(frozen=True, slots=True)
class Angle:
    """`degrees`: decimal. `axis`: what the writing says it is, None if nothing. `unit_m`: metres that one step of the
    last written digit is. `start`, `end`: where it stands in the text. `marked`: whether a label or sign says that it
    is an angle at all."""

    degrees: float
    axis: Axis | None
    unit_m: float
    start: int
    end: int
    marked: bool


def plain(text: str) -> str:
    """A text with one spelling of digits and signs."""
    return unicodedata.normalize("NFKC", text.translate(_SIGNS)).replace("''", '"')


def angles_in(text: str) -> Iterator[Angle]:
    """The angles in a text that went through `plain`. Numbers that may be anything are left out."""
    for match in _ANGLE.finditer(text):
        angle = _angle(match)
        if angle is not None and (angle.marked or _decimals(match["degrees"]) >= _LEAST_DECIMALS):
            yield angle


def parse_angle(text: str) -> Angle | None:
    """The angle that a text is as a whole, signs and labels optional; None if it is none."""
    match = _ANGLE.fullmatch(plain(text).strip())
    return None if match is None else _angle(match)


def _angle(match: re.Match[str]) -> Angle | None:
    degrees, minutes, seconds = (match[name] for name in ("degrees", "minutes", "seconds"))
    # 60 is what rounding makes of 59.9996, and its meaning is plain.
    if float(minutes or 0) > 60.0 or float(seconds or 0) > 60.0:
        return None
    if minutes is not None and "." in degrees:
        return None
    value = float(degrees) + float(minutes or 0) / 60.0 + float(seconds or 0) / 3600.0
    if value > 180.0:
        return None
    last, parts = (seconds, 3600.0) if seconds else (minutes, 60.0) if minutes else (degrees, 1.0)
    unit_m = _METRES_A_DEGREE / parts / 10 ** _decimals(last)
    label = (match["before"] or match["after"] or "").lower()
    marked = bool(label) or match["sign"] is not None
    return Angle(value, _AXES.get(label), unit_m, match.start(), match.end(), marked)


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])

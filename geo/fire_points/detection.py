"""One sighting of a fire, whoever made it.

Knows neither the form that it came in nor other sightings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import hypot
from typing import Literal

from geo.footprint import Footprint, circle_about, pixel_about


class Source(StrEnum):
    """Where a sighting comes from, spelt as on the wire."""

    VIIRS = "viirs"
    MODIS = "modis"
    HIMAWARI = "himawari"
    REPORT = "report"
    """A table of a meteorological or environmental office."""
    VIDEO = "video"
    DRONE = "drone"
    HOTLINE_12345 = "12345"
    HOTLINE_12369 = "12369"
    MESSAGE = "message"
    """Text with coordinates, pasted from a chat."""
    PATROL = "patrol"


Confidence = Literal["low", "nominal", "high"]
Quality = Literal["standard", "nrt", "rt"]
"""Of satellite data: final, near real time, and the first quick look. The better replaces the others."""

Key = tuple[str, str, int, float, float]


@dataclass(frozen=True, slots=True)
class Detection:
    """A sighting.

    `lon`, `lat`: the middle of its pixel or circle, canonical CGCS2000 degrees. `instant`: UTC; `until`: the end of
    the span that it happened in, where only a day is known, else None. `across_m`, `along_m`: the pixel's sizes, or
    None for a circle of `radius_m`. `satellite`: as the source spells it, empty for people. `frp_mw`: radiative power,
    None where unknown or in a unit that is not sure. `row`: the line or table row it was read from, from 1. `raw`: that
    row as it came. `notes`: what was found beside the coordinates (phones, places, what was doubtful).
    """

    source: Source
    instant: datetime
    lon: float
    lat: float
    row: int
    raw: Mapping[str, str]
    until: datetime | None = None
    across_m: float | None = None
    along_m: float | None = None
    radius_m: float = 0.0
    confidence: Confidence | None = None
    quality: Quality | None = None
    satellite: str = ""
    frp_mw: float | None = None
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Equal for the same sighting sent twice: source, satellite, minute, place to 5 decimals (1 m)."""
        minute = int(self.instant.timestamp() // 60)
        return self.source.value, self.satellite, minute, round(self.lon, 5) + 0.0, round(self.lat, 5) + 0.0

    @property
    def reach_m(self) -> float:
        """How far from its middle the fire may be: half the pixel's diagonal, or the circle's radius."""
        if self.across_m is None or self.along_m is None:
            return self.radius_m
        return hypot(self.across_m, self.along_m) / 2

    @property
    def footprint(self) -> Footprint:
        """The ground that the fire may be at, for the shares of cells and zones. Raises OutsideFrame."""
        if self.across_m is None or self.along_m is None:
            return circle_about(self.lon, self.lat, self.radius_m)
        return pixel_about(self.lon, self.lat, self.across_m, self.along_m)

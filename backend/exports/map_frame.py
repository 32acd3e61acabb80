"""Where degrees lie in a frame on paper: a small map in its own scale, without any base map.

Degrees of longitude are shortened as they are in the middle of what is shown, which serves for a county or a city.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, floor, log10, radians

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class MapFrame:
    """A rectangle on the sheet (mm), and where degrees lie in it: `west` and `north` at its left upper corner, metres
    to a degree of longitude (`across`), and how many mm a metre is.
    """

    left: float
    top: float
    width: float
    height: float
    west: float
    north: float
    across: float
    mm_a_metre: float

    @classmethod
    def around(
        cls, shapes: Sequence[BaseGeometry], left: float, top: float, wide_mm: float, high_mm: float
    ) -> MapFrame:
        """The frame that shows all of some shapes in the middle of the map's place, with a little margin."""
        west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
        across = METRES_A_DEGREE * cos(radians((south + north) / 2))
        wide, high = (east - west) * across, (north - south) * METRES_A_DEGREE
        scale = 0.94 * min(wide_mm / max(wide, 1.0), high_mm / max(high, 1.0))
        west -= (wide_mm / scale - wide) / 2 / across
        north += (high_mm / scale - high) / 2 / METRES_A_DEGREE
        return cls(left, top, wide_mm, high_mm, west, north, across, scale)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Millimetres on the sheet."""
        x = self.left + (lon - self.west) * self.across * self.mm_a_metre
        return x, self.top + (self.north - lat) * METRES_A_DEGREE * self.mm_a_metre

    def holds(self, x: float, y: float) -> bool:
        """Whether a place on the sheet lies within the frame."""
        return self.left < x < self.left + self.width and self.top < y < self.top + self.height

    def rings(self, shape: BaseGeometry) -> list[list[tuple[float, float]]]:
        """The outer rings of a shape on the sheet, no finer than a tenth of a millimetre."""
        simple = shape.simplify(0.1 / self.mm_a_metre / METRES_A_DEGREE, preserve_topology=True)
        parts = simple.geoms if isinstance(simple, MultiPolygon) else [simple]
        rings = [part.exterior.coords for part in parts if isinstance(part, Polygon) and not part.is_empty]
        return [[self.at(lon, lat) for lon, lat, *_ in ring] for ring in rings]

    def round_length(self, most_mm: float) -> float:
        """The longest of 1, 2 and 5 times a power of ten metres that is at most `most_mm` on the sheet."""
        most = most_mm / self.mm_a_metre
        power = 10.0 ** floor(log10(most))
        return next(times * power for times in (5, 2, 1) if times * power <= most)

"""The box that coordinates are expected in, and the sight of a pair that was written the wrong way round.

A region never decides a datum (see `datum`): it only says that a place is not where anybody here would stand.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """West, south, east, north in degrees of any datum; margins are wide enough for all of them."""

    name: str
    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a pair lies in the box, rims included."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    def holds_exchanged(self, lon: float, lat: float) -> bool:
        """Whether a pair is outside, but inside when its numbers are exchanged."""
        return not self.holds(lon, lat) and self.holds(lat, lon)


GUANGXI = Region("广西", 104.4, 20.9, 112.1, 26.4)

"""The squares of a web map: zoom, column, row, and what they cover.

Knows no features. Rows are counted from the north, as map libraries ask for them (XYZ).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atan, degrees, exp, pi
from typing import Any, NamedTuple

import numpy as np

from geo.coordinate import Floats, lon_lat, lon_lat_arrays
from geo.errors import TileInvalid, shown

MAX_ZOOM = 22
MAX_LAT = 85.0511287798066
"""Where the square of the whole world ends."""
HALF_WORLD_M = 20037508.342789244
"""Web-mercator metres from the middle to any side."""
TILE_PIXELS = 256


class Tile(NamedTuple):
    """One square; half-open, as a point belongs to one tile of a zoom."""

    zoom: int
    x: int
    y: int

    @property
    def mercator_bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in web-mercator metres."""
        side = side_m(self.zoom)
        west, north = self.x * side - HALF_WORLD_M, HALF_WORLD_M - self.y * side
        return west, north - side, west + side, north

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self.mercator_bounds
        return _lon(west), _lat(south), _lon(east), _lat(north)

    def around(self, pixels: float) -> tuple[float, float, float, float]:
        """The bounds in degrees of the tile and so many pixels about it: what to ask a database for, since symbols
        and lines of neighbours reach in."""
        west, south, east, north = self.mercator_bounds
        margin = pixels * pixel_m(self.zoom)
        return (
            max(_lon(west - margin), -180.0),
            _lat(south - margin),
            min(_lon(east + margin), 180.0),
            _lat(north + margin),
        )

    @property
    def parent(self) -> Tile | None:
        """The tile that holds this one, one zoom out; None for the whole world."""
        return None if self.zoom == 0 else Tile(self.zoom - 1, self.x // 2, self.y // 2)


def tile(zoom: object, x: object, y: object) -> Tile:
    """A checked tile. Raises TileInvalid."""
    for value in (zoom, x, y):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TileInvalid(f"a tile is three whole numbers, not {shown(value)}", value=shown(value))
    found = Tile(int(str(zoom)), int(str(x)), int(str(y)))
    if not 0 <= found.zoom <= MAX_ZOOM:
        raise TileInvalid(f"zoom {found.zoom} is not in 0..{MAX_ZOOM}", zoom=found.zoom)
    if not (0 <= found.x < 1 << found.zoom and 0 <= found.y < 1 << found.zoom):
        raise TileInvalid(f"zoom {found.zoom} has no tile {found.x}, {found.y}", zoom=found.zoom)
    return found


def side_m(zoom: int) -> float:
    """The side of a tile in web-mercator metres; on the ground it is shorter by the cosine of the latitude."""
    return 2 * HALF_WORLD_M / (1 << zoom)


def pixel_m(zoom: int) -> float:
    """A pixel of a tile of 256, in web-mercator metres."""
    return side_m(zoom) / TILE_PIXELS


def mercator(lons: Any, lats: Any) -> tuple[Floats, Floats]:
    """Web-mercator metres of degrees; latitudes beyond MAX_LAT are taken as it. Raises CoordinateInvalid."""
    x, y = lon_lat_arrays(lons, lats)
    y = np.clip(y, -MAX_LAT, MAX_LAT)
    return x * (HALF_WORLD_M / 180.0), np.arctanh(np.sin(np.radians(y))) * (HALF_WORLD_M / pi)


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a point. Raises CoordinateInvalid, TileInvalid."""
    lon, lat = lon_lat(lon, lat)
    tile(zoom, 0, 0)
    east, north = mercator(np.array([lon]), np.array([lat]))
    last = (1 << zoom) - 1
    column, row = (east[0] + HALF_WORLD_M) / side_m(zoom), (HALF_WORLD_M - north[0]) / side_m(zoom)
    return Tile(zoom, min(max(int(column), 0), last), min(max(int(row), 0), last))


def tiles_over(west: float, south: float, east: float, north: float, zoom: int) -> Iterator[Tile]:
    """The tiles that meet a box, from the north-west on. Raises CoordinateInvalid, TileInvalid."""
    first, last = tile_at(west, north, zoom), tile_at(east, south, zoom)
    for y in range(first.y, last.y + 1):
        for x in range(first.x, last.x + 1):
            yield Tile(zoom, x, y)


def _lon(east: float) -> float:
    return east / HALF_WORLD_M * 180.0


def _lat(north: float) -> float:
    north = min(max(north, -HALF_WORLD_M), HALF_WORLD_M)
    return degrees(2.0 * atan(exp(north / HALF_WORLD_M * pi)) - pi / 2.0)

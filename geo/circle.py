"""Accuracy circles: what share of one lies in each cell, and which cell is nearest to its centre.

Works in metres of a projected frame, on the parts of the cells near the point only. Knows no tie rule and passes
no verdict; that is `locate`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, cos, isfinite, pi, radians, sqrt
from typing import Any

import shapely
from shapely.geometry import Point, Polygon, box

from geo.admin import AdminGrid
from geo.metres import project_shape
from geo.proj import epsg_for, project

LEAST_RADIUS_M = 0.001
"""Smaller circles are points."""
_QUARTER = 16
"""Pieces of a quarter circle; shares refer to the polygon's own area, so its 0.2 % shortfall cancels."""
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Shares:
    """By index into the grid's cells: the share of the circle in each, and the cell nearest to its centre.

    `nearest` is None when no cell comes within the radius. Cells nested in one another each have their own share.
    """

    cells: dict[int, float]
    nearest: int | None


def reach_degrees(radius_m: float, lat: float) -> float:
    """A plane distance in degrees that surely covers a radius in metres at a latitude."""
    return radius_m / (110_000.0 * max(cos(radians(lat)), 0.01))


def measure(grid: AdminGrid, cells: Sequence[int], lon: float, lat: float, radius_m: float) -> Shares:
    """The shares of the circle about a point in CGCS2000 degrees, among the cells (indices) that may meet it.

    At one distance, to the millimetre, the finer cell is nearer, then the one with the smaller code.
    """
    if not cells:
        return Shares({}, None)
    epsg = epsg_for(grid.cells[cells[0]].code, lon)
    east, north = project(lon, lat, epsg)
    if not (isfinite(east) and isfinite(north)):
        return Shares({}, None)
    centre = Point(east, north)
    about = disc(east, north, radius_m)
    reach = 1.01 * reach_degrees(radius_m, lat)
    window = box(lon - reach, lat - reach, lon + reach, lat + reach)
    shares: dict[int, float] = {}
    distances: list[tuple[float, int, int]] = []
    for i in cells:
        near: Any = shapely.intersection(grid.cells[i].geometry, window)
        part = project_shape(near, epsg)
        distance = round(float(shapely.distance(part, centre)), 3) if not part.is_empty else radius_m + 1.0
        if distance <= radius_m:
            shares[i] = _share(part, about)
            distances.append((distance, -int(grid.depth[i]), i))
    return Shares(shares, min(distances)[2] if distances else None)


def square_share(east: float, north: float, radius_m: float, bounds_m: tuple[int, int, int, int]) -> float:
    """The share of the circle about a point in a square, all in metres of one frame."""
    west, south, far_east, far_north = bounds_m
    near, second = sorted((east - west, far_east - east, north - south, far_north - north))[:2]
    if near >= radius_m:
        return 1.0
    if second >= radius_m and near >= 0.0:  # one side cuts a segment off
        d = near / radius_m
        return round(1.0 - (acos(d) - d * sqrt(1.0 - d * d)) / pi, _DIGITS)
    return _share(box(*bounds_m), disc(east, north, radius_m))


def disc(east: float, north: float, radius_m: float) -> Polygon:
    """A circle in metres of a frame, as a polygon of 64 corners."""
    return Point(east, north).buffer(radius_m, quad_segs=_QUARTER)


def _share(shape: Any, about: Polygon) -> float:
    return round(min(1.0, float(shapely.area(shapely.intersection(shape, about))) / about.area), _DIGITS)

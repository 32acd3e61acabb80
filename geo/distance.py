"""Lengths on the CGCS2000 ellipsoid.

Knows points only; distances to cells belong to `locate`.
"""

from __future__ import annotations

from pyproj import Geod

from geo.coordinate import lon_lat

_ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)

Point = tuple[float, float]


def distance_m(a: Point, b: Point) -> float:
    """Metres of the geodesic between two (longitude, latitude) pairs in CGCS2000 degrees.

    Pass `position.canonical()` for what a device sent. Raises CoordinateInvalid.
    """
    (ax, ay), (bx, by) = lon_lat(*a), lon_lat(*b)
    return float(_ELLIPSOID.inv(ax, ay, bx, by)[2])

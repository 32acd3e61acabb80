"""3-degree Gauss-Krüger frames of CGCS2000: degrees to metres and back.

Axes are always easting, northing (EPSG says the reverse). Knows neither grids nor administrative shapes, only
which frame a city uses.
"""

from __future__ import annotations

import threading
from typing import Any, overload

from pyproj import Transformer

from geo.coordinate import Floats

LIUZHOU_EPSG, GUIGANG_EPSG = 4545, 4546
CENTRAL_MERIDIAN = {4544: 105.0, 4545: 108.0, 4546: 111.0, 4547: 114.0}
"""Degrees east by EPSG; false easting 500,000 m and scale 1 in each."""
CITY_EPSG = {"4502": LIUZHOU_EPSG, "4508": GUIGANG_EPSG}
"""By the first four digits of an administrative code."""
DIVIDE = 109.5
"""Degrees east, where the two frames meet. Both cities straddle it, so a city's code goes before a longitude."""

_per_thread = threading.local()


def epsg_for(admin_code: str | None, lon: float) -> int:
    """The frame of a point: its city's, and outside both cities 4545 west of 109.5 E, else 4546.

    One frame per city keeps a finding's metres comparable with its neighbour's on the other side of 109.5 E.
    """
    if admin_code is not None and (epsg := CITY_EPSG.get(admin_code[:4])) is not None:
        return epsg
    return LIUZHOU_EPSG if lon < DIVIDE else GUIGANG_EPSG


def transformer(epsg: int) -> Transformer:
    """The thread's own transformer from CGCS2000 degrees (EPSG:4490) to `epsg`; making one costs 200 points' work."""
    held: dict[int, Transformer] | None = getattr(_per_thread, "held", None)
    if held is None:
        held = _per_thread.held = {}
    found = held.get(epsg)
    if found is None:
        found = held[epsg] = Transformer.from_crs(4490, epsg, always_xy=True)
    return found


@overload
def project(lon: float, lat: float, epsg: int) -> tuple[float, float]: ...
@overload
def project(lon: Floats, lat: Floats, epsg: int) -> tuple[Floats, Floats]: ...
def project(lon: Any, lat: Any, epsg: int) -> tuple[Any, Any]:
    """Easting and northing in metres of CGCS2000 degrees; infinite where the frame does not reach."""
    east, north = transformer(epsg).transform(lon, lat)
    return east, north


@overload
def unproject(east: float, north: float, epsg: int) -> tuple[float, float]: ...
@overload
def unproject(east: Floats, north: Floats, epsg: int) -> tuple[Floats, Floats]: ...
def unproject(east: Any, north: Any, epsg: int) -> tuple[Any, Any]:
    """CGCS2000 degrees of an easting and northing in metres."""
    lon, lat = transformer(epsg).transform(east, north, direction="INVERSE")
    return lon, lat

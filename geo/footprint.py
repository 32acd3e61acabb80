"""The ground that a stated point may be at: an accuracy circle, or a satellite's pixel, in metres of a frame.

Knows neither cells nor zones; those take shares of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite

from shapely.geometry import Polygon, box

from geo.circle import LEAST_RADIUS_M, disc, reach_degrees
from geo.coordinate import lon_lat, number
from geo.errors import CoordinateInvalid, OutsideFrame
from geo.proj import epsg_for, project


@dataclass(frozen=True, slots=True)
class Footprint:
    """`lon`, `lat`: its middle, CGCS2000 degrees. `shape`: in metres of the frame `epsg`, None for a bare point.

    `box`: west, south, east, north in degrees, surely around it.
    """

    lon: float
    lat: float
    epsg: int
    shape: Polygon | None
    box: tuple[float, float, float, float]


def circle_about(lon: float, lat: float, radius_m: float) -> Footprint:
    """An accuracy circle; below a millimetre it is the point. Raises CoordinateInvalid, OutsideFrame."""
    lon, lat = lon_lat(lon, lat)
    radius = number(radius_m, "accuracy_m")
    if radius < 0.0:
        raise CoordinateInvalid("accuracy_m is negative", field="accuracy_m")
    epsg = epsg_for(None, lon)
    if radius < LEAST_RADIUS_M:
        return Footprint(lon, lat, epsg, None, (lon, lat, lon, lat))
    east, north = _metres(lon, lat, epsg)
    return Footprint(lon, lat, epsg, disc(east, north, radius), _around(lon, lat, radius))


def pixel_about(lon: float, lat: float, across_m: float, along_m: float) -> Footprint:
    """A pixel by its centre and its sizes across and along the track, drawn east-west and north-south.

    Tracks of polar orbits lean some 10° here, which a share of a pixel does not notice. Raises CoordinateInvalid,
    OutsideFrame.
    """
    lon, lat = lon_lat(lon, lat)
    width, height = number(across_m, "across_m") / 2, number(along_m, "along_m") / 2
    if width <= 0.0 or height <= 0.0:
        raise CoordinateInvalid("a pixel has two sizes above 0", field="across_m")
    epsg = epsg_for(None, lon)
    east, north = _metres(lon, lat, epsg)
    shape = box(east - width, north - height, east + width, north + height)
    return Footprint(lon, lat, epsg, shape, _around(lon, lat, hypot(width, height)))


def _metres(lon: float, lat: float, epsg: int) -> tuple[float, float]:
    east, north = project(lon, lat, epsg)
    if not (isfinite(east) and isfinite(north)):
        raise OutsideFrame("the point is too far from the frame for metres", epsg=epsg)
    return east, north


def _around(lon: float, lat: float, radius_m: float) -> tuple[float, float, float, float]:
    reach = 1.01 * reach_degrees(radius_m, lat)
    return lon - reach, lat - reach, lon + reach, lat + reach

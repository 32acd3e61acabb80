"""Datums: what a longitude and latitude are measured against, and the way from each to CGCS2000.

The declared datum alone decides. No function here looks at a position to guess one: the boxes in use count
Hanoi and Hong Kong as Chinese, and a wrong guess moves a point by some 550 m.

Sources: the GCJ-02 and BD-09 formulae as they are publicly known (ellipsoid a = 6378245 m,
ee = 0.00669342162296594323, offsets about 105 E, 35 N); accuracy as measured in our design notes, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from types import ModuleType
from typing import Any, overload

import numpy as np

from geo.coordinate import Floats, lon_lat, lon_lat_arrays
from geo.errors import CoordinateInvalid, DatumMissing, DatumUnknown, shown


class Datum(StrEnum):
    """The datums that a device or a file may declare, spelt as on the wire."""

    WGS84 = "WGS84"
    """Satellite receivers, EXIF, FIRMS."""
    GCJ02 = "GCJ02"
    """Amap and Tencent maps."""
    BD09 = "BD09"
    """Baidu maps."""
    CGCS2000 = "CGCS2000"
    """The national datum (EPSG:4490), 天地图, BeiDou codes; ours for everything that is stored."""


ITERATIONS = 3
"""Fixed. After 1, 2, 3 rounds the inverse of GCJ-02 is within 11 mm, 0.05 mm, 0.2 micrometres in Guangxi."""
DECIMALS = 9
"""Of a canonical coordinate: 0.1 mm."""

_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
_BAIDU_TURN = math.pi * 3000.0 / 180.0
_STILL_MOVING = 1e-6
"""Degrees. An inverse that still moves by more in its last round (only at polar latitudes) is refused."""


def parse_datum(value: object) -> Datum:
    """The datum that a text names, exactly.

    Raises DatumMissing for nothing, DatumUnknown for anything else; "wgs84" is not "WGS84".
    """
    if value is None or value == "":
        raise DatumMissing("a position or file must say its datum", known=[d.value for d in Datum])
    if isinstance(value, str):
        try:
            return Datum(value)
        except ValueError:
            pass
    raise DatumUnknown(f"the datum {shown(value)} is not known", datum=shown(value), known=[d.value for d in Datum])


@overload
def to_cgcs2000(lon: float, lat: float, datum: Datum) -> tuple[float, float]: ...
@overload
def to_cgcs2000(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]: ...
def to_cgcs2000(lon: Any, lat: Any, datum: Datum) -> tuple[Any, Any]:
    """Coordinates in CGCS2000, not rounded, from coordinates in `datum`; two floats or two arrays.

    WGS-84 is taken as CGCS2000 unchanged: the ellipsoids differ by 0.1 mm in latitude here, and the frames and
    epochs by decimetres, which is below any phone's accuracy and which pyproj does not model either.

    Raises CoordinateInvalid, also where GCJ-02 or BD-09 cannot be inverted (at polar latitudes).
    """
    return _convert(lon, lat, _checked(datum), _TO)


@overload
def from_cgcs2000(lon: float, lat: float, datum: Datum) -> tuple[float, float]: ...
@overload
def from_cgcs2000(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]: ...
def from_cgcs2000(lon: Any, lat: Any, datum: Datum) -> tuple[Any, Any]:
    """The inverse of `to_cgcs2000`: coordinates in `datum`, for a map of another provider."""
    return _convert(lon, lat, _checked(datum), _FROM)


@overload
def canonical(lon: float, lat: float, datum: Datum) -> tuple[float, float]: ...
@overload
def canonical(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]: ...
def canonical(lon: Any, lat: Any, datum: Datum) -> tuple[Any, Any]:
    """What is stored and located: CGCS2000, rounded to 9 decimals, never a negative zero."""
    x, y = to_cgcs2000(lon, lat, datum)
    if isinstance(x, np.ndarray):
        return np.round(x, DECIMALS) + 0.0, np.round(y, DECIMALS) + 0.0
    return round(x, DECIMALS) + 0.0, round(y, DECIMALS) + 0.0


Step = Callable[[Any, Any, Any], tuple[Any, Any]]


def _checked(datum: Datum) -> Datum:
    """A caller that passes text is told so here, rather than having it compared equal by StrEnum's grace."""
    return datum if isinstance(datum, Datum) else parse_datum(datum)


def _convert(lon: Any, lat: Any, datum: Datum, steps: dict[Datum, tuple[Step, ...]]) -> tuple[Any, Any]:
    many = isinstance(lon, np.ndarray) or isinstance(lat, np.ndarray)
    m: ModuleType = np if many else math
    x: Any
    y: Any
    x, y = lon_lat_arrays(lon, lat) if many else lon_lat(lon, lat)
    if not steps[datum]:
        return x, y
    try:
        for step in steps[datum]:
            x, y = step(x, y, m)
    except (ValueError, OverflowError) as error:  # math.sin(inf) and its like, at a pole
        raise CoordinateInvalid(f"{datum} is not defined here", field="lat") from error
    if np.any(np.abs(y) > 90.0):
        raise CoordinateInvalid(f"{datum} is not defined here", field="lat")
    if many:
        return np.where(x > 180.0, x - 360.0, np.where(x < -180.0, x + 360.0, x)), y
    return (x - 360.0 if x > 180.0 else x + 360.0 if x < -180.0 else x), y


def _gcj_shift(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    """Degrees that GCJ-02 adds to a WGS-84 point; `m` is math or numpy."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root = m.sqrt(m.fabs(x))
    common = 20.0 * m.sin(6.0 * pi * x) + 20.0 * m.sin(2.0 * pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + 2.0 / 3.0 * (
        common
        + 20.0 * m.sin(pi * y)
        + 40.0 * m.sin(pi * y / 3.0)
        + 160.0 * m.sin(pi * y / 12.0)
        + 320.0 * m.sin(pi * y / 30.0)
    )
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + 2.0 / 3.0 * (
        common
        + 20.0 * m.sin(pi * x)
        + 40.0 * m.sin(pi * x / 3.0)
        + 150.0 * m.sin(pi * x / 12.0)
        + 300.0 * m.sin(pi * x / 30.0)
    )
    phi = lat * (pi / 180.0)
    sine = m.sin(phi)
    w = 1.0 - _ECCENTRICITY * sine * sine
    across = _AXIS / m.sqrt(w)
    along = across * (1.0 - _ECCENTRICITY) / w
    return east / (across * m.cos(phi)) * (180.0 / pi), north / along * (180.0 / pi)


def _to_gcj(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    dx, dy = _gcj_shift(lon, lat, m)
    return lon + dx, lat + dy


def _gcj_to_bd(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    radius = m.hypot(lon, lat) + 0.00002 * m.sin(lat * _BAIDU_TURN)
    angle = m.atan2(lat, lon) + 0.000003 * m.cos(lon * _BAIDU_TURN)
    return radius * m.cos(angle) + 0.0065, radius * m.sin(angle) + 0.006


def _inverse_of(forward: Step) -> Step:
    """Fixed-point inversion: the naive guess, then ITERATIONS rounds of taking the miss away."""

    def backward(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
        x, y = lon, lat
        miss_x = miss_y = 0.0
        for _ in range(1 + ITERATIONS):
            there_x, there_y = forward(x, y, m)
            miss_x, miss_y = there_x - lon, there_y - lat
            x, y = x - miss_x, y - miss_y
        settled = abs(miss_x) + abs(miss_y) <= _STILL_MOVING
        if settled is not True and not np.all(settled):
            raise CoordinateInvalid("the inverse of this datum does not settle here", field="lat")
        return x, y

    return backward


_FROM: dict[Datum, tuple[Step, ...]] = {
    Datum.WGS84: (),
    Datum.CGCS2000: (),
    Datum.GCJ02: (_to_gcj,),
    Datum.BD09: (_to_gcj, _gcj_to_bd),
}
_TO: dict[Datum, tuple[Step, ...]] = {
    Datum.WGS84: (),
    Datum.CGCS2000: (),
    Datum.GCJ02: (_inverse_of(_to_gcj),),
    Datum.BD09: (_inverse_of(_gcj_to_bd), _inverse_of(_to_gcj)),
}

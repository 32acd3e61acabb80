"""What a valid number and a valid longitude and latitude are.

Knows nothing of datums: ranges are the same in all of them.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import CoordinateInvalid, shown

Floats = NDArray[np.float64]

_NUMBERS = (int, float, np.integer, np.floating)


def number(value: object, field: str) -> float:
    """The finite float that `value` is; text and booleans are not numbers.

    Raises CoordinateInvalid, naming `field`.
    """
    if type(value) is float and isfinite(value):  # nearly always
        return value
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise CoordinateInvalid(f"{field} is not a number: {shown(value)}", field=field, value=shown(value))
    try:
        result = float(value)
    except OverflowError:
        result = float("inf")
    if not isfinite(result):
        raise CoordinateInvalid(f"{field} is not a finite number", field=field, value=shown(value))
    return result


def lon_lat(lon: object, lat: object) -> tuple[float, float]:
    """A checked longitude in [-180, 180] and latitude in [-90, 90], degrees.

    Raises CoordinateInvalid.
    """
    if type(lon) is float and type(lat) is float and -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0:
        return lon, lat  # nearly always; NaN goes the long way
    x, y = number(lon, "lon"), number(lat, "lat")
    if not -180.0 <= x <= 180.0:
        raise CoordinateInvalid(f"longitude {x!r} is outside -180..180", field="lon", value=shown(x))
    if not -90.0 <= y <= 90.0:
        raise CoordinateInvalid(f"latitude {y!r} is outside -90..90", field="lat", value=shown(y))
    return x, y


def lon_lat_arrays(lons: Any, lats: Any) -> tuple[Floats, Floats]:
    """The same for two sequences of one length; one bad element refuses the whole, and is named.

    Raises CoordinateInvalid.
    """
    try:
        x, y = np.asarray(lons), np.asarray(lats)
    except (TypeError, ValueError) as error:
        raise CoordinateInvalid("coordinates are not numbers", field="lon") from error
    for field, array in (("lon", x), ("lat", y)):
        if array.dtype.kind not in "iuf":
            raise CoordinateInvalid(f"{field} holds something that is not a number", field=field)
    x, y = x.astype(np.float64, copy=False), y.astype(np.float64, copy=False)
    if x.shape != y.shape:
        raise CoordinateInvalid(f"{x.shape} longitudes but {y.shape} latitudes", field="lat")
    for field, array, limit in (("lon", x, 180.0), ("lat", y, 90.0)):
        # Written so that NaN fails too; two reductions are cheaper than one mask.
        if array.size and not (array.min() >= -limit and array.max() <= limit):
            first = int(np.flatnonzero(~(np.abs(array.ravel()) <= limit))[0])
            raise CoordinateInvalid(
                f"{field} number {first} is outside -{limit:g}..{limit:g}",
                field=field,
                index=first,
                value=shown(float(array.ravel()[first])),
            )
    return x, y

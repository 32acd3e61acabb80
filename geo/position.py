"""A position as a device states it: numbers, their datum, and how good they are.

The original is kept as it came; the canonical pair is derived. Nothing here knows cells, and times are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo.coordinate import lon_lat, number
from geo.datum import Datum, canonical, parse_datum
from geo.errors import CoordinateInvalid, PositionInvalid, shown

WIRE_FIELDS = ("lon", "lat", "datum", "accuracy_m", "altitude_m", "provider", "mock", "at")


@dataclass(frozen=True, slots=True)
class Position:
    """A stated position. Every instance is valid and has a canonical pair.

    `lon`, `lat`: degrees in `datum`. `accuracy_m`: radius in metres, None if the device did not say.
    `altitude_m`: metres, as stated. `provider`: the device's word for its source. `mock`: whether the device says
    that the position was simulated, None if it did not say. `at`: the device's time, as sent.

    Raises DatumMissing, DatumUnknown, CoordinateInvalid, PositionInvalid.
    """

    lon: float
    lat: float
    datum: Datum
    accuracy_m: float | None = None
    altitude_m: float | None = None
    provider: str | None = None
    mock: bool | None = None
    at: str | None = None
    _canonical: tuple[float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        datum = parse_datum(self.datum)
        lon, lat = lon_lat(self.lon, self.lat)
        put(self, "datum", datum)
        put(self, "lon", lon)
        put(self, "lat", lat)
        for name in ("accuracy_m", "altitude_m"):
            value = getattr(self, name)
            put(self, name, None if value is None else number(value, name))
        if self.accuracy_m is not None and self.accuracy_m < 0:
            raise CoordinateInvalid("accuracy_m is negative", field="accuracy_m", value=shown(self.accuracy_m))
        for name, kind in (("provider", str), ("mock", bool), ("at", str)):
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise PositionInvalid(f"{name} must be {kind.__name__} or null", field=name, value=shown(value))
        put(self, "_canonical", canonical(lon, lat, datum))

    def canonical(self) -> tuple[float, float]:
        """Longitude and latitude in CGCS2000, 9 decimals: what is stored, located and compared."""
        return self._canonical

    def to_wire(self) -> dict[str, Any]:
        """The wire form again, with all fields of the contract."""
        return {name: getattr(self, name) for name in WIRE_FIELDS} | {"datum": self.datum.value}


def parse_position(mapping: object) -> Position:
    """The position in a wire mapping with the fields of WIRE_FIELDS; fields that we do not know are let by.

    Raises DatumMissing, DatumUnknown, CoordinateInvalid, PositionInvalid.
    """
    if not isinstance(mapping, Mapping):
        raise PositionInvalid(f"a position is an object, not {shown(mapping)}", field="position")
    parse_datum(mapping.get("datum"))  # told first: without it the numbers mean nothing
    fields: dict[str, Any] = {name: mapping.get(name) for name in WIRE_FIELDS}
    return Position(**fields)

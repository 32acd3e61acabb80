"""Which spots along a road do photos prove? The exit rule wants one at the gate and one 50 m on each side (D10).

Plain longitudes and latitudes in degrees, all of one datum. Must not know of answers, files or where a gate is kept.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

EXIT_OFFSETS_M = (-50, 0, 50)
EXIT_TOLERANCE_M = 20  # a setting: the plans say 50 m and nothing of how exactly
CANDIDATES = 20  # photos weighed for one spot, the nearest first
SEMI_MAJOR_AXIS_M = 6_378_137.0  # CGCS2000, which WGS 84 shares to 0.1 mm
ECCENTRICITY_SQUARED = 0.006_694_380_022_9


@dataclass(frozen=True)
class Place:
    """A position; `accuracy_m` is the radius that its maker gave for it, None when nobody did."""

    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Spot:
    """One wanted spot: metres along the road from the gate, and the photo (its index) that serves it.

    `flag`: None when proven by a photo of known accuracy; accuracy-unknown when proven by one without; inaccurate when
    a photo may have been taken here but its error is too large to say; missing when none can have been.
    """

    offset_m: int
    photo: int | None
    proven: bool
    flag: str | None


@dataclass(frozen=True)
class _Candidate:
    photo: int
    east: float
    north: float
    error: float  # metres from the wanted spot
    accuracy: float | None
    tolerance: float

    @property
    def proves(self) -> bool:
        return self.error <= self.tolerance and (self.accuracy or 0) <= self.tolerance


def prove(
    gate: Place,
    photos: Sequence[Place],
    bearing_deg: float | None = None,
    offsets_m: Sequence[int] = EXIT_OFFSETS_M,
    tolerance_m: float = EXIT_TOLERANCE_M,
) -> tuple[Spot, ...]:
    """The wanted spots in their order, each with the photo that serves it best; no photo serves two.

    A spot is proven by a photo within the tolerance of it whose own accuracy is no worse than the tolerance. With the
    road's bearing (degrees from north at the gate, positive offsets that way) a spot is a point. Without, it is any
    place as far from the gate as the offset, if photos of opposite sign lie on opposite sides of the gate (more than
    90° apart as seen from it, so that a road may bend) and photos of one sign on one side.
    """
    reach = [_candidates(gate, photos, offset, bearing_deg, tolerance_m) for offset in offsets_m]
    best: tuple[_Candidate | None, ...] = (None,) * len(offsets_m)
    for chosen in product(*([*each, None] for each in reach)):
        if _score(chosen) > _score(best) and _consistent(chosen, offsets_m, bearing_deg is None):
            best = chosen
    return tuple(_spot(offset, each) for offset, each in zip(offsets_m, best, strict=True))


def metres(origin: Place, place: Place) -> tuple[float, float]:
    """East and north of the origin on its tangent plane, by the ellipsoid's radii there.

    Within 2 mm of the geodesic at 150 m (a sphere would be 0.4 % out, 20 cm at 50 m).
    """
    latitude = math.radians(origin.lat)
    flattening = 1 - ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
    prime_vertical = SEMI_MAJOR_AXIS_M / math.sqrt(flattening)
    meridian = prime_vertical * (1 - ECCENTRICITY_SQUARED) / flattening
    east = math.radians(place.lon - origin.lon) * math.cos(latitude) * prime_vertical
    return east, math.radians(place.lat - origin.lat) * meridian


def _candidates(
    gate: Place, photos: Sequence[Place], offset: int, bearing_deg: float | None, tolerance: float
) -> list[_Candidate]:
    """Photos that may have been taken at a spot, the nearest first."""
    found = []
    for index, photo in enumerate(photos):
        east, north = metres(gate, photo)
        if bearing_deg is None:
            error = abs(math.hypot(east, north) - abs(offset))
        else:
            bearing = math.radians(bearing_deg)
            error = math.hypot(east - offset * math.sin(bearing), north - offset * math.cos(bearing))
        if error <= tolerance + (photo.accuracy_m or 0):
            found.append(_Candidate(index, east, north, error, photo.accuracy_m, tolerance))
    found.sort(key=lambda each: (not each.proves, each.error))
    return found[:CANDIDATES]


def _score(chosen: Sequence[_Candidate | None]) -> tuple[int, int, float]:
    """More proven spots first, then more served at all, then the smaller error."""
    served = [each for each in chosen if each is not None]
    return sum(each.proves for each in served), len(served), -sum(each.error for each in served)


def _consistent(chosen: Sequence[_Candidate | None], offsets: Sequence[int], tell_sides: bool) -> bool:
    pairs = list(_pairs(chosen, offsets))
    if any(one.photo == two.photo for _, one, _, two in pairs):
        return False
    return not tell_sides or all(
        (one.east * two.east + one.north * two.north) * math.copysign(1, first * second) > 0
        for first, one, second, two in pairs
        if first and second
    )


def _pairs(
    chosen: Sequence[_Candidate | None], offsets: Sequence[int]
) -> Iterator[tuple[int, _Candidate, int, _Candidate]]:
    served = [(offset, each) for offset, each in zip(offsets, chosen, strict=True) if each is not None]
    for (first, one), (second, two) in combinations(served, 2):
        yield first, one, second, two


def _spot(offset: int, served: _Candidate | None) -> Spot:
    if served is None:
        return Spot(offset, None, False, "missing")
    if not served.proves:
        return Spot(offset, served.photo, False, "inaccurate")
    return Spot(offset, served.photo, True, "accuracy-unknown" if served.accuracy is None else None)

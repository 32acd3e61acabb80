"""Whether a stated position looks like one whose datum was declared wrongly: visits tell.

GCJ-02 taken for WGS-84 (or the other way) puts a site about 550 m from where everybody who goes there stands; BD-09
about 1.2 km. Moves nothing and decides nothing. Knows positions in canonical CGCS2000 degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from geo.datum import Datum, canonical
from geo.distance import distance_m

FEWEST_VISITS = 2
FAR_M = 250.0
"""From here on a site and its visits disagree: less is a large site, or a phone that stood at its gate."""
FITS_M = 120.0
"""Within this another reading of the datum explains the visits."""
GAIN = 4.0
"""And it must explain them so many times better than the stated one."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The visits' median distance from the site as it stands, and from where it would be by the likelier datum.

    `likely` is the datum that the given numbers probably had; `lon`, `lat` are the canonical place under it.
    """

    stated: Datum
    likely: Datum
    distance_m: float
    likely_distance_m: float
    visits: int
    lon: float
    lat: float


def doubt(
    given: tuple[float, float], stated: Datum, visits: Sequence[tuple[float, float]], fewest: int = FEWEST_VISITS
) -> Doubt | None:
    """The likelier datum of a site's coordinates, or None where the visits agree with it or nothing explains them.

    `given`: longitude and latitude as they were given, in the `stated` datum; `visits`: canonical points of people
    who were there, one a visit.
    """
    if len(visits) < fewest:
        return None
    apart = _typical(canonical(*given, stated), visits)
    if apart < FAR_M:
        return None
    readings = [(datum, canonical(*given, datum)) for datum in (Datum.WGS84, Datum.GCJ02, Datum.BD09)]
    likely, place = min(readings, key=lambda reading: _typical(reading[1], visits))
    fits = _typical(place, visits)
    if fits > FITS_M or fits * GAIN > apart:
        return None
    return Doubt(stated, likely, round(apart, 1), round(fits, 1), len(visits), *place)


def _typical(place: tuple[float, float], visits: Sequence[tuple[float, float]]) -> float:
    return median(distance_m(place, visit) for visit in visits)

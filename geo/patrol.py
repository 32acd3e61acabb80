"""What a patrol walked: which cells, when, and what of a list of cells was missed.

It is about places, never about persons: a track comes in without a name and what goes out is cells. Knows grids and
points in CGCS2000 degrees; who was asked to patrol where, and when, the caller says.

A track is a row of points. Between two neighbouring points the way is taken as straight, unless they are too far
apart in time (a screen that was off) or the speed between them is none that anybody drives; there it is unknown, and
told as a gap. Whatever lies within sight of the way counts as walked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot
from typing import Any, Literal

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid
from geo.coordinate import lon_lat
from geo.errors import OutsideFrame
from geo.metres import project_shape
from geo.proj import epsg_for, project

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """`instant`: with a time zone. `lon`, `lat`: canonical CGCS2000 degrees. `accuracy_m`: radius, None if unknown."""

    instant: datetime
    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """`width_m`: how far to either side of the way one sees. `longest_s`: a longer silence is a gap. `fastest_mps`:
    what a vehicle on patrol does at most. `worst_m`: points of a worse accuracy are set aside. `least_share`: of a cell
    in sight, for it to count as walked; any sight of it is told. Guesses, to be tried in use."""

    width_m: float = 200.0
    longest_s: float = 180.0
    fastest_mps: float = 40.0
    worst_m: float = 150.0
    least_share: float = 0.1


@dataclass(frozen=True, slots=True)
class Gap:
    """A piece of a track of which the way is not known: its two ends, metres between them, and why."""

    start: TrackPoint
    end: TrackPoint
    metres: float
    why: Literal["silence", "speed"]


@dataclass(frozen=True, slots=True)
class Walked:
    """A cell in sight of the way. `share`: of its area. `first`, `last`: instants between which it was in sight."""

    code: str
    share: float
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class PatrolCoverage:
    """`walked`: the cells in sight, in the order of codes. `missed`: of the cells that were asked for, those that less
    than the least share was seen of. `covered`: the rest of them. `gaps` in the track's order. `metres`: of known way.
    `set_aside`: points that were too inaccurate."""

    walked: tuple[Walked, ...]
    covered: tuple[str, ...]
    missed: tuple[str, ...]
    gaps: tuple[Gap, ...]
    metres: float
    set_aside: int


@dataclass(frozen=True, slots=True)
class _Leg:
    """A known piece of way: a line (or a lone point) in metres, and when."""

    line: BaseGeometry
    first: datetime
    last: datetime


def patrolled(
    track: Iterable[TrackPoint],
    grid: AdminGrid,
    cells: Sequence[str],
    *,
    window: tuple[datetime, datetime] | None = None,
    sight: Sight | None = None,
) -> PatrolCoverage:
    """What of `cells` (codes of the grid, with shapes) a track saw, in [start, end) of a window if there is one.

    Points in any order; several tracks are several calls, joined by `together`. Raises CellUnknown, CoordinateInvalid,
    OutsideFrame; ValueError for a time without a zone.
    """
    sight = sight or Sight()
    shapes = {code: shape for code in cells if (shape := grid[code].geometry) is not None}
    points = sorted(track, key=lambda point: point.instant)
    if window is not None:
        points = [point for point in points if window[0] <= point.instant < window[1]]
    if any(point.instant.tzinfo is None for point in points):
        raise ValueError("a track's instants have a time zone")
    good = [point for point in points if point.accuracy_m is None or point.accuracy_m <= sight.worst_m]
    # One frame for the track, that of the cells' city: metres of two frames cannot be joined.
    epsg = epsg_for(min(shapes), good[0].lon) if shapes and good else epsg_for(None, good[0].lon if good else 108.0)
    legs, gaps, metres = _legs(good, epsg, sight)
    walked = tuple(
        found for code, shape in sorted(shapes.items()) if (found := _seen(code, shape, legs, epsg, sight)) is not None
    )
    enough = {cell.code for cell in walked if cell.share >= sight.least_share}
    return PatrolCoverage(
        walked=walked,
        covered=tuple(sorted(set(cells) & enough)),
        missed=tuple(sorted(set(cells) - enough)),
        gaps=tuple(gaps),
        metres=round(metres, 1),
        set_aside=len(points) - len(good),
    )


def together(coverages: Sequence[PatrolCoverage], cells: Sequence[str], sight: Sight | None = None) -> PatrolCoverage:
    """Several tracks over the same cells as one. Of each cell the largest share stands: two tracks along one road saw
    no more than one did, and what they saw of it apart is not added up, so that this never says too much."""
    least = (sight or Sight()).least_share
    best: dict[str, Walked] = {}
    for coverage in coverages:
        for cell in coverage.walked:
            known = best.get(cell.code)
            best[cell.code] = cell if known is None else _joined(known, cell)
    walked = tuple(best[code] for code in sorted(best))
    enough = {cell.code for cell in walked if cell.share >= least}
    return PatrolCoverage(
        walked=walked,
        covered=tuple(sorted(set(cells) & enough)),
        missed=tuple(sorted(set(cells) - enough)),
        gaps=tuple(gap for coverage in coverages for gap in coverage.gaps),
        metres=round(sum(coverage.metres for coverage in coverages), 1),
        set_aside=sum(coverage.set_aside for coverage in coverages),
    )


def walked_by_window(
    track: Sequence[TrackPoint],
    grid: AdminGrid,
    cells: Sequence[str],
    windows: Mapping[str, tuple[datetime, datetime]],
    sight: Sight | None = None,
) -> dict[str, PatrolCoverage]:
    """The coverage in each of several named windows (dusk, the first half of the night)."""
    return {name: patrolled(track, grid, cells, window=window, sight=sight) for name, window in windows.items()}


def _legs(points: Sequence[TrackPoint], epsg: int, sight: Sight) -> tuple[list[_Leg], list[Gap], float]:
    places = [_place(point, epsg) for point in points]
    legs: list[_Leg] = []
    gaps: list[Gap] = []
    total = 0.0
    if points:
        legs.append(_Leg(Point(places[0]), points[0].instant, points[0].instant))
    for i in range(1, len(points)):
        before, after = points[i - 1], points[i]
        metres = hypot(places[i][0] - places[i - 1][0], places[i][1] - places[i - 1][1])
        why = _doubt(before, after, metres, sight)
        if why is None:
            total += metres
            line = LineString([places[i - 1], places[i]]) if metres > 0.0 else Point(places[i])
            legs.append(_Leg(line, before.instant, after.instant))
        else:
            gaps.append(Gap(before, after, round(metres, 1), why))
            legs.append(_Leg(Point(places[i]), after.instant, after.instant))
    return legs, gaps, total


def _doubt(before: TrackPoint, after: TrackPoint, metres: float, sight: Sight) -> Literal["silence", "speed"] | None:
    """Why the way between two points is not known. Two points may each be off by their accuracy, which is no speed."""
    seconds = (after.instant - before.instant) / timedelta(seconds=1)
    if seconds > sight.longest_s:
        return "silence"
    off = (before.accuracy_m or 0.0) + (after.accuracy_m or 0.0)
    return "speed" if metres - off > sight.fastest_mps * seconds else None


def _place(point: TrackPoint, epsg: int) -> tuple[float, float]:
    east, north = project(*lon_lat(point.lon, point.lat), epsg)
    if not (abs(east) < 1e7 and abs(north) < 1e7):
        raise OutsideFrame("a point of the track is too far from the frame for metres", epsg=epsg)
    return east, north


def _seen(code: str, shape: BaseGeometry, legs: Sequence[_Leg], epsg: int, sight: Sight) -> Walked | None:
    cell = project_shape(shape, epsg)
    near = [leg for leg in legs if shapely.dwithin(leg.line, cell, sight.width_m)]
    if not near:
        return None
    strips: Any = shapely.buffer([leg.line for leg in near], sight.width_m)
    area = float(shapely.intersection(shapely.union_all(strips), cell).area)
    share = round(min(1.0, area / float(cell.area)), _DIGITS)
    return Walked(code, share, min(leg.first for leg in near), max(leg.last for leg in near))


def _joined(a: Walked, b: Walked) -> Walked:
    return Walked(a.code, max(a.share, b.share), min(a.first, b.first), max(a.last, b.last))

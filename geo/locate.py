"""Which cells a point belongs to, and how sure that is.

Exactly one administrative cell, or none; one square; one BeiDou code. Knows grids and canonical CGCS2000 degrees; a
stated position is made canonical first (`locate_position`). Knows nothing of findings or of who may see what.

The tie rule. A polygon has no natural half-open edge, and on a border `intersects` finds one to three cells and
`within` none. Where the cells found do not form one line of descent, they are tried again a hair to the
east-north-east (NUDGE); of those that remain (of all, if none does) the finest level wins, then the smallest code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo import beidou, square
from geo.admin import AdminGrid, Indices, point_at
from geo.circle import LEAST_RADIUS_M, Shares, measure, reach_degrees, square_share
from geo.coordinate import lon_lat, lon_lat_arrays, number
from geo.errors import CoordinateInvalid, OutsideFrame
from geo.position import Position
from geo.proj import project

NUDGE = (1e-9, 0.7e-9)
"""Degrees; 0.1 mm, in a direction that no boundary follows."""
PHONE_ACCURACY_M = 30.0
"""The circle of a device that does not say."""
MAX_RADIUS_M = 50_000.0
"""A larger circle says nothing about cells and is cut to this."""
SURE, DOUBTFUL = 0.95, 0.6
"""Confidence from which a location is `high`, and below which it is for `review`. Guesses, to be tried in use."""
SQUARE_SIZE_M = 1000

Method = Literal["inside", "tie", "nearest", "none"]
_FLAGS: dict[Method, tuple[str, ...]] = {"inside": (), "tie": (), "nearest": ("edge",), "none": ("unassigned",)}


class Placement(NamedTuple):
    """A cell that a point is in, and the share of its accuracy circle that lies there."""

    code: str
    level: str
    confidence: float


class Location(NamedTuple):
    """Where a point is.

    `code`: the finest administrative cell, None if unassigned. `chain`: that cell and its ancestors, finest first,
    each with its own confidence. `method`: `inside` one cell; `tie`, a border settled by rule among `tied`; `nearest`,
    outside all but within the accuracy; `none`. `confidence`: share of the circle in `code`, 1.0 where the circle
    cannot reach its border, 0.0 if unassigned. `candidates`: (code, share) of each cell the circle meets, best
    first, cells above others left out. `flags`: `edge` with `nearest`, `unassigned` with `none`. `square` and
    `square_confidence`: the 1 km cell and its share; None and 0.0 outside the frame. `beidou`: level 8, None from
    88° of latitude on. `radius_m`: of the circle.
    """

    lon: float
    lat: float
    code: str | None
    chain: tuple[Placement, ...]
    method: Method
    tied: tuple[str, ...]
    confidence: float
    candidates: tuple[tuple[str, float], ...]
    flags: tuple[str, ...]
    square: str | None
    square_confidence: float
    beidou: str | None
    radius_m: float

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Codes above `code`, nearest first."""
        return tuple(placement.code for placement in self.chain[1:])

    @property
    def grade(self) -> Literal["high", "fair", "review"]:
        """The confidence in a word."""
        return "high" if self.confidence >= SURE else "review" if self.confidence < DOUBTFUL else "fair"

    def at_level(self, level: str) -> Placement | None:
        """The cell of one level (`county`) that the point is in."""
        return next((placement for placement in self.chain if placement.level == level), None)


@dataclass(frozen=True, slots=True)
class BulkLocation:
    """Where many points are: `index` into the grid's cells (-1 unassigned), and whether a tie was settled."""

    index: Indices
    tied: NDArray[np.bool_]

    def codes(self, grid: AdminGrid) -> list[str | None]:
        """The codes, in the points' order."""
        names: list[str | None] = [cell.code for cell in grid.cells]
        names.append(None)
        return [names[i] for i in self.index.tolist()]


def locate_position(position: Position, grid: AdminGrid) -> Location:
    """`locate` for a stated position, by its canonical pair and its own accuracy."""
    lon, lat = position.canonical()
    return locate(lon, lat, grid, position.accuracy_m)


def locate(lon: float, lat: float, grid: AdminGrid, accuracy_m: float | None = None) -> Location:
    """The cells of a point in canonical CGCS2000 degrees.

    `accuracy_m`: radius of the accuracy circle in metres; None means PHONE_ACCURACY_M; 0 means the point itself,
    with no circle and no `edge`. Raises CoordinateInvalid.
    """
    lon, lat = lon_lat(lon, lat)
    radius = _radius(accuracy_m)
    point = point_at(lon, lat)
    hits = grid.hits(lon, lat, point)
    chosen, tied = _settle(grid, hits, lon, lat) if hits else (None, ())
    method: Method = "none" if chosen is None else "tie" if tied else "inside"
    circle: Shares | None = None
    if radius >= LEAST_RADIUS_M:
        reach = reach_degrees(radius, lat)
        if chosen is None or grid.border_within(chosen, point, reach):
            circle = measure(grid, grid.within(point, reach), lon, lat, radius)
    if chosen is None and circle is not None and circle.nearest is not None:
        chosen, method = circle.nearest, "nearest"
    code = None if chosen is None else grid.cells[chosen].code
    chain, candidates = _placed(grid, chosen, circle)
    square_code, square_confidence = _square(code, lon, lat, radius)
    return Location(
        lon=lon,
        lat=lat,
        code=code,
        chain=chain,
        method=method,
        tied=tied,
        confidence=chain[0].confidence if chain else 0.0,
        candidates=candidates,
        flags=_FLAGS[method],
        square=square_code,
        square_confidence=square_confidence,
        beidou=_beidou(lon, lat),
        radius_m=radius,
    )


def locate_many(lons: Any, lats: Any, grid: AdminGrid) -> BulkLocation:
    """The finest cell of each of many points, canonical CGCS2000 degrees, by the same tie rule; no circles.

    Raises CoordinateInvalid.
    """
    x, y = lon_lat_arrays(lons, lats)
    index = np.full(x.shape, -1, dtype=np.intp)
    tied = np.zeros(x.shape, dtype=np.bool_)
    points, cells = grid.hits_many(x, y)
    # The deepest hit of each point, whichever of equals; then those points whose hits are not all above it.
    order = np.argsort(grid.depth[cells], kind="stable")
    points, cells = points[order], cells[order]
    index[points] = cells
    torn = np.unique(points[~grid.are_under(index[points], cells)])
    if torn.size:
        rows = np.flatnonzero(np.isin(points, torn))
        rows = rows[np.argsort(points[rows], kind="stable")]
        for group in np.split(rows, np.flatnonzero(np.diff(points[rows])) + 1):
            point = int(points[group[0]])
            hits = sorted(cells[group].tolist())
            chosen, rivals = _settle(grid, hits, float(x[point]), float(y[point]))
            index[point], tied[point] = chosen, bool(rivals)
    return BulkLocation(index, tied)


def _settle(grid: AdminGrid, hits: Sequence[int], lon: float, lat: float) -> tuple[int, tuple[str, ...]]:
    """The one cell of those that touch a point, and the codes it was settled among (none if there was no tie)."""
    if len(hits) == 1:
        return hits[0], ()
    leaves = _leaves(grid, hits)
    if len(leaves) == 1:
        return leaves[0], ()
    beside = point_at(lon + NUDGE[0], lat + NUDGE[1])
    remain = [i for i in hits if grid.touches(i, beside)] or hits
    chosen = min(remain, key=lambda i: (-int(grid.depth[i]), i))
    return chosen, tuple(grid.cells[i].code for i in leaves)


def _leaves(grid: AdminGrid, cells: Sequence[int]) -> list[int]:
    """The cells that are above none of the others."""
    above = {j for i in cells for j in grid.line(i)[1:]}
    return [i for i in cells if i not in above]


def _radius(accuracy_m: float | None) -> float:
    if accuracy_m is None:
        return PHONE_ACCURACY_M
    radius = number(accuracy_m, "accuracy_m")
    if radius < 0.0:
        raise CoordinateInvalid("accuracy_m is negative", field="accuracy_m")
    return min(radius, MAX_RADIUS_M)


def _placed(
    grid: AdminGrid, chosen: int | None, circle: Shares | None
) -> tuple[tuple[Placement, ...], tuple[tuple[str, float], ...]]:
    """The chain of a chosen cell and the candidates about it; a cell without a shape has the shares below it."""
    if chosen is None:
        return (), ()
    code, line = grid.cells[chosen].code, grid.line(chosen)
    if circle is None:
        cells = grid.cells
        return tuple([Placement(cells[i].code, cells[i].level, 1.0) for i in line]), ((code, 1.0),)
    met = {i: share for i, share in circle.cells.items() if share > 0.0 or i == chosen}
    leaves = {i: met[i] for i in _leaves(grid, list(met))}
    placements = []
    for i in line:
        share = met.get(i)
        if share is None:
            share = min(1.0, round(sum(part for j, part in leaves.items() if grid.is_under(j, i)), 6))
        placements.append(Placement(grid.cells[i].code, grid.cells[i].level, share))
    ranked = sorted(leaves.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(placements), tuple((grid.cells[i].code, share) for i, share in ranked)


def _square(admin_code: str | None, lon: float, lat: float, radius: float) -> tuple[str | None, float]:
    frame = square.frame_for(admin_code, lon)
    east, north = project(lon, lat, frame.epsg)
    try:
        cell = square.cell_at(east, north, SQUARE_SIZE_M, frame)
    except OutsideFrame:
        return None, 0.0
    return cell.code, 1.0 if radius < LEAST_RADIUS_M else square_share(east, north, radius, cell.bounds_m)


def _beidou(lon: float, lat: float) -> str | None:
    try:
        return beidou.encode(lon, lat, beidou.FINDING_LEVEL, beidou.FINDING_EPS)
    except OutsideFrame:
        return None

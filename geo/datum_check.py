"""Whether boundaries lie where a reference layer has them: the sight of a layer in GCJ-02 labelled WGS-84.

The outline of what was imported is moved about over the reference's until it fits best; a best fit some 550 m away
in the direction of GCJ-02 is hardly chance. It points out and moves nothing: a datum is declared, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid, Cell
from geo.datum import Datum, from_cgcs2000, to_cgcs2000
from geo.metres import project_shape
from geo.proj import epsg_for, project

FAR_M = 1500
"""How far the outline is moved; BD-09 lies some 1,200 m off."""
COARSE_M, FINE_M = 100, 25
CAP_M = 400.0
"""A point farther off than this says only that the reference has no line there."""
MIN_SHIFT_M = 200.0
"""Coarse references differ from the truth by 100 to 190 m, which is no sign of anything."""
MIN_GAIN = 0.6
"""The best fit's mean distance is at most this share of the unmoved one's."""
NEAR_EXPECTED_M = 200.0
_SAMPLES = 250
_SIMPLER_M = 10.0
"""Of the reference; far below what is looked for, and a tenth of the work."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Metres east and north that the layer has to be moved by to fit, and the mean distance before and after.

    `likely`: the datum that such numbers would be in, None if the shift is none of theirs.
    """

    east_m: float
    north_m: float
    unmoved_m: float
    moved_m: float
    likely: Datum | None

    @property
    def length_m(self) -> float:
        """Of the shift."""
        return hypot(self.east_m, self.north_m)

    @property
    def doubtful(self) -> bool:
        """Whether the layer fits clearly better elsewhere."""
        return self.length_m >= MIN_SHIFT_M and self.moved_m <= MIN_GAIN * self.unmoved_m


def best_shift(cells: Sequence[Cell], ancestry: Mapping[str, Sequence[str]], reference: AdminGrid) -> Shift | None:
    """How a layer would fit a reference best; None where they have no cell in common.

    `cells` have shapes in what is believed to be CGCS2000; `ancestry` gives the codes above each. Cells are gathered
    under the finest of their ancestors, or themselves, that has a shape in the reference, and the outlines of the
    gathered are compared: inner borders, which the reference lacks, would only blur it.
    """
    groups: dict[str, list[BaseGeometry]] = {}
    for cell in cells:
        known = (c for c in (cell.code, *ancestry.get(cell.code, ())) if c in reference and reference[c].geometry)
        code = next(known, None)
        if code is not None and cell.geometry is not None:
            groups.setdefault(code, []).append(cell.geometry)
    if not groups:
        return None
    outlines = [shapely.boundary(shapely.union_all(shapes)) for shapes in groups.values()]
    theirs = [shapely.boundary(reference[code].geometry) for code in groups]
    middle = shapely.union_all(outlines).centroid
    epsg = epsg_for(next(iter(groups)), middle.x)
    line = shapely.simplify(project_shape(shapely.line_merge(shapely.union_all(theirs)), epsg), _SIMPLER_M)
    points = _samples(project_shape(shapely.union_all(outlines), epsg))
    tree = shapely.STRtree(_segments(line))

    def miss(east: float, north: float) -> float:
        moved = shapely.points(points + np.array([east, north]))
        at, distances = tree.query_nearest(moved, max_distance=CAP_M, return_distance=True, all_matches=False)
        capped = np.full(len(points), CAP_M)
        capped[at[0]] = distances
        return float(capped.mean())

    best = _search(miss, (0.0, 0.0), FAR_M, COARSE_M)
    best = _search(miss, best, COARSE_M, FINE_M)
    east, north = best
    likely = _likely(middle.x, middle.y, epsg, east, north)
    return Shift(east, north, round(miss(0.0, 0.0), 1), round(miss(east, north), 1), likely)


def _search(miss: Any, about: tuple[float, float], reach: int, step: int) -> tuple[float, float]:
    """The least miss on a lattice; of equals the one nearest to no shift at all."""
    ways = range(-reach, reach + 1, step)
    tried = ((about[0] + east, about[1] + north) for east in ways for north in ways)
    return min(tried, key=lambda shift: (round(miss(*shift), 3), hypot(*shift)))


def _likely(lon: float, lat: float, epsg: int, east: float, north: float) -> Datum | None:
    """The datum whose conversion, left out, explains a shift."""
    here = project(lon, lat, epsg)
    for datum in (Datum.GCJ02, Datum.BD09):
        there = project(*to_cgcs2000(lon, lat, datum), epsg)
        if hypot(there[0] - here[0] - east, there[1] - here[1] - north) <= NEAR_EXPECTED_M:
            return datum
    # Converted once too often: declared GCJ-02, and was CGCS2000 all along.
    there = project(*from_cgcs2000(lon, lat, Datum.GCJ02), epsg)
    if hypot(there[0] - here[0] - east, there[1] - here[1] - north) <= NEAR_EXPECTED_M:
        return Datum.CGCS2000
    return None


def _samples(lines: BaseGeometry) -> NDArray[np.float64]:
    step = max(1.0, float(lines.length) / _SAMPLES)
    parts: Any = shapely.get_parts(shapely.line_merge(lines))
    spots: list[Any] = [
        shapely.line_interpolate_point(part, np.arange(0.0, float(part.length), step)) for part in parts
    ]
    return np.asarray(shapely.get_coordinates(np.concatenate(spots)))


def _segments(lines: BaseGeometry) -> Any:
    pieces: list[Any] = []
    for part in shapely.get_parts(lines):
        vertices = shapely.get_coordinates(part)
        pieces.append(shapely.linestrings(np.stack([vertices[:-1], vertices[1:]], axis=1)))
    return np.concatenate(pieces)

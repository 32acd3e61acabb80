"""How well cells of one level fit together: overlaps, gaps, and parts outside their parents.

A report for whoever imports boundaries; nothing is refused or repaired here. Areas are square metres of a
Gauss-Krüger frame (within 0.2 % of the ground's); places are points inside the largest piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid, Cell
from geo.metres import project_shape
from geo.proj import epsg_for

TOLERANCE_M2 = 1.0
"""Smaller pieces are the noise of 9 decimals along a shared border."""
_DIGITS = 6

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two cells of the level that claim the same ground; `share` is of the smaller cell's area."""

    a: str
    b: str
    area_m2: float
    share: float
    at: Place


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole that no cell of the level covers: in `parent`, or, with None, in the level as a whole, where the parent
    has no shape. One for each piece."""

    parent: str | None
    area_m2: float
    at: Place


@dataclass(frozen=True, slots=True)
class Outside:
    """The part of a cell beyond its parent; `share` is of the cell's area."""

    code: str
    parent: str
    area_m2: float
    share: float
    at: Place


@dataclass(frozen=True, slots=True)
class Coverage:
    """Each in the order of codes, and only what exceeds the tolerance."""

    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    outside: tuple[Outside, ...]

    @property
    def exact(self) -> bool:
        """Whether there is nothing to report."""
        return not (self.overlaps or self.gaps or self.outside)


def coverage(grid: AdminGrid, level: str, tolerance_m2: float = TOLERANCE_M2) -> Coverage:
    """The fit of a grid's cells of one level."""
    cells = [cell for cell in grid if cell.level == level and cell.geometry is not None]
    parents = {cell.parent for cell in cells if cell.parent is not None}
    return fit(cells, {code: grid[code].geometry for code in parents}, tolerance_m2)


def fit(
    cells: Sequence[Cell], parents: Mapping[str, BaseGeometry | None], tolerance_m2: float = TOLERANCE_M2
) -> Coverage:
    """The fit of cells of one level, all with valid shapes, in shapes of parents by code (None: known by name)."""
    cells = sorted(cells, key=lambda cell: cell.code)
    shapes: Any = np.array([cell.geometry for cell in cells], dtype=object)
    gaps: list[Gap] = []
    outside: list[Outside] = []
    orphans: list[BaseGeometry] = []
    for parent in sorted({cell.parent or "" for cell in cells}):
        children = [(cell.code, cell.geometry) for cell in cells if (cell.parent or "") == parent]
        whole = parents.get(parent)
        if whole is None:
            orphans += [shape for _, shape in children if shape is not None]
            continue
        union = shapely.union_all([shape for _, shape in children])
        gaps += [Gap(parent, *piece) for piece in _pieces(shapely.difference(whole, union), parent, tolerance_m2)]
        for code, shape in children:
            beyond = shapely.difference(shape, whole)
            if (area := area_m2(beyond, code)) > tolerance_m2:
                outside.append(Outside(code, parent, area, _share(area, shape, code), _place(beyond)))
    gaps += [Gap(None, *piece) for piece in _pieces(_holes(orphans), None, tolerance_m2)]
    return Coverage(tuple(_overlaps(cells, shapes, tolerance_m2)), tuple(gaps), tuple(outside))


def area_m2(shape: Any, code: str | None) -> float:
    """The area of a shape in degrees, in the frame of a code's city."""
    if shape.is_empty:
        return 0.0
    return float(project_shape(shape, epsg_for(code, shape.centroid.x)).area)


def _overlaps(cells: Sequence[Cell], shapes: Any, tolerance_m2: float) -> list[Overlap]:
    # Neighbours that only touch are most of the pairs, and this predicate leaves them out. It says nothing of a cell
    # that lies within another, hence the second question.
    tree = shapely.STRtree(shapes)
    pairs = {
        (min(i, j), max(i, j))
        for predicate in ("overlaps", "covers")
        for i, j in zip(*tree.query(shapes, predicate=predicate).tolist(), strict=True)
        if i != j
    }
    found = []
    for i, j in sorted(pairs):
        common = shapely.intersection(shapes[i], shapes[j])
        if (area := area_m2(common, cells[i].code)) > tolerance_m2:
            smaller = min(area_m2(shapes[k], cells[k].code) for k in (i, j))
            share = round(min(1.0, area / smaller), _DIGITS) if smaller else 1.0
            found.append(Overlap(cells[i].code, cells[j].code, area, share, _place(common)))
    return found


def _holes(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    union = shapely.union_all(list(shapes))
    rings: list[Any] = [ring for part in shapely.get_parts(union) for ring in shapely.get_rings(part)[1:]]
    return MultiPolygon([Polygon(ring) for ring in rings])


def _pieces(shape: BaseGeometry, code: str | None, tolerance_m2: float) -> list[tuple[float, Place]]:
    """Area and place of each piece, the largest first."""
    measured = [(area_m2(part, code), part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return [(area, _place(part)) for area, part in sorted(measured, key=lambda pair: -pair[0]) if area > tolerance_m2]


def _share(area: float, shape: Any, code: str) -> float:
    return round(min(1.0, area / area_m2(shape, code)), _DIGITS)


def _place(shape: Any) -> Place:
    largest = max(shapely.get_parts(shape), key=lambda part: float(part.area))
    inner = shapely.point_on_surface(largest)
    return round(float(inner.x), _DIGITS), round(float(inner.y), _DIGITS)

"""How well cells of one level fit together: overlaps, gaps, and parts outside their parents.

A report for whoever imports boundaries; nothing is refused or repaired here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.admin import AdminGrid
from geo.proj import epsg_for, project


@dataclass(frozen=True, slots=True)
class Coverage:
    """Areas in square metres of a Gauss-Krüger frame (within 0.2 % of the ground's).

    `overlaps`: (code, code, area) of two cells of the level. `gaps`: (parent's code, area) that none of its children
    at the level covers; only of parents that have a shape and such children. `outside`: (code, area) of a cell
    beyond its parent. Each in the order of codes, and only what exceeds the tolerance.
    """

    overlaps: tuple[tuple[str, str, float], ...]
    gaps: tuple[tuple[str, float], ...]
    outside: tuple[tuple[str, float], ...]

    @property
    def exact(self) -> bool:
        """Whether there is nothing to report."""
        return not (self.overlaps or self.gaps or self.outside)


def coverage(grid: AdminGrid, level: str, tolerance_m2: float = 1.0) -> Coverage:
    """The fit of a grid's cells of one level."""
    cells = [cell for cell in grid if cell.level == level and cell.geometry is not None]
    shapes: Any = np.array([cell.geometry for cell in cells], dtype=object)
    tree = shapely.STRtree(shapes)
    overlaps = []
    for i, j in sorted(zip(*tree.query(shapes, predicate="intersects").tolist(), strict=True)):
        if i < j and (area := _area_m2(shapely.intersection(shapes[i], shapes[j]), cells[i].code)) > tolerance_m2:
            overlaps.append((cells[i].code, cells[j].code, area))
    gaps, outside = [], []
    for parent in sorted({cell.parent for cell in cells if cell.parent is not None}):
        whole = grid[parent].geometry
        if whole is None:
            continue
        children = [(cell.code, cell.geometry) for cell in cells if cell.parent == parent]
        union = shapely.union_all([shape for _, shape in children])
        if (area := _area_m2(shapely.difference(whole, union), parent)) > tolerance_m2:
            gaps.append((parent, area))
        for code, shape in children:
            if (area := _area_m2(shapely.difference(shape, whole), code)) > tolerance_m2:
                outside.append((code, area))
    return Coverage(tuple(overlaps), tuple(gaps), tuple(outside))


def _area_m2(shape: Any, code: str) -> float:
    if shape.is_empty:
        return 0.0
    epsg = epsg_for(code, shape.centroid.x)

    def projected(vertices: Any) -> Any:
        return np.column_stack(project(vertices[:, 0].copy(), vertices[:, 1].copy(), epsg))

    return float(shapely.area(shapely.transform(shape, projected)))

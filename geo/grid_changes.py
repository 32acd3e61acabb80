"""From one version of a grid to the next: which cells changed and how, and which points now lie elsewhere.

Pure comparison: it knows neither what a version is called nor who keeps assignments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid, Cell, Indices
from geo.coverage import TOLERANCE_M2, Place, area_m2
from geo.locate import locate_many

_DIGITS = 6
_LEAST_SHARE = 0.001
"""A successor that holds less of a removed cell only shares its border."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A cell whose name, parent or level is another one."""

    code: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A cell whose shape is another one. Areas in m² of a Gauss-Krüger frame; 0 before or after where it had or has
    no shape. `gained` and `lost` make the symmetric difference; `at` lies in the larger of the two."""

    code: str
    before_m2: float
    after_m2: float
    gained_m2: float
    lost_m2: float
    at: Place


@dataclass(frozen=True, slots=True)
class Removed:
    """A cell that is gone, and the cells of its level that now hold its ground: (code, share of it), largest first."""

    cell: Cell
    successors: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class GridChanges:
    """Each in the order of codes."""

    added: tuple[Cell, ...]
    removed: tuple[Removed, ...]
    renamed: tuple[Changed, ...]
    reparented: tuple[Changed, ...]
    relevelled: tuple[Changed, ...]
    moved: tuple[Moved, ...]

    @property
    def none(self) -> bool:
        """Whether the two grids say the same (to the tolerance)."""
        return not any((self.added, self.removed, self.renamed, self.reparented, self.relevelled, self.moved))


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Where many points are before and after, as indices into the cells of either grid (-1: nowhere).

    `changed`: the numbers of the points whose code is another one. A point that stays in a cell which was re-parented
    is not among them: what is above a code, the grid says.
    """

    old: AdminGrid
    new: AdminGrid
    before: Indices
    after: Indices
    changed: Indices

    def codes(self, number: int) -> tuple[str | None, str | None]:
        """The codes of one point, before and after."""
        return _code(self.old, int(self.before[number])), _code(self.new, int(self.after[number]))

    def moves(self) -> dict[tuple[str | None, str | None], int]:
        """How many points went from which code to which, the most first."""
        pairs = zip(self.before[self.changed].tolist(), self.after[self.changed].tolist(), strict=True)
        counted = Counter(pairs).most_common()
        return {(_code(self.old, i), _code(self.new, j)): count for (i, j), count in counted}


def compare(old: AdminGrid, new: AdminGrid, tolerance_m2: float = TOLERANCE_M2) -> GridChanges:
    """What changed from one grid to another. A shape has moved if its symmetric difference exceeds the tolerance."""
    common = [(old[cell.code], cell) for cell in new if cell.code in old]
    return GridChanges(
        added=tuple(cell for cell in new if cell.code not in old),
        removed=tuple(Removed(cell, _successors(cell, new)) for cell in old if cell.code not in new),
        renamed=tuple(Changed(a.code, a.name, b.name) for a, b in common if a.name != b.name),
        reparented=tuple(Changed(a.code, a.parent, b.parent) for a, b in common if a.parent != b.parent),
        relevelled=tuple(Changed(a.code, a.level, b.level) for a, b in common if a.level != b.level),
        moved=tuple(moved for a, b in common if (moved := _moved(a, b, tolerance_m2)) is not None),
    )


def reassign(
    lons: Any, lats: Any, old: AdminGrid, new: AdminGrid, before: NDArray[np.intp] | None = None
) -> Reassignment:
    """Where points in canonical CGCS2000 degrees lie in either grid, and which have to move.

    `before`: indices into the old grid's cells where they are known already (an assignment made by a person stands,
    and costs nothing to find); without it they are located. Raises CoordinateInvalid.
    """
    was = locate_many(lons, lats, old).index if before is None else np.asarray(before, dtype=np.intp)
    now = locate_many(lons, lats, new).index
    if was.shape != now.shape:
        raise ValueError(f"{was.shape} places before, but {now.shape} points")
    # The index in the new grid of each old cell's code, so that codes are compared as numbers.
    same = np.array([new.index_of(c.code) if c.code in new else -2 for c in old.cells] + [-1], dtype=np.intp)
    return Reassignment(old, new, was, now, np.flatnonzero(same[was] != now))


def _code(grid: AdminGrid, index: int) -> str | None:
    return None if index < 0 else grid.cells[index].code


def _moved(a: Cell, b: Cell, tolerance_m2: float) -> Moved | None:
    if a.geometry is None and b.geometry is None:
        return None
    empty: BaseGeometry = shapely.Polygon()
    before, after = a.geometry or empty, b.geometry or empty
    if shapely.equals_identical(before, after):
        return None
    gained, lost = shapely.difference(after, before), shapely.difference(before, after)
    gained_m2, lost_m2 = area_m2(gained, b.code), area_m2(lost, a.code)
    if gained_m2 + lost_m2 <= tolerance_m2:
        return None
    larger = gained if gained_m2 >= lost_m2 else lost
    inner = shapely.point_on_surface(larger)
    at = round(float(inner.x), _DIGITS), round(float(inner.y), _DIGITS)
    return Moved(a.code, area_m2(before, a.code), area_m2(after, b.code), gained_m2, lost_m2, at)


def _successors(cell: Cell, new: AdminGrid) -> tuple[tuple[str, float], ...]:
    if cell.geometry is None:
        return ()
    whole = float(cell.geometry.area)
    found = [
        (other.code, round(float(shapely.intersection(other.geometry, cell.geometry).area) / whole, _DIGITS))
        for other in new
        if other.level == cell.level
        and other.geometry is not None
        and shapely.intersects(other.geometry, cell.geometry)
    ]
    return tuple(sorted(((c, s) for c, s in found if s >= _LEAST_SHARE), key=lambda pair: (-pair[1], pair[0])))

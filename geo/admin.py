"""Administrative cells with shapes, their hierarchy, and which of them a point touches.

A grid is immutable and checked when made; faults are refused, never repaired. It knows CGCS2000 degrees only, and
neither files (`geojson`) nor the rule that settles a border (`locate`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geo.buckets import Buckets
from geo.coordinate import Floats
from geo.errors import CellUnknown, ImportRefused, shown

LEVELS = ("province", "city", "county", "township", "village")
"""The usual hierarchy, coarsest first. It is data: a grid may be made with other levels (区, 镇, 村, 屯)."""

Indices = NDArray[np.intp]


def point_at(lon: float, lat: float) -> Point:
    """A point geometry; quicker than its constructor, which looks at more kinds of input."""
    point: Point = shapely.points((lon, lat))
    return point


@dataclass(frozen=True, slots=True)
class Cell:
    """One administrative cell.

    `code` is unique in a grid; `parent` is another cell's code or None at the top; `geometry` is a valid Polygon or
    MultiPolygon in CGCS2000 degrees, or None for a cell known by name only (a city above its counties).
    """

    code: str
    name: str
    level: str
    parent: str | None
    geometry: BaseGeometry | None = None


class AdminGrid:
    """An immutable set of cells with a spatial index, safe to share between threads.

    `cells` are ordered by code, and an index into them therefore orders by code too. Raises ImportRefused with
    every fault found: duplicate or malformed codes, unknown levels, missing or no coarser parents, shapes that are
    empty, not polygons, out of range or invalid.
    """

    def __init__(self, cells: Iterable[Cell], levels: Sequence[str] = LEVELS) -> None:
        self.levels: tuple[str, ...] = tuple(levels)
        self.cells: tuple[Cell, ...] = tuple(sorted(cells, key=lambda cell: str(cell.code)))
        self._refuse_faults()
        self._at: dict[str, int] = {cell.code: i for i, cell in enumerate(self.cells)}
        self.depth: Indices = np.array([self.levels.index(cell.level) for cell in self.cells], dtype=np.intp)
        self._lineage = self._lineages()
        self._lines = [tuple(int(j) for j in row[::-1] if j >= 0) for row in self._lineage]
        self._line_sets = [frozenset(line) for line in self._lines]
        self._index()

    # -- cells and their hierarchy ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __contains__(self, code: object) -> bool:
        return code in self._at

    def __getitem__(self, code: str) -> Cell:
        return self.cells[self.index_of(code)]

    def index_of(self, code: str) -> int:
        """The cell's place in `cells`. Raises CellUnknown."""
        try:
            return self._at[code]
        except KeyError:
            raise CellUnknown(f"no cell {shown(code)} in this grid", cell_code=shown(code)) from None

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Codes above a cell, nearest first. Raises CellUnknown."""
        return tuple(self.cells[i].code for i in self._lines[self.index_of(code)][1:])

    def children(self, code: str) -> tuple[str, ...]:
        """Codes directly below a cell, in order. Raises CellUnknown."""
        self.index_of(code)
        return tuple(cell.code for cell in self.cells if cell.parent == code)

    def descendants(self, code: str) -> tuple[str, ...]:
        """Codes below a cell at any depth, in order: the reach of a grant. Raises CellUnknown."""
        at = self.index_of(code)
        below = self._lineage[:, self.depth[at]] == at
        return tuple(self.cells[i].code for i in np.flatnonzero(below) if i != at)

    def is_under(self, i: int, j: int) -> bool:
        """Whether the cell at index `i` is the one at `j` or lies below it in the hierarchy."""
        return j in self._line_sets[i]

    def line(self, i: int) -> tuple[int, ...]:
        """The index given and those of its ancestors, nearest first."""
        return self._lines[i]

    def are_under(self, i: Indices, j: Indices) -> NDArray[np.bool_]:
        """`is_under`, for pairs of indices."""
        return np.asarray(self._lineage[i, self.depth[j]] == j)

    def extended(self, cells: Iterable[Cell]) -> AdminGrid:
        """A new grid with these cells as well. Raises ImportRefused."""
        return AdminGrid((*self.cells, *cells), self.levels)

    def fingerprint(self) -> str:
        """SHA-256 (hex) over levels, codes, names, parents and shapes: equal for equal grids on any machine."""
        digest = hashlib.sha256("\x1f".join(self.levels).encode())
        for cell in self.cells:
            text = "\x1f".join((cell.code, cell.name, cell.level, cell.parent or ""))
            shape = b"" if cell.geometry is None else shapely.to_wkb(shapely.normalize(cell.geometry), byte_order=1)
            digest.update(b"\x1e" + text.encode() + b"\x1f" + shape)
        return digest.hexdigest()

    # -- where a point is ------------------------------------------------------------------------------------------

    def hits(self, lon: float, lat: float, point: Point | None = None) -> list[int]:
        """Indices, ascending, of all cells that hold or touch a point, ancestors included.

        `point` is the same place as a geometry, for a caller that has it at hand.
        """
        point = point_at(lon, lat) if point is None else point
        shapes, shaped = self._shape_list, self._shaped_list
        return [shaped[slot] for slot in self._buckets.holding(lon, lat) if shapely.intersects(shapes[slot], point)]

    def hits_many(self, lons: Floats, lats: Floats) -> tuple[Indices, Indices]:
        """`hits` of many points, as pairs (point number, cell index), grouped by nothing in particular."""
        points, near = self._tree.query(shapely.points(lons, lats))
        inside = shapely.intersects_xy(self._shapes[near], lons[points], lats[points])
        return points[inside], self._shaped[near[inside]]

    def touches(self, i: int, point: Point) -> bool:
        """Whether a point lies in or on the cell at an index."""
        return bool(shapely.intersects(self.cells[i].geometry, point))

    def border_within(self, i: int, point: Point, degrees: float) -> bool:
        """Whether the border of the cell at an index comes within a plane distance, in degrees, of a point."""
        return bool(shapely.dwithin(self._borders[self._slot[i]], point, degrees))

    def within(self, point: Point, degrees: float) -> list[int]:
        """Indices, ascending, of the cells within a plane distance, in degrees, of a point."""
        near = self._tree.query(point, predicate="dwithin", distance=degrees)
        return sorted(self._shaped[near].tolist())

    # -- making ----------------------------------------------------------------------------------------------------

    def _index(self) -> None:
        """Shapes, borders and tree, each used once here: GEOS builds its indexes on first use, and two threads must
        not be the ones to do so at the same time."""
        self._shaped: Indices = np.array([i for i, c in enumerate(self.cells) if c.geometry is not None], dtype=np.intp)
        self._slot = {int(cell): slot for slot, cell in enumerate(self._shaped)}
        self._shapes: NDArray[Any] = np.array([self.cells[i].geometry for i in self._shaped], dtype=object)
        self._borders: NDArray[Any] = np.asarray(shapely.boundary(self._shapes), dtype=object)
        self._shape_list: list[BaseGeometry] = self._shapes.tolist()
        self._shaped_list: list[int] = self._shaped.tolist()
        self._tree = shapely.STRtree(self._shapes)
        self._buckets = Buckets(shapely.bounds(self._shapes))
        if self._shaped.size:
            shapely.prepare(self._shapes)
            shapely.prepare(self._borders)
            inner = shapely.point_on_surface(self._shapes)
            shapely.intersects_xy(self._shapes, shapely.get_x(inner), shapely.get_y(inner))
            shapely.dwithin(self._borders, inner, 0.001)
        self._tree.query(Point(0.0, 0.0))

    def _lineages(self) -> Indices:
        """For each cell, the index of its ancestor (or itself) at each depth, -1 where it has none."""
        lineage = np.full((len(self.cells), len(self.levels)), -1, dtype=np.intp)
        for i in np.argsort(self.depth, kind="stable"):
            parent = self.cells[i].parent
            if parent is not None:
                lineage[i] = lineage[self._at[parent]]
            lineage[i, self.depth[i]] = i
        return lineage

    def _refuse_faults(self) -> None:
        level_of = {cell.code: cell.level for cell in self.cells}
        seen: set[object] = set()
        problems: list[dict[str, Any]] = []
        for cell in self.cells:
            faults = [*_code_faults(cell, seen), *self._parent_faults(cell, level_of), *_shape_faults(cell.geometry)]
            problems += [{"problem": p, "where": shown(cell.code), "detail": detail} for p, detail in faults]
            seen.add(cell.code)
        if problems:
            first = problems[0]
            raise ImportRefused(
                f"{len(problems)} faults in the cells, first {first['problem']} at {first['where']}", problems
            )

    def _parent_faults(self, cell: Cell, level_of: dict[str, str]) -> Iterator[tuple[str, str]]:
        if cell.level not in self.levels:
            yield "level-unknown", f"{shown(cell.level)} is none of {', '.join(self.levels)}"
        elif cell.parent is None:
            return
        elif cell.parent not in level_of:
            yield "parent-missing", f"there is no cell {shown(cell.parent)}"
        elif (above := level_of[cell.parent]) in self.levels and self.levels.index(above) >= self.levels.index(
            cell.level
        ):
            yield "parent-not-coarser", f"its parent {cell.parent} is a {above}, it is a {cell.level}"


def _code_faults(cell: Cell, seen: set[object]) -> Iterator[tuple[str, str]]:
    if not isinstance(cell.code, str) or not cell.code or cell.code.split() != [cell.code]:
        yield "code-malformed", "a code is a text without blanks"
    elif cell.code in seen:
        yield "code-duplicate", "two cells have this code; parts of one cell belong in one MultiPolygon"
    if not isinstance(cell.name, str) or not cell.name.strip():
        yield "name-missing", "a cell has a name"


def _shape_faults(shape: BaseGeometry | None) -> Iterator[tuple[str, str]]:
    if shape is None:
        return
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        yield "geometry-not-polygon", f"a cell is a Polygon or MultiPolygon, not {shape.geom_type}"
    elif shape.is_empty:
        yield "geometry-empty", "the shape has no points"
    else:
        vertices = shapely.get_coordinates(shape)
        if not (np.abs(vertices) <= (180.0, 90.0)).all():
            yield "coordinate-invalid", "a vertex is not a longitude and latitude in range"
        elif not shape.is_valid:
            yield "geometry-invalid", shapely.is_valid_reason(shape)

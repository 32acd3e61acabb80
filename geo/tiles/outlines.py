"""Cells for a zoom: fewer vertices, the same common borders, so that no slit opens between neighbours.

Cells of one level are simplified together, as a coverage: what two of them share is simplified once. Knows grids;
what is drawn beside an outline, callers say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid, Indices
from geo.tiles.tile import Tile, mercator, pixel_m

BUFFER_PIXELS = 8.0
"""Of a tile of 256: how far outlines reach beyond it, so that their clipped sides are not drawn."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """The outlines of a level at a zoom. `cells`: indices into the grid. `shapes`: in web-mercator metres; `names`: a
    point inside each, where its name stands. Immutable once made, and safe to share between threads."""

    zoom: int
    cells: Indices
    shapes: NDArray[Any]
    names: NDArray[Any]
    tree: shapely.STRtree

    def within(self, tile: Tile) -> list[tuple[int, BaseGeometry]]:
        """Index and clipped outline of each cell that meets a tile and its buffer, in the order of cells."""
        margin = BUFFER_PIXELS * pixel_m(tile.zoom)
        west, south, east, north = tile.mercator_bounds
        window = west - margin, south - margin, east + margin, north + margin
        near = np.sort(self.tree.query(shapely.box(*window), predicate="intersects"))
        clipped = shapely.clip_by_rect(self.shapes[near], *window)
        return [
            (int(cell), shape)
            for cell, shape in zip(self.cells[near].tolist(), clipped, strict=True)
            if not shape.is_empty
        ]

    def named(self, tile: Tile) -> list[tuple[int, BaseGeometry]]:
        """Index and point of the name of each cell whose name stands in a tile: in one tile of a zoom, and no other."""
        west, south, east, north = tile.mercator_bounds
        x, y = shapely.get_x(self.names), shapely.get_y(self.names)
        here = (x >= west) & (x < east) & (y >= south) & (y < north)
        return list(zip(self.cells[here].tolist(), self.names[here], strict=True))


def outlines(grid: AdminGrid, level: str, zoom: int, pixels: float = 1.0) -> Outlines:
    """The outlines of a grid's cells of one level, true to about so many pixels of a zoom. Keep what it returns: it
    is dear to make and the same for every tile of the zoom."""
    found = [i for i, cell in enumerate(grid.cells) if cell.level == level and cell.geometry is not None]
    cells: Indices = np.array(found, dtype=np.intp)
    raw: NDArray[Any] = np.array([grid.cells[i].geometry for i in found], dtype=object)
    drawn = np.asarray(shapely.transform(raw, _mercator), dtype=object)
    if drawn.size:
        drawn = np.asarray(shapely.coverage_simplify(drawn, tolerance=pixels * pixel_m(zoom)), dtype=object)
    tree = shapely.STRtree(drawn)
    tree.query(shapely.Point(0.0, 0.0))  # builds it, before threads share it
    names = np.asarray(shapely.point_on_surface(drawn), dtype=object)
    return Outlines(zoom, cells, drawn, names, tree)


def _mercator(vertices: Any) -> Any:
    return np.column_stack(mercator(vertices[:, 0].copy(), vertices[:, 1].copy()))

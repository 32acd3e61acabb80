"""What a file would change, as shapes for a map beside the dry run's report: few enough to be sent and drawn at once.

Knows shapes and their names; what a file is of, and what becomes of it, its own service knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid, Cell
from geo.grid_changes import GridChanges

MOST_DRAWN = 500
"""Shapes on one map; the counts of the report are of all."""
MOST_VERTICES = 40_000
_STEPS = (1e-5, 1e-4, 1e-3)
"""Degrees (1 m to 100 m) by which outlines are made simpler until they fit."""
_DECIMALS = 6
_ORDER = ("removed", "changed", "sent", "added", "same")

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing of a file. `change`: added, changed, removed, same, or sent (of a file that is refused).

    `shape`: CGCS2000 degrees. `before`: where a point lay that lies elsewhere now.
    """

    change: str
    id: str
    name: str
    shape: BaseGeometry
    before: Place | None = None


def collection(things: Iterable[Drawn], first: Iterable[str] = ()) -> dict[str, Any]:
    """A FeatureCollection with `left_out`: how many were not drawn. What goes comes first, then what changes.

    `first`: the ids of those that are drawn before all others, such as those with a fault.
    """
    told = set(first)
    every = sorted(things, key=lambda each: (each.id not in told, _ORDER.index(each.change)))
    some = every[:MOST_DRAWN]
    shapes = _simple([each.shape for each in some])
    features = [_feature(each, shape) for each, shape in zip(some, shapes, strict=True)]
    return {"type": "FeatureCollection", "features": features, "left_out": len(every) - len(some)}


def of_grids(changes: GridChanges, before: AdminGrid, after: AdminGrid) -> dict[str, Any]:
    """The cells that another grid adds, alters and takes away, as they are drawn after, or were before."""
    changed = {each.code for some in (changes.renamed, changes.reparented, changes.relevelled) for each in some}
    changed |= {each.code for each in changes.moved}
    return collection(
        [
            *_cells("removed", (each.cell for each in changes.removed)),
            *_cells("changed", (after[code] if after[code].geometry else before[code] for code in sorted(changed))),
            *_cells("added", changes.added),
        ]
    )


def of_cells(cells: Iterable[Cell], first: Iterable[str]) -> dict[str, Any]:
    """The cells of a file that is refused; those of its faults before all others."""
    return collection(_cells("sent", cells), first)


def _cells(change: str, cells: Iterable[Cell]) -> list[Drawn]:
    return [Drawn(change, each.code, each.name, each.geometry) for each in cells if each.geometry is not None]


def _simple(shapes: list[BaseGeometry]) -> list[BaseGeometry]:
    """The shapes with few enough vertices together; a shape that would vanish stays as it was."""
    made = shapes
    for step in _STEPS:
        if int(shapely.get_num_coordinates(made).sum()) <= MOST_VERTICES:
            break
        thinner = shapely.simplify(shapes, step, preserve_topology=True)
        made = [was if new.is_empty else new for was, new in zip(shapes, thinner, strict=True)]
    return made


def _feature(each: Drawn, shape: BaseGeometry) -> dict[str, Any]:
    properties: dict[str, Any] = {"change": each.change, "id": each.id, "name": each.name}
    if each.before is not None:
        properties["before"] = list(_rounded(each.before))
    return {"type": "Feature", "geometry": _rounded_shape(shape), "properties": properties}


def _rounded_shape(shape: BaseGeometry) -> dict[str, Any]:
    mapped = shapely.geometry.mapping(shape)
    return {"type": mapped["type"], "coordinates": _rounded(mapped["coordinates"])}


def _rounded(numbers: Any) -> Any:
    if isinstance(numbers, float):
        return round(numbers, _DECIMALS)
    return [_rounded(each) for each in numbers]

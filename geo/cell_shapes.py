"""Shapes of the rows of a file, brought to CGCS2000 and checked one by one; how they fit together is `coverage`'s.

Nothing is repaired. Of a faulty ring it is told where and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.cell_crs import Numbers
from geo.cell_source import RawCell
from geo.datum import canonical
from geo.errors import CoordinateInvalid
from geo.fault import Fault
from geo.region import Region

_REASON = re.compile(r"(?P<why>.*)\[(?P<x>\S+) (?P<y>\S+)\]")
_WHY = {
    "Self-intersection": "ring-crosses-itself",
    "Ring Self-intersection": "ring-touches-itself",
    "Hole lies outside shell": "hole-outside",
    "Holes are nested": "holes-nested",
    "Nested shells": "parts-nested",
    "Duplicate Rings": "ring-duplicate",
    "Interior is disconnected": "interior-disconnected",
    "Too few points in geometry component": "ring-too-short",
}
"""GEOS's words, in codes of ours."""


@dataclass(slots=True)
class Shaped:
    """`sound`: valid shapes in canonical CGCS2000 degrees, by row number."""

    sound: dict[int, BaseGeometry] = field(default_factory=dict)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def shapes_of(
    rows: Sequence[RawCell], label: Mapping[int, str | int], numbers: Numbers, region: Region | None
) -> Shaped:
    """The sound shapes of the rows, and a fault for each other one; `label` is what a report calls a row."""
    found = Shaped()
    exchanged: list[str | int] = []
    for row in rows:
        where = label[row.row]
        fault = _form_fault(row.shape, where)
        if fault is None and row.shape is not None:
            shape = _degrees(row.shape, numbers)
            if region is not None and _is_exchanged(shape, region):
                exchanged.append(where)
                continue
            fault, converted = _canonical(shape, where, numbers)
            if converted is not None and region is not None and not _within(converted, region):
                fault = _outside(converted, where, region)
            if fault is None and converted is not None:
                found.sound[row.row] = converted
        if fault is not None:
            found.errors.append(fault)
    if exchanged and region is not None:
        some = ", ".join(str(where) for where in exchanged[:3])
        detail = f"{len(exchanged)} shapes ({some} …) lie in {region.name} only with longitude and latitude exchanged"
        params = {"count": len(exchanged), "codes": exchanged[:20]}
        found.errors.append(Fault("axes-exchanged", exchanged[0], detail, params=params))
    return found


def invalid_fault(shape: BaseGeometry, where: str | int | None) -> Fault | None:
    """Where and why a shape is no valid polygon, None if it is one."""
    if shape.is_valid:
        return None
    reason = shapely.is_valid_reason(shape)
    match = _REASON.fullmatch(reason)
    why = match["why"].strip() if match else reason
    at = (round(float(match["x"]), 6), round(float(match["y"]), 6)) if match else None
    spot = f" at {at[0]}, {at[1]}" if at else ""
    return Fault(_WHY.get(why, "geometry-invalid"), where, f"{where}: {why.lower()}{spot}", at, {"reason": why})


def _form_fault(shape: BaseGeometry | None, where: str | int) -> Fault | None:
    if shape is None or shape.is_empty:
        return Fault("geometry-empty", where, f"{where} has no shape")
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        detail = f"{where} is a {shape.geom_type}, a cell is a polygon"
        return Fault("geometry-not-polygon", where, detail, params={"type": shape.geom_type})
    return None


def _degrees(shape: BaseGeometry, numbers: Numbers) -> BaseGeometry:
    return shape if numbers.to_degrees is None else shapely.transform(shape, numbers.to_degrees)


def _canonical(shape: BaseGeometry, where: str | int, numbers: Numbers) -> tuple[Fault | None, BaseGeometry | None]:
    vertices = shapely.get_coordinates(shape)
    if not (np.abs(vertices) <= (180.0, 90.0)).all():
        detail = f"{where}: a vertex is no longitude and latitude"
        if np.isfinite(vertices).all() and (np.abs(vertices) > 1000.0).any():
            detail += "; the numbers look like metres, declare their frame"
        return Fault("coordinate-invalid", where, detail), None
    # Before the conversion, which would carry a crossing along but report it in other numbers than the file's.
    fault = invalid_fault(shape, where)
    if fault is not None:
        return fault, None

    def converted(numbers_in: Any) -> Any:
        return np.column_stack(canonical(numbers_in[:, 0].copy(), numbers_in[:, 1].copy(), numbers.datum))

    try:
        moved = shapely.transform(shape, converted)
    except CoordinateInvalid as error:
        return Fault(error.code, where, f"{where}: {error}"), None
    fault = invalid_fault(moved, where)  # rounding to 9 decimals may close a sliver
    return (fault, None) if fault is not None else (None, moved)


def _within(shape: BaseGeometry, region: Region) -> bool:
    west, south, east, north = shape.bounds
    return region.holds(west, south) and region.holds(east, north)


def _is_exchanged(shape: BaseGeometry, region: Region) -> bool:
    west, south, east, north = shape.bounds
    return region.holds_exchanged(west, south) and region.holds_exchanged(east, north)


def _outside(shape: BaseGeometry, where: str | int, region: Region) -> Fault:
    west, south, east, north = (round(float(v), 6) for v in shape.bounds)
    detail = f"{where} reaches from {west}, {south} to {east}, {north}, beyond {region.name}"
    return Fault("outside-region", where, detail, params={"bounds": [west, south, east, north], "region": region.name})

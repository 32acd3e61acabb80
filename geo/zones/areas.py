"""From what a paper says to a shape: lists of units, polygons, strips along lines, circles about points, minus some.

Knows grids and projections; knows no rules. Strips and circles are drawn in metres of one Gauss-Krüger frame, the one
of the zone's city (scale within 0.1 % there), and brought back to degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.admin import AdminGrid
from geo.coordinate import number
from geo.datum import Datum, canonical
from geo.errors import CoordinateInvalid, shown
from geo.metres import project_shape, unproject_shape
from geo.proj import epsg_for

MAX_BUFFER_M = 50_000.0
_QUARTER = 8
"""Pieces of a quarter circle: within 0.5 % of the radius."""
_DRAWN = {
    "polygons": ("Polygon", "MultiPolygon"),
    "lines": ("LineString", "MultiLineString"),
    "points": ("Point", "MultiPoint"),
}


class AreaFault(Exception):
    """Why an area could not be made: a stable word and a sentence. It does not leave this library."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def area_of(stated: object, grid: AdminGrid, datum: Datum, city: str | None) -> BaseGeometry:
    """The shape of an area, CGCS2000 degrees.

    `stated` is a mapping with any of `units` (codes in `grid`), `polygons`, `lines` with `buffer_m` (to each side),
    `points` with `radius_m` (all GeoJSON geometries, in `datum`), which are joined; and `minus`, a list of such
    mappings, which are taken away. Raises AreaFault.
    """
    if not isinstance(stated, Mapping):
        raise AreaFault("area-malformed", f"an area is a mapping, not {shown(stated)}")
    unknown = set(stated) - {"units", "buffer_m", "radius_m", "minus", *_DRAWN}
    if unknown:
        raise AreaFault("area-malformed", f"an area has no {', '.join(sorted(map(str, unknown)))}")
    parts: list[BaseGeometry] = []
    if "units" in stated:
        parts += [unit_shape(code, grid) for code in _listed(stated, "units")]
    for key in _DRAWN:
        for geometry in _listed(stated, key):
            drawn = _geometry(geometry, key, datum)
            parts.append(drawn if key == "polygons" else _widened(drawn, stated, key, city))
    if not parts:
        raise AreaFault("area-empty", "an area has units, polygons, lines or points")
    shape = shapely.union_all(parts)
    for less in _listed(stated, "minus"):
        shape = shapely.difference(shape, area_of(less, grid, datum, city))
    return _polygonal(shape)


def unit_shape(code: object, grid: AdminGrid) -> BaseGeometry:
    """The ground of a unit: its own shape, or that of the units below it where it is known by name only.

    Raises AreaFault.
    """
    if not isinstance(code, str) or code not in grid:
        raise AreaFault("unit-unknown", f"there is no unit {shown(code)} in the grid")
    cell = grid[code]
    if cell.geometry is not None:
        return cell.geometry
    below = grid.children(code)
    if not below:
        raise AreaFault("unit-without-shape", f"{code} {cell.name} is known by name only")
    return shapely.union_all([unit_shape(child, grid) for child in below])


def _listed(stated: Mapping[str, Any], key: str) -> list[Any]:
    value = stated.get(key, [])
    if not isinstance(value, list):
        raise AreaFault("area-malformed", f"{key} is a list, not {shown(value)}")
    return value


def _geometry(stated: object, key: str, datum: Datum) -> BaseGeometry:
    kinds = _DRAWN[key]
    try:
        if not isinstance(stated, Mapping) or stated.get("type") not in kinds:
            raise AreaFault("geometry-malformed", f"{key} are GeoJSON of the types {' and '.join(kinds)}")
        drawn: BaseGeometry = shapely.force_2d(shapely.geometry.shape(dict(stated)))
        moved: BaseGeometry = shapely.transform(drawn, _to_canonical(datum))
    except AreaFault:
        raise
    except CoordinateInvalid as error:
        raise AreaFault(error.code, str(error)) from error
    except Exception as error:  # shapely raises whatever the nesting it was given leads to
        raise AreaFault("geometry-malformed", f"{key}: not readable as GeoJSON: {error}") from error
    if moved.is_empty:
        raise AreaFault("geometry-empty", f"{key}: a geometry without points")
    if not moved.is_valid:
        raise AreaFault("geometry-invalid", f"{key}: {shapely.is_valid_reason(moved)}")
    return moved


def _to_canonical(datum: Datum) -> Callable[[Any], Any]:
    return lambda vertices: np.column_stack(canonical(vertices[:, 0].copy(), vertices[:, 1].copy(), datum))


def _widened(drawn: BaseGeometry, stated: Mapping[str, Any], key: str, city: str | None) -> BaseGeometry:
    name = "buffer_m" if key == "lines" else "radius_m"
    try:
        metres = number(stated.get(name), name)
    except CoordinateInvalid as error:
        raise AreaFault("width-invalid", f"{key} need {name} in metres: {error}") from error
    if not 0.0 < metres <= MAX_BUFFER_M:
        raise AreaFault("width-invalid", f"{name} is above 0 and at most {MAX_BUFFER_M:g} m, not {metres:g}")
    epsg = epsg_for(city, float(drawn.centroid.x))
    wide = shapely.buffer(project_shape(drawn, epsg), metres, quad_segs=_QUARTER)
    return unproject_shape(wide, epsg)


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a result, without the lines and points that neighbours leave where they only touch."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0.0]
    if not parts:
        raise AreaFault("area-empty", "nothing is left of the area")
    return shapely.union_all(parts)

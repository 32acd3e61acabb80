"""Reading cells from GeoJSON: declared datum, strict shapes, all faults told at once.

Knows the file's form only; what a sound set of cells is, `admin` says. Nothing is repaired on the way in: an
office that supplied a broken boundary should mend it at its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.admin import LEVELS, AdminGrid, Cell
from geo.coordinate import lon_lat, number
from geo.datum import Datum, canonical, parse_datum
from geo.errors import CoordinateInvalid, DatumUnknown, ImportRefused, shown

_GEOGRAPHIC_CRS = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")


class FeatureFault(Exception):
    """One feature's fault: a stable word and a sentence. It does not leave this library."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


def load_geojson(
    source: Path | str | Mapping[str, Any],
    *,
    datum: Datum | str | None = None,
    level: str | None = None,
    onto: AdminGrid | None = None,
) -> AdminGrid:
    """The grid of a FeatureCollection's cells, added to those of `onto` where given (their parents, usually).

    `source`: a file's path or the parsed collection. Each feature is a Polygon or MultiPolygon with properties
    `code`, `name`, `parent` (a code or null) and `level`, which the argument `level` gives for all that lack it.
    `datum`: what the file's degrees are in; without it the collection's own member `datum` must say. A `crs` member
    is no declaration (files in GCJ-02 claim CRS84), but one that is not geographic is refused. Shapes are converted
    to CGCS2000 and rounded to 9 decimals.

    Raises DatumMissing, DatumUnknown, and ImportRefused with every fault found.
    """
    document = read_collection(source)
    declared = _datum(document, datum)
    cells: list[Cell] = []
    problems: list[dict[str, Any]] = []
    for at, feature in enumerate(document["features"]):
        try:
            cells.append(_cell(feature, declared, level))
        except FeatureFault as fault:
            problems.append({"problem": fault.problem, "where": at, "detail": str(fault)})
    if not cells and not problems:
        problems.append({"problem": "empty", "where": None, "detail": "the collection has no features"})
    try:
        grid = onto.extended(cells) if onto is not None else AdminGrid(cells, LEVELS)
    except ImportRefused as refused:
        problems += refused.problems
    if problems:
        raise ImportRefused(f"{len(problems)} faults in the file, first: {problems[0]['detail']}", problems)
    return grid


def read_collection(source: Path | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The parsed FeatureCollection of a file or mapping, features unread. Raises ImportRefused."""
    document: object = source
    if isinstance(source, Path | str):
        try:
            document = json.loads(Path(source).read_bytes())
        except (ValueError, RecursionError) as error:
            raise _refused("not-json", f"the file is not readable JSON: {error}") from error
    if not isinstance(document, Mapping) or document.get("type") != "FeatureCollection":
        raise _refused("not-a-collection", "the file is no GeoJSON FeatureCollection")
    if not isinstance(document.get("features"), list):
        raise _refused("not-a-collection", "the collection has no list of features")
    return document


def _refused(problem: str, detail: str) -> ImportRefused:
    return ImportRefused(detail, [{"problem": problem, "where": None, "detail": detail}])


def _datum(document: Mapping[str, Any], argument: Datum | str | None) -> Datum:
    own = document.get("datum")
    declared = parse_datum(argument if argument is not None else own)
    if own is not None and parse_datum(own) is not declared:
        raise _refused("datum-contradicted", f"declared {declared}, but the file says {shown(own)}")
    crs = document.get("crs")
    if crs is not None:
        properties = crs.get("properties") if isinstance(crs, Mapping) else None
        name = properties.get("name") if isinstance(properties, Mapping) else None
        if not isinstance(name, str) or not name.endswith(_GEOGRAPHIC_CRS):
            raise DatumUnknown("the file's crs is not a known geographic one", datum=shown(name))
    return declared


def _cell(feature: object, datum: Datum, level: str | None) -> Cell:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        raise FeatureFault("not-a-feature", "a feature is an object with properties")
    properties = feature["properties"]
    code, name, parent = (properties.get(key) for key in ("code", "name", "parent"))
    own_level = properties.get("level", level)
    for key, value in (("code", code), ("name", name), ("level", own_level)):
        if not isinstance(value, str) or not value:
            raise FeatureFault(f"{key}-missing", f"the property {key} is not a text: {shown(value)}")
    if parent is not None and not isinstance(parent, str):
        raise FeatureFault("parent-missing", f"the property parent is neither a text nor null: {shown(parent)}")
    return Cell(str(code), str(name), str(own_level), parent, _shape(feature.get("geometry"), datum))


def read_shape(geometry: object, in_degrees: bool = True) -> BaseGeometry:
    """The Polygon or MultiPolygon of a GeoJSON geometry as it stands, valid or not.

    `in_degrees`: numbers out of the range of longitude and latitude are refused. Raises FeatureFault.
    """
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    parts = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(parts, list) or not parts:
        raise FeatureFault(
            "geometry-not-polygon", f"a cell is a Polygon or MultiPolygon with coordinates, not {shown(kind)}"
        )
    polygons = [_polygon(rings, in_degrees) for rings in (parts if kind == "MultiPolygon" else [parts])]
    return polygons[0] if kind == "Polygon" else MultiPolygon(polygons)


def _shape(geometry: object, datum: Datum) -> BaseGeometry:
    shape = read_shape(geometry)
    if not shape.is_valid:
        raise FeatureFault("geometry-invalid", shapely.is_valid_reason(shape))

    def converted(vertices: Any) -> Any:
        return np.column_stack(canonical(vertices[:, 0].copy(), vertices[:, 1].copy(), datum))

    try:
        return shapely.transform(shape, converted)
    except CoordinateInvalid as error:
        raise FeatureFault(error.code, str(error)) from error


def _polygon(rings: object, in_degrees: bool) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise FeatureFault("ring-malformed", "a polygon is a list of rings")
    shell, *holes = (list(_ring(ring, in_degrees)) for ring in rings)
    return Polygon(shell, holes)


def _ring(ring: object, in_degrees: bool) -> Iterator[tuple[float, float]]:
    if not isinstance(ring, list) or len(ring) < 4:
        raise FeatureFault("ring-malformed", "a ring has at least four positions")
    if ring[0] != ring[-1]:
        raise FeatureFault("ring-not-closed", "a ring ends where it began")
    for position in ring:
        if not isinstance(position, list) or len(position) < 2:
            raise FeatureFault("ring-malformed", "a position is a list of longitude and latitude")
        try:
            x, y = number(position[0], "lon"), number(position[1], "lat")
            yield lon_lat(x, y) if in_degrees else (x, y)
        except CoordinateInvalid as error:
            raise FeatureFault(error.code, str(error)) from error

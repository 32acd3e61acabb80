"""Liujiang's townships with another border, as an office would send them."""

from __future__ import annotations

import json
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from geo import reference

LABAO, BAIPENG = "450206100", "450206102"
COUNTY = "450206"
STRIP_UP_TO = 24.26  # degrees north: the tests' findings at 24.255 lie below it


def townships(*, north: float = STRIP_UP_TO, without: str | None = None) -> list[tuple[str, str, BaseGeometry]]:
    """Code, name and shape: Baipeng has what lay in Labao up to a parallel; `without` is dissolved into Labao."""
    grid = reference.sample_grid()
    shapes = {code: grid[code].geometry for code in grid.children(COUNTY)}
    both = shapely.union(shapes[LABAO], shapes[BAIPENG])
    above = shapely.box(100, north, 120, 40)
    shapes[LABAO], shapes[BAIPENG] = shapely.intersection(both, above), shapely.difference(both, above)
    if without is not None:
        shapes[LABAO] = shapely.union(shapes[LABAO], shapes.pop(without))
    return [(code, grid[code].name, shape) for code, shape in shapes.items()]


def write(path: Path, cells: list[tuple[str, str, BaseGeometry]], **more: object) -> Path:
    """A GeoJSON file in CGCS2000 degrees."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "parent": COUNTY},
            "geometry": shapely.geometry.mapping(shape),
        }
        for code, name, shape in cells
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False), "utf-8"
    )
    return path

"""Draws the sample district: townships of Liujiang (450206) with INVENTED shapes, for demonstrations and tests.

Codes and names are real, shapes are not: no township boundary of Guangxi was to be had. The county polygon is
parted along the Voronoi edges of guessed centres. New vertices lie inside the county only; where an edge meets the
county line it is drawn to a vertex that is already there. So neighbours share their edges exactly, the parts
together are the county exactly, and every point of the county is in exactly one part.

`python -m geo.sample_district` writes data/sample-district.geojson anew.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon

from geo.names import DATA, townships
from geo.reference import SAMPLE_COUNTY, county_grid

TARGET = DATA / "sample-district.geojson"
CENTRES = {
    "450206100": (109.330, 24.255),
    "450206102": (109.330, 24.125),
    "450206103": (109.210, 24.285),
    "450206106": (109.095, 24.245),
    "450206107": (109.145, 24.135),
    "450206108": (109.425, 24.180),
    "450206109": (109.455, 24.020),
    "450206110": (108.985, 24.300),
}
"""Guessed, longitude and latitude; they only have to tell the parts from one another."""
_DIGITS = 6
_NOTE = (
    "INVENTED SHAPES. Township codes and names are real (2023-06-30); the boundaries are made up by "
    "geo/sample_district.py for demonstration and must never be used as administrative boundaries. "
    "界线为虚构，仅供演示，不得作为行政区划界线使用。"
)

Vertex = tuple[float, float]
Edge = tuple[Vertex, Vertex]


def draw() -> dict[str, Any]:
    """The sample district as a GeoJSON FeatureCollection."""
    county = county_grid()[SAMPLE_COUNTY].geometry
    if not isinstance(county, Polygon) or county.interiors:
        raise ValueError("the sample county is expected to be one polygon without holes")
    drawn = _parts(county)
    parts = {code: _part_of(centre, drawn) for code, centre in CENTRES.items()}
    return {
        "type": "FeatureCollection",
        "name": "sample-district",
        "invented": True,
        "note": _NOTE,
        "datum": "CGCS2000",
        "features": [_feature(code, part) for code, part in sorted(parts.items())],
    }


def write(target: Path = TARGET) -> None:
    """Writes the sample district, one feature a line, the same bytes every time."""
    document = draw()
    features = document.pop("features")
    head = json.dumps(document, ensure_ascii=False)[:-1]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    target.write_text(f'{head}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


def _parts(county: Polygon) -> list[Polygon]:
    """The faces of the county line and the inner edges, which meet at common vertices only."""
    ring = [_rounded(vertex) for vertex in county.exterior.coords]
    edges = {_edge(*pair) for pair in pairwise(ring)}
    for start, end in _voronoi_edges(county):
        inside = [vertex for vertex in (start, end) if county.contains(Point(vertex))]
        if len(inside) < 2:
            crossings = _crossings(county, *inside, *(v for v in (start, end) if v not in inside))
            leaving = (crossings[0],) if inside else (crossings[0], crossings[-1]) if crossings else ()
            inside += [_nearest(ring, crossing) for crossing in leaving]
        if len(set(inside)) == 2:
            edges.add(_edge(*inside))
    faces = shapely.polygonize([LineString(edge) for edge in sorted(edges)])
    return [face for face in faces.geoms if isinstance(face, Polygon)]


def _voronoi_edges(county: Polygon) -> list[Edge]:
    centres = MultiPoint(sorted(CENTRES.values()))
    drawn: Any = shapely.voronoi_polygons(centres, extend_to=county, only_edges=True)
    edges: set[Edge] = set()
    for line in drawn.geoms:
        vertices = [_rounded(vertex) for vertex in line.coords]
        edges |= {_edge(*pair) for pair in pairwise(vertices)}
    return sorted(edges)


def _crossings(county: Polygon, start: Vertex, end: Vertex) -> list[Vertex]:
    """Where an edge meets the county line, from its start on."""
    met = shapely.get_coordinates(shapely.intersection(LineString([start, end]), county.exterior))
    return sorted(((float(x), float(y)) for x, y in met), key=lambda v: _span(v, start))


def _part_of(centre: Vertex, parts: list[Polygon]) -> Polygon:
    (part,) = [part for part in parts if part.contains(Point(centre))]
    return part


def _feature(code: str, part: Polygon) -> dict[str, Any]:
    name = townships()[code]
    ring = [[x, y] for x, y in shapely.get_coordinates(shapely.normalize(part)).tolist()]
    return {
        "type": "Feature",
        "properties": {
            "code": code,
            "name": name.name,
            "parent": name.parent,
            "level": "township",
            "invented": True,
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _rounded(vertex: Any) -> Vertex:
    return round(float(vertex[0]), _DIGITS), round(float(vertex[1]), _DIGITS)


def _edge(a: Vertex, b: Vertex) -> Edge:
    return (a, b) if a < b else (b, a)


def _nearest(vertices: list[Vertex], to: Vertex) -> Vertex:
    return min(vertices, key=lambda vertex: (_span(vertex, to), vertex))


def _span(a: Vertex, b: Vertex) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


if __name__ == "__main__":
    write()

"""Points with the answers of `geo`, for the app's own geography: the same numbers and codes are expected of both.

`python -m tests.geo.vectors` writes vectors.json anew. Points are drawn with a fixed seed, and chosen where answers are
easiest to get wrong: on county lines and their vertices, on corners of squares, about 109.5 E, and just outside.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import shapely

from geo import square
from geo.admin import AdminGrid, Cell
from geo.datum import Datum, canonical, from_cgcs2000
from geo.distance import distance_m
from geo.locate import locate
from geo.proj import unproject
from geo.reference import sample_grid

TARGET = Path(__file__).with_name("vectors.json")
WEST, SOUTH, EAST, NORTH = 108.5, 22.4, 110.8, 26.1
DIGITS = 9
_Point = tuple[float, float]


def vectors() -> dict[str, Any]:
    """All of the file's content."""
    draw, grid = random.Random(39409), sample_grid()
    anywhere = [_anywhere(draw) for _ in range(700)]
    places = [(x, y, draw.choice([None, 0.0, 8.0, 65.0, 400.0, 3000.0])) for x, y in anywhere]
    places += [(x, y, draw.choice([None, 0.0, 12.0])) for x, y in _on_lines(draw, grid)]
    places += [(x, y, 0.0) for x, y in _square_corners(draw)]
    places += [(109.5 + step * 1e-9, 22.5 + i * 0.07, None) for i, step in enumerate([-1, 0, 1] * 17)]
    return {
        "grid": _collection(grid),
        "places": [_place(x, y, accuracy, grid) for x, y, accuracy in places],
        "datums": [_datum(draw, datum) for datum in Datum for _ in range(100)],
        "distances": [_distance(draw) for _ in range(100)],
    }


def text() -> str:
    """The file's text: one line a point, so that a change shows as what it is."""
    parts = []
    for name, value in vectors().items():
        lines = value if isinstance(value, list) else [value]
        body = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
        parts.append(f'"{name}": ' + (f"[\n{body}\n]" if isinstance(value, list) else body))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _anywhere(draw: random.Random) -> _Point:
    return round(draw.uniform(WEST, EAST), DIGITS), round(draw.uniform(SOUTH, NORTH), DIGITS)


def _on_lines(draw: random.Random, grid: AdminGrid) -> list[_Point]:
    """Vertices of the cells, points midway between two, and points within some metres of a line."""
    found: list[_Point] = []
    for cell in grid:
        if cell.geometry is None:
            continue
        ring = shapely.get_coordinates(cell.geometry).tolist()
        for i in draw.sample(range(len(ring) - 1), min(30, len(ring) - 1)):
            (ax, ay), (bx, by) = ring[i], ring[i + 1]
            found += [(ax, ay), ((ax + bx) / 2, (ay + by) / 2)]
            found.append((round(ax + draw.gauss(0, 2e-4), DIGITS), round(ay + draw.gauss(0, 2e-4), DIGITS)))
    return found


def _square_corners(draw: random.Random) -> list[_Point]:
    corners = []
    for _ in range(150):
        frame = draw.choice([square.LIUZHOU, square.GUIGANG])
        east, north = draw.randrange(560, 700) * 1000.0, draw.randrange(2500, 2850) * 1000.0
        lon, lat = unproject(east, north, frame.epsg)
        corners.append((round(lon, DIGITS), round(lat, DIGITS)))
    return corners


def _place(lon: float, lat: float, accuracy: float | None, grid: AdminGrid) -> list[Any]:
    found = locate(lon, lat, grid, accuracy)
    chain = [[each.code, each.confidence] for each in found.chain]
    where = [found.code, found.method, chain, [list(each) for each in found.candidates]]
    return [lon, lat, accuracy, *where, found.square, found.square_confidence, found.beidou]


def _datum(draw: random.Random, datum: Datum) -> list[Any]:
    lon, lat = _anywhere(draw)
    there = (round(each, DIGITS + 1) for each in from_cgcs2000(lon, lat, datum))
    return [datum.value, lon, lat, *canonical(lon, lat, datum), *there]


def _distance(draw: random.Random) -> list[float]:
    a = _anywhere(draw)
    size = 10 ** draw.uniform(-5, 0)
    b = (round(a[0] + draw.uniform(-size, size), DIGITS), round(a[1] + draw.uniform(-size, size), DIGITS))
    return [*a, *b, round(distance_m(a, b), 4)]


def _collection(grid: AdminGrid) -> dict[str, Any]:
    """The grid as `GET /api/v1/cells?format=geojson` gives it."""
    shaped = [cell for cell in grid if cell.geometry is not None]
    over = {code for cell in shaped for code in grid.ancestors(cell.code)} - {cell.code for cell in shaped}
    return {
        "levels": list(grid.levels),
        "above": [_said(cell) for cell in grid if cell.code in over],
        "features": [
            {"properties": _said(cell), "geometry": shapely.geometry.mapping(cell.geometry)} for cell in shaped
        ],
    }


def _said(cell: Cell) -> dict[str, Any]:
    return {"code": cell.code, "name": cell.name, "level": cell.level, "parent": cell.parent}


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")

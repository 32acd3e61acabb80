"""Measures `geo` against the bare calls that it is built on, in one run: `python bench/geo_bench.py [--json FILE]`.

Each row is the best of a few interleaved rounds of ours and theirs, so that a noisy machine hurts both alike. Aims:
bulk at most 1.2 times the bare calls; one location without an accuracy circle at most 50 microseconds. Rows without
an aim are for comparison: `circle skipped` has 30 m of accuracy, far from any border, which costs one distance test.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import shapely
from pyproj import Transformer

from geo import datum, square
from geo.admin import AdminGrid, Cell
from geo.locate import locate, locate_many
from geo.reference import sample_grid

WEST, SOUTH, EAST, NORTH = 108.5, 22.5, 110.5, 25.5
MET = {True: "met", False: "NOT", None: ""}
POLYGONS, SINGLES, CHUNK = 3_000, 3_000, 100


def best(rounds: int, *calls: Callable[[], Any]) -> list[float]:
    """Least seconds of each call, taken in turns."""
    least = [float("inf")] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            least[i] = min(least[i], time.perf_counter() - start)
    return least


def voronoi_grid(rng: np.random.Generator) -> AdminGrid:
    """3,000 cells with some 260 vertices each, tiling the box."""
    frame = shapely.box(WEST, SOUTH, EAST, NORTH)
    seeds = shapely.multipoints(rng.uniform((WEST, SOUTH), (EAST, NORTH), (POLYGONS, 2)))
    cells = shapely.voronoi_polygons(seeds, extend_to=frame).geoms
    shapes = [shapely.intersection(shapely.segmentize(cell, 0.0007), frame) for cell in cells]
    return AdminGrid(Cell(f"V{i:04d}", f"cell {i}", "village", None, shape) for i, shape in enumerate(shapes))


def square_grid(lons: np.ndarray, lats: np.ndarray) -> tuple[float, float]:
    bare_transformer = Transformer.from_crs(4490, 4545, always_xy=True)

    def bare() -> np.ndarray:
        east, north = bare_transformer.transform(lons, lats)
        column = np.floor(np.round(east, 3) / 1000.0).astype(np.int64)
        return column * 10_000 + np.floor(np.round(north, 3) / 1000.0).astype(np.int64)

    def ours() -> np.ndarray:
        return square.encode_many(lons, lats, 1000, square.LIUZHOU)

    if not np.array_equal(bare(), ours()):
        raise SystemExit("square grid: the keys differ from the bare calls'")
    mine, theirs = best(5, ours, bare)
    return mine, theirs


def polygon_bulk(grid: AdminGrid, lons: np.ndarray, lats: np.ndarray, rounds: int) -> tuple[float, float]:
    # Clones, because our grid has prepared its own.
    tree = shapely.STRtree(shapely.from_wkb(shapely.to_wkb([cell.geometry for cell in grid])))

    def bare() -> np.ndarray:
        return tree.query(shapely.points(lons, lats), predicate="intersects")

    found = locate_many(lons, lats, grid)
    points, cells = bare()
    plain = np.full(len(lons), -1)
    plain[points] = cells
    if not np.array_equal(plain[~found.tied], found.index[~found.tied]):
        raise SystemExit("polygons: the cells differ from the bare calls'")
    mine, theirs = best(rounds, lambda: locate_many(lons, lats, grid), bare)
    return mine, theirs


def singles(grid: AdminGrid, lons: np.ndarray, lats: np.ndarray, accuracy_m: float | None) -> tuple[float, float]:
    """Seconds for one location away from borders, and for one bare query of the tree with a ready point."""
    tree = shapely.STRtree(shapely.from_wkb(shapely.to_wkb([c.geometry for c in grid if c.geometry is not None])))
    inner = [
        (lon, lat)
        for lon, lat in zip(lons[:SINGLES].tolist(), lats[:SINGLES].tolist(), strict=True)
        if (hits := grid.hits(lon, lat)) and not grid.border_within(hits[-1], shapely.Point(lon, lat), 0.0005)
    ]
    points = [shapely.Point(*pair) for pair in inner]

    def ours(start: int) -> None:
        for lon, lat in inner[start : start + CHUNK]:
            locate(lon, lat, grid, accuracy_m)

    def bare(start: int) -> None:
        for point in points[start : start + CHUNK]:
            tree.query(point, predicate="intersects")

    # Short chunks, many turns: a neighbour on the machine spoils some turns of a chunk, hardly all.
    total = np.zeros(2)
    for start in range(0, len(inner), CHUNK):
        total += best(15, partial(ours, start), partial(bare, start))
    return float(total[0]) / len(inner), float(total[1]) / len(inner)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--points", type=int, default=1_000_000, help="points of the bulk rows")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if an aim is missed")
    options = parser.parse_args()
    rng = np.random.default_rng(20261122)
    lons = np.round(rng.uniform(WEST, EAST, options.points), 9)
    lats = np.round(rng.uniform(SOUTH, NORTH, options.points), 9)
    grid = voronoi_grid(rng)
    rows: list[dict[str, Any]] = []

    def row(name: str, figures: tuple[float, float], bare: str, aim: str = "", met: bool | None = None) -> None:
        mine, theirs = figures
        rows.append(
            {"name": name, "seconds": mine, "bare": bare, "bare_seconds": theirs, "ratio": mine / theirs}
            | {"aim": aim, "met": met}
        )

    bulk = square_grid(lons, lats)
    row("square grid, bulk", bulk, "pyproj + numpy", "<= 1.2x", bulk[0] <= 1.2 * bulk[1])
    bulk = polygon_bulk(grid, lons, lats, rounds=2)
    row("3,000 polygons, bulk", bulk, "points + STRtree.query", "<= 1.2x", bulk[0] <= 1.2 * bulk[1])
    one = singles(grid, lons, lats, 0.0)
    row("one location, no circle", one, "one STRtree.query", "<= 50 us", one[0] <= 50e-6)
    one = singles(grid, lons, lats, None)
    row("one location, circle skipped", one, "one STRtree.query")
    one = singles(sample_grid(), lons, lats, None)
    row("the same, sample district", one, "one STRtree.query")
    gcj = datum.from_cgcs2000(lons, lats, datum.Datum.GCJ02)
    inverse, forward = best(
        2,
        lambda: datum.to_cgcs2000(*gcj, datum.Datum.GCJ02),
        lambda: datum.from_cgcs2000(lons, lats, datum.Datum.GCJ02),
    )
    row("GCJ-02 inverse, bulk", (inverse, forward), "GCJ-02 forward")

    print(f"{options.points:,} points, {POLYGONS:,} polygons; best of interleaved rounds")
    print(f"{'what':30}{'ours':>12}{'bare':>12}{'ratio':>8}  {'aim':9}{'':6}against")
    for r in rows:
        unit, scale = ("us", 1e6) if r["seconds"] < 0.01 else ("s ", 1.0)
        print(
            f"{r['name']:30}{r['seconds'] * scale:>9.2f} {unit}{r['bare_seconds'] * scale:>9.2f} {unit}"
            f"{r['ratio']:>7.2f}x  {r['aim']:9}{MET[r['met']]:6}{r['bare']}"
        )
    if options.json:
        options.json.write_text(json.dumps({"points": options.points, "polygons": POLYGONS, "rows": rows}, indent=2))
    return 1 if options.strict and any(r["met"] is False for r in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())

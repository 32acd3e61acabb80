"""Measures the map's bulk work against the bare calls that it is built on, in one run: `python -m bench map`.

1 M points among 2,500 villages with their townships and counties, and among zones; 1 M points assigned anew to another
version; 100,000 fire detections gathered into events; a tile drawn. Each row is the best of interleaved rounds. Aims
are ratios to the bare calls, since machines differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from bench.geo_bench import EAST, MET, NORTH, SOUTH, WEST, best
from geo.admin import AdminGrid, Cell
from geo.fire_points.events import Linking, components, group
from geo.grid_changes import reassign
from geo.locate import locate_many
from geo.proj import LIUZHOU_EPSG, project
from geo.tiles.encoding import Feature, encoded
from geo.tiles.outlines import outlines
from geo.tiles.tile import tile_at
from geo.zones.kinds import Category, Kind, Subject
from geo.zones.rules import ZoneIndex
from geo.zones.windows import Schedule
from geo.zones.zone import Document, Zone

VILLAGES, TOWNSHIPS, COUNTIES, ZONES = 2_500, 190, 15, 120
NOON = datetime(2025, 12, 1, 4, tzinfo=UTC)


def nested_grid(rng: np.random.Generator) -> AdminGrid:
    """Villages of some 260 vertices that tile the box, below townships and counties made of them."""
    frame = shapely.box(WEST, SOUTH, EAST, NORTH)
    seeds = shapely.multipoints(rng.uniform((WEST, SOUTH), (EAST, NORTH), (VILLAGES, 2)))
    drawn = shapely.voronoi_polygons(seeds, extend_to=frame).geoms
    shapes = np.array([shapely.intersection(shapely.segmentize(cell, 0.0007), frame) for cell in drawn])
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    towns = _nearest(middles, rng.uniform((WEST, SOUTH), (EAST, NORTH), (TOWNSHIPS, 2)))
    town_shapes = {t: shapely.union_all(shapes[towns == t]) for t in np.unique(towns).tolist()}
    town_middles = np.array([shapely.get_coordinates(shape.centroid)[0] for shape in town_shapes.values()])
    counties = _nearest(town_middles, rng.uniform((WEST, SOUTH), (EAST, NORTH), (COUNTIES, 2)))
    county_of = dict(zip(town_shapes, counties.tolist(), strict=True))
    county_shapes = {
        c: shapely.union_all([s for t, s in town_shapes.items() if county_of[t] == c]) for c in set(county_of.values())
    }
    return AdminGrid(
        [
            *(Cell(f"C{c}", f"county {c}", "county", None, shape) for c, shape in county_shapes.items()),
            *(Cell(f"T{t}", f"town {t}", "township", f"C{county_of[t]}", s) for t, s in town_shapes.items()),
            *(
                Cell(f"V{i}", f"village {i}", "village", f"T{town}", shape)
                for i, (town, shape) in enumerate(zip(towns.tolist(), shapes, strict=True))
            ),
        ]
    )


def _nearest(points: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    return ((points[:, None, :] - seeds[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)


def some_zones(rng: np.random.Generator, grid: AdminGrid) -> ZoneIndex:
    """A default over everything, half of the townships as no-burn zones, and circles."""
    paper = Document("x", "x", None, "bench", "unverified")
    always = Schedule(date(2020, 1, 1))
    shapes = [cell.geometry for cell in grid if cell.level == "township"][: ZONES // 2]
    spots = rng.uniform((WEST, SOUTH), (EAST, NORTH), (ZONES // 2, 2))
    shapes += [shapely.Point(*spot).buffer(0.03, quad_segs=16) for spot in spots]
    zones = [Zone(f"z{i}", "z", Kind.NO_BURN, Category.POPULATED, paper, always, s) for i, s in enumerate(shapes) if s]
    whole = shapely.box(WEST, SOUTH, EAST, NORTH)
    default = Zone("d", "d", Kind.RESTRICTED_BURN, Category.OTHER, paper, always, whole, default=True)
    return ZoneIndex([*zones, default])


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting without the rest."""

    lon: float
    lat: float
    instant: datetime
    until: datetime | None
    reach_m: float


def sightings(rng: np.random.Generator, fires: int, each: int) -> list[Seen]:
    """So many pixels of each of so many fires in a season of 60 days."""
    places = np.repeat(rng.uniform((WEST, SOUTH), (EAST, NORTH), (fires, 2)), each, axis=0)
    places += rng.normal(0.0, 0.002, places.shape)
    hours = np.repeat(rng.uniform(0.0, 24.0 * 60.0, fires), each) + rng.uniform(0.0, 3.0, fires * each)
    return [
        Seen(lon, lat, NOON + timedelta(hours=hour), None, 265.0)
        for (lon, lat), hour in zip(places.tolist(), hours.tolist(), strict=True)
    ]


class Bare:
    """The quickest that shapely alone does: a tree's boxes, then prepared shapes. Clones, so as to share nothing."""

    def __init__(self, shapes: list[Any]) -> None:
        self.shapes = shapely.from_wkb(shapely.to_wkb(shapes))
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)

    def query(self, lons: np.ndarray, lats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = shapely.points(lons, lats)
        at, near = self.tree.query(points)
        inside = shapely.intersects(self.shapes[near], points[at])
        return at[inside], near[inside]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--points", type=int, default=1_000_000, help="points of the bulk rows")
    parser.add_argument("--fires", type=int, default=20_000, help="fires, of five detections each")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if an aim is missed")
    options = parser.parse_args()
    rng = np.random.default_rng(20261125)
    lons = np.round(rng.uniform(WEST, EAST, options.points), 9)
    lats = np.round(rng.uniform(SOUTH, NORTH, options.points), 9)
    old, new = nested_grid(rng), nested_grid(rng)
    rows: list[dict[str, Any]] = []

    def row(name: str, figures: list[float], bare: str, most: float | None) -> None:
        mine, theirs = figures
        ratio = mine / theirs
        aim = "" if most is None else f"<= {most:g}x"
        met = None if most is None else ratio <= most
        rows.append(
            {
                "name": name,
                "seconds": mine,
                "bare": bare,
                "bare_seconds": theirs,
                "ratio": ratio,
                "aim": aim,
                "met": met,
            }
        )

    old_bare = Bare([cell.geometry for cell in old])
    new_bare = Bare([cell.geometry for cell in new])
    how = "STRtree and prepared intersects"

    figures = best(3, lambda: locate_many(lons, lats, old), lambda: old_bare.query(lons, lats))
    row("locate, three levels", figures, how, 1.2)
    figures = best(
        2,
        lambda: reassign(lons, lats, old, new),
        lambda: (old_bare.query(lons, lats), new_bare.query(lons, lats)),
    )
    row("assign anew, both located", figures, f"{how}, twice", 1.2)
    known = locate_many(lons, lats, old).index
    figures = best(2, lambda: reassign(lons, lats, old, new, known), lambda: new_bare.query(lons, lats))
    row("assign anew, old ones known", figures, how, 1.2)

    zones = some_zones(rng, old)
    zone_bare = Bare([zone.shape for zone in zones.zones])
    figures = best(3, lambda: zones.rules_many(lons, lats, NOON, Subject.BURNING), lambda: zone_bare.query(lons, lats))
    row(f"burning rule, {len(zones.zones)} zones", figures, how, 1.2)

    fires = sightings(rng, options.fires, 5)
    east, north = project(np.array([s.lon for s in fires]), np.array([s.lat for s in fires]), LIUZHOU_EPSG)

    def bare_pairs() -> np.ndarray:
        points = shapely.points(east, north)
        return shapely.STRtree(points).query(points, predicate="dwithin", distance=730.0)

    numbers = count()
    figures = best(2, lambda: group(fires, [], {}, lambda: f"e{next(numbers)}"), bare_pairs)
    row(f"{len(fires):,} detections to events", figures, "STRtree.query dwithin", None)
    found = len(set(components(fires, Linking()).tolist()))

    drawn = outlines(old, "village", 9)
    tile = tile_at((WEST + EAST) / 2, (SOUTH + NORTH) / 2, 9)
    cells = drawn.within(tile)
    content = [
        {"name": "cells", "features": [{"geometry": s, "properties": {"code": old.cells[i].code}} for i, s in cells]}
    ]

    def ours() -> bytes:
        features = [Feature(s, {"code": old.cells[i].code}, i) for i, s in drawn.within(tile)]
        return encoded(tile, {"cells": features})

    def theirs() -> bytes:
        return bytes(mapbox_vector_tile.encode(content, default_options={"quantize_bounds": tile.mercator_bounds}))

    row(f"a tile of {len(cells)} villages", best(5, ours, theirs), "mapbox_vector_tile.encode", 1.2)

    print(f"{options.points:,} points, {len(old):,} cells; {len(fires):,} detections are {found:,} events")
    print(f"{'what':30}{'ours':>12}{'bare':>12}{'ratio':>8}  {'aim':9}{'':6}against")
    for r in rows:
        print(
            f"{r['name']:30}{r['seconds']:>10.3f} s{r['bare_seconds']:>10.3f} s{r['ratio']:>7.2f}x  "
            f"{r['aim']:9}{MET[r['met']]:6}{r['bare']}"
        )
    if options.json:
        options.json.write_text(json.dumps({"points": options.points, "rows": rows}, indent=2))
    return 1 if options.strict and any(r["met"] is False for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a map shows of a tile: cells, sites, findings, fire points and zones as features. Bytes are `geo.tiles`.

Each layer shows what the lists of the same things would show the same person, by the same filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import shapely
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.models import Finding, FirePoint, Site
from backend.services import (
    cells,
    finding_filters,
    finding_queries,
    finding_tally,
    fire_filters,
    fire_points,
    visibility,
    zones,
)
from backend.services.actor import Actor
from backend.services.finding_filters import Filters
from backend.services.fire_points import FireFilters
from backend.services.visibility import FilterInvalid
from geo.tiles.encoding import Feature, Value, encoded
from geo.tiles.outlines import Outlines, outlines
from geo.tiles.squares import clustered, gathered, key_range
from geo.tiles.tile import Tile, mercator

POINTS_FROM = 13
"""Below this zoom findings are gathered into squares; from it on each is a point, as long as there are not too many."""
MOST_POINTS = 1_000
MOST_READ = 200_000
MARGIN_PIXELS = 16.0
CLOSED = frozenset({"closed", "look_back", "rejected", "penalty_transfer"})

FIELDS: dict[str, dict[str, str]] = {
    "cells": {"code": "String", "name": "String", "level": "String", "open": "Number", "all": "Number"},
    "findings": {
        **dict.fromkeys(("id", "number", "state", "severity", "topic"), "String, of a single one"),
        "count": "Number, of a square; n_<state> each",
    },
    "fire_points": {
        **dict.fromkeys(("id", "number", "state", "zone_outcome"), "String, of a single one"),
        "count": "Number",
    },
    "sites": {**dict.fromkeys(("id", "name", "status", "kind"), "String, of a single one"), "count": "Number"},
    "zones": dict.fromkeys(("id", "name", "kind", "document"), "String"),
}
"""What a feature of each layer says, for TileJSON."""
BESIDE = {"cells": {"cell_names": {"code": "String", "name": "String, at a point inside the cell"}}}
"""Further layers in a layer's tiles."""

Layer = Callable[[Session, Actor, Mapping[str, Any], Tile], list[Feature]]
FILTERS: dict[str, tuple[str, ...]] = {
    "cells": Filters.__slots__,
    "findings": Filters.__slots__,
    "fire_points": FireFilters.__slots__,
}
"""What each layer is narrowed by: the filters of its list. Those of the others are narrowed by nothing."""


def level_of(zoom: int) -> str:
    """Which cells a map shows at a zoom."""
    return "county" if zoom < 9 else "township" if zoom < 12 else "village"


def tile_bytes(session: Session, actor: Actor, layer: str, asked: Mapping[str, Any], tile: Tile) -> bytes:
    """The vector tile of one layer, narrowed as its list is; empty bytes where nothing is. Raises FilterInvalid."""
    said = {name: value for name, value in asked.items() if value is not None and str(value).strip()}
    for name in said:
        if name not in FILTERS.get(layer, ()):
            raise FilterInvalid(f"The layer {layer} is not narrowed by {name}.", field=name)
    beside = {"cell_names": _cell_names(session, tile)} if layer == "cells" else {}
    return encoded(tile, {layer: LAYERS[layer](session, actor, said, tile), **beside})


def _cells(session: Session, actor: Actor, asked: Mapping[str, Any], tile: Tile) -> list[Feature]:
    filters = finding_filters.parse(asked)
    grid = cells.grid(session)
    level = level_of(tile.zoom)
    drawn = _outlines(cells.active_version(session), level, tile.zoom).within(tile)
    codes = [grid.cells[index].code for index, _ in drawn]
    counts = finding_tally.by_cell(session, actor, filters, level, codes) if drawn else {}
    found = []
    for index, shape in drawn:
        cell = grid.cells[index]
        said = counts.get(cell.code, {})
        open_ = sum(n for state, n in said.items() if state not in CLOSED)
        properties: dict[str, Value] = {"code": cell.code, "name": cell.name, "level": cell.level}
        found.append(Feature(shape, properties | {"open": open_, "all": sum(said.values())}, index))
    return found


def _cell_names(session: Session, tile: Tile) -> list[Feature]:
    """Where the cells' names stand; of outlines that lie in several tiles each would be named again."""
    grid, level = cells.grid(session), level_of(tile.zoom)
    named = _outlines(cells.active_version(session), level, tile.zoom).named(tile)
    return [Feature(at, {"code": grid.cells[index].code, "name": grid.cells[index].name}) for index, at in named]


@lru_cache(maxsize=48)
def _outlines(version_id: str, level: str, zoom: int) -> Outlines:
    return outlines(cells.version(version_id), level, zoom)


def _findings(session: Session, actor: Actor, asked: Mapping[str, Any], tile: Tile) -> list[Feature]:
    filters = finding_filters.parse(asked)
    if tile.zoom >= POINTS_FROM:
        points = _single_findings(session, actor, filters, tile)
        if len(points) <= MOST_POINTS:
            return points
    squares = gathered(finding_tally.squares(session, actor, filters, tile), tile.zoom)
    return [_square(each.lon, each.lat, each.count, dict(each.counts), each.key) for each in squares]


def _single_findings(session: Session, actor: Actor, filters: Filters, tile: Tile) -> list[Feature]:
    first, end = key_range(tile)
    rows = session.execute(
        select(Finding.id, Finding.number, Finding.state, Finding.severity, Finding.topic, Finding.lon, Finding.lat)
        .where(
            Finding.square >= first,
            Finding.square < end,
            finding_queries.visible_to(actor, walk=True),
            *finding_queries.conditions(filters),
        )
        .order_by(Finding.square, Finding.id)
        .limit(MOST_POINTS + 1)
    )
    return [_point(row.lon, row.lat, {name: getattr(row, name) for name in row._fields[:5]}) for row in rows]


def _fire_points(session: Session, actor: Actor, asked: Mapping[str, Any], tile: Tile) -> list[Feature]:
    shown = (fire_points.visible_to(actor), *fire_points.conditions(fire_filters.parse(asked)))
    columns = (FirePoint.id, FirePoint.number, FirePoint.state, FirePoint.zone_outcome)
    return _rows(session, tile, (FirePoint.lon, FirePoint.lat), columns, shown)


def _sites(session: Session, actor: Actor, _asked: Mapping[str, Any], tile: Tile) -> list[Feature]:
    seen = visibility.seen_by(actor, Site.cell_code, Site.author_id)
    columns = (Site.id, Site.name, Site.status, Site.kind)
    return _rows(session, tile, (Site.lon, Site.lat), columns, (seen,))


def _rows(
    session: Session,
    tile: Tile,
    place: tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]],
    columns: Sequence[InstrumentedAttribute[Any]],
    conditions: Sequence[ColumnElement[bool]],
) -> list[Feature]:
    """Points each by itself where they are few, else gathered by square and the third column's value."""
    west, south, east, north = tile.around(MARGIN_PIXELS)
    query = select(*columns, *place).where(place[0].between(west, east), place[1].between(south, north), *conditions)
    rows = session.execute(query.order_by(columns[0]).limit(MOST_READ)).all()
    if len(rows) <= MOST_POINTS // 2:
        names = [column.key for column in columns]
        return [
            _point(row[-2], row[-1], {n: v for n, v in zip(names, row, strict=False) if v is not None}) for row in rows
        ]
    lons, lats = [row[-2] for row in rows], [row[-1] for row in rows]
    squares = clustered(lons, lats, [str(row[2]) for row in rows], tile.zoom)
    return [_square(each.lon, each.lat, each.count, dict(each.counts), each.key) for each in squares]


def _zones(session: Session, _actor: Actor, _asked: Mapping[str, Any], tile: Tile) -> list[Feature]:
    west, south, east, north = tile.mercator_bounds
    found = []
    for number, zone in enumerate(zones.index(session).zones):
        shape = _drawn(tuple(zones.hashes(session)), number)
        clipped = shapely.clip_by_rect(shape, west, south, east, north)
        if not clipped.is_empty:
            said = {
                "id": zone.id,
                "name": zone.name,
                "kind": zone.kind.value,
                "document": zone.document.number or "",
            }
            found.append(Feature(clipped, said, number))
    return found


@lru_cache(maxsize=512)
def _drawn(hashes: tuple[str, ...], number: int) -> Any:
    """A zone's shape in web-mercator metres, once a process."""
    shape = zones.index_of(hashes).zones[number].shape
    return shapely.transform(
        shape, lambda v: shapely.get_coordinates(shapely.points(*mercator(v[:, 0].copy(), v[:, 1].copy())))
    )


def _point(lon: float, lat: float, properties: dict[str, Any]) -> Feature:
    east, north = mercator([lon], [lat])
    said = {name: value for name, value in properties.items() if value is not None}
    return Feature(shapely.Point(float(east[0]), float(north[0])), {**said, "count": 1})


def _square(lon: float, lat: float, count: int, counts: dict[str, int], key: int) -> Feature:
    east, north = mercator([lon], [lat])
    said = {f"n_{name}": n for name, n in sorted(counts.items())}
    return Feature(shapely.Point(float(east[0]), float(north[0])), {"count": count, **said}, key)


LAYERS: dict[str, Layer] = {
    "cells": _cells,
    "findings": _findings,
    "fire_points": _fire_points,
    "sites": _sites,
    "zones": _zones,
}

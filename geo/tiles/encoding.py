"""Bytes of a Mapbox vector tile (version 2) from features in web-mercator metres.

Knows the form only. Coordinates are put on the tile's lattice of 4096 here, all vertices at once, and equal ones stay
equal, so that neighbours go on sharing their border.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.tiles.tile import Tile

EXTENT = 4096
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Feature:
    """`shape`: in web-mercator metres. `id`: a whole number that maps may refer to, or None."""

    shape: BaseGeometry
    properties: Mapping[str, Value]
    id: int | None = None


def encoded(tile: Tile, layers: Mapping[str, Sequence[Feature]]) -> bytes:
    """The tile's bytes, the same for the same features; layers without features are left out."""
    west, south, east, north = tile.mercator_bounds
    origin, scale = np.array([west, south]), EXTENT / np.array([east - west, north - south])

    def on_lattice(vertices: Any) -> Any:
        return np.rint((vertices - origin) * scale)

    content = [
        {
            "name": name,
            "features": [
                {
                    "geometry": shapely.transform(feature.shape, on_lattice),
                    "properties": dict(feature.properties),
                    **({} if feature.id is None else {"id": feature.id}),
                }
                for feature in features
            ],
        }
        for name, features in layers.items()
        if features
    ]
    written: bytes = mapbox_vector_tile.encode(content, default_options={"extents": EXTENT})
    return written

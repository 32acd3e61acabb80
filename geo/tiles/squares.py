"""Points by squares that nest, so that counts add up from zoom to zoom and a tile is one range of keys.

A key is a whole number below 2^40: the tile of zoom 20 that a point lies in (some 35 m here), its column's and row's
bits taken in turns. The squares of a coarser zoom are the same key without its last bits, two for each zoom; all
points of a tile are therefore neighbours in an index of keys, and `key >> n` groups them in any database.

Knows points and counts only; what is counted, and who may see it, callers say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.tiles.tile import HALF_WORLD_M, Tile, mercator, side_m

KEY_ZOOM = 20
SQUARES_A_SIDE = 2
"""As a power of two: a tile has 4 by 4 squares, of 64 pixels each."""
_SPREAD = ((8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333), (1, 0x5555555555555555))

Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Square:
    """The points of one square. `lon`, `lat`: their mean. `counts`: by category, in the order of categories."""

    key: int
    zoom: int
    lon: float
    lat: float
    count: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Partial:
    """A row of a grouped query: a key at KEY_ZOOM or coarser (`key_zoom`), a category, sums of degrees, a count."""

    key: int
    key_zoom: int
    category: str
    lon_sum: float
    lat_sum: float
    count: int


def keys(lons: Any, lats: Any) -> Keys:
    """The keys of points in CGCS2000 degrees, to be stored beside them. Raises CoordinateInvalid."""
    east, north = mercator(lons, lats)
    last = (1 << KEY_ZOOM) - 1
    columns = np.clip((east + HALF_WORLD_M) / side_m(KEY_ZOOM), 0, last).astype(np.int64)
    rows = np.clip((HALF_WORLD_M - north) / side_m(KEY_ZOOM), 0, last).astype(np.int64)
    return _spread(columns) | (_spread(rows) << 1)


def key_of(lon: float, lat: float) -> int:
    """The key of one point. Raises CoordinateInvalid."""
    return int(keys(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))[0])


def key_range(tile: Tile) -> tuple[int, int]:
    """The keys [first, end) of all points in a tile; of a tile beyond KEY_ZOOM those of the square that holds it."""
    zoom, x, y = tile
    if zoom > KEY_ZOOM:
        zoom, x, y = KEY_ZOOM, x >> (zoom - KEY_ZOOM), y >> (zoom - KEY_ZOOM)
    shift = 2 * (KEY_ZOOM - zoom)
    prefix = int(_spread(np.array([x]))[0]) | int(_spread(np.array([y]))[0]) << 1
    return prefix << shift, (prefix + 1) << shift


def square_shift(zoom: int) -> int:
    """By how many bits a key is shifted to be that of a square at a map's zoom."""
    return 2 * max(KEY_ZOOM - zoom - SQUARES_A_SIDE, 0)


def gathered(partials: Iterable[Partial], zoom: int) -> list[Square]:
    """Squares at a map's zoom from rows of a grouped query, at that zoom's squares or finer, in the order of keys.

    Rows may come in any order and pieces: counts and means are the same.
    """
    shift = square_shift(zoom)
    sums: dict[int, list[Partial]] = {}
    for partial in partials:
        key = partial.key << 2 * (KEY_ZOOM - partial.key_zoom) >> shift
        sums.setdefault(key, []).append(partial)
    squares = []
    for key, parts in sorted(sums.items()):
        count = sum(part.count for part in parts)
        if count == 0:
            continue
        counts: dict[str, int] = {}
        for part in sorted(parts, key=lambda part: part.category):
            counts[part.category] = counts.get(part.category, 0) + part.count
        # Sums from the smallest on, so that the order of rows does not show in the last digit.
        lon = sum(sorted(part.lon_sum for part in parts)) / count
        lat = sum(sorted(part.lat_sum for part in parts)) / count
        squares.append(Square(key, KEY_ZOOM - shift // 2, round(lon, 6), round(lat, 6), count, counts))
    return squares


def clustered(lons: Any, lats: Any, categories: Sequence[str], zoom: int) -> list[Square]:
    """Squares at a map's zoom of points that are at hand. Raises CoordinateInvalid; ValueError for lengths that
    differ."""
    own = keys(lons, lats)
    if len(categories) != len(own):
        raise ValueError(f"{len(own)} points, but {len(categories)} categories")
    x, y = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    names, numbers = np.unique(np.asarray(categories, dtype=str), return_inverse=True)
    shift = square_shift(zoom)
    groups, at = np.unique((own >> shift) * max(len(names), 1) + numbers, return_inverse=True)
    counts = np.bincount(at, minlength=len(groups))
    lon_sums, lat_sums = (np.bincount(at, weights=each, minlength=len(groups)) for each in (x, y))
    rows = zip(groups.tolist(), lon_sums.tolist(), lat_sums.tolist(), counts.tolist(), strict=True)
    return gathered(
        (
            Partial(group // len(names), KEY_ZOOM - shift // 2, str(names[group % len(names)]), lon, lat, count)
            for group, lon, lat, count in rows
        ),
        zoom,
    )


def _spread(numbers: NDArray[np.int64]) -> Keys:
    """Zero bits between the bits of numbers below 2^32."""
    spread = numbers.astype(np.int64)
    spread = (spread | (spread << 16)) & 0x0000FFFF0000FFFF
    for by, mask in _SPREAD:
        spread = (spread | (spread << by)) & mask
    return spread

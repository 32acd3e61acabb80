"""Square grids of 500, 1000 and 3000 m in one projected frame: point to cell code, and code to bounds.

The origin is that of the false-easting frame, so the three sizes nest exactly. Knows nothing of administrative
cells beyond the frame that a city uses, and nothing of databases or requests.

A code reads `LZ-4545-1000-E0643-N2690`: who uses the frame, its EPSG number, the size in metres, column, row.
LZ is Liuzhou, GG is Guigang; ZZ, which ISO 3166 leaves for "unknown territory", is everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from geo.coordinate import lon_lat, lon_lat_arrays
from geo.datum import DECIMALS
from geo.errors import CellCodeInvalid, OutsideFrame, shown
from geo.proj import GUIGANG_EPSG, LIUZHOU_EPSG, epsg_for, project, unproject

SIZES = (500, 1000, 3000)
MAX_EAST_M, MAX_NORTH_M = 1_000_000, 5_000_000
"""The frame is [0, MAX) both ways: five degrees either side of its meridian and up to 45 N, four digits each."""
_MAX_EAST_MM, _MAX_NORTH_MM = MAX_EAST_M * 1000, MAX_NORTH_M * 1000
_NO_CELL = -1
_STRIDE = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A projected frame and the two letters of those who use it."""

    prefix: str
    epsg: int

    def __str__(self) -> str:
        return f"{self.prefix}-{self.epsg}"


LIUZHOU = Frame("LZ", LIUZHOU_EPSG)
GUIGANG = Frame("GG", GUIGANG_EPSG)
OUTSIDE_WEST = Frame("ZZ", LIUZHOU_EPSG)
OUTSIDE_EAST = Frame("ZZ", GUIGANG_EPSG)
FRAMES = {str(frame): frame for frame in (LIUZHOU, GUIGANG, OUTSIDE_WEST, OUTSIDE_EAST)}
_CITY_FRAME = {"4502": LIUZHOU, "4508": GUIGANG}
_CODE = re.compile(r"([A-Z]{2}-[0-9]{4})-(500|1000|3000)-E([0-9]{4})-N([0-9]{4})")


class SquareCell(NamedTuple):
    """One half-open cell [min, max) of a grid."""

    frame: Frame
    size_m: int
    column: int
    row: int

    @property
    def code(self) -> str:
        """As in this module's title."""
        return f"{self.frame.prefix}-{self.frame.epsg}-{self.size_m}-E{self.column:04d}-N{self.row:04d}"

    @property
    def bounds_m(self) -> tuple[int, int, int, int]:
        """Least easting and northing, greatest easting and northing, in metres of the frame."""
        east, north = self.column * self.size_m, self.row * self.size_m
        return east, north, east + self.size_m, north + self.size_m

    def parent(self, size_m: int) -> SquareCell:
        """The cell of a larger size that holds this one. Raises ValueError where the sizes do not nest."""
        _check_size(size_m)
        if size_m < self.size_m or size_m % self.size_m:
            raise ValueError(f"{self.size_m} m cells do not nest in {size_m} m cells")
        times = size_m // self.size_m
        return SquareCell(self.frame, size_m, self.column // times, self.row // times)

    def polygon(self, steps: int = 8) -> Polygon:
        """The outline for a map, CGCS2000 degrees at 9 decimals, each side in `steps` pieces, counter-clockwise.

        Pieces are placed by the frame alone, so neighbours of one size share their vertices.
        """
        west, south = self.bounds_m[:2]
        t = np.arange(steps) / steps
        up, none, full = t * self.size_m, np.zeros(steps), np.full(steps, float(self.size_m))
        xs = west + np.concatenate([up, full, self.size_m - up, none])
        ys = south + np.concatenate([none, up, full, self.size_m - up])
        lons, lats = unproject(xs, ys, self.frame.epsg)
        return Polygon(np.column_stack([np.round(lons, DECIMALS), np.round(lats, DECIMALS)]))


def frame_for(admin_code: str | None, lon: float) -> Frame:
    """The frame of a finding: that of its administrative city, else the outside one on its side of 109.5 E."""
    city = _CITY_FRAME.get(admin_code[:4]) if admin_code else None
    return city or (OUTSIDE_WEST if epsg_for(None, lon) == LIUZHOU_EPSG else OUTSIDE_EAST)


def cell_at(east: float, north: float, size_m: int, frame: Frame) -> SquareCell:
    """The cell that holds a point in metres of the frame.

    Metres are rounded to 1 mm first: corners that went through degrees otherwise fall into the neighbour
    (12,178 of 20,000 tried). Raises OutsideFrame.
    """
    _check_size(size_m)
    if -1.0 < east < MAX_EAST_M and -1.0 < north < MAX_NORTH_M:  # neither infinite nor NaN
        # Whole millimetres, so that the division below is exact at a corner; as in encode_many, bit for bit.
        east_mm, north_mm = round(east * 1000.0), round(north * 1000.0)
        if 0 <= east_mm < _MAX_EAST_MM and 0 <= north_mm < _MAX_NORTH_MM:
            return SquareCell(frame, size_m, east_mm // (size_m * 1000), north_mm // (size_m * 1000))
    raise OutsideFrame(f"the point is outside the frame {frame}", frame=str(frame))


def cell_of(lon: float, lat: float, size_m: int, frame: Frame) -> SquareCell:
    """The cell that holds a point in CGCS2000 degrees. Raises CoordinateInvalid, OutsideFrame."""
    east, north = project(*lon_lat(lon, lat), frame.epsg)
    return cell_at(east, north, size_m, frame)


def encode(lon: float, lat: float, size_m: int, frame: Frame) -> str:
    """The code of the cell that holds a point in CGCS2000 degrees. Raises CoordinateInvalid, OutsideFrame."""
    return cell_of(lon, lat, size_m, frame).code


def encode_many(lons: Any, lats: Any, size_m: int, frame: Frame) -> NDArray[np.int64]:
    """Cell keys of many points, CGCS2000 degrees: column · 10,000 + row, or -1 outside the frame.

    Keys are for counting and joining a million points; `codes` writes them out. Raises CoordinateInvalid.
    """
    _check_size(size_m)
    x, y = lon_lat_arrays(lons, lats)
    east, north = project(x, y, frame.epsg)
    columns, rows = _floor_cells(east, size_m), _floor_cells(north, size_m)
    outside = _leaves(columns, MAX_EAST_M / size_m) or _leaves(rows, MAX_NORTH_M / size_m) if columns.size else False
    if outside:
        with np.errstate(invalid="ignore"):
            east_mm, north_mm = np.rint(east * 1000.0), np.rint(north * 1000.0)
            good = (east_mm >= 0) & (east_mm < _MAX_EAST_MM) & (north_mm >= 0) & (north_mm < _MAX_NORTH_MM)
        columns, rows = np.where(good, columns, 0.0), np.where(good, rows, 0.0)
        return np.where(good, (columns * _STRIDE + rows).astype(np.int64), _NO_CELL)
    columns *= _STRIDE
    columns += rows
    return columns.astype(np.int64)


def codes(keys: Iterable[int], size_m: int, frame: Frame) -> list[str | None]:
    """The codes of keys from `encode_many`, None for -1. Write out distinct keys only where there are many."""
    _check_size(size_m)
    return [None if key == _NO_CELL else SquareCell(frame, size_m, *divmod(int(key), _STRIDE)).code for key in keys]


def decode(code: str) -> SquareCell:
    """The cell of a code; only what `encode` can write is accepted. Raises CellCodeInvalid."""
    match = _CODE.fullmatch(code) if isinstance(code, str) else None
    frame = FRAMES.get(match[1]) if match else None
    if match is None or frame is None:
        raise CellCodeInvalid(f"{shown(code)} is no square cell code", cell_code=shown(code))
    cell = SquareCell(frame, int(match[2]), int(match[3]), int(match[4]))
    east, north = cell.bounds_m[:2]
    if east >= MAX_EAST_M or north >= MAX_NORTH_M:
        raise CellCodeInvalid(f"{shown(code)} lies outside its frame", cell_code=shown(code))
    return cell


def _floor_cells(metres: NDArray[np.float64], size_m: int) -> NDArray[np.float64]:
    """Whole cells from the origin, in place as far as possible: this is the bulk path."""
    cells = metres * 1000.0
    np.rint(cells, out=cells)
    cells /= size_m * 1000.0
    np.floor(cells, out=cells)
    return cells


def _leaves(cells: NDArray[np.float64], limit: float) -> bool:
    """Whether any cell may be out of [0, limit); NaN counts, and so does the last partial cell."""
    return not (cells.min() >= 0 and cells.max() < floor(limit))


def _check_size(size_m: int) -> None:
    if size_m not in SIZES:
        raise ValueError(f"{size_m!r} m is not one of the grid sizes {SIZES}")

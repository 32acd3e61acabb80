"""The BeiDou two-dimensional grid location code of GB/T 39409-2020, levels 1 to 10.

A point is turned into a whole number of 1/2048 seconds once; after that there are no floats. Knows CGCS2000
degrees and codes, nothing else.

Source: the standard's own text. Cells by level: 6°×4°, 30′×30′, 15′×10′, 1′×1′, 4″, 2″, 1/4″, 1/32″, 1/256″,
1/2048″. Pairs of digits are column then row; indices grow away from the equator and the prime meridian in every
hemisphere, so a cell is half-open on its far sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from geo.coordinate import lon_lat, number
from geo.errors import CellCodeInvalid, OutsideFrame, shown

UNITS_PER_DEGREE = 3600 * 2048
FINDING_LEVEL = 8
"""Of a stored finding: 1/32″, 0.88 m × 0.96 m here."""
FINDING_EPS = 0.02
"""Units (0.3 mm) that a stored finding's code is computed with, see `encode`."""
LEVELS = range(1, 11)

_SECOND = 2048
_ROWS = "ABCDEFGHIJKLMNOPQRSTUV"
_HEX = "0123456789ABCDEF"
_POLAR = 88


@dataclass(frozen=True, slots=True)
class _Split:
    """How one level divides its parent: size in units, counts, and whether one digit counts both in Z order."""

    width: int
    height: int
    columns: int
    rows: int
    z_order: bool = False


_SPLITS = (
    _Split(1800 * _SECOND, 1800 * _SECOND, 12, 8),
    _Split(900 * _SECOND, 600 * _SECOND, 2, 3, z_order=True),
    _Split(60 * _SECOND, 60 * _SECOND, 15, 10),
    _Split(4 * _SECOND, 4 * _SECOND, 15, 15),
    _Split(2 * _SECOND, 2 * _SECOND, 2, 2, z_order=True),
    _Split(_SECOND // 4, _SECOND // 4, 8, 8),
    _Split(_SECOND // 32, _SECOND // 32, 8, 8),
    _Split(_SECOND // 256, _SECOND // 256, 8, 8),
    _Split(1, 1, 8, 8),
)
"""Levels 2 to 10."""


def _written(split: _Split) -> list[list[str]]:
    """The digits of each column and row of a split."""
    if split.z_order:
        return [[_HEX[2 * row + column] for row in range(split.rows)] for column in range(split.columns)]
    return [[_HEX[column] + _HEX[row] for row in range(split.rows)] for column in range(split.columns)]


_DIGITS = [(split.width, split.height, split.columns, split.rows, _written(split)) for split in _SPLITS]
"""The same as plain tuples, digits written out: `encode` runs for every finding."""
_WIDTH_1, _HEIGHT_1 = 6 * UNITS_PER_DEGREE, 4 * UNITS_PER_DEGREE
_MAX_X, _MAX_Y = 180 * UNITS_PER_DEGREE - 1, _POLAR * UNITS_PER_DEGREE - 1


def _lengths() -> dict[int, int]:
    lengths = {1: 4}
    for level, split in enumerate(_SPLITS, start=2):
        lengths[level] = lengths[level - 1] + (1 if split.z_order else 2)
    return lengths


LENGTH = _lengths()
"""Characters of a code by level: 4, 6, 7, 9, 11, 12, 14, 16, 18, 20."""
_LEVEL_OF_LENGTH = {length: level for level, length in LENGTH.items()}


@dataclass(frozen=True, slots=True)
class BeidouCell:
    """One cell: its code and level, and its sides in CGCS2000 degrees."""

    code: str
    level: int
    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


def encode(lon: float, lat: float, level: int, eps: float = 0.0) -> str:
    """The code of the cell of `level` (1 to 10) that holds a point in CGCS2000 degrees.

    `eps` is added to the count of 1/2048″ before it is floored, and comes from the caller. 0, the default, is exact
    on doubles. Coordinates stored at 9 decimals lie just short of 7 in 10 cell corners, which 0.02 repairs;
    it changes no other code up to level 8. A code is a prefix of a deeper one only at equal eps. Findings use
    FINDING_LEVEL and FINDING_EPS on canonical coordinates.

    180° belongs to the last cell on its own side. Raises CoordinateInvalid; OutsideFrame from 88° of latitude on,
    where the standard has other cells; ValueError for a level that is none.
    """
    lon, lat = lon_lat(lon, lat)
    if level not in LEVELS:
        raise ValueError(f"BeiDou level {level!r} is not one of 1..10")
    if not 0.0 <= number(eps, "eps") < 1.0:
        raise ValueError(f"eps {eps!r} is not in [0, 1)")
    if abs(lat) >= _POLAR:
        raise OutsideFrame("BeiDou cells from 88° of latitude on are not supported", lat=lat)
    x = min(floor(abs(lon) * UNITS_PER_DEGREE + eps), _MAX_X)
    y = min(floor(abs(lat) * UNITS_PER_DEGREE + eps), _MAX_Y)
    column = 30 - x // _WIDTH_1 if lon < 0 else 31 + x // _WIDTH_1
    code = f"{'S' if lat < 0 else 'N'}{column:02d}{_ROWS[y // _HEIGHT_1]}"
    for width, height, columns, rows, digits in _DIGITS[: level - 1]:
        code += digits[x // width % columns][y // height % rows]
    return code


def decode(code: str) -> BeidouCell:
    """The cell of a code; only texts that `encode` can write are accepted (upper case, every digit in range).

    Raises CellCodeInvalid.
    """
    level = _LEVEL_OF_LENGTH.get(len(code)) if isinstance(code, str) else None
    if level is None:
        raise _invalid(code, "its length is no level's")
    if code[0] not in "NS" or code[1] not in _HEX[:10] or code[2] not in _HEX[:10]:
        raise _invalid(code, "the hemisphere or the column is malformed")
    column, row = int(code[1:3]), _ROWS.find(code[3])
    if not 1 <= column <= 60 or row < 0:
        raise _invalid(code, "the level 1 column or row is out of range")
    west_side, south_side = column <= 30, code[0] == "S"
    x = (30 - column if west_side else column - 31) * _WIDTH_1
    y = row * _HEIGHT_1
    width, height, at = _WIDTH_1, _HEIGHT_1, 4
    for number_of_level, split in enumerate(_SPLITS[: level - 1], start=2):
        digits = [_HEX.find(c) for c in code[at : LENGTH[number_of_level]]]
        at = LENGTH[number_of_level]
        row, column = divmod(digits[0], 2) if split.z_order else (digits[1], digits[0])
        if min(digits) < 0 or column >= split.columns or row >= split.rows:
            raise _invalid(code, f"a level {number_of_level} digit is out of range")
        x, y, width, height = x + column * split.width, y + row * split.height, split.width, split.height
    west, east = (-(x + width), -x) if west_side else (x, x + width)
    south, north = (-(y + height), -y) if south_side else (y, y + height)
    sides = (side / UNITS_PER_DEGREE + 0.0 for side in (west, south, east, north))
    return BeidouCell(code, level, *sides)


def bounds(code: str) -> tuple[float, float, float, float]:
    """West, south, east, north of a code's cell, CGCS2000 degrees. Raises CellCodeInvalid."""
    cell = decode(code)
    return cell.west, cell.south, cell.east, cell.north


def parent(code: str) -> str | None:
    """The code one level up, None at level 1. Raises CellCodeInvalid."""
    level = decode(code).level
    return None if level == 1 else code[: LENGTH[level - 1]]


def _invalid(code: object, why: str) -> CellCodeInvalid:
    return CellCodeInvalid(f"{shown(code)} is no BeiDou code: {why}", cell_code=shown(code))

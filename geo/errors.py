"""What can go wrong in `geo`, one class and one stable code each.

Knows nothing of HTTP: the backend maps a class to a status. `extras` holds values that a program may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class GeoError(Exception):
    """Base of every error that this library raises on purpose."""

    code = "geo-error"

    def __init__(self, detail: str, **extras: object) -> None:
        super().__init__(detail)
        self.extras: dict[str, object] = extras


class DatumMissing(GeoError):
    """No datum was declared; it is never guessed from the numbers."""

    code = "datum-missing"


class DatumUnknown(GeoError):
    """A datum was declared that we cannot convert."""

    code = "datum-unknown"


class CoordinateInvalid(GeoError):
    """A number is no number, not finite, or out of its range (latitude 91, accuracy -1)."""

    code = "coordinate-invalid"


class PositionInvalid(GeoError):
    """A position is not the mapping that the wire contract describes."""

    code = "position-invalid"


class CellCodeInvalid(GeoError):
    """A text is no square or BeiDou code that this library would have written."""

    code = "cell-code-invalid"


class CellUnknown(GeoError):
    """An administrative code is not in this grid."""

    code = "cell-unknown"


class OutsideFrame(GeoError):
    """A point lies where a square grid or the BeiDou code is not defined."""

    code = "outside-frame"


class HierarchyInvalid(GeoError):
    """A hierarchy of cells is unknown, or its data is malformed."""

    code = "hierarchy-invalid"


class ZoneInvalid(GeoError):
    """A zone's definition has faults; all are listed as `faults`, mappings with code, where and detail.

    `sound`: the zones of the same file without a fault, for somebody to see where the file lies.
    """

    code = "zone-invalid"
    sound: tuple[Any, ...] = ()


class TileInvalid(GeoError):
    """No map has a tile of this zoom, column and row."""

    code = "tile-invalid"


class TableUnreadable(GeoError):
    """A file or text of fire points has no header that its format should have, or no rows at all."""

    code = "table-unreadable"


class ImportRefused(GeoError):
    """A file of cells or names has faults; all of them are listed and nothing was repaired.

    `problems` is a list of mappings with `problem` (a stable kebab-case word), `where` (a feature's number
    or a cell's code) and `detail`.
    """

    code = "import-refused"

    def __init__(self, detail: str, problems: Sequence[dict[str, Any]]) -> None:
        super().__init__(detail, problems=list(problems))
        self.problems: list[dict[str, Any]] = list(problems)


def shown(value: object) -> str:
    """A short ASCII picture of a refused value, safe to put in an answer or a log."""
    if isinstance(value, str | int | float | bool | None):
        try:
            return ascii(value)[:60]
        except ValueError:  # an int of more than 4,300 digits
            return type(value).__name__
    return type(value).__name__

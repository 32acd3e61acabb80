"""What the parsers share: placing a pair of numbers, reading a table's head, and the shape of their answer.

A bad row is a fault with its number, and the good ones go on: a caller decides what a file with faults is worth.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from geo.coordinate import lon_lat
from geo.datum import Datum, canonical
from geo.errors import CoordinateInvalid, TableUnreadable, shown
from geo.fault import Fault
from geo.fire_points.detection import Detection
from geo.region import Region


@dataclass(frozen=True, slots=True)
class Parsed:
    """`detections` in the order of their rows; `faults`: a row or a place in a text that gave none; `warnings`: what
    was read in spite of a doubt, and how many rows lie outside the region."""

    detections: tuple[Detection, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()


class RowFault(Exception):
    """Why a row gives no detection. It does not leave this library."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code

    def at(self, row: int) -> Fault:
        """As a line of the report."""
        return Fault(self.code, row, f"row {row}: {self}")


class Gathering:
    """Detections, faults and rows outside a region, as a parser finds them."""

    def __init__(self, region: Region | None) -> None:
        self.region = region
        self.detections: list[Detection] = []
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._outside: list[int] = []

    def place(self, lon: float, lat: float, datum: Datum, row: int) -> tuple[float, float] | None:
        """The canonical pair; None, and counted, outside the region. Raises RowFault."""
        if self.region is not None and self.region.holds_exchanged(lon, lat):
            raise RowFault("axes-exchanged", f"{lon}, {lat} lies in {self.region.name} with the numbers exchanged")
        try:
            pair = canonical(*lon_lat(lon, lat), datum)
        except CoordinateInvalid as error:
            raise RowFault(error.code, str(error)) from error
        if self.region is not None and not self.region.holds(*pair):
            self._outside.append(row)
            return None
        return pair

    def parsed(self) -> Parsed:
        """The answer."""
        warnings = list(self.warnings)
        if self._outside and self.region is not None:
            count = len(self._outside)
            detail = f"{count} rows lie outside {self.region.name} and were left out"
            params = {"count": count, "rows": self._outside[:20], "region": self.region.name}
            warnings.append(Fault("outside-region", self._outside[0], detail, params=params))
        return Parsed(tuple(self.detections), tuple(self.faults), tuple(warnings))


def number_in(value: str | None, field: str) -> float:
    """The number that a field holds (`.64` and `1e3` are numbers). Raises RowFault."""
    try:
        number = float(value) if value is not None and value.strip() else None
    except ValueError:
        number = None
    if number is None or not abs(number) < 1e15:
        raise RowFault("number-invalid", f"{field} is no number: {shown(value)}")
    return number


def csv_rows(text: str, form: str, needed: set[str], skipped: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column name (lower case, trimmed) with their line numbers, of a text whose first line is the header.

    A row of another length than the header's is empty: which of its fields are missing, nobody knows. `skipped`:
    lines of the file before the text.

    Raises TableUnreadable where the header lacks a needed column, and for what is no CSV.
    """
    reader = csv.reader(StringIO(text.lstrip("\ufeff"), newline=None))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        lacking = sorted(needed - set(header))
        if lacking:
            raise TableUnreadable(
                f"a {form} file has the columns {', '.join(sorted(needed))}; {', '.join(lacking)} missing",
                form=form,
                missing=lacking,
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                named = zip(header, cells, strict=False) if len(cells) == len(header) else ()
                yield skipped + reader.line_num, {name: cell.strip() for name, cell in named}
    except csv.Error as error:  # a quote that never closes runs into the limit of a field
        line = skipped + reader.line_num
        raise TableUnreadable(f"no readable CSV at line {line}: {error}", form=form, line=line) from error

"""Tables as offices send them: the first sheet of an xlsx file, or a csv file, as rows of named texts.

Titles above the heading row, headings over two rows, merged cells, dates as dates or as text, numbers that Excel made
of codes: all of it is usual. Knows files and headings; nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from backend.services.errors import InputInvalid

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024  # an xlsx file is a zip file, and may claim anything
MOST_ROWS = 50_000
MOST_COLUMNS = 200
HEADING_ROWS = 10  # titles, numbers and dates of issue may stand above the headings

Cells = list[list[str]]


class TableUnreadable(InputInvalid):
    """The file is no table that can be read; the sentence says why, and nothing was taken from it."""

    code = "table-unreadable"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its line as Excel numbers it, and its texts by the name of their column."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. `columns`: the letter of each known column; `unknown`: headings that nobody asked for.

    `repeated`: known columns whose heading stands over further columns too, with the letters of those, which were not
    read. `merged`: the merged ranges below the headings, each of which says in all its cells what its first one says.
    """

    rows: Sequence[Row]
    columns: Mapping[str, str]
    unknown: Sequence[str] = field(default_factory=tuple)
    heading_line: int = 1
    repeated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    merged: Sequence[CellRange] = field(default_factory=tuple)


def read(data: bytes, name: str, headings: Mapping[str, Sequence[str]], required: Sequence[str]) -> Table:
    """The table in a file. `headings`: for each column the texts that may stand over it; spaces, brackets and case in
    a heading do not count. Raises TableUnreadable, which names the required columns that are not there.
    """
    if len(data) > MOST_BYTES:
        raise TableUnreadable(f"A table may have {MOST_BYTES // 2**20} MiB at most.", limit=MOST_BYTES)
    cells, merged = _xlsx(data) if data[:2] == b"PK" else (_csv(data, name), [])
    wanted = {_plain(text): column for column, texts in headings.items() for text in (column, *texts)}
    at, columns, repeated, unknown = _headings(cells, wanted)
    missing = [headings[column][0] for column in required if column not in columns]
    if missing:
        raise TableUnreadable(f"The table has no column {', '.join(missing)}.", missing=missing)
    rows = [
        Row(line, values)
        for line, row in enumerate(cells[at + 1 :], at + 2)
        if any((values := _values_of(row, columns)).values())
    ]
    if len(rows) > MOST_ROWS:
        raise TableUnreadable(f"A table may have {MOST_ROWS} rows at most; this one has {len(rows)}.", limit=MOST_ROWS)
    return Table(
        rows,
        {name: get_column_letter(i + 1) for name, i in columns.items()},
        unknown,
        at + 1,
        {name: [get_column_letter(i + 1) for i in more] for name, more in repeated.items()},
        [span for span in merged if span.min_row > at + 1],
    )


def _values_of(row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    """The texts of a row by column; a column beyond its end is empty."""
    return {name: row[i] if i < len(row) else "" for name, i in columns.items()}


def _headings(cells: Cells, wanted: Mapping[str, str]) -> tuple[int, dict[str, int], dict[str, list[int]], list[str]]:
    """The heading row (the one of the first rows with the most known headings), the columns found, further columns
    under the same headings, and the texts of the others.

    Headings over two rows: where the row itself says nothing known, the one above does (a group such as 坐标 over
    经度 and 纬度 says nothing that is asked for).
    """
    best: tuple[int, dict[str, int], dict[str, list[int]]] = (-1, {}, {})
    for at, row in enumerate(cells[:HEADING_ROWS]):
        above = cells[at - 1] if at else []
        found: dict[str, int] = {}
        repeated: dict[str, list[int]] = {}
        own = 0
        for i, text in enumerate(row):
            column = wanted.get(_plain(text))
            own += column is not None
            column = column or (wanted.get(_plain(above[i])) if i < len(above) else None)
            if column is not None and found.setdefault(column, i) != i:
                repeated.setdefault(column, []).append(i)
        if own and len(found) > len(best[1]):
            best = (at, found, repeated)
    if best[0] < 0:
        raise TableUnreadable(f"None of the first {HEADING_ROWS} rows holds a heading that is known.")
    at, found, repeated = best
    taken = set(found.values())
    return at, found, repeated, [text for i, text in enumerate(cells[at]) if text and i not in taken]


def _plain(text: str) -> str:
    """A heading without what offices vary: blanks, units and remarks in brackets, stars, case."""
    return re.sub(r"[\s*＊]|[（(\[【].*?[)）\]】]", "", text).casefold()


def _xlsx(data: bytes) -> tuple[Cells, list[CellRange]]:
    _require_sane(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise TableUnreadable("The xlsx file is broken; save it anew from Excel.") from error
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible" and sheet.max_row > 0]
    if not sheets:
        raise TableUnreadable("The workbook has no visible sheet.")
    return _sheet(sheets[0])


def _sheet(sheet: Worksheet) -> tuple[Cells, list[CellRange]]:
    if sheet.max_row > MOST_ROWS + HEADING_ROWS or sheet.max_column > MOST_COLUMNS:
        raise TableUnreadable(
            f"The sheet has {sheet.max_row} rows and {sheet.max_column} columns; {MOST_ROWS} and {MOST_COLUMNS} are "
            "read. Delete the empty ones below and beside the table.",
            limit=MOST_ROWS,
        )
    cells = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for merged in sheet.merged_cells.ranges:  # all of a merged range says what its first cell says
        text = cells[merged.min_row - 1][merged.min_col - 1]
        for row in cells[merged.min_row - 1 : merged.max_row]:
            row[merged.min_col - 1 : merged.max_col] = [text] * (merged.max_col - merged.min_col + 1)
    return cells, sorted(sheet.merged_cells.ranges, key=lambda span: (span.min_row, span.min_col))


def _require_sane(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        raise TableUnreadable("The xlsx file is broken or cut off; save it anew from Excel.") from None
    if unpacked > MOST_UNPACKED:
        raise TableUnreadable("The xlsx file unpacks to more than is read.", limit=MOST_UNPACKED)


def _text(value: Any) -> str:
    """A cell as a person reads it: a whole number without its point, a date as 2026-11-25, a time with its date."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return re.sub(r"\s+", " ", str(value)).strip()


def _csv(data: bytes, name: str) -> Cells:
    if b"\0" in data[:4096]:
        raise TableUnreadable(
            f"{name or 'The file'} is neither an xlsx nor a csv file (an old xls file: save as xlsx)."
        )
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    try:
        return [[_text(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise TableUnreadable(f"The csv file cannot be read: {error}.") from None


def _decoded(data: bytes) -> str:
    """UTF-8 where it is that, else GB 18030, which Excel writes on a Chinese Windows."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableUnreadable("The csv file is neither UTF-8 nor GB 18030.")

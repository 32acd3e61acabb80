"""A list as an .xlsx file: one sheet of rows with thumbnails, one of notes that say how to make it again.

Knows layout and XlsxWriter; which rows, columns and notes there are is told. Rows are written as they come
(`constant_memory`) and thumbnails wait on disk, so a long list takes no more memory than a short one. The same rows and
notes give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import xlsxwriter
from PIL import Image
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from backend.exports.cell_text import lines, looks_like_formula, safe
from backend.exports.columns import Column

BEIJING = ZoneInfo("Asia/Shanghai")
FONT = "宋体"
LINE_PT = 13.5
MAX_ROW_PT = 409.0  # Excel's own limit
PHOTO_PX, GAP_PX = 84, 4
PHOTO_ROW_PT = (PHOTO_PX + 2 * GAP_PX) * 0.75
A3 = 8
WIDEST_PHOTOS = 3
A4 = 9
PAGE_WIDTH = {A3: 308, A4: 214}
"""How wide the columns of a landscape page may be together, in characters: type of 10 pt shrinks to 7 pt then."""


@dataclass(frozen=True, slots=True)
class Photos:
    """Thumbnails (JPEG bytes) and a line about those that are not shown."""

    thumbnails: Sequence[bytes] = ()
    note: str = ""


NO_PHOTOS = Photos()


@dataclass(frozen=True, slots=True)
class Words:
    """What the file itself says, in one language. `signs` stands at the right of each page's foot, to sign on."""

    title: str
    sheet: str
    notes_sheet: str
    footer: str
    cut_mark: str
    signs: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list to write: its words, columns with their headings, and rows of plain values in the columns' order.

    A value is a text, number, aware datetime, Photos or None, as its column's kind says; labels are texts already.
    """

    words: Words
    columns: Sequence[Column]
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]


class ListWriter:
    """Writes one list; `notes` come last, when the rows have been seen.

    `front` names a sheet before the list, which is the caller's to fill; `paper` is Excel's number of a format.
    """

    def __init__(self, file: BinaryIO, sheet: Sheet, folder: Path, front: str | None = None, paper: int = A3) -> None:
        self.sheet = sheet
        self.folder = folder
        self.paper = paper
        options = {
            "constant_memory": True,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
        }
        self.book = xlsxwriter.Workbook(file, options)
        self.front: Worksheet | None = None if front is None else self.book.add_worksheet(front)
        self.list: Worksheet = self.book.add_worksheet(sheet.words.sheet)
        self.notes: Worksheet = self.book.add_worksheet(sheet.words.notes_sheet)
        base = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1}
        self.formats: dict[str, Format] = {
            "title": self.book.add_format(
                {"font_name": FONT, "font_size": 18, "bold": True, "align": "center", "valign": "vcenter"}
            ),
            "title_left": self.book.add_format({"font_name": FONT, "font_size": 18, "bold": True, "valign": "vcenter"}),
            "heading": self.book.add_format({**base, "bold": True, "align": "center", "bg_color": "#DCE6F1"}),
            "text": self.book.add_format(base),
            "quoted": self.book.add_format({**base, "quote_prefix": True}),
            "number": self.book.add_format({**base, "align": "center"}),
            "degrees": self.book.add_format({**base, "num_format": "0.000000"}),
            "instant": self.book.add_format({**base, "num_format": "yyyy-mm-dd hh:mm", "align": "center"}),
            "photos": self.book.add_format({**base, "valign": "bottom", "font_size": 8}),
            "note": self.book.add_format({"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "top"}),
            "note_quoted": self.book.add_format(
                {"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "top", "quote_prefix": True}
            ),
        }

    def write_rows(self) -> int:
        """Title, headings and all rows; returns how many rows."""
        page, words, columns = self.list, self.sheet.words, self.sheet.columns
        last = len(columns) - 1
        for index, column in enumerate(columns):
            page.set_column(index, index, column.width)
        page.set_row(0, 30)
        pages = math.ceil(sum(column.width for column in columns) / PAGE_WIDTH[self.paper])
        if pages == 1:
            page.merge_range(0, 0, 0, last, words.title, self.formats["title"])
        else:  # in the middle it would be torn apart
            page.write_string(0, 0, words.title, self.formats["title_left"])
            page.repeat_columns(0, 1)
            page.print_across()
        page.set_row(1, 30)
        for index, heading in enumerate(self.sheet.headings):
            page.write_string(1, index, heading, self.formats["heading"])
        count = 0
        for row in self.sheet.rows:
            self._write_row(2 + count, row)
            count += 1
        page.autofilter(1, 0, 1 + count, last)
        page.freeze_panes(2, 2)
        page.set_landscape()
        page.set_paper(self.paper)
        page.fit_to_pages(pages, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.repeat_rows(0, 1)
        return count

    def _write_row(self, number: int, row: Sequence[Any]) -> None:
        shown = [self._plain(value) for value in row]
        self.list.set_row(number, self._height(shown))
        for index, (column, value) in enumerate(zip(self.sheet.columns, shown, strict=True)):
            self._write_cell(number, index, column, value)

    def _plain(self, value: Any) -> Any:
        return safe(value, self.sheet.words.cut_mark) if isinstance(value, str) else value

    def _height(self, row: Sequence[Any]) -> float:
        height = 2 * LINE_PT
        for column, value in zip(self.sheet.columns, row, strict=True):
            if isinstance(value, str):
                height = max(height, lines(value, column.width - 1) * LINE_PT + 4)
            elif isinstance(value, Photos) and value.thumbnails:
                height = max(height, PHOTO_ROW_PT + (LINE_PT if value.note else 0))
        return min(height, MAX_ROW_PT)

    def _write_cell(self, number: int, index: int, column: Column, value: Any) -> None:
        page, style = self.list, self.formats
        if value is None or value in ("", NO_PHOTOS):
            page.write_blank(number, index, None, style["text"])
        elif isinstance(value, Photos):
            page.write_string(number, index, self._plain(value.note), style["photos"])
            self._insert(number, index, value.thumbnails)
        elif isinstance(value, datetime):
            local = value.astimezone(BEIJING).replace(tzinfo=None, microsecond=0)
            page.write_datetime(number, index, local, style["instant"])
        elif isinstance(value, str):
            page.write_string(number, index, value, style["quoted" if looks_like_formula(value) else "text"])
        else:
            page.write_number(number, index, value, style["degrees" if column.kind == "degrees" else "number"])

    def _insert(self, number: int, index: int, thumbnails: Sequence[bytes]) -> None:
        left = GAP_PX
        for place, data in enumerate(thumbnails):
            path = self.folder / f"{number}-{place}.jpg"
            path.write_bytes(data)
            with Image.open(BytesIO(data)) as image:
                scale = PHOTO_PX / max(image.width, image.height)
            options = {
                "x_offset": left,
                "y_offset": GAP_PX,
                "x_scale": scale,
                "y_scale": scale,
                "object_position": 1,
                "description": self.sheet.headings[index],
            }
            self.list.insert_image(number, index, str(path), options)
            left += PHOTO_PX + GAP_PX

    def write_notes(self, notes: Sequence[tuple[str, str]], created: datetime, said: str = "") -> None:
        """The notes' sheet, the footers, and the one time that the file carries; then closes the file.

        `said` stands at the left of each page's foot.
        """
        self.notes.set_column(0, 0, 22)
        self.notes.set_column(1, 1, 80)
        for number, (name, value) in enumerate(notes):
            text = self._plain(value)
            self.notes.write_string(number, 0, name, self.formats["note"])
            style = "note_quoted" if looks_like_formula(text) else "note"
            self.notes.write_string(number, 1, text, self.formats[style])
        self.notes.set_paper(A4)
        self.notes.fit_to_pages(1, 0)
        left, right = f"&L{said}" if said else "", f"&R{self.sheet.words.signs}" if self.sheet.words.signs else ""
        for page in (self.front, self.list):
            if page is not None:
                page.set_footer(f"{left}&C{self.sheet.words.footer}{right}")
        self.book.set_properties(
            {"title": self.sheet.words.title, "author": "Bluegrid", "created": created.replace(tzinfo=None)}
        )
        self.book.close()


def folder() -> TemporaryDirectory[str]:
    """Where a list that is being written keeps its parts."""
    return TemporaryDirectory(prefix="bluegrid-list-")

"""A report as an .xlsx file: a front sheet of short tables on A4, then a list, then notes.

Knows layout alone; which tables, rows and words there are is told. The list and the notes are laid out as any list
(`xlsx`), and the same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xlsxwriter.worksheet import Worksheet

from backend.exports import xlsx
from backend.exports.cell_text import lines, looks_like_formula, safe

FIRST_WIDTH, WIDTH = 18.0, 8.5
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the front sheet, with the sums in its last row; `note` stands below it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """The front sheet: its title, what is said in sentences, and the tables."""

    title: str
    sheet: str
    said: Sequence[str]
    tables: Sequence[Table]


def open_report(file: BinaryIO, front: Front, listing: xlsx.Sheet, folder: Path) -> xlsx.ListWriter:
    """Write the front sheet; the writer that is given back is to write the list and then the notes."""
    writer = xlsx.ListWriter(file, listing, folder, front=front.sheet, paper=xlsx.A4)
    page = writer.front
    if page is None:
        raise RuntimeError("a report has a front sheet")
    columns = max(len(table.headings) for table in front.tables)
    _lay_out(page, columns)
    _Pen(writer, page, columns).write(front)
    return writer


def _lay_out(page: Worksheet, columns: int) -> None:
    page.set_column(0, 0, FIRST_WIDTH)
    page.set_column(1, columns - 1, WIDTH)
    page.set_landscape()
    page.set_paper(xlsx.A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.repeat_rows(0)
    page.freeze_panes(1, 1)


class _Pen:
    """Writes downwards, a row at a time."""

    def __init__(self, writer: xlsx.ListWriter, page: Worksheet, columns: int) -> None:
        self.page, self.last, self.row = page, columns - 1, 0
        self.cut_mark = writer.sheet.words.cut_mark
        base = {"font_name": xlsx.FONT, "font_size": 10, "valign": "vcenter", "text_wrap": True}
        self.formats = {
            **writer.formats,
            "section": writer.book.add_format({**base, "font_size": 12, "bold": True}),
            "said": writer.book.add_format(base),
            "sum": writer.book.add_format({**base, "border": 1, "bold": True, "align": "center"}),
        }

    def write(self, front: Front) -> None:
        self._across(front.title, "title", 30)
        for said in front.said:
            self._across(said, "said")
        for table in front.tables:
            self._across(table.title, "section", 24)
            self._cells(table.headings, "heading", "heading", 30)
            for row in table.rows[:-1]:
                self._cells(row, "text", "number", 18)
            self._cells(table.rows[-1], "sum", "sum", 18)
            if table.note:
                self._across(table.note, "said")

    def _across(self, text: str, style: str, height: float | None = None) -> None:
        width = FIRST_WIDTH + self.last * WIDTH
        self.page.set_row(self.row, height or max(1, lines(text, width - 2)) * xlsx.LINE_PT + 4)
        self.page.merge_range(self.row, 0, self.row, self.last, safe(text, self.cut_mark), self.formats[style])
        self.row += 1

    def _cells(self, values: Sequence[Value], first: str, others: str, height: float) -> None:
        tallest = max(lines(str(value), FIRST_WIDTH if n == 0 else WIDTH) for n, value in enumerate(values))
        self.page.set_row(self.row, max(height, tallest * xlsx.LINE_PT + 4))
        for column, value in enumerate(values):
            style = first if column == 0 else others
            if value is None:
                self.page.write_blank(self.row, column, None, self.formats[style])
            elif isinstance(value, str):
                quoted = style == "text" and looks_like_formula(value)
                text = safe(value, self.cut_mark)
                self.page.write_string(self.row, column, text, self.formats["quoted" if quoted else style])
            else:
                self.page.write_number(self.row, column, value, self.formats[style])
        self.row += 1

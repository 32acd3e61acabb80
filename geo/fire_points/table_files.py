"""Rows of values from an xlsx workbook or a CSV file, as `report` wants them.

Knows files only. A merged cell's value is given to each of its cells; CSV is UTF-8 or GBK.
"""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO, StringIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from geo.errors import TableUnreadable

MAX_UNPACKED_BYTES = 300 << 20
_XLSX = b"PK\x03\x04"
_XLS = b"\xd0\xcf\x11\xe0"

Rows = list[list[object]]


def table_rows(content: bytes, sheet: str | None = None) -> tuple[Rows, bool]:
    """The rows of a sheet (the first one unless named), and whether its serial dates count from 1904.

    Raises TableUnreadable.
    """
    if content.startswith(_XLS):
        raise TableUnreadable("an old .xls workbook; save it as .xlsx", form="xls")
    if content.startswith(_XLSX):
        return _xlsx(content, sheet)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        dialect = "excel-tab" if text.count("\t") > text.count(",") else "excel"
        try:
            return [list(row) for row in csv.reader(StringIO(text, newline=None), dialect)], False
        except csv.Error as error:  # a quote that never closes runs into the limit of a field
            raise TableUnreadable(f"no readable CSV: {error}", form="csv") from error
    raise TableUnreadable("neither an .xlsx workbook nor a CSV in UTF-8 or GBK", form="csv")


def _xlsx(content: bytes, sheet: str | None) -> tuple[Rows, bool]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise TableUnreadable("the workbook unpacks to too much", form="xlsx")
        book = load_workbook(BytesIO(content), data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, OSError) as error:
        raise TableUnreadable(f"the workbook cannot be opened: {error}", form="xlsx") from error
    if sheet is not None and sheet not in book.sheetnames:
        raise TableUnreadable(f"the workbook has the sheets {', '.join(book.sheetnames)}", form="xlsx")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    rows: Rows = [list(row) for row in page.iter_rows(values_only=True)]
    for merged in page.merged_cells.ranges:
        for i in range(merged.min_row - 1, min(merged.max_row, len(rows))):
            for j in range(merged.min_col - 1, min(merged.max_col, len(rows[i]))):
                rows[i][j] = rows[merged.min_row - 1][merged.min_col - 1]
    return rows, book.excel_base_date.year == 1904

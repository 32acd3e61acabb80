"""A list as CSV that Excel opens without asking: UTF-8 with a byte order mark, CRLF, instants in Beijing time.

A text that a spreadsheet would run as a formula is written with an apostrophe before it; nothing else is changed but
what no cell can hold (`cell_text.safe`). The same rows give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from backend.exports.cell_text import looks_like_formula, safe
from backend.exports.xlsx import BEIJING


def write(file: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Any]], cut_mark: str) -> int:
    """Headings and all rows; returns how many rows."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=False)
    out = csv.writer(text)
    out.writerow(headings)
    count = 0
    for row in rows:
        out.writerow([_field(value, cut_mark) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _field(value: Any, cut_mark: str) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        clean = safe(value, cut_mark)
        return f"'{clean}" if looks_like_formula(clean) or looks_like_formula(clean.lstrip()) else clean
    return value

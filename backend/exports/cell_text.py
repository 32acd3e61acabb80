"""Text that may stand in a spreadsheet's cell: nothing that breaks the file, runs as a formula, or is cut silently."""

from __future__ import annotations

import re
import unicodedata

MAX_UNITS = 32_767  # of UTF-16, as Excel counts
REPLACEMENT = "\ufffd"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str, cut_mark: str) -> str:
    """The text with what XML cannot carry shown as U+FFFD, and cut with a mark where it is too long.

    XlsxWriter takes a text in `<r>…</r>` for rich-text XML and writes it as it is; a space at the end keeps it a text.
    """
    clean = _ILLEGAL.sub(REPLACEMENT, text.replace("\r\n", "\n"))
    if clean.startswith("<r>") and clean.endswith("</r>"):
        clean += " "
    if _units(clean) <= MAX_UNITS:
        return clean
    kept = clean.encode("utf-16-le")[: 2 * (MAX_UNITS - _units(cut_mark))].decode("utf-16-le", "ignore")
    return kept + cut_mark


def looks_like_formula(text: str) -> bool:
    """True for a text that a program would run if it were typed or read from CSV; it is marked as text."""
    return text.startswith(_FORMULA)


def lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many characters; Chinese ones are two wide."""
    return sum(max(1, -(-_columns(line) // max(1, int(width)))) for line in text.split("\n"))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text[:2000])

"""One row of a county's table: what it says of which finding, or what is wrong with it, cell by cell.

Nothing is guessed. An empty cell says nothing and leaves what the county said before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.services import written_days
from backend.services.site_rows import Fault
from backend.services.statements import DAYS, FIELDS
from backend.spreadsheets import Row

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("问题编号", "编号", "问题序号", "Finding"),
    "progress": ("完成情况", "整改情况", "整改进展", "整改进展情况", "整改完成情况", "落实情况", "Progress"),
    "leader": ("责任领导", "包保领导", "牵头领导", "县区责任领导", "Responsible leader"),
    "contact": ("联系人及电话", "联系人", "联系人及联系电话", "联系人电话", "Contact and phone", "Contact"),
    "phone": ("联系电话", "电话", "联系方式", "手机", "手机号码", "Phone"),
    "due_on": ("完成时限", "拟完成时间", "拟完成日期", "预计完成时间", "计划完成时间", "To be done by"),
    "done_on": ("完成日期", "完成时间", "实际完成时间", "整改完成时间", "整改完成日期", "Done on"),
    "remarks": ("备注", "Remarks"),
}
REQUIRED = ("number",)
LONGEST = {"progress": 1000, "leader": 80, "contact": 120, "phone": 60, "remarks": 500}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Meant:
    """A row without a fault of its own: a finding's number, and what is said of it (texts and days)."""

    line: int
    number: str
    fields: dict[str, Any]


@dataclass(slots=True)
class Read:
    """A row read: its meaning where there is no fault, and what to tell."""

    meant: Meant | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def read(row: Row, columns: Mapping[str, str], today: date) -> Read:
    """What a row says; `today` is the day in Beijing, for what is said to be done and lies ahead."""
    found = Read()

    def fault(column: str, code: str, detail: str) -> None:
        found.faults.append(Fault(row.line, column, columns.get(column), code, detail))

    def warn(column: str, code: str, detail: str) -> None:
        found.warnings.append(Fault(row.line, column, columns.get(column), code, detail))

    number = unicodedata.normalize("NFKC", row.values.get("number", "")).strip().upper()
    if not number:
        fault("number", "cell-empty", HEADINGS["number"][0])
    fields: dict[str, Any] = {}
    for name in FIELDS:
        text = row.values.get(name, "")
        if not text:
            continue
        if _UNSTORABLE.search(text):
            fault(name, "text-invalid", "NUL")
        elif name in DAYS:
            written = written_days.read(text)
            if written.day is None:
                fault(name, written.fault or "date-unclear", text[:80])
                continue
            if not written.plain:
                warn(name, "date-as-text", f"{text[:80]} → {written.day.isoformat()}")
            if name == "done_on" and written.day > today:
                warn(name, "date-ahead", written.day.isoformat())
            fields[name] = written.day
        elif len(text) > LONGEST[name]:
            fault(name, "text-too-long", f"{len(text)} > {LONGEST[name]}")
        else:
            fields[name] = text
    if not found.faults:
        found.meant = Meant(row.line, number, fields)
    return found

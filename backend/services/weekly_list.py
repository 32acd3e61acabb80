"""The weekly list (每周问题清单): fifteen columns on a landscape A3 sheet, with photos from before and after.

Says what the composed columns say; rows are those of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend import catalogue
from backend.services.case_rows import CaseRow
from backend.services.finding_filters import BEIJING

PHOTOS = 2  # in a cell: as many as one can look at on paper


@dataclass(frozen=True, slots=True)
class WeeklyRow:
    """What a row's columns are taken from; see exports/columns.yaml."""

    row: CaseRow
    area: str
    place: str
    requirement: str
    contact: str
    progress: str


def weekly_row(row: CaseRow, language: str) -> WeeklyRow:
    """A row of the list, from one of the ledger."""
    base, finding, site = row.base, row.base.finding, row.base.site

    def dated(code: str, instant: datetime | None) -> str:
        if instant is None:
            return ""
        text = catalogue.label(language, "weekly_of_findings", code)
        return text.format(at=instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"))

    late = row.days_late or 0
    return WeeklyRow(
        row=row,
        area=_lines(base.district, base.township),
        place=_lines(site.name, site.address) if site else "",
        requirement=_lines(finding.requirement, dated("until", row.due_at)),
        contact=_lines(*row.contact),
        progress=_lines(
            row.progress,
            dated("done", row.done_at),
            catalogue.label(language, "weekly_of_findings", "late").format(n=late) if late else "",
        ),
    )


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)

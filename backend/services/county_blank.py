"""The table that a county fills in and sends back: its open findings of a period, with what it said before.

Its headings are those that `county_rows` knows, so that the file comes back as it went out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports import xlsx
from backend.exports.columns import columns_of
from backend.models import Finding, Period
from backend.services import cells, county_tables, finding_queries, period_list, periods, statements, visibility
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.period_rows import Row


@dataclass(frozen=True, slots=True)
class BlankRow:
    """What a row's columns are taken from; see exports/columns.yaml."""

    n: int
    number: str
    district: str
    place: str
    problem: str
    requirement: str
    responsible_unit: str
    leader: str | None
    contact: str | None
    phone: str | None
    progress: str | None
    due_on: str | None
    done_on: str | None
    remarks: str | None


def write(
    session: Session, actor: Actor, period_id: str, cell: str, file: BinaryIO, language: str = catalogue.DEFAULT
) -> tuple[Period, int]:
    """Write a county's table of a period into `file`; the period, and how many rows there are.

    Raises NotFound, InputInvalid, NotAllowed.
    """
    county_tables.require_county(session, actor, cell)
    period = session.get(Period, period_id)
    if period is None or not set(cells.lineage(cell)) & set(visibility.below([period.cell_code])):
        raise NotFound("There is no such period, or it is not of this county.")
    rows = _open_rows(session, actor, period, cell)
    columns = columns_of("county_table")

    def word(code: str) -> str:
        return catalogue.label(language, "county_table", code)

    title = word("title").format(cell=cells.name(cell) or cell, year=period.year, number=period.number)
    sheet_words = xlsx.Words(
        title,
        word("sheet"),
        catalogue.label(language, "list", "notes"),
        catalogue.label(language, "list", "footer"),
        catalogue.label(language, "list", "cut"),
        word("signs"),
    )
    lines = ([column.value(line) for column in columns] for line in _lines(session, rows, language))
    sheet = xlsx.Sheet(sheet_words, columns, [column.heading(language) for column in columns], lines)
    with xlsx.folder() as folder:
        writer = xlsx.ListWriter(file, sheet, Path(folder))
        count = writer.write_rows()
        writer.write_notes([(word("how"), word("how_text"))], period.cut_off)
    return period, count


def _open_rows(session: Session, actor: Actor, period: Period, cell: str) -> list[Row]:
    inside = set(visibility.below([cell]))
    rows = periods.rows_of(session, period, None)
    found = [row for row in rows if row.outcome == "open" and row.facts["cell"] in inside]
    if actor.role == "admin":
        return found
    seen = set(session.scalars(select(Finding.id).where(finding_queries.visible_to(actor))))
    return [row for row in found if row.finding_id in seen]


def _lines(session: Session, rows: Sequence[Row], language: str) -> Iterator[BlankRow]:
    held = statements.newest(session, [row.finding_id for row in rows])
    for n, row in enumerate(rows, start=1):
        yield BlankRow(
            n=n,
            number=row.facts["number"],
            district=row.facts["district"],
            place="\n".join(text for text in (row.facts["site"], row.facts["address"]) if text),
            problem="\n".join(text for text in (row.facts["item"], row.facts["description"]) if text),
            requirement=period_list.requirement(row.facts, language),
            responsible_unit=row.facts["responsible_unit"] or "",
            **statements.said(held.get(row.finding_id)),
        )

"""A list laid out as .xlsx: columns of columns.yaml, words of the catalogue, and notes that say how to make it again.

Which rows there are is told. Knows neither rights nor filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from backend import catalogue
from backend.exports import xlsx
from backend.exports.columns import Column, columns_of
from backend.services.actor import Actor
from backend.services.case_rows import beginning
from backend.services.finding_filters import BEIJING
from backend.services.list_rows import Facts


@dataclass(frozen=True, slots=True)
class Paper:
    """What a list is: the catalogue's group of its title and sheet, its columns, and the notes it has beside the rest.

    `places`: it shows coordinates, so that it must say their datum.
    """

    group: str
    columns: str
    places: bool = True


def shown(column: Column, row: object, language: str) -> Any:
    """A row's value in a column, codes as words."""
    value = column.value(row)
    return catalogue.label(language, column.group, value) if column.group else value


def write(
    paper: Paper, facts: Facts, rows: Iterable[object], file: BinaryIO, folder: Path, actor: Actor, as_of: date
) -> None:
    """Write the rows into `file`; `folder` holds the parts meanwhile. `facts.rows` says afterwards how many."""
    language = facts.language
    columns = columns_of(paper.columns)

    def word(group: str, code: str) -> str:
        return catalogue.label(language, group, code)

    words = xlsx.Words(
        word(paper.group, "title"),
        word(paper.group, "sheet"),
        word("list", "notes"),
        f"{word('list', 'footer')}    seq {facts.seq}",
        word("list", "cut"),
        word("list", "signs"),
    )
    lines = ([shown(column, row, language) for column in columns] for row in rows)
    sheet = xlsx.Sheet(words, columns, [column.heading(language) for column in columns], lines)
    writer = xlsx.ListWriter(file, sheet, folder)
    facts.rows = writer.write_rows()
    said = until(language, facts.as_of)
    writer.write_notes(notes(facts, actor, as_of, paper), facts.as_of or beginning(as_of), said)


def until(language: str, newest: datetime | None) -> str:
    """The line for a page's foot that says from when the data are; nothing where there are none."""
    if newest is None:
        return ""
    return catalogue.label(language, "list", "until").format(time=f"{newest.astimezone(BEIJING):%Y-%m-%d %H:%M}")


def notes(facts: Facts, actor: Actor, as_of: date, paper: Paper) -> list[tuple[str, str]]:
    """Key and value lines: of what, from when, by whom, and what makes it come out the same again."""

    def word(group: str, code: str) -> str:
        return catalogue.label(facts.language, group, code)

    everything = word("list", "everything")
    area = everything if actor.role == "admin" else "、".join(sorted(actor.grants))
    asked = [(f"　{word('filter', name)}", value) for name, value in facts.filters.items()]
    datum = [(word("note", "datum"), word("note", "datum_text"))] if paper.places else []
    return [
        (word("note", "seq"), str(facts.seq)),
        (word("note", "epoch"), facts.epoch),
        (word("note", "as_of"), _local(facts.as_of)),
        (word("note", "late_until"), word("note", "late_until_text").format(day=as_of.isoformat())),
        (word(paper.group, "rows"), str(facts.rows)),
        (word("note", "filters"), "" if asked else everything),
        *asked,
        (word("note", "maker"), actor.name),
        (word("note", "scope"), area),
        *datum,
        (word("note", "time"), word("note", "time_text")),
        (word("note", "again"), word("note", "again_export_text")),
    ]


def _local(instant: datetime | None) -> str:
    return instant.astimezone(BEIJING).isoformat() if instant else ""

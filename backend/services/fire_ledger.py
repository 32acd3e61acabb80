"""The ledger of fire points (火点台账) as xlsx: the rows of the list with the same filters, in the ledger's columns.

Chooses rows and what each column is made of; `exports.xlsx` lays them out. Made in one snapshot and stamped with its
`seq`: the same seq, filters, language and person give the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports import xlsx
from backend.exports.columns import Column, columns_of
from backend.models import FirePoint
from backend.services import cells, fire_points, pages, rows
from backend.services.actor import Actor
from backend.services.finding_filters import BEIJING
from backend.services.fire_points import FireFilters
from backend.services.list_sheet import until
from backend.sync_store import SqlStore

BATCH = 200
NO_ROWS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What a row's columns are taken from; see exports/columns.yaml."""

    n: int
    point: FirePoint
    sources: str
    district: str | None
    township: str | None
    datum: str
    reach_m: int
    certainty: str
    zone_name: str | None
    document: str | None
    handling: str
    answered_by: str | None
    remarks: str


@dataclass(slots=True)
class Facts:
    """What a ledger was made of: enough to make it again, and to say so in the audit trail."""

    seq: int
    rows: int = 0
    as_of: datetime | None = None


def write(
    session: Session,
    actor: Actor,
    filters: FireFilters,
    stated: Mapping[str, str],
    file: BinaryIO,
    language: str,
    seen: Callable[[int], object] = lambda _n: None,
) -> Facts:
    """Write what the actor may see into `file`, in the snapshot of `session`. `stated`: the filters in words.

    `seen` hears after each row how many there were. Raises FilterInvalid.
    """
    store = SqlStore(session)
    facts, columns = Facts(store.head()), columns_of("fire_ledger")

    def word(group: str, code: str) -> str:
        return catalogue.label(language, group, code)

    words = xlsx.Words(
        word("fire_ledger", "title"),
        word("fire_ledger", "sheet"),
        word("list", "notes"),
        f"{word('list', 'footer')}    seq {facts.seq}",
        word("list", "cut"),
        word("list", "signs"),
    )
    found = _rows(session, actor, filters, language, facts)
    lines = (_line(columns, row, language, seen) for row in found)
    sheet = xlsx.Sheet(words, columns, [column.heading(language) for column in columns], lines)
    with xlsx.folder() as folder:
        writer = xlsx.ListWriter(file, sheet, Path(folder))
        facts.rows = writer.write_rows()
        everything = word("list", "everything")
        notes = [
            (word("note", "seq"), str(facts.seq)),
            (word("note", "epoch"), store.epoch()),
            (word("note", "as_of"), facts.as_of.astimezone(BEIJING).isoformat() if facts.as_of else ""),
            (word("fire_ledger", "rows"), str(facts.rows)),
            (word("note", "filters"), "; ".join(f"{name}={value}" for name, value in stated.items()) or everything),
            (word("note", "maker"), actor.name),
            (word("note", "scope"), everything if actor.role == "admin" else "、".join(sorted(actor.grants))),
            (word("note", "datum"), word("note", "datum_text")),
            (word("note", "time"), word("note", "time_text")),
        ]
        writer.write_notes(notes, facts.as_of or NO_ROWS, until(language, facts.as_of))
    return facts


def _line(columns: Sequence[Column], row: LedgerRow, language: str, seen: Callable[[int], object]) -> list[Any]:
    seen(row.n)
    return [_shown(column, row, language) for column in columns]


def _shown(column: Any, row: LedgerRow, language: str) -> Any:
    value = column.value(row)
    return catalogue.label(language, column.group, value) if column.group else value


def _rows(session: Session, actor: Actor, filters: FireFilters, language: str, facts: Facts) -> Iterator[LedgerRow]:
    def word(group: str, code: str) -> str:
        return catalogue.label(language, group, code)

    n = 0
    for batch in pages.every(lambda asked: fire_points.page(session, actor, filters, asked), BATCH):
        names = rows.names_of(session, {point.answered_by for point in batch if point.answered_by})
        for point in batch:
            n += 1
            facts.as_of = max(point.answered_at or point.reported_at, facts.as_of or point.reported_at)
            zone, places = point.zone.get("zone") or {}, _names_by_level(point.cell_code)
            yield LedgerRow(
                n=n,
                point=point,
                sources="、".join(word("fire_source", each) for each in point.sources),
                district=places.get("county") or (word("list", "unassigned") if point.cell_code is None else None),
                township=places.get("township"),
                datum="CGCS2000",
                reach_m=round(point.reach_m),
                certainty=word("certainty", point.zone.get("certainty", "")),
                zone_name=zone.get("name"),
                document=zone.get("document"),
                handling="、".join(word("fire_handling", each) for each in point.handling),
                answered_by=point.answered_name or names.get(point.answered_by or ""),
                remarks="；".join(word("flag", flag["code"]) for flag in point.flags),
            )


def _names_by_level(code: str | None) -> dict[str, str]:
    grid = cells.grid()
    return {grid[each].level: grid[each].name for each in cells.lineage(code) if each in grid} if code else {}

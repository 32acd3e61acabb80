"""The rectification list (整改清单): the findings of the same query as the list and the map, as a ledger.

Chooses rows and what each column is made of; `exports.xlsx` lays them out. Made in one snapshot and stamped with its
`seq`: the same seq, filters, language and person give the same file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from backend import catalogue, storage
from backend.blobs import Blobs
from backend.exports import xlsx
from backend.exports.columns import columns_of
from backend.services.actor import Actor
from backend.services.finding_filters import BEIJING, Filters
from backend.services.list_rows import Facts, Source
from backend.services.list_sheet import shown, until
from backend.sync_store import SqlStore

NO_ROWS = datetime(2000, 1, 1, tzinfo=UTC)


def write_rectification_list(
    session: Session,
    actor: Actor,
    filters: Filters,
    file: BinaryIO,
    *,
    blobs: Blobs | None = None,
    language: str = catalogue.DEFAULT,
) -> Facts:
    """Write what the actor may see as xlsx into `file`, in the snapshot of `session`. Raises FilterInvalid."""
    store = SqlStore(session)
    facts = Facts(store.head(), store.epoch(), filters.stated(), language)
    source = Source(session, blobs or storage.blobs(), language, facts)
    columns = columns_of("rectification_list")
    sheet = xlsx.Sheet(
        words=_words(language, facts.seq),
        columns=columns,
        headings=[column.heading(language) for column in columns],
        rows=([shown(column, row, language) for column in columns] for row in source.rows(actor, filters)),
    )
    with xlsx.folder() as folder:
        writer = xlsx.ListWriter(file, sheet, Path(folder))
        facts.rows = writer.write_rows()
        writer.write_notes(_notes(facts, actor), facts.as_of or NO_ROWS, until(language, facts.as_of))
    return facts


def _words(language: str, seq: int) -> xlsx.Words:
    def word(code: str) -> str:
        return catalogue.label(language, "list", code)

    footer = f"{word('footer')}    seq {seq}"
    return xlsx.Words(word("title"), word("sheet"), word("notes"), footer, word("cut"), word("signs"))


def _notes(facts: Facts, actor: Actor) -> list[tuple[str, str]]:
    """Key and value lines of the notes' sheet."""

    def word(group: str, code: str) -> str:
        return catalogue.label(facts.language, group, code)

    everything = word("list", "everything")
    asked = [(f"　{word('filter', name)}", value) for name, value in facts.filters.items()]
    area = everything if actor.role == "admin" else "、".join(sorted(actor.grants))
    return [
        (word("note", "seq"), str(facts.seq)),
        (word("note", "epoch"), facts.epoch),
        (word("note", "as_of"), facts.as_of.astimezone(BEIJING).isoformat() if facts.as_of else ""),
        (word("note", "rows"), str(facts.rows)),
        (word("note", "filters"), "" if asked else everything),
        *asked,
        (word("note", "maker"), actor.name),
        (word("note", "scope"), area),
        (word("note", "datum"), word("note", "datum_text")),
        (word("note", "time"), word("note", "time_text")),
        (word("note", "again"), word("note", "again_text")),
    ]

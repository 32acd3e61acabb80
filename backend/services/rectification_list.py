"""The rectification list (整改清单): the findings of the same query as the list and the map, as a ledger.

Chooses rows and what each column is made of; `exports.xlsx` lays them out. Made in one snapshot and stamped with its
`seq`: the same seq, filters, language and person give the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue, storage
from backend.blobs import Blobs
from backend.exports import xlsx
from backend.exports.columns import Column, columns_of
from backend.models import Blob, Finding, Site
from backend.services import cells, checklists, finding_queries, media, pages, rows
from backend.services.actor import Actor
from backend.services.finding_filters import BEIJING, Filters
from backend.services.media_errors import NoThumbnail
from backend.services.rows import Document
from backend.sync_store import SqlStore

BATCH = 200
THUMBNAIL_PX = 200
BEFORE = ("before", "scene")
NO_ROWS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListRow:
    """What a row's columns are taken from; see exports/columns.yaml."""

    n: int
    finding: Finding
    site: Site | None
    district: str
    township: str | None
    square: str | None
    beidou: str | None
    datum: str | None
    item: str | None
    supervising_department: str | None
    photos: xlsx.Photos
    remarks: str


@dataclass(slots=True)
class Facts:
    """What a list was made of: enough to make it again, and to say so in the audit trail."""

    seq: int
    epoch: str
    filters: dict[str, str]
    language: str
    rows: int = 0
    photos: int = 0
    as_of: datetime | None = None


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
    source = _Source(session, blobs or storage.blobs(), language, facts)
    columns = columns_of("rectification_list")
    sheet = xlsx.Sheet(
        words=_words(language, facts.seq),
        columns=columns,
        headings=[column.heading(language) for column in columns],
        rows=([_shown(column, row, language) for column in columns] for row in source.rows(actor, filters)),
    )
    with xlsx.folder() as folder:
        writer = xlsx.ListWriter(file, sheet, Path(folder))
        facts.rows = writer.write_rows()
        writer.write_notes(_notes(facts, actor), facts.as_of or NO_ROWS)
    return facts


def _shown(column: Column, row: ListRow, language: str) -> Any:
    value = column.value(row)
    return catalogue.label(language, column.group, value) if column.group else value


def _words(language: str, seq: int) -> xlsx.Words:
    def word(code: str) -> str:
        return catalogue.label(language, "list", code)

    return xlsx.Words(word("title"), word("sheet"), word("notes"), f"{word('footer')}    seq {seq}", word("cut"))


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


class _Source:
    """The rows of one list, fetched in batches, with what their columns need."""

    def __init__(self, session: Session, blobs: Blobs, language: str, facts: Facts) -> None:
        self.session = session
        self.blobs = blobs
        self.language = language
        self.facts = facts
        self._words: dict[tuple[str | None, str | None], checklists.Words] = {}

    def rows(self, actor: Actor, filters: Filters) -> Iterator[ListRow]:
        """All rows, newest first, a batch in memory at a time."""
        n = 0
        for batch in pages.every(lambda asked: finding_queries.page(self.session, actor, filters, asked), BATCH):
            sites = self._sites(batch)
            photos = rows.photos_of(self.session, "finding", [finding.id for finding in batch])
            kinds = self._media_types(photos)
            for finding in batch:
                n += 1
                yield self._row(n, finding, sites.get(finding.site_id or ""), photos[finding.id], kinds)

    def _row(
        self,
        n: int,
        finding: Finding,
        site: Site | None,
        photos: Sequence[Document],
        kinds: Mapping[str, str | None],
    ) -> ListRow:
        self.facts.as_of = max(finding.received_at, self.facts.as_of or finding.received_at)
        codes = {cell.scheme: cell.code for cell in finding.cells}
        by_level = _names_by_level(finding.cell_code)
        unassigned = catalogue.label(self.language, "list", "unassigned")
        return ListRow(
            n=n,
            finding=finding,
            site=site,
            district=by_level.get("county") or next(iter(by_level.values()), unassigned),
            township=by_level.get("township"),
            square=codes.get("square-1000"),
            beidou=codes.get("beidou"),
            datum="CGCS2000" if finding.lon is not None else None,
            item=self._item(finding),
            supervising_department=(site and site.supervising_department) or finding.lead_department,
            photos=self._photos(photos, kinds),
            remarks="；".join(self._flag(flag) for flag in finding.flags),
        )

    def _sites(self, batch: Sequence[Finding]) -> dict[str, Site]:
        wanted = {finding.site_id for finding in batch if finding.site_id is not None}
        found = self.session.scalars(select(Site).where(Site.id.in_(wanted))).all() if wanted else ()
        return {site.id: site for site in found}

    def _media_types(self, photos: Mapping[str, Sequence[Document]]) -> dict[str, str | None]:
        hashes = {photo["sha256"] for each in photos.values() for photo in each if photo["stored"]}
        if not hashes:
            return {}
        return dict(self.session.execute(select(Blob.sha256, Blob.media_type).where(Blob.sha256.in_(hashes))).all())

    def _item(self, finding: Finding) -> str | None:
        pin = (finding.checklist, finding.checklist_version)
        if pin not in self._words:
            self._words[pin] = checklists.item_words(self.session, *pin)
        text = self._words[pin].get(finding.item or "")
        if text is None:
            return finding.item
        return text.zh if self.language == "zh-CN" else text.en

    def _photos(self, photos: Sequence[Document], kinds: Mapping[str, str | None]) -> xlsx.Photos:
        wanted = sorted(
            (photo for photo in photos if photo["role"] in BEFORE), key=lambda photo: photo["role"] != "before"
        )
        stored = list(dict.fromkeys(photo["sha256"] for photo in wanted if photo["stored"]))
        missing = {photo["sha256"] for photo in wanted} - set(stored)
        shown: list[bytes] = []
        unreadable = waiting = 0
        for sha256 in stored:
            if len(shown) == xlsx.WIDEST_PHOTOS:
                waiting += 1
                continue
            try:
                shown.append(media.thumbnail(self.blobs, sha256, kinds.get(sha256), THUMBNAIL_PX))
            except NoThumbnail:
                unreadable += 1
        self.facts.photos += len(shown)
        counts = {"waiting": waiting, "unreadable": unreadable, "not_stored": len(missing)}
        said = [catalogue.label(self.language, "list", code).format(n=n) for code, n in counts.items() if n]
        return xlsx.Photos(tuple(shown), "；".join(said))

    def _flag(self, flag: Any) -> str:
        code = flag.get("code") if isinstance(flag, dict) else flag
        return catalogue.label(self.language, "flag", str(code))


def _names_by_level(code: str | None) -> dict[str, str]:
    """The names of a cell and its ancestors by level, nearest first; a code that the grid lost stands for itself."""
    if code is None:
        return {}
    grid = cells.grid()
    if code not in grid:
        return {"": code}
    return {grid[each].level: grid[each].name for each in cells.lineage(code)}

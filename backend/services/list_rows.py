"""The findings of a list, row by row, with what the columns of any list of findings are made of.

Fetched in batches: a constant number of statements a batch, and no more than two batches in memory. Knows nothing of
files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.blobs import Blobs
from backend.exports import xlsx
from backend.models import Blob, Finding, Site
from backend.services import cells, checklists, finding_queries, media, pages, rows
from backend.services.actor import Actor
from backend.services.finding_filters import Filters
from backend.services.media_errors import NoThumbnail
from backend.services.rows import Document

BATCH = 200
THUMBNAIL_PX = 200
BEFORE = ("before", "scene")
AFTER = ("after",)


@dataclass(frozen=True, slots=True)
class ListRow:
    """What a row's columns are taken from; see exports/columns.yaml. `photos` are those from before."""

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
    after: xlsx.Photos = xlsx.NO_PHOTOS
    photo_count: int = 0


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


class Source:
    """The rows of one list, fetched in batches, with what their columns need.

    `shows`: the roles whose photos are shown, of `BEFORE` and `AFTER`; `most`: how many of them in a cell.
    """

    def __init__(
        self,
        session: Session,
        blobs: Blobs,
        language: str,
        facts: Facts,
        *,
        shows: Sequence[str] = BEFORE,
        most: int = xlsx.WIDEST_PHOTOS,
    ) -> None:
        self.session = session
        self.blobs = blobs
        self.language = language
        self.facts = facts
        self.shows = frozenset(shows)
        self.most = most
        self._words: dict[tuple[str | None, str | None], checklists.Words] = {}

    def rows(self, actor: Actor, filters: Filters) -> Iterator[ListRow]:
        """All rows, newest first."""
        for batch in self.batches(actor, filters):
            yield from batch

    def batches(self, actor: Actor, filters: Filters) -> Iterator[list[ListRow]]:
        """All rows, newest first, some at a time, so that more can be fetched for them together."""
        n = 0
        for batch in pages.every(lambda asked: finding_queries.page(self.session, actor, filters, asked), BATCH):
            sites = self._sites(batch)
            photos = rows.photos_of(self.session, "finding", [finding.id for finding in batch])
            kinds = self._media_types(photos)
            yield [
                self._row(n + i, finding, sites.get(finding.site_id or ""), photos[finding.id], kinds)
                for i, finding in enumerate(batch, start=1)
            ]
            n += len(batch)

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
        by_level = names_by_level(finding.cell_code)
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
            photos=self._photos(photos, kinds, BEFORE),
            remarks="；".join(self._flag(flag) for flag in finding.flags),
            after=self._photos(photos, kinds, AFTER),
            photo_count=len({photo["sha256"] for photo in photos}),
        )

    def _sites(self, batch: Sequence[Finding]) -> dict[str, Site]:
        wanted = {finding.site_id for finding in batch if finding.site_id is not None}
        found = self.session.scalars(select(Site).where(Site.id.in_(wanted))).all() if wanted else ()
        return {site.id: site for site in found}

    def _media_types(self, photos: Mapping[str, Sequence[Document]]) -> dict[str, str | None]:
        hashes = {p["sha256"] for each in photos.values() for p in each if p["stored"] and p["role"] in self.shows}
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

    def _photos(self, photos: Sequence[Document], kinds: Mapping[str, str | None], roles: Sequence[str]) -> xlsx.Photos:
        asked = [photo for photo in photos if photo["role"] in roles and photo["role"] in self.shows]
        wanted = sorted(asked, key=lambda photo: roles.index(photo["role"]))
        stored = list(dict.fromkeys(photo["sha256"] for photo in wanted if photo["stored"]))
        missing = {photo["sha256"] for photo in wanted} - set(stored)
        shown: list[bytes] = []
        unreadable = waiting = 0
        for sha256 in stored:
            if len(shown) == self.most:
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


def names_by_level(code: str | None) -> dict[str, str]:
    """The names of a cell and its ancestors by level, nearest first; a code that the grid lost stands for itself."""
    if code is None:
        return {}
    grid = cells.grid()
    if code not in grid:
        return {"": code}
    return {grid[each].level: grid[each].name for each in cells.lineage(code)}

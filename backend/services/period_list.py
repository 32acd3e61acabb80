"""The list of a period (第N期整改清单) as xlsx, from its frozen rows: the same bytes whatever happened since.

An open period's list shows the rows that it would have now, and says on every page that it is not settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from backend import catalogue, storage
from backend.blobs import Blobs
from backend.exports import xlsx
from backend.exports.columns import columns_of
from backend.models import Period, PeriodVersion
from backend.services import cells, media, periods, statements
from backend.services.finding_filters import BEIJING
from backend.services.media_errors import NoThumbnail
from backend.services.period_rows import Row
from backend.services.period_standing import COUNTED, counts

THUMBNAIL_PX = 200
MOST_FOOTER = 255  # Excel's own limit


@dataclass(frozen=True, slots=True)
class WeeklyRow:
    """What a row's columns are taken from; see exports/columns.yaml."""

    n: int
    number: str
    district: str
    place: str
    problem: str
    before: xlsx.Photos
    requirement: str
    responsible_unit: str
    supervising_department: str
    leader: str
    contact: str
    progress: str
    after: xlsx.Photos
    closed: str
    remarks: str


def write(
    session: Session,
    period: Period,
    version: int | None,
    file: BinaryIO,
    language: str = catalogue.DEFAULT,
    blobs: Blobs | None = None,
) -> int:
    """Write the list of a version (the newest when none is named) into `file`; how many rows. Raises NotFound."""
    rows = periods.rows_of(session, period, version)
    issued = None if period.version == 0 else periods.version_of(session, period, version)
    columns = columns_of("weekly_list")
    printer = _Printer(language, blobs or storage.blobs())
    title = title_of(period, issued, language)
    words = xlsx.Words(
        title,
        printer.word("sheet"),
        printer.list_word("notes"),
        _footer(period, issued, printer),
        printer.list_word("cut"),
    )
    lines = ([column.value(line) for column in columns] for line in printer.lines(rows))
    sheet = xlsx.Sheet(words, columns, [column.heading(language) for column in columns], lines)
    with xlsx.folder() as folder:
        writer = xlsx.ListWriter(file, sheet, Path(folder))
        count = writer.write_rows()
        writer.write_notes(_notes(period, issued, rows, printer), issued.at if issued else period.cut_off)
    return count


def title_of(period: Period, issued: PeriodVersion | None, language: str) -> str:
    """What stands above the list: whose list of which topic, the year and number, and that it was issued again."""

    def word(code: str) -> str:
        return catalogue.label(language, "weekly_list", code)

    topic = catalogue.label(language, "topic", period.topic)
    name = cells.name(period.cell_code) or period.cell_code
    title = word("title").format(cell=name, topic=topic, year=period.year, number=period.number)
    if issued is None:
        return title + word("unsettled")
    return title if issued.version == 1 else title + word("reissued").format(n=issued.version)


class _Printer:
    """Puts frozen rows into the words of one language."""

    def __init__(self, language: str, blobs: Blobs) -> None:
        self.language = language
        self.blobs = blobs

    def word(self, code: str) -> str:
        return catalogue.label(self.language, "weekly_list", code)

    def list_word(self, code: str) -> str:
        return catalogue.label(self.language, "list", code)

    def lines(self, rows: Sequence[Row]) -> Iterator[WeeklyRow]:
        for row in rows:
            facts = row.facts
            said = facts.get("statement") or {}  # what was frozen before counties' tables were read has none
            yield WeeklyRow(
                n=row.n,
                number=facts["number"],
                district=facts["district"] or self.list_word("unassigned"),
                place=_joined("\n", facts["site"], facts["address"] or facts["township"]),
                problem=_joined("\n", facts["item"], facts["description"]),
                before=self._photos(facts["before"]),
                requirement=requirement(facts, self.language),
                responsible_unit=facts["responsible_unit"] or "",
                supervising_department=_joined("\n", facts["supervising_department"] or facts["office"]),
                leader=said.get("leader") or "",
                contact=" ".join(statements.contact(said, facts["responsible_person"], facts["phone"])),
                progress=_joined(
                    "\n", catalogue.label(self.language, "state", row.state), *statements.told(said, self.language)
                ),
                after=self._photos(facts["after"]),
                closed=self.word("yes" if row.outcome == "closed" else "no"),
                remarks=self._remarks(row),
            )

    def _remarks(self, row: Row) -> str:
        marks = [self.word("late_mark")] if row.late else []
        if row.origin != "new":
            marks.append(self.word(row.origin))
        if row.outcome in ("transferred", "removed"):
            marks.append(self.word(row.outcome))
        if row.facts["on_the_spot"] and row.outcome == "closed":
            marks.append(self.word("on_the_spot"))
        numbers = row.facts.get("papers") or ()
        marks += [catalogue.label(self.language, "given_by", "paper").format(number=number) for number in numbers]
        if remarks := (row.facts.get("statement") or {}).get("remarks"):
            marks.append(remarks)
        return "；".join(marks)

    def _photos(self, kept: Mapping[str, Any]) -> xlsx.Photos:
        shown: list[bytes] = []
        waiting = unreadable = 0
        for photo in kept["photos"]:
            if len(shown) == xlsx.WIDEST_PHOTOS:
                waiting += 1
                continue
            try:
                shown.append(media.thumbnail(self.blobs, photo["sha256"], photo["media_type"], THUMBNAIL_PX))
            except NoThumbnail:
                unreadable += 1
        numbers = {"waiting": waiting, "unreadable": unreadable, "not_stored": kept["not_stored"]}
        said = [self.list_word(code).format(n=n) for code, n in numbers.items() if n]
        return xlsx.Photos(tuple(shown), "；".join(said))


def requirement(facts: Mapping[str, Any], language: str) -> str:
    """What is asked, of which kind, by when."""
    kind = catalogue.label(language, "rectification_kind", facts["rectification_kind"])
    due = facts["deadline_at"] and catalogue.label(language, "weekly_list", "due").format(
        at=_minute(facts["deadline_at"])
    )
    return _joined("\n", facts["requirement"], kind, due)


def _footer(period: Period, issued: PeriodVersion | None, printer: _Printer) -> str:
    """Document number, cut-off and signer on every page; Excel takes an ampersand for an instruction."""
    said = printer.word("footer").format(
        document_no=(issued.document_no if issued else period.document_no) or "—",
        cut_off=period.cut_off.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"),
        signer=(issued.signer if issued else period.signer) or "—",
    )
    pages = printer.list_word("footer")
    return f"{said.replace('&', '&&')[: MOST_FOOTER - len(pages) - 10]}    {pages}"


def _notes(
    period: Period, issued: PeriodVersion | None, rows: Sequence[Row], printer: _Printer
) -> list[tuple[str, str]]:
    """Key and value lines of the notes' sheet: what was issued, and the sums by unit."""
    word = printer.word
    sums = issued.counts if issued else counts((row.unit, row.origin, row.outcome, row.late) for row in rows)

    def told(of: Mapping[str, int]) -> str:
        return "　".join(f"{word(name)} {of[name]}" for name in COUNTED)

    lines = [
        (word("document_no"), (issued.document_no if issued else period.document_no) or ""),
        (word("signer"), (issued.signer if issued else period.signer) or ""),
        (word("cut_off"), period.cut_off.astimezone(BEIJING).isoformat()),
    ]
    if issued is not None:
        lines += [
            (word("version"), str(issued.version)),
            (word("issued_at"), issued.at.astimezone(BEIJING).isoformat()),
            (word("reason"), issued.reason or ""),
            (word("sha256"), issued.sha256),
        ]
    lines.append((word("all"), told(sums[""])))
    return lines + [(unit, told(sums[unit])) for unit in sorted(sums) if unit]


def _joined(separator: str, *texts: str | None) -> str:
    return separator.join(text for text in texts if text)


def _minute(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")

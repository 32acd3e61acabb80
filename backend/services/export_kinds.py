"""What can be exported: a kind's formats, its filters, how many rows it has and how they become a file.

One table. Who may ask, and when it is done, is `exports`; that it survives a kill is the job's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.blobs import Blobs
from backend.exports import csv_table, geo_table, geojson_lines
from backend.exports.columns import columns_of
from backend.exports.geo_table import Place
from backend.exports.summary_content import Summary
from backend.models import Finding, FirePoint
from backend.services import (
    area_report,
    case_rows,
    finding_filters,
    finding_queries,
    findings_summary,
    fire_filters,
    fire_ledger,
    fire_points,
    list_sheet,
    period_summary,
    report_asked,
    unit_summary,
    weekly_list,
)
from backend.services.actor import Actor
from backend.services.case_rows import CaseRow, beginning
from backend.services.finding_filters import Filters
from backend.services.fire_points import FireFilters
from backend.services.list_rows import AFTER, BEFORE, Facts, Source
from backend.services.list_sheet import Paper, shown
from backend.services.report_asked import ReportAsked

WITHOUT_PHOTOS = 10
"""A list that shows no photos may be this many times as long as one that does."""
DATUM = "CGCS2000"

LEDGER = Paper("ledger", "ledger")
WEEKLY = Paper("weekly_of_findings", "weekly_of_findings", places=False)
SUMMARY = Paper("unit_summary", "unit_summary", places=False)
FINDINGS = Paper("findings_export", "findings")


@dataclass(frozen=True, slots=True)
class Making:
    """An export being made: for whom, of what, in which snapshot, where to, and who hears of each row."""

    session: Session
    blobs: Blobs
    actor: Actor
    filters: Any
    facts: Facts
    format: str
    as_of: date
    target: Path
    folder: Path
    seen: Callable[[int], object]

    def source(self, shows: Sequence[str] = (), most: int = 0) -> Source:
        return Source(self.session, self.blobs, self.facts.language, self.facts, shows=shows, most=most)

    def cases(self, source: Source) -> Iterator[CaseRow]:
        return case_rows.case_rows(source, self.actor, self.filters, self.as_of, self.seen)

    @property
    def cut_mark(self) -> str:
        return catalogue.label(self.facts.language, "list", "cut")


@dataclass(frozen=True, slots=True)
class Kind:
    """`formats`: how a file of this format is written, and how its name ends. `limit`: times the setting, or none.

    `require` refuses what there can be no file of, by the errors of its service.
    """

    formats: Mapping[str, tuple[str, Callable[[Making], None]]]
    names: Sequence[str]
    parse: Callable[[Mapping[str, Any]], Any]
    stated: Callable[[Any], dict[str, str]]
    rows: Callable[[Actor, Any], Select[Any]] = field(repr=False)
    limit: int | None = 1
    require: Callable[[Session, Actor, Any], object] | None = field(default=None, repr=False)


def _ledger(making: Making) -> None:
    rows = making.cases(making.source((*BEFORE, *AFTER), most=3))
    _sheet(making, LEDGER, rows)


def _weekly(making: Making) -> None:
    rows = making.cases(making.source((*BEFORE, *AFTER), most=weekly_list.PHOTOS))
    _sheet(making, WEEKLY, (weekly_list.weekly_row(row, making.facts.language) for row in rows))


def _summary(making: Making) -> None:
    _sheet(making, SUMMARY, _unit_rows(making))


def _summary_csv(making: Making) -> None:
    _csv(making, SUMMARY, _unit_rows(making))


def _unit_rows(making: Making) -> Iterator[unit_summary.UnitRow]:
    args = (making.session, making.actor, making.filters, making.facts, making.as_of, making.seen)
    return unit_summary.unit_rows(*args)


def _findings_csv(making: Making) -> None:
    _csv(making, FINDINGS, making.cases(making.source()))


def _geojson(making: Making) -> None:
    facts = making.facts
    members = {
        "datum": DATUM,
        "seq": facts.seq,
        "epoch": facts.epoch,
        "filters": facts.filters,
        "late_until": making.as_of.isoformat(),
    }
    with making.target.open("wb") as file:
        facts.rows = geojson_lines.write(file, members, columns_of("findings"), _placed(making))


def _geopackage(making: Making) -> None:
    path = making.folder / "findings.gpkg"
    columns = columns_of("findings")
    geo_table.write_geopackage(path, columns, _placed(making), _notes(making), making.cut_mark)
    path.replace(making.target)


def _shapefile(making: Making) -> None:
    geo_table.write_shapefile(
        making.target,
        making.folder,
        columns_of("findings"),
        _placed(making),
        _notes(making),
        encoding=geo_table.ENCODINGS[making.format],
        written=making.as_of,
    )


def _fire_ledger(making: Making) -> None:
    stated, language = making.facts.filters, making.facts.language
    with making.target.open("wb") as file:
        facts = fire_ledger.write(
            making.session, making.actor, making.filters, stated, file, language, seen=making.seen
        )
    making.facts.rows = facts.rows


def _findings_summary(making: Making) -> None:
    facts = making.facts
    args = (making.session, making.actor, making.filters, facts, making.as_of, making.seen)
    _pdf(making, findings_summary.of_filters(*args))


def _period_summary(making: Making) -> None:
    args = (making.session, making.actor, making.filters, making.facts, making.seen)
    _pdf(making, period_summary.of_period(*args))


def _pdf(making: Making, summary: Summary) -> None:
    from backend.exports import pdf_summary  # here: fpdf2 is a fifth of what a process has to load

    with making.target.open("wb") as file:
        pdf_summary.write(file, summary)


def _area_report(making: Making) -> None:
    asked: ReportAsked = making.filters
    overdue = asked.overdue(beginning(making.as_of))
    rows = case_rows.case_rows(making.source(), making.actor, overdue, making.as_of, making.seen)
    args = (making.session, making.actor, asked, making.facts, making.as_of, rows)
    with making.target.open("wb") as file:
        area_report.write(*args, file, making.folder)


def _sheet(making: Making, paper: Paper, rows: Iterator[Any]) -> None:
    with making.target.open("wb") as file:
        list_sheet.write(paper, making.facts, rows, file, making.folder, making.actor, making.as_of)


def _csv(making: Making, paper: Paper, rows: Iterator[Any]) -> None:
    language, columns = making.facts.language, columns_of(paper.columns)
    lines = ([shown(column, row, language) for column in columns] for row in rows)
    headings = [column.heading(language) for column in columns]
    with making.target.open("wb") as file:
        making.facts.rows = csv_table.write(file, headings, lines, making.cut_mark)


def _placed(making: Making) -> Iterator[tuple[Place, list[Any]]]:
    columns, language = columns_of("findings"), making.facts.language
    for row in making.cases(making.source()):
        finding = row.base.finding
        place = None if finding.lon is None or finding.lat is None else (finding.lon, finding.lat)
        said = (shown(column, row, language) for column in columns)
        yield place, [None if value == "" else value for value in said]


def _notes(making: Making) -> Callable[[int], list[tuple[str, str]]]:
    """What a map file says of itself once its rows are counted."""

    def notes(rows: int) -> list[tuple[str, str]]:
        making.facts.rows = rows
        return list_sheet.notes(making.facts, making.actor, making.as_of, FINDINGS)

    return notes


def _findings(actor: Actor, filters: Filters) -> Select[Any]:
    return select(Finding.id).where(finding_queries.visible_to(actor), *finding_queries.conditions(filters))


def _fire_points(actor: Actor, filters: FireFilters) -> Select[Any]:
    seen = fire_points.visible(actor).where(*fire_points.conditions(filters))
    return seen.with_only_columns(FirePoint.id)


def _of_findings(formats: Mapping[str, tuple[str, Callable[[Making], None]]], limit: int | None) -> Kind:
    return Kind(formats, Filters.__slots__, finding_filters.parse, Filters.stated, _findings, limit)


def _of_area(names: Sequence[str], parse: Callable[[Mapping[str, Any]], ReportAsked]) -> Kind:
    made = {"xlsx": ("xlsx", _area_report)}
    stated, rows = report_asked.stated, report_asked.rows_of
    return Kind(made, names, parse, stated, rows, WITHOUT_PHOTOS, report_asked.require)


KINDS: Mapping[str, Kind] = {
    "ledger": _of_findings({"xlsx": ("xlsx", _ledger)}, 1),
    "weekly-list": _of_findings({"xlsx": ("xlsx", _weekly)}, 1),
    "unit-summary": _of_findings({"xlsx": ("xlsx", _summary), "csv": ("csv", _summary_csv)}, None),
    "findings": _of_findings(
        {
            "geojson": ("geojson", _geojson),
            "gpkg": ("gpkg", _geopackage),
            "shp": ("zip", _shapefile),
            "shp-gbk": ("zip", _shapefile),
            "csv": ("csv", _findings_csv),
        },
        WITHOUT_PHOTOS,
    ),
    "findings-summary": _of_findings({"pdf": ("pdf", _findings_summary)}, None),
    "period-summary": Kind(
        {"pdf": ("pdf", _period_summary)},
        period_summary.NAMES,
        period_summary.parse,
        period_summary.stated,
        period_summary.rows_of,
        None,
        period_summary.require,
    ),
    "fire-point-ledger": Kind(
        {"xlsx": ("xlsx", _fire_ledger)},
        FireFilters.__slots__,
        fire_filters.parse,
        fire_filters.stated,
        _fire_points,
        WITHOUT_PHOTOS,
    ),
    "daily-report": _of_area(report_asked.DAILY, report_asked.parse_daily),
    "monthly-report": _of_area(report_asked.MONTHLY, report_asked.parse_monthly),
}

FORMATS = tuple(dict.fromkeys(each for kind in KINDS.values() for each in kind.formats))

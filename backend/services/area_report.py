"""The daily and the monthly report of an area (日报、月报) as xlsx: sentences and short tables, then the overdue ones.

Chooses words and columns; what is counted is `report_figures`, and how it is laid out `exports.report_sheet`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports import report_sheet, xlsx
from backend.exports.columns import columns_of
from backend.exports.report_sheet import Front, Table, Value
from backend.services import cells, figures, fire_rates, list_sheet, report_figures
from backend.services.actor import Actor
from backend.services.case_rows import CaseRow, beginning
from backend.services.fire_rates import Tally
from backend.services.list_rows import Facts
from backend.services.list_sheet import Paper
from backend.services.report_asked import ReportAsked
from backend.services.report_figures import Duty, Line, Report

PAPER = Paper("area_report", "report_overdue", places=False)


def write(
    session: Session,
    actor: Actor,
    asked: ReportAsked,
    facts: Facts,
    as_of: date,
    overdue: Iterable[CaseRow],
    file: BinaryIO,
    folder: Path,
) -> None:
    """Write the report into `file`; `facts` says afterwards how many overdue ones it lists, and of when it is.

    `overdue`: the rows of `asked.overdue` at the beginning of `as_of`. Raises FilterInvalid, NotFound, NotAllowed.
    """
    report = report_figures.of(session, actor, asked, beginning(as_of), as_of)
    words = _Words(asked, facts, as_of, report)
    columns = columns_of(PAPER.columns)
    lines = ([list_sheet.shown(column, row, facts.language) for column in columns] for row in overdue)
    listing = xlsx.Sheet(words.of_list(), columns, [column.heading(facts.language) for column in columns], lines)
    writer = report_sheet.open_report(file, words.front(), listing, folder)
    facts.rows = writer.write_rows()
    facts.as_of = report.newest  # of all that was counted, not of the listed ones alone
    said = list_sheet.until(facts.language, report.newest)
    writer.write_notes(list_sheet.notes(facts, actor, as_of, PAPER), report.newest or beginning(as_of), said)


class _Words:
    """A report in one language."""

    def __init__(self, asked: ReportAsked, facts: Facts, as_of: date, report: Report) -> None:
        self.asked, self.facts, self.as_of, self.report = asked, facts, as_of, report
        self.kind = "daily" if asked.daily else "monthly"

    def front(self) -> Front:
        return Front(self._titled(f"{self.kind}_title"), self._word(f"{self.kind}_sheet"), self._said(), self._tables())

    def of_list(self) -> xlsx.Words:
        footer = f"{catalogue.label(self.facts.language, 'list', 'footer')}    seq {self.facts.seq}"
        names = ("notes", "cut", "signs")
        notes, cut, signs = (catalogue.label(self.facts.language, "list", name) for name in names)
        return xlsx.Words(self._titled("overdue_title"), self._word("overdue_sheet"), notes, footer, cut, signs)

    def _word(self, code: str) -> str:
        return catalogue.label(self.facts.language, "area_report", code)

    def _titled(self, code: str) -> str:
        return self._word(code).format(cell=self._name(self.asked.cell), when=self._when())

    def _when(self) -> str:
        first = self.asked.first
        return self._word(f"{self.kind}_when").format(year=first.year, month=first.month, day=first.day)

    @staticmethod
    def _name(code: str) -> str:
        return cells.name(code) or code

    def _said(self) -> list[str]:
        whole, fires, duty = self.report.whole, self.report.fires, self._all_duty()
        return [
            self._word("said_findings").format(
                when=self._when(), **whole.counts, inspections=whole.inspections, patrols=whole.patrols
            ),
            self._word("said_standing").format(
                until=f"{self.as_of.isoformat()} 00:00",
                closed=whole.closed_then,
                open=whole.open,
                overdue=whole.overdue,
            ),
            self._word("said_fires").format(
                points=fires.points, handled=fires.handled, in_time=fires.in_time, minutes=fire_rates.IN_TIME_MINUTES
            ),
            self._word("said_duty").format(
                units=len(self.report.duty), **{name: getattr(duty, name) for name in Duty.__slots__}
            ),
        ]

    def _all_duty(self) -> Duty:
        whole = Duty()
        for each in self.report.duty.values():
            whole.add(each)
        return whole

    def _tables(self) -> list[Table]:
        report = self.report
        topics = {
            catalogue.label(self.facts.language, "topic", code): line for code, line in sorted(report.topics.items())
        }
        places = {self._place(code): line for code, line in sorted(report.places.items())}
        sources = {
            catalogue.label(self.facts.language, "fire_source", code): report.fires_by_source[code]
            for code in catalogue.codes("fire_source")
            if code in report.fires_by_source
        }
        fires = {self._place(code): tally for code, tally in sorted(report.fires_by_place.items())}
        return [
            self._of_findings("by_place", "place", places, with_rounds=True),
            self._of_findings("by_topic", "topic", topics, with_rounds=False),
            self._of_fires("fires_by_place", "place", fires),
            self._of_fires("fires_by_source", "source", sources, self._word("fires_by_source_note")),
            self._of_duty(),
        ]

    def _place(self, code: str) -> str:
        return self._name(code) if code else catalogue.label(self.facts.language, "list", "unassigned")

    def _of_findings(self, title: str, what: str, lines: dict[str, Line], *, with_rounds: bool) -> Table:
        words = figures.definitions()
        language = "zh" if self.facts.language == "zh-CN" else "en"
        rates = [figures.rates()[code] for code in ("rectification_rate", "on_time_rate")]
        rounds = ("patrols", "inspections") if with_rounds else ()
        stands = ("closed_then", "open", "overdue")

        def cells_of(name: str, line: Line) -> list[Value]:
            found: list[Value] = [name, *(getattr(line, each) for each in rounds)]
            found += [line.counts[figure] for figure in figures.FIGURES]
            found += [_percent(rate.of_counts(line.counts)["rate"]) for rate in rates]
            return found + [getattr(line, each) for each in stands]

        headings = [self._word(what), *(self._word(each) for each in rounds)]
        headings += [words["figures"][figure][language] for figure in figures.FIGURES]
        headings += [f"{words['rates'][rate.code][language]}(%)" for rate in rates]
        headings += [self._word(f"all_{each}") for each in stands]
        rows = [cells_of(name, line) for name, line in lines.items()]
        note = self._word("by_place_note") if with_rounds else ""
        return Table(self._word(title), headings, [*rows, cells_of(self._word("sum"), self.report.whole)], note)

    def _of_fires(self, title: str, what: str, tallies: dict[str, Tally], note: str = "") -> Table:
        shown = ("points", "handled", "in_time", "confirmed", "ruled_out", "no_burn")
        headings = [self._word(what), *(self._word(f"fire_{name}") for name in shown), self._word("fire_rate")]

        def cells_of(name: str, tally: Tally) -> list[Value]:
            rate = figures.share(tally.handled, tally.points)["rate"]
            return [name, *(getattr(tally, each) for each in shown), _percent(rate)]

        rows = [cells_of(name, tally) for name, tally in tallies.items()]
        return Table(self._word(title), headings, [*rows, cells_of(self._word("sum"), self.report.fires)], note)

    def _of_duty(self) -> Table:
        """Of a unit that reported nothing, people and vehicles stay blank: nothing is known of them."""
        counted = ("people", "vehicles", "fires")

        def cells_of(name: str, duty: Duty) -> list[Value]:
            said: Sequence[Value] = [getattr(duty, each) if duty.reported else None for each in counted]
            return [name, duty.reported, duty.zero, duty.missing, *said, duty.known]

        names = ("reported", "zero", "missing", *counted, "known")
        headings = [self._word("unit"), *(self._word(f"duty_{name}") for name in names)]
        rows = [cells_of(self._name(code), duty) for code, duty in sorted(self.report.duty.items())]
        total = cells_of(self._word("sum"), self._all_duty())
        return Table(self._word("duty"), headings, [*rows, total], self._word("duty_note"))


def _percent(rate: float | None) -> float | None:
    return None if rate is None else round(100 * rate, 1)

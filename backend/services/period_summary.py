"""The summary of a period on A4 (期次汇总): from its frozen rows, so that it comes out the same at any later time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports.summary_content import Summary
from backend.models import Period, PeriodRow
from backend.services import period_list, periods, summary_parts, visibility
from backend.services.actor import Actor
from backend.services.finding_filters import BEIJING
from backend.services.fire_rates import MOST_DAYS
from backend.services.list_rows import Facts
from backend.services.period_rows import Row
from backend.services.period_standing import COUNTED
from backend.services.summary_parts import Gathered
from backend.services.visibility import FilterInvalid

NAMES = ("period", "version")


@dataclass(frozen=True, slots=True)
class PeriodAsked:
    """A version of a period; the newest when none is named."""

    period: str
    version: int | None = None


def parse(given: Mapping[str, Any]) -> PeriodAsked:
    """Which period, from text. Raises FilterInvalid."""
    try:
        period = str(UUID(str(given.get("period", ""))))
    except ValueError:
        raise FilterInvalid("period is the id of a period, and must be said.", field="period") from None
    version = str(given.get("version") or "")
    if version and not (version.isascii() and version.isdigit() and 0 < int(version[:9]) == int(version)):
        raise FilterInvalid("version is the number of a version.", field="version")
    return PeriodAsked(period, int(version) if version else None)


def stated(asked: PeriodAsked) -> dict[str, str]:
    """The same as text, which `parse` reads back."""
    return {"period": asked.period, **({"version": str(asked.version)} if asked.version else {})}


def rows_of(actor: Actor, asked: PeriodAsked) -> Select[Any]:
    """The rows of the version, where the actor may see the period."""
    version = PeriodRow.version == (asked.version if asked.version else Period.version)
    query = select(PeriodRow.finding_id).join(Period, Period.id == PeriodRow.period_id)
    return query.where(Period.id == asked.period, version, visibility.seen_by(actor, Period.cell_code))


def require(session: Session, actor: Actor, asked: PeriodAsked) -> tuple[Period, int]:
    """The period, frozen, and which version of it. Raises NotFound, PeriodNotReady."""
    period = periods.get(session, actor, asked.period)
    if period.version == 0:
        raise periods.PeriodNotReady("A period is summed up once it is frozen.", period=period.id)
    return period, periods.version_of(session, period, asked.version).version


def of_period(
    session: Session, actor: Actor, asked: PeriodAsked, facts: Facts, seen: Callable[[int], object]
) -> Summary:
    """What stands on the paper; `facts.rows` says afterwards how many rows. Raises NotFound, PeriodNotReady."""
    period, number = require(session, actor, asked)
    issued = periods.version_of(session, period, number)
    language, found = facts.language, Gathered()
    for n, row in enumerate(periods.rows_of(session, period, number), start=1):
        facts_of = row.facts
        found.add(facts_of["cell"], row.state, (facts_of["lon"], facts_of["lat"]), _counted(row))
        seen(n)
    facts.rows, facts.as_of = issued.rows, issued.at
    counties = found.counties()
    rows = [(summary_parts.county_name(code, language), *_cells(found.counts[code])) for code in counties]
    if len(rows) > 1:
        rows.append((catalogue.label(language, "unit_summary", "sum"), *_cells(found.sums(COUNTED))))
    last = period.cut_off.astimezone(BEIJING).date()
    start = period.starts_at.astimezone(BEIJING).date() if period.starts_at else last.replace(month=1, day=1)
    first = max(start, last - timedelta(days=MOST_DAYS - 1))
    cut_off = period.cut_off.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    said = summary_parts.word(language, "period_line")
    whole = issued.counts[""]
    return Summary(
        title=summary_parts.word(language, "period_title").format(list=period_list.title_of(period, issued, language)),
        lines=[
            said.format(document_no=issued.document_no, cut_off=cut_off, signer=issued.signer),
            catalogue.label(language, "findings_summary", "rate_days").format(first=first, last=last),
        ],
        totals=[(_heading(language, name), str(whole[name])) for name in COUNTED],
        headings=[catalogue.label(language, "findings_summary", "district"), *(_heading(language, n) for n in COUNTED)],
        rows=rows,
        groups=summary_parts.groups(language),
        bars=[(summary_parts.county_name(code, language), found.bars[code]) for code in counties],
        outlines=summary_parts.outlines(session, actor, period.cell_code, counties),
        points=found.points,
        off_map=found.off_map,
        rate_headings=[
            catalogue.label(language, "findings_summary", name) for name in ("item", "held", "judged", "held_rate")
        ],
        rates=summary_parts.rates(session, actor, first, last, period.cell_code, language),
        notes=[(catalogue.label(language, "weekly_list", "sha256"), issued.sha256)],
        words=summary_parts.words(language),
        created=issued.at,
        footer=issued.document_no,
    )


def _counted(row: Row) -> dict[str, int]:
    return {name: int(name in (row.origin, row.outcome) or (name == "late" and row.late)) for name in COUNTED}


def _cells(counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(str(counts[name]) for name in COUNTED)


def _heading(language: str, name: str) -> str:
    return catalogue.label(language, "weekly_list", name)

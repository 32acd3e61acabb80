"""The summary of a list of findings on A4 (整改情况汇总): totals, by county, on a map, with the 100 % rates.

One pass over the findings, a few columns of each. Which may be seen is the list's own rule.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports.summary_content import Summary
from backend.models import Case, Finding
from backend.services import cells, finding_queries, summary_parts
from backend.services.actor import Actor
from backend.services.case_rows import beginning, days_late, is_open
from backend.services.finding_filters import BEIJING, Filters
from backend.services.fire_rates import MOST_DAYS
from backend.services.list_rows import Facts
from backend.services.list_sheet import Paper, notes
from backend.services.summary_parts import Gathered

BATCH = 1000
COUNTED = ("total", "closed", "open", "late", "transferred", "rejected")
PAPER = Paper("findings_summary", "findings_summary", places=False)


def of_filters(
    session: Session, actor: Actor, filters: Filters, facts: Facts, as_of: date, seen: Callable[[int], object]
) -> Summary:
    """What stands on the paper; `facts` says afterwards how many rows there were, and of when. Raises FilterInvalid."""
    language = facts.language
    found = _gathered(session, actor, filters, facts, as_of, seen)
    whole = found.sums(COUNTED)
    first, last = _span(filters, as_of)
    counties = found.counties()
    rows = [(summary_parts.county_name(code, language), *_cells(found.counts[code])) for code in counties]
    if len(rows) > 1:
        rows.append((catalogue.label(language, "unit_summary", "sum"), *_cells(whole)))
    return Summary(
        title=_title(filters, language),
        lines=_lines(facts, first, last),
        totals=[
            *((_word(language, name), str(whole[name])) for name in COUNTED),
            (_word(language, "rate"), _rate(whole)),
        ],
        headings=[_word(language, name) for name in ("district", *COUNTED, "rate")],
        rows=rows,
        groups=summary_parts.groups(language),
        bars=[(summary_parts.county_name(code, language), found.bars[code]) for code in counties],
        outlines=summary_parts.outlines(session, actor, _place(filters), counties),
        points=found.points,
        off_map=found.off_map,
        rate_headings=[_word(language, name) for name in ("item", "held", "judged", "held_rate")],
        rates=summary_parts.rates(session, actor, first, last, _place(filters), language),
        notes=notes(facts, actor, as_of, PAPER),
        words=summary_parts.words(language),
        created=facts.as_of or beginning(as_of),
        footer=f"seq {facts.seq}",
    )


def _gathered(
    session: Session, actor: Actor, filters: Filters, facts: Facts, as_of: date, seen: Callable[[int], object]
) -> Gathered:
    query = (
        select(
            Finding.cell_code, Finding.state, Finding.lon, Finding.lat, Finding.deadline_at, Finding.received_at, Case
        )
        .outerjoin(Case, Case.finding_id == Finding.id)
        .where(finding_queries.visible_to(actor), *finding_queries.conditions(filters))
    )
    found, until, n = Gathered(), beginning(as_of), 0
    rows = session.execute(query.execution_options(yield_per=BATCH))
    for n, (cell, state, lon, lat, due, received_at, case) in enumerate(rows, start=1):
        late = is_open(state) and bool(days_late(state, due, case, until))
        counted = {
            "total": 1,
            "closed": int(state in ("closed", "look_back")),
            "open": int(is_open(state)),
            "late": int(late),
            "transferred": int(state == "penalty_transfer"),
            "rejected": int(state == "rejected"),
        }
        found.add(cell, state, (lon, lat), counted)
        facts.as_of = max(received_at, facts.as_of or received_at)
        seen(n)
    facts.rows = n
    return found


def _span(filters: Filters, as_of: date) -> tuple[date, date]:
    """The days of which the 100 % rates are: those asked for, else the year so far; never more than can be asked."""
    last = (filters.found_to - timedelta(microseconds=1)).astimezone(BEIJING).date() if filters.found_to else as_of
    first = filters.found_from.astimezone(BEIJING).date() if filters.found_from else date(last.year, 1, 1)
    first = min(first, last)
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def _place(filters: Filters) -> str | None:
    """The administrative cell that was asked for, where it was one."""
    return filters.cell if filters.cell is not None and cells.name(filters.cell) is not None else None


def _title(filters: Filters, language: str) -> str:
    """Of which cell and topic, where one was asked for; the blanks of what was not are left out."""
    place, topic = _place(filters), filters.topic[0] if len(filters.topic) == 1 else None
    said = _word(language, "title").format(
        cell=(cells.name(place) or "") if place else "", topic=catalogue.label(language, "topic", topic)
    )
    return " ".join(said.split())


def _lines(facts: Facts, first: date, last: date) -> list[str]:
    language = facts.language
    as_of = facts.as_of.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if facts.as_of else "—"
    narrowed = [
        f"{catalogue.label(language, 'filter', name)} {_said(name, value, language)}"
        for name, value in facts.filters.items()
    ]
    return [
        _word(language, "as_of").format(at=as_of, n=facts.rows),
        _word(language, "narrowed").format(
            filters="；".join(narrowed) or catalogue.label(language, "list", "everything")
        ),
        _word(language, "rate_days").format(first=first.isoformat(), last=last.isoformat()),
    ]


def _said(name: str, value: str, language: str) -> str:
    """A filter's value in words, where it is a code."""
    if name in ("topic", "state", "severity"):
        return "、".join(catalogue.label(language, name, code) for code in value.split(","))
    return (cells.name(value) or value) if name == "cell" else value


def _cells(counts: dict[str, int]) -> tuple[str, ...]:
    return (*(str(counts[name]) for name in COUNTED), _rate(counts))


def _rate(counts: dict[str, int]) -> str:
    """Closed ones of all but the rejected, as in the summary by unit."""
    asked = counts["total"] - counts["rejected"]
    return summary_parts.percent(counts["closed"] / asked if asked else None)


def _word(language: str, code: str) -> str:
    return catalogue.label(language, "findings_summary", code)

"""The 100 % rates (六个百分百, 9个100%): at which construction sites all items of a set held at the latest inspection.

The sets are `catalogue/hundreds.yaml`. Answers are read by the version that the inspection pinned, with its limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Inspection, Site
from backend.services import cells, checklists, figure_lists, figures, rows, visibility
from backend.services.actor import Actor
from backend.services.fire_rates import Span
from backend.services.visibility import TOWNSHIP, UNASSIGNED
from checklists import engine
from checklists.selection import Context

FILE = Path(catalogue.__file__).with_name("hundreds.yaml")
HELD, FAILED, MISSING, NOT_APPLICABLE = "held", "failed", "missing", "not_applicable"
JUDGED = frozenset({HELD, FAILED, MISSING})
SHOWN = 1000


@dataclass(frozen=True, slots=True)
class SiteVerdict:
    """A site at its latest inspection: each item of its set, `held`, `failed`, `missing` or `not_applicable`."""

    site: Site
    inspection_id: str
    finished_at: datetime
    items: Mapping[str, str]

    @property
    def holds(self) -> bool | None:
        """Whether all items that applied held; null where none applied."""
        judged = [result for result in self.items.values() if result in JUDGED]
        return all(result == HELD for result in judged) if judged else None


@dataclass(frozen=True, slots=True)
class SitesAsked:
    """Which sites of a set to list: `holds` null means all that were judged; `result` is that of `item`."""

    set: str
    span: Span
    cell: str | None = None
    township: str | None = None
    holds: bool | None = None
    item: str | None = None
    result: str | None = None


@cache
def sets() -> Sequence[Mapping[str, Any]]:
    """The sixes and the nine, in their order."""
    return tuple(yaml.safe_load(FILE.read_text("utf-8")))


def codes() -> tuple[str, ...]:
    """The codes of the sets."""
    return tuple(each["code"] for each in sets())


def rates(session: Session, actor: Actor, by: str, span: Span, cell: str | None) -> list[dict[str, Any]]:
    """A line for each set and place that has inspected sites: all items together, and each alone."""
    found = []
    for chosen in sets():
        told: dict[str, list[SiteVerdict]] = {}
        for each in _seen(session, actor, SitesAsked(chosen["code"], span, cell)):
            place = (each.site.cell_code or "")[:TOWNSHIP]
            code = "" if by == "total" else figure_lists.county_of(place) if by == "county" else place
            told.setdefault(code, []).append(each)
        found += [_line(chosen, by, code, told[code], span, cell) for code in sorted(told)]
    return found


def listing(session: Session, actor: Actor, asked: SitesAsked) -> list[dict[str, Any]]:
    """The sites behind a rate, with what was found of each item; at most 1,000, by the sites' codes."""
    found = [each for each in _seen(session, actor, asked) if _wanted(each, asked)]
    return [_document(each) for each in sorted(found, key=lambda each: each.site.code)[:SHOWN]]


def verdicts(
    session: Session, chosen: Mapping[str, Any], where: Iterable[ColumnElement[bool]], span: Span | None = None
) -> list[SiteVerdict]:
    """The sites that conditions on `site` keep, each at its latest inspection by the set's checklist (in a span)."""
    within = [Inspection.checklist == chosen["checklist"], Inspection.site_id == Site.id]
    if span is not None:
        start, end = figure_lists.instants(span.first, span.last)
        within += [Inspection.finished_at >= start, Inspection.finished_at < end]
    latest = func.row_number().over(
        partition_by=Inspection.site_id, order_by=(Inspection.finished_at.desc(), Inspection.id.desc())
    )
    ranked = (
        select(Inspection.id.label("id"), latest.label("n"))
        .join(Site, and_(*within))
        .where(Site.kind.in_(chosen["site_kinds"]), *where)
        .subquery()
    )
    query = (
        select(Inspection, Site)
        .join(ranked, and_(ranked.c.id == Inspection.id, ranked.c.n == 1))
        .join(Site, Site.id == Inspection.site_id)
    )
    return [
        SiteVerdict(site, inspection.id, inspection.finished_at, _judged(session, chosen, inspection, site))
        for inspection, site in session.execute(query)
    ]


def _seen(session: Session, actor: Actor, asked: SitesAsked) -> list[SiteVerdict]:
    chosen = next(each for each in sets() if each["code"] == asked.set)
    where = [visibility.seen_by(actor, Site.cell_code, Site.author_id)]
    if asked.cell is not None:
        where.append(visibility.within(asked.cell, Site.cell_code))
    if asked.township is not None:
        where.append(visibility.counted_at(asked.township, Site.cell_code))
    return verdicts(session, chosen, where, asked.span)


def _judged(session: Session, chosen: Mapping[str, Any], inspection: Inspection, site: Site) -> dict[str, str]:
    pack = checklists.pinned(session, inspection.checklist, inspection.checklist_version)
    given = {each["item"]: each for each in inspection.answers if isinstance(each, Mapping) and "item" in each}
    unanswered = {flag["detail"] for flag in inspection.flags if flag["code"] == "item-unanswered"}
    context = Context(attributes=site.attributes)
    found = {}
    for code in chosen["items"]:
        item, answer = pack.by_code.get(code) if pack else None, given.get(code)
        if item is None or answer is None:
            found[code] = MISSING if code in unanswered else NOT_APPLICABLE
        elif answer.get("result") == "not_applicable":
            found[code] = NOT_APPLICABLE
        else:
            by_value = engine.measured(item, answer.get("value"), engine.limit_of(item, context)[0])
            found[code] = FAILED if answer.get("result") == "fail" or by_value is False else HELD
    return found


def _line(
    chosen: Mapping[str, Any], by: str, code: str, found: Sequence[SiteVerdict], span: Span, cell: str | None
) -> dict[str, Any]:
    asked = {"set": chosen["code"], "from": span.first.isoformat(), "to": span.last.isoformat()}
    asked |= {"cell": cell} if cell is not None else {}
    asked |= figure_lists.place(by, code, cell) if by != "total" else {}

    def lists(**more: str) -> str:
        return figure_lists.query("statistics/hundreds/sites", {**asked, **more})

    judged = [each for each in found if each.holds is not None]
    return {
        "set": chosen["code"],
        "set_name": {"zh": chosen["zh"], "en": chosen["en"]},
        "plan": chosen["plan"],
        "clause": chosen["clause"],
        "confidence": chosen["confidence"],
        "code": None if by == "total" else code or UNASSIGNED,
        "name": cells.name(code) if code else None,
        "all": {
            **figures.share(sum(each.holds is True for each in judged), len(judged)),
            "query": lists(holds="true"),
            "query_of_all": lists(),
        },
        "items": [
            {
                "item": item,
                **figures.share(
                    sum(each.items[item] == HELD for each in found), sum(each.items[item] in JUDGED for each in found)
                ),
                "query": lists(item=item, result=HELD),
            }
            for item in chosen["items"]
        ],
    }


def _wanted(each: SiteVerdict, asked: SitesAsked) -> bool:
    if asked.item is not None and each.items.get(asked.item) not in ({asked.result} if asked.result else JUDGED):
        return False
    return each.holds is not None and (asked.holds is None or each.holds is asked.holds)


def _document(each: SiteVerdict) -> dict[str, Any]:
    site = each.site
    return {
        "site": {"id": site.id, "code": site.code, "name": site.name, "cell": site.cell_code},
        "inspection": each.inspection_id,
        "finished_at": rows.instant(each.finished_at),
        "holds": each.holds,
        "items": dict(each.items),
    }

"""Statistics: what was found and what became of it, by place, unit, topic, campaign and month, each with its list.

Counts places, units and times, never persons. What a figure means is `figures`; counting is `figure_sums`; what
stands beside the findings (inspections, fire points, targets) comes from `beside_figures` and `plan_targets`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Campaign, ManagementUnit, Office
from backend.services import beside_figures, campaigns, cells, figure_lists, figure_sums, figures, plan_targets, rows
from backend.services.actor import Actor
from backend.services.errors import NotAllowed
from backend.services.figure_sums import Asked, Counts
from backend.services.fire_rates import Span
from backend.services.visibility import UNASSIGNED

DIMENSIONS = ("total", "county", "township", "office", "unit", "responsible_unit", "topic", "campaign")
NOTHING = dict.fromkeys((*figures.SUMMED, "overdue"), 0)


def of(session: Session, actor: Actor, asked: Asked) -> dict[str, Any]:
    """A line for each place (or unit, topic, campaign) and month that has anything, and the total.

    Raises FilterInvalid, NotAllowed.
    """
    asked = own_office(actor, asked)
    found = counts(session, actor, asked)
    name = _names(session, asked.by)
    beside = beside_figures.of(session, actor, asked)
    keys = sorted({*found, *(key for key in beside if asked.by != "total")}, key=lambda key: (key[1], key[0] or "~"))
    return {
        "by": asked.by,
        "from": asked.span.first.isoformat(),
        "to": asked.span.last.isoformat(),
        "as_of": rows.instant(asked.as_of),
        "narrowed": asked.filters.stated(),
        "items": [_line(asked, key, name(key[0]), found.get(key, NOTHING), beside.get(key, {})) for key in keys],
        "total": _total(session, actor, asked),
    }


def counts(session: Session, actor: Actor, asked: Asked) -> Counts:
    """Counts by the code of a line and by month."""
    if asked.by == "campaign":
        return _of_campaigns(session, actor, asked)
    found = figure_sums.counts(session, actor, asked)
    if asked.by != "county":
        return found
    told: Counts = {}
    for (code, period), counted in found.items():
        figure_sums.added(told, {(figure_lists.county_of(code), period): counted})
    return told


def own_office(actor: Actor, asked: Asked) -> Asked:
    """A handler is told of the own office alone. Raises NotAllowed for another one."""
    if actor.role != "handler":
        return asked
    if actor.office_id is None or asked.filters.office not in (None, actor.office_id):
        raise NotAllowed("You see the figures of your own office.")
    return replace(asked, filters=replace(asked.filters, office=actor.office_id))


def _of_campaigns(session: Session, actor: Actor, asked: Asked) -> Counts:
    told: Counts = {}
    for campaign in campaigns.listing(session, actor):
        span = None if campaign.state == "draft" else _meeting(asked.span, campaign)
        if span is None:
            continue
        found = figure_sums.counts(session, actor, _of_campaign(actor, asked, campaign, span))
        figure_sums.added(told, {(campaign.id, period): counted for (_, period), counted in found.items()})
    return told


def _of_campaign(actor: Actor, asked: Asked, campaign: Campaign, span: Span) -> Asked:
    """A campaign of one cell and all of a topic is asked of the sums; others finding by finding."""
    said = asked.filters
    if len(campaign.cells) == 1 and said.cell is None and not said.topic:
        return Asked("total", span, replace(said, cell=campaign.cells[0], topic=(campaign.topic,)), asked.as_of)
    return Asked("total", span, replace(said, campaign=campaign.id), asked.as_of)


def _meeting(span: Span, campaign: Campaign) -> Span | None:
    first, last = max(span.first, campaign.first_day), min(span.last, campaign.last_day)
    return replace(span, first=first, last=last) if first <= last else None


def _total(session: Session, actor: Actor, asked: Asked) -> dict[str, Any]:
    whole = replace(asked, by="total", span=replace(asked.span, monthly=False))
    counted = counts(session, actor, whole).get(("", ""), NOTHING)
    return _line(whole, ("", ""), None, counted, beside_figures.of(session, actor, whole).get(("", ""), {}))


def _line(
    asked: Asked, key: figure_sums.Key, name: str | None, counted: Mapping[str, int], beside: Mapping[str, Any]
) -> dict[str, Any]:
    code, period = key
    first, last = figure_lists.days_of(asked.span, period)
    line: dict[str, Any] = {
        "code": None if asked.by == "total" else code or UNASSIGNED,
        "name": name,
        "period": period or None,
        "figures": {
            figure: {"n": counted[figure], "query": _list_of(asked, code, first, last, figure)}
            for figure in figures.FIGURES
        },
        "rates": {rate.code: rate.of_counts(counted) for rate in figures.rates().values()},
        **beside,
    }
    if asked.by == "county":
        line["targets"] = plan_targets.of(code, last.year)
    return line


def _list_of(asked: Asked, code: str, first: date, last: date, figure: str) -> str:
    said = asked.filters.stated()
    said |= {"found_from": first.isoformat(), "found_to": last.isoformat(), "figure": figure}
    if figure == "overdue":
        said["as_of"] = rows.instant(asked.as_of) or ""
    if asked.by in ("county", "township"):
        said |= figure_lists.place(asked.by, code, asked.filters.cell)
    elif asked.by != "total":
        said[asked.by] = code
    return figure_lists.query("findings", said)


def _names(session: Session, by: str) -> Callable[[str], str | None]:
    if by in ("county", "township"):
        return cells.name
    if by == "topic":
        return lambda code: catalogue.label(catalogue.DEFAULT, "topic", code)
    tables: dict[str, Any] = {
        "office": (Office.id, Office.name),
        "unit": (ManagementUnit.code, ManagementUnit.name),
        "campaign": (Campaign.id, Campaign.name),
    }
    if by not in tables:
        return lambda code: code or None
    known = {str(code): str(name) for code, name in session.execute(select(*tables[by]))}
    return known.get

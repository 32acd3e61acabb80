"""What stands beside the findings in statistics: inspections done, fire points handled, sites covered.

Each with the list that shows the same rows. Of the findings' own filters only places are known here; where others are
asked for, and by units and topics, nothing stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.models import FigureTally, FirePoint, Inspection, Site
from backend.services import figure_lists, figure_sums, figures, fire_points, inspection_queries, sites, visibility
from backend.services.actor import Actor
from backend.services.figure_sums import Asked, Key
from backend.services.finding_filters import Filters
from backend.services.fire_points import FireFilters
from backend.services.fire_rates import Span
from backend.services.visibility import TOWNSHIP

Lines = dict[Key, dict[str, Any]]


def of(session: Session, actor: Actor, asked: Asked) -> Lines:
    """`inspections` by place and month, and by county and in all `fire_handling`, of lines that have any."""
    said = set(asked.filters.stated())
    told: Lines = {}
    if actor.role == "handler" or asked.by not in ("total", "county", "township"):
        return told
    if said <= {"cell", "township"}:
        for key, n in _inspections(session, actor, asked).items():
            told.setdefault(key, {})["inspections"] = {"n": n, "query": _list_of(asked, key, "inspections", "finished")}
    if said <= {"cell"} and asked.by != "township":
        for key, (points, handled) in _fires(session, actor, asked).items():
            told.setdefault(key, {})["fire_handling"] = _fire_line(asked, key, points, handled)
    return told


def coverage(
    session: Session, actor: Actor, by: str, span: Span, cell: str | None, kind: str | None
) -> list[dict[str, Any]]:
    """Of the active sites, by place and kind, how many were inspected in a span. Raises FilterInvalid."""
    start, end = figure_lists.instants(span.first, span.last)
    seen = sites.visible(actor).where(Site.status == "active")
    if cell is not None:
        seen = seen.where(visibility.within(cell, Site.cell_code))
    if kind is not None:
        seen = seen.where(Site.kind == kind)
    code = func.coalesce(func.substr(Site.cell_code, 1, TOWNSHIP), "")
    inspected = func.count().filter(sites.inspected(start, end))
    query = seen.with_only_columns(code, Site.kind, func.count(), inspected).group_by(code, Site.kind)
    told: dict[tuple[str, str], tuple[int, int]] = {}
    for place, of_kind, n, visited in session.execute(query):
        key = (figure_lists.county_of(place) if by == "county" else "" if by == "total" else place, of_kind)
        before = told.get(key, (0, 0))
        told[key] = (before[0] + n, before[1] + visited)
    return [_covered(by, key, n, visited, span, cell) for key, (n, visited) in sorted(told.items())]


def _covered(by: str, key: tuple[str, str], n: int, visited: int, span: Span, cell: str | None) -> dict[str, Any]:
    place, kind = key
    asked = {"status": "active", "kind": kind, **({"cell": cell} if cell is not None else {})}
    asked |= figure_lists.place(by, place, cell) if by != "total" else {}
    within = figure_lists.between("inspected", span.first, span.last)
    return {
        "code": None if by == "total" else place or visibility.UNASSIGNED,
        "kind": kind,
        "sites": {"n": n, "query": figure_lists.query("sites", asked)},
        "inspected": {"n": visited, "query": figure_lists.query("sites", {**asked, **within})},
        "coverage": figures.share(visited, n),
    }


def _inspections(session: Session, actor: Actor, asked: Asked) -> dict[Key, int]:
    seen = figure_sums.view(actor, asked.filters)
    if seen is None:
        return _finished(session, inspection_queries.seen(actor), asked)
    table, shown = FigureTally, FigureTally.code
    group = [shown, *([func.substr(table.period, 1, 7)] if asked.span.monthly else [])]
    where = [table.kind == "inspections", table.period.in_(figure_sums.pieces(asked.span))]
    where += [shown.in_(sorted(seen.codes))] if seen.codes is not None else []
    rows = session.execute(select(*group, func.sum(table.inspections)).where(*where).group_by(*group))
    found = _by_place(asked, ((row[0], row[1] if asked.span.monthly else "", row[-1]) for row in rows))
    elsewhere = figure_sums.own_elsewhere(actor, seen, Inspection.cell_code, Inspection.author_id)
    if elsewhere is not None:
        for key, n in _finished(session, elsewhere, asked).items():
            found[key] = found.get(key, 0) + n
    return found


def _finished(session: Session, seen: ColumnElement[bool], asked: Asked) -> dict[Key, int]:
    """Counted one by one, a month after the other."""
    code = func.coalesce(func.substr(Inspection.cell_code, 1, TOWNSHIP), "")
    narrowed = _narrowed(asked.filters, Inspection.cell_code)
    rows: list[tuple[str, str, int]] = []
    for period, days in figure_lists.months(asked.span):
        start, end = figure_lists.instants(days.first, days.last)
        within = (Inspection.finished_at >= start, Inspection.finished_at < end)
        query = select(code, func.count()).where(seen, *within, *narrowed).group_by(code)
        rows += [(place, period, n) for place, n in session.execute(query)]
    return _by_place(asked, rows)


def _narrowed(filters: Filters, cell: visibility.CellColumn) -> list[ColumnElement[bool]]:
    found = [visibility.within(filters.cell, cell)] if filters.cell is not None else []
    return found + ([visibility.counted_at(filters.township, cell)] if filters.township is not None else [])


def _fires(session: Session, actor: Actor, asked: Asked) -> dict[Key, tuple[int, int]]:
    found: dict[Key, tuple[int, int]] = {}
    for period, days in figure_lists.months(asked.span):
        filters = days.filters(FireFilters(cell=asked.filters.cell))
        query = fire_points.visible(actor).where(*fire_points.conditions(filters))
        columns = (FirePoint.cell_code, func.count(), func.count(FirePoint.outcome))
        for cell, points, handled in session.execute(query.with_only_columns(*columns).group_by(FirePoint.cell_code)):
            key = _key(asked, cell or "", period)
            before = found.get(key, (0, 0))
            found[key] = (before[0] + points, before[1] + handled)
    return found


def _fire_line(asked: Asked, key: Key, points: int, handled: int) -> dict[str, Any]:
    said = _asked_of(asked, key, "first")
    if said.get("township") == visibility.UNASSIGNED:
        said = {**said, "cell": said.pop("township")}
    whole = "township" not in said  # the list of fire points knows no cell without what lies below it
    return {
        "points": {"n": points, "query": figure_lists.query("fire-points", said) if whole else None},
        "handled": {
            "n": handled,
            "query": figure_lists.query("fire-points", {**said, "handled": "true"}) if whole else None,
        },
        "rate": figures.share(handled, points),
    }


def _list_of(asked: Asked, key: Key, path: str, name: str) -> str:
    return figure_lists.query(path, _asked_of(asked, key, name))


def _asked_of(asked: Asked, key: Key, name: str) -> dict[str, str]:
    said = asked.filters.stated()
    if asked.by != "total":
        said |= figure_lists.place(asked.by, key[0], asked.filters.cell)
    return said | figure_lists.between(name, *figure_lists.days_of(asked.span, key[1]))


def _by_place(asked: Asked, rows: Iterable[tuple[str, str, int]]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for place, period, n in rows:
        key = _key(asked, place, period)
        found[key] = found.get(key, 0) + int(n)
    return {key: n for key, n in found.items() if n}


def _key(asked: Asked, place: str, period: str) -> Key:
    if asked.by == "total":
        return "", period
    return (figure_lists.county_of(place) if asked.by == "county" else place), period

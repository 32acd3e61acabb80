"""Counts of findings by place, topic or office and period: from the sums that triggers keep, or from the standings.

Sums answer what is asked of whole townships, topics or severities, and days, in the same time however many findings
there are. All other filters, and grants that a township does not say, are asked of the standings, finding by finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.models import FigureTally, Finding, FindingStanding, Site, UnitMember
from backend.services import cells, figures, finding_queries
from backend.services.actor import Actor
from backend.services.finding_filters import Filters
from backend.services.fire_rates import Span
from backend.services.visibility import TOWNSHIP, UNASSIGNED, CellColumn

Key = tuple[str, str]
Counts = dict[Key, dict[str, int]]
"""By code and period; the period is empty where there is one for all."""

COUNTY = 6
SUMMED_BY = ("total", "county", "township", "topic", "office")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted: findings found in a span, narrowed, by something, as of an instant for what is overdue."""

    by: str
    span: Span
    filters: Filters
    as_of: datetime


@dataclass(frozen=True, slots=True)
class View:
    """Places said in townships and larger cells: those that an actor sees, and those of them that are asked for.

    Null: all. The empty code is no cell at all.
    """

    held: frozenset[str] | None
    codes: frozenset[str] | None

    def in_counties(self) -> bool:
        """Whether counties as a whole say the same."""
        whole = self.counties() or frozenset()
        return self.codes is None or all(len(code) <= COUNTY or code[:COUNTY] in whole for code in self.codes)

    def counties(self) -> frozenset[str] | None:
        """The counties, and what lies above them, among the places that are asked for."""
        return None if self.codes is None else frozenset(code for code in self.codes if len(code) <= COUNTY)


def view(actor: Actor, filters: Filters) -> View | None:
    """What an actor sees of what is asked; None where townships cannot say it."""
    if actor.role == "handler" or any(len(code) > TOWNSHIP or not code.isdigit() for code in actor.grants):
        return None
    held = None if actor.role == "admin" else _townships(actor.grants) | ({""} if actor.sees_unassigned() else set())
    wanted = held
    for name in ("cell", "township"):
        code = getattr(filters, name)
        if code is None:
            continue
        if code != UNASSIGNED and (len(code) > TOWNSHIP or cells.name(code) is None):
            return None
        asked = frozenset({""} if code == UNASSIGNED else _townships([code]) if name == "cell" else {code})
        wanted = asked if wanted is None else wanted & asked
    return View(held, wanted)


def counts(session: Session, actor: Actor, asked: Asked) -> Counts:
    """What the actor sees of what is asked. Raises FilterInvalid."""
    seen = view(actor, asked.filters)
    if seen is None:
        return from_standings(session, asked, finding_queries.visible_to(actor))
    kind = _kind(seen, asked) if asked.by in SUMMED_BY and _summed(asked) else None
    found = from_standings(session, asked, held=seen.held) if kind is None else _from_sums(session, seen, kind, asked)
    elsewhere = own_elsewhere(actor, seen, Finding.cell_code, Finding.author_id)
    return found if elsewhere is None else added(found, from_standings(session, asked, elsewhere))


def own_elsewhere(
    actor: Actor, seen: View, cell: CellColumn, author: InstrumentedAttribute[str]
) -> ColumnElement[bool] | None:
    """The condition that keeps one's own rows outside of the places that one sees; None where one sees all."""
    if seen.held is None:
        return None
    outside = or_(cell.is_(None), func.substr(cell, 1, TOWNSHIP).not_in(sorted(seen.held)))
    if actor.sees_unassigned():
        outside = and_(outside, cell.is_not(None))
    return and_(author == actor.user_id, outside)


def added(some: Counts, more: Counts) -> Counts:
    """Both together; `some` is changed."""
    for key, counted in more.items():
        into = some.setdefault(key, dict.fromkeys(counted, 0))
        for name, n in counted.items():
            into[name] = into.get(name, 0) + n
    return some


def pieces(span: Span) -> list[str]:
    """The whole months and the single days that a span is made of."""
    found, day = [], span.first
    while day <= span.last:
        month_end = (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if day.day == 1 and month_end <= span.last:
            found.append(f"{day:%Y-%m}")
            day = month_end
        else:
            found.append(day.isoformat())
        if day == date.max:
            break
        day += timedelta(days=1)
    return found


def from_standings(
    session: Session, asked: Asked, seen: ColumnElement[bool] | None = None, held: frozenset[str] | None = None
) -> Counts:
    """The same counted finding by finding: of those that a condition on `finding` keeps, or in the townships held.

    The findings themselves are looked at only where something is asked that their standings do not say.
    """
    standing = FindingStanding
    codes: dict[str, Any] = {
        "county": standing.township,
        "township": standing.township,
        "topic": standing.topic,
        "office": standing.office_id,
        "responsible_unit": Site.responsible_unit,
        "unit": UnitMember.code,
    }
    code = codes.get(asked.by)
    sums = [func.sum(getattr(standing, name)) for name in figures.SUMMED]
    overdue = func.count().filter(standing.due_at < asked.as_of)
    group = _grouped(code, standing.day, asked)
    query = select(*group, *sums, overdue).select_from(standing)
    if asked.by == "unit":
        of_it = (UnitMember.subject_type == "finding") & (UnitMember.subject_id == standing.finding_id)
        query = query.join(UnitMember, of_it)
    if asked.by == "responsible_unit":
        query = query.join(Site, Site.id == standing.site_id)
    query = query.where(*_own(asked.filters))
    others = replace(asked.filters, found_from=None, found_to=None, topic=(), severity=())
    narrowed = finding_queries.conditions(others)
    if narrowed or seen is not None:
        query = query.join(Finding, Finding.id == standing.finding_id)
        query = query.where(*narrowed, *([] if seen is None else [seen]))
    if held is not None:
        query = query.where(standing.township.in_(sorted(held)))
    query = query.where(standing.day.between(asked.span.first.isoformat(), asked.span.last.isoformat()))
    names = (*figures.SUMMED, "overdue")
    rows = session.execute(query.group_by(*group))
    return _read(rows, names, code is not None, asked)


def _own(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters that a standing answers by itself."""
    found: list[ColumnElement[bool]] = [FindingStanding.topic.in_(filters.topic)] if filters.topic else []
    return found + ([FindingStanding.severity.in_(filters.severity)] if filters.severity else [])


def _townships(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(found for code in codes for found in cells.descendants(code) if len(found) <= TOWNSHIP)


def _summed(asked: Asked) -> bool:
    """Whether the sums know all that is asked: of places also a topic or severities, never both."""
    said = set(asked.filters.stated()) - {"cell", "township", "found_from", "found_to"}
    known = {"office": frozenset(), "topic": frozenset({"topic"})}.get(asked.by, frozenset({"topic", "severity"}))
    return len(said) <= 1 and said <= known


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of sums, the codes and parts to keep (null: all), and which of the two to show."""

    kind: str
    codes: frozenset[str] | None
    parts: frozenset[str] | None
    shown: InstrumentedAttribute[str]


def _kind(seen: View, asked: Asked) -> _Kind | None:
    """The sums to add up; None where none of them says what is asked."""
    topics = frozenset(asked.filters.topic) or None
    if asked.by == "office":
        return _Kind("office", None, seen.counties(), FigureTally.code) if seen.in_counties() else None
    if asked.by == "topic" and seen.in_counties():
        return _Kind("county-topic", seen.counties(), topics, FigureTally.part)
    if asked.by == "topic":
        return _Kind("township-topic", seen.codes, topics, FigureTally.part)
    if asked.filters.severity:
        return _Kind("severity", seen.codes, frozenset(asked.filters.severity), FigureTally.code)
    return _Kind("township-topic" if topics else "township", seen.codes, topics, FigureTally.code)


def _from_sums(session: Session, seen: View, kind: _Kind, asked: Asked) -> Counts:
    where = [FigureTally.kind == kind.kind, FigureTally.period.in_(pieces(asked.span))]
    for column, kept in ((FigureTally.code, kind.codes), (FigureTally.part, kind.parts)):
        where += [column.in_(sorted(kept))] if kept is not None else []
    group = _grouped(None if asked.by == "total" else kind.shown, FigureTally.period, asked)
    sums = [func.sum(getattr(FigureTally, name)) for name in figures.SUMMED]
    rows = session.execute(select(*group, *sums).where(*where).group_by(*group))
    return added(_read(rows, figures.SUMMED, asked.by != "total", asked), _overdue(session, seen, asked))


def _overdue(session: Session, seen: View, asked: Asked) -> Counts:
    """What is overdue moves with the clock: counted along the terms that have passed."""
    standing = FindingStanding
    office = standing.office_id.concat("")  # not the index of offices: it would be walked for the order of the groups
    shown = {"topic": standing.topic, "office": office, "total": None}.get(asked.by, standing.township)
    where = [
        standing.due_at < asked.as_of,
        standing.day.between(asked.span.first.isoformat(), asked.span.last.isoformat()),
    ]
    where += [standing.township.in_(sorted(seen.codes))] if seen.codes is not None else []
    where += _own(asked.filters)
    group = _grouped(shown, standing.day, asked)
    rows = session.execute(select(*group, func.count()).where(*where).group_by(*group))
    return _read(rows, ("overdue",), shown is not None, asked)


def _grouped(code: Any, period: Any, asked: Asked) -> list[Any]:
    return [*([] if code is None else [code]), *([func.substr(period, 1, 7)] if asked.span.monthly else [])]


def _read(rows: Iterable[Sequence[Any]], names: Sequence[str], coded: bool, asked: Asked) -> Counts:
    """Rows of a code (if `coded`), a month (if the span is monthly) and numbers; what has no code is left out."""
    found: Counts = {}
    for row in rows:
        values = list(row)
        code = values.pop(0) if coded else ""
        period = values.pop(0) if asked.span.monthly else ""
        if code is None:
            continue
        into = found.setdefault((str(code), str(period)), dict.fromkeys((*figures.SUMMED, "overdue"), 0))
        for name, n in zip(names, values, strict=True):
            into[name] += int(n or 0)
    return {key: counted for key, counted in found.items() if any(counted.values())}

"""Findings counted by square and by cell, for maps: kept by triggers in the database, whoever writes a finding.

A tally row is one square of a zoom, or one cell, with county, topic, state and severity. A map of a whole city adds up
some hundreds of them, however many findings there are. Filters that a tally does not know are asked of the findings:
where a tile takes in much of the ground, along the index of their times, which holds what most filters ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, false, func, literal, or_, select, true
from sqlalchemy.orm import Session

from backend import clock
from backend.models import Finding, FindingTally
from backend.services import cells, finding_queries, visibility
from backend.services.actor import Actor
from backend.services.finding_filters import Filters
from backend.services.visibility import UNASSIGNED
from geo.tiles.squares import KEY_ZOOM, Partial, key_range, square_shift
from geo.tiles.tile import Tile

SQUARES = (8, 11, 14)
"""Key zooms that are tallied: of a map's zooms 6, 9 and 12."""
CELL_DIGITS = {"county": 6, "township": 9, "village": 12}
_CELLS = 100  # kinds of tallies by cell are 100 and the number of digits
COUNTY = 6
WIDE = 10
"""Up to this zoom a tile takes in so much that an index of squares would fetch most findings one by one."""
SHORT = timedelta(days=92)
"""The findings of so many days are fewer than those of a tile in the middle of a city."""


@dataclass(frozen=True, slots=True)
class _View:
    """What an actor sees, said of counties: all of some, or not sayable so."""

    counties: frozenset[str] | None
    everything: bool = False


def squares(session: Session, actor: Actor, filters: Filters, tile: Tile) -> list[Partial]:
    """The findings of a tile by square and state, as partial sums for `geo.tiles.squares.gathered`."""
    stored = next((zoom for zoom in SQUARES if zoom >= KEY_ZOOM - square_shift(tile.zoom) // 2), None)
    view = _view(actor)
    if stored is not None and view is not None and _tallied(filters):
        return _from_tally(session, view, filters, tile, stored) + _own_elsewhere(session, actor, view, filters, tile)
    walk = stored is None or (_along_times(filters, tile) and visibility.is_broad(actor))
    return _from_findings(session, finding_queries.visible_to(actor, walk=walk), filters, tile)


def by_cell(
    session: Session, actor: Actor, filters: Filters, level: str, wanted: Collection[str]
) -> dict[str, dict[str, int]]:
    """How many findings in each state lie in each wanted cell of a level (county, township, village), by code."""
    digits = CELL_DIGITS[level]
    view = _view(actor)
    if view is not None and _tallied(filters):
        keys = FindingTally.key.in_(sorted(int(code) for code in wanted))
        rows = session.execute(
            select(FindingTally.key, FindingTally.state, func.sum(FindingTally.n))
            .where(FindingTally.kind == _CELLS + digits, keys, _within_view(view), *_narrowed(filters))
            .group_by(FindingTally.key, FindingTally.state)
        ).all()
        own = _elsewhere(actor, view)
        found = [*rows, *(_counted_by_cell(session, own, filters, digits, wanted) if own is not None else ())]
    else:
        seen = finding_queries.visible_to(actor, walk=True)
        found = [*_counted_by_cell(session, seen, filters, digits, wanted)]
    told: dict[str, dict[str, int]] = {}
    for key, state, n in found:
        if n:
            states = told.setdefault(str(key), {})
            states[state] = states.get(state, 0) + int(n)
    return told


def _counted_by_cell(
    session: Session, seen: ColumnElement[bool], filters: Filters, digits: int, wanted: Collection[str]
) -> Sequence[Any]:
    code = func.substr(Finding.cell_code, 1, digits)
    return session.execute(
        select(code, Finding.state, func.count())
        .where(seen, code.in_(sorted(wanted)), *finding_queries.conditions(filters))
        .group_by(code, Finding.state)
    ).all()


def _from_tally(session: Session, view: _View, filters: Filters, tile: Tile, zoom: int) -> list[Partial]:
    first, end = (key >> 2 * (KEY_ZOOM - zoom) for key in key_range(tile))
    rows = session.execute(
        select(
            FindingTally.key,
            FindingTally.state,
            func.sum(FindingTally.lon_sum),
            func.sum(FindingTally.lat_sum),
            func.sum(FindingTally.n),
        )
        .where(
            FindingTally.kind == zoom,
            FindingTally.key >= first,
            FindingTally.key < max(end, first + 1),
            _within_view(view),
            *_narrowed(filters),
        )
        .group_by(FindingTally.key, FindingTally.state)
    )
    return [Partial(row[0], zoom, row[1], row[2], row[3], int(row[4])) for row in rows if row[4]]


def _own_elsewhere(session: Session, actor: Actor, view: _View, filters: Filters, tile: Tile) -> list[Partial]:
    own = _elsewhere(actor, view)
    return [] if own is None else _from_findings(session, own, filters, tile)


def _elsewhere(actor: Actor, view: _View) -> ColumnElement[bool] | None:
    """One's own findings that lie outside of the counties that one sees; None where one sees all."""
    if view.everything or view.counties is None:
        return None
    outside = or_(Finding.cell_code.is_(None), func.substr(Finding.cell_code, 1, COUNTY).not_in(sorted(view.counties)))
    if actor.sees_unassigned():
        outside = and_(outside, Finding.cell_code.is_not(None))
    return and_(Finding.author_id == actor.user_id, outside)


def _from_findings(session: Session, seen: ColumnElement[bool], filters: Filters, tile: Tile) -> list[Partial]:
    shift = square_shift(tile.zoom)
    first, end = key_range(tile)
    key = Finding.square.op(">>")(literal(shift, Integer)) if shift else Finding.square
    square = Finding.square + 0 if _along_times(filters, tile) else Finding.square  # no index serves a sum
    rows = session.execute(
        select(key, Finding.state, func.sum(Finding.lon), func.sum(Finding.lat), func.count())
        .where(square >= first, square < end, seen, *finding_queries.conditions(filters))
        .group_by(key, Finding.state)
    )
    return [Partial(row[0], KEY_ZOOM - shift // 2, row[1], row[2], row[3], row[4]) for row in rows]


def _along_times(filters: Filters, tile: Tile) -> bool:
    """Whether the index of times is read, rather than that of squares."""
    if tile.zoom <= WIDE:
        return True
    return filters.found_from is not None and (filters.found_to or clock.now()) - filters.found_from <= SHORT


def _view(actor: Actor) -> _View | None:
    """The counties that an actor sees as a whole; None where the grants are finer, or those of an office."""
    if actor.role == "admin":
        return _View(None, everything=True)
    if actor.role == "handler" or any(len(code) > COUNTY or not code.isdigit() for code in actor.grants):
        return None
    counties = {code for grant in actor.grants for code in cells.descendants(grant) if len(code) == COUNTY}
    return _View(frozenset({*counties, *([""] if actor.sees_unassigned() else [])}))


def _within_view(view: _View) -> ColumnElement[bool]:
    if view.everything:
        return true()
    return FindingTally.county.in_(sorted(view.counties or ())) if view.counties else false()


def _tallied(filters: Filters) -> bool:
    """Whether a tally knows all that is asked."""
    unknown = (
        filters.found_from,
        filters.found_to,
        filters.bbox,
        filters.site,
        filters.text,
        filters.campaign,
        filters.unit,
        filters.figure,
        filters.township,
        filters.office,
        filters.responsible_unit,
        filters.period,
        filters.flag,
        filters.waiting,
    )
    return not any(unknown) and (filters.cell is None or _in_counties(filters.cell) is not None)


def _in_counties(code: str) -> list[str] | None:
    """The counties of a tally that make up a county or what lies above it; None where they cannot say it."""
    if code == UNASSIGNED:
        return [""]
    if len(code) > COUNTY or cells.name(code) is None:
        return None
    return sorted(found for found in cells.descendants(code) if len(found) <= COUNTY)


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, wanted in (
        (FindingTally.topic, filters.topic),
        (FindingTally.state, filters.state),
        (FindingTally.severity, filters.severity),
    ):
        if wanted:
            found.append(column.in_(wanted))
    if filters.cell is not None:
        found.append(FindingTally.county.in_(_in_counties(filters.cell) or ()))
    return found


def _big() -> Any:
    return FindingTally.key.type


def recounted(session: Session) -> list[tuple[Any, ...]]:
    """What the findings themselves say, in the order of keys: the tally must be equal to it (a check, a full scan)."""
    county = func.coalesce(func.substr(Finding.cell_code, 1, COUNTY), "")
    rest = (county, Finding.topic, Finding.state, Finding.severity)
    found: list[tuple[Any, ...]] = []
    for zoom in SQUARES:
        key = Finding.square.op(">>")(literal(2 * (KEY_ZOOM - zoom), Integer))
        rows = session.execute(select(key, *rest, func.count()).where(Finding.square.is_not(None)).group_by(key, *rest))
        found += [(zoom, *row) for row in rows]
    for digits in (9, 12):
        code = cast(func.substr(Finding.cell_code, 1, digits), _big())
        has = func.length(Finding.cell_code) >= digits
        rows = session.execute(select(code, *rest, func.count()).where(has).group_by(code, *rest))
        found += [(_CELLS + digits, *row) for row in rows]
    code = cast(func.substr(Finding.cell_code, 1, COUNTY), _big())
    rows = session.execute(
        select(code, *rest, func.count()).where(func.length(Finding.cell_code) >= COUNTY).group_by(code, *rest)
    )
    found += [(_CELLS + COUNTY, *row) for row in rows]
    return sorted(found)


def tallied(session: Session) -> Sequence[tuple[Any, ...]]:
    """The tally as it stands, without empty rows, in the same form."""
    columns = (
        FindingTally.kind,
        FindingTally.key,
        FindingTally.county,
        FindingTally.topic,
        FindingTally.state,
        FindingTally.severity,
        FindingTally.n,
    )
    return sorted(tuple(row) for row in session.execute(select(*columns).where(FindingTally.n != 0)))

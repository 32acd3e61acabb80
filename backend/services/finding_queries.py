"""Findings read: which an actor may see, narrowed and in pages, with a constant number of statements a page.

Reads only. Rendering is `rows`, filters are `finding_filters`, rights are `visibility`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend import clock
from backend.extensions import db
from backend.models import Case, Comment, Finding, FindingCell, Hop, HopExtension, Site
from backend.services import (
    bounds,
    campaigns,
    case_history,
    cells,
    evidence_grounds,
    figures,
    finding_orders,
    look_backs,
    pages,
    period_findings,
    photo_flag_words,
    photo_flags,
    place_decisions,
    replacing,
    rows,
    visibility,
)
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.finding_filters import Filters
from backend.services.pages import Page, PageAsked
from backend.services.visibility import UNASSIGNED, FilterInvalid
from geo import beidou, square
from geo.errors import CellCodeInvalid
from geo.tiles.squares import key_range
from geo.tiles.tile import side_m, tiles_over

STORED_SQUARE_M = 1000
SMALL_DEGREES = 0.2
METRES_A_DEGREE = 111_320.0


def visible(actor: Actor) -> Select[Finding]:
    """Every finding that the actor may see."""
    return select(Finding).where(visible_to(actor))


def visible_to(actor: Actor, *, walk: bool = False) -> ColumnElement[bool]:
    """The condition on `finding` that keeps what the actor may see; `walk` as in `visibility.seen_by`."""
    seen = visibility.seen_by(actor, Finding.cell_code, Finding.author_id, walk=walk)
    if actor.role == "handler":
        seen = or_(seen, Finding.id.in_(select(Hop.finding_id).where(Hop.office_id == actor.office_id)))
    return seen


def page(session: Session, actor: Actor, filters: Filters, asked: PageAsked, sort: str = "newest") -> Page[Finding]:
    """A page of findings in one of `finding_orders.SORTS`. Raises FilterInvalid (unknown cell), PageCursorInvalid."""
    wide = visibility.is_wide(filters.cell) if filters.cell is not None else visibility.is_broad(actor)
    walk = filters.bbox is not None or wide
    query = select(Finding).where(visible_to(actor, walk=walk), *conditions(filters))
    return pages.ordered(session, query, finding_orders.SORTS[sort], asked)


def documents(session: Session, findings: Sequence[Finding]) -> list[rows.Document]:
    """Findings as the wire shows them: three statements, however many they are."""
    photos = rows.photos_of(session, "finding", [finding.id for finding in findings])
    names = rows.names_of(session, [finding.author_id for finding in findings])
    return [rows.finding_document(each, photos[each.id], names.get(each.author_id)) for each in findings]


def one(session: Session, actor: Actor, finding_id: str) -> Finding:
    """A finding that the actor may see. Raises NotFound."""
    finding = session.scalar(visible(actor).where(Finding.id == finding_id))
    if finding is None:
        raise NotFound("There is no such finding, or you may not see it.")
    return finding


def detail(session: Session, actor: Actor, finding_id: str, now: datetime) -> rows.Document:
    """One finding with its comments, steps and hops, and how its cells were found. Raises NotFound."""
    finding = one(session, actor, finding_id)
    document = documents(session, [finding])[0]
    document["cells"] = [_cell_document(cell) for cell in finding.cells]
    document["comments"] = comments(session, finding_id)
    document |= case_history.of(session, finding, now)
    document["look_backs"] = look_backs.of(session, finding.id, now)
    document["place_said"] = place_decisions.history(session, finding.id)
    document["former_cells"] = replacing.former(session, "finding", finding.id)
    doubtful = photo_flags.of_subjects(session, "finding", [finding.id])
    document["photo_flags"] = photo_flag_words.documents(session, actor, doubtful)
    document["evidence_lacks"] = evidence_grounds.lacks(session, finding)
    return document


def to_verify(session: Session, actor: Actor, ids: Sequence[str]) -> list[rows.Document]:
    """What is to be looked at before findings are vouched for: those the actor may see, with what speaks against each.

    A constant number of statements; one that may not be seen is not among them.
    """
    found = session.scalars(visible(actor).where(Finding.id.in_(ids)).order_by(Finding.id)).all()
    flags = photo_flags.of_subjects(session, "finding", [finding.id for finding in found])
    said = photo_flag_words.documents(session, actor, flags)
    lacks = evidence_grounds.lacks_of(session, found)
    return [
        {
            **document,
            "photo_flags": [each for each in said if each["subject"]["id"] == document["id"]],
            "evidence_lacks": lacks[document["id"]],
        }
        for document in documents(session, found)
    ]


def comments(session: Session, finding_id: str) -> list[rows.Document]:
    """What was said of a finding, oldest first."""
    said = session.scalars(
        select(Comment).where(Comment.finding_id == finding_id).order_by(Comment.said_at, Comment.id)
    ).all()
    return comment_documents(session, said)


def comment_documents(session: Session, said: Sequence[Comment]) -> list[rows.Document]:
    """Comments as the wire shows them, with their photos and who said them."""
    photos = rows.photos_of(session, "comment", [comment.id for comment in said])
    names = rows.names_of(session, [comment.author_id for comment in said])
    return [rows.comment_document(each, photos[each.id], names.get(each.author_id)) for each in said]


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters as conditions on `finding`. Raises FilterInvalid for a cell nobody knows."""
    found: list[ColumnElement[bool]] = []
    if filters.cell is not None:
        found.append(_in_cell(filters.cell))
    if filters.topic:
        found.append(Finding.topic.in_(filters.topic))
    if filters.state:
        found.append(Finding.state.in_(filters.state))
    if filters.severity:
        found.append(Finding.severity.in_(filters.severity))
    if filters.found_from is not None:
        found.append(Finding.found_at >= filters.found_from)
    if filters.found_to is not None:
        found.append(Finding.found_at < filters.found_to)
    if filters.bbox is not None:
        found += bounds.inside(filters.bbox, Finding.lon, Finding.lat)
        squares = squares_over(filters.bbox)
        if squares:
            found.append(or_(*(Finding.square.between(first, end - 1) for first, end in squares)))
    if filters.site is not None:
        found.append(Finding.site_id == filters.site)
    if filters.text is not None:
        found.append(_says(filters.text))
    if filters.unit is not None:
        found.append(visibility.in_units(Finding, [filters.unit]))
    if filters.campaign is not None:
        found += campaigns.conditions(db.session(), filters.campaign)
    if filters.figure is not None:
        found.append(figures.counted(filters.figure, filters.as_of or clock.now()))
    if filters.township is not None:
        found.append(visibility.counted_at(filters.township, Finding.cell_code))
    if filters.office is not None:
        found.append(Finding.id.in_(select(Case.finding_id).where(Case.office_id == filters.office)))
    if filters.responsible_unit is not None:
        found.append(Finding.site_id.in_(select(Site.id).where(Site.responsible_unit == filters.responsible_unit)))
    if filters.period is not None:
        found += period_findings.conditions(db.session(), filters.period)
    if filters.flag:
        found.append(_flagged(filters.flag))
    if filters.waiting:
        found.append(Finding.id.in_(_asked_for(filters.waiting)))
    return found


def squares_over(bounds: tuple[float, float, float, float]) -> list[tuple[int, int]]:
    """The ranges of squares that a small box lies in; none for a large one, of which an index of places is no help."""
    west, south, east, north = bounds
    if east - west > SMALL_DEGREES or north - south > SMALL_DEGREES:
        return []
    zoom = next(z for z in range(20, 0, -1) if side_m(z) * 2 > METRES_A_DEGREE * max(east - west, north - south))
    return [key_range(tile) for tile in tiles_over(west, south, east, north, zoom)]


def _says(text: str) -> ColumnElement[bool]:
    """Sites that say it are looked up once, not for each finding."""
    sites = select(Site.id).where(or_(_holds(Site.name, text), _holds(Site.address, text)))
    own = (Finding.description, Finding.number, Finding.item)
    return or_(*(_holds(column, text) for column in own), Finding.site_id.in_(sites))


def _holds(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Whether a column holds a text, large and small letters alike; SQLite's LIKE takes them so by itself."""
    if db.engine.dialect.name == "sqlite":
        return column.contains(text, autoescape=True)
    return column.icontains(text, autoescape=True)


def _flagged(codes: Sequence[str]) -> ColumnElement[bool]:
    """Flags are few and short, and kept in the finding's own row: their text is looked through."""
    said = cast(Finding.flags, Text)
    return or_(*(said.contains(f'"{code}"', autoescape=True) for code in codes))


def _asked_for(waiting: Sequence[str]) -> Select[Any]:
    """Ids of the findings of whose office a return or more time was asked for, and nobody has answered."""
    more_time = select(HopExtension.hop_id).where(
        HopExtension.decided_at.is_(None), HopExtension.withdrawn_at.is_(None)
    )
    wanted = {"return": Hop.return_asked_at.is_not(None), "extension": Hop.id.in_(more_time)}
    return select(Hop.finding_id).where(Hop.ended_at.is_(None), or_(*(wanted[each] for each in waiting)))


def _in_cell(code: str) -> ColumnElement[bool]:
    if code == UNASSIGNED or cells.name(code) is not None:
        return visibility.within(code, Finding.cell_code, walk=visibility.is_wide(code))
    try:
        if code.startswith(("N", "S")):
            return _in_scheme("beidou", FindingCell.code.startswith(_beidou(code), autoescape=True))
        return _in_scheme("square-1000", FindingCell.code.in_(_kilometre_squares(code)))
    except CellCodeInvalid:
        raise FilterInvalid("cell is no code of an administrative cell, a square or BeiDou.", field="cell") from None


def _in_scheme(scheme: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(FindingCell.finding_id == Finding.id, FindingCell.scheme == scheme, condition)


def _beidou(code: str) -> str:
    """A BeiDou code begins with the codes of the cells that hold it; findings carry level 8."""
    if beidou.decode(code).level > beidou.FINDING_LEVEL:
        raise FilterInvalid(f"Findings carry BeiDou codes of level {beidou.FINDING_LEVEL}; ask no finer.", field="cell")
    return code


def _kilometre_squares(code: str) -> list[str]:
    cell = square.decode(code)
    times, rest = divmod(cell.size_m, STORED_SQUARE_M)
    if rest:
        raise FilterInvalid("Findings carry squares of 1 km; ask for one of 1 km or 3 km.", field="cell")
    return [
        square.SquareCell(cell.frame, STORED_SQUARE_M, cell.column * times + i, cell.row * times + j).code
        for i in range(times)
        for j in range(times)
    ]


def _cell_document(cell: FindingCell) -> dict[str, Any]:
    return {
        "scheme": cell.scheme,
        "code": cell.code,
        "name": cells.name(cell.code) if cell.scheme == "admin" else None,
        "confidence": cell.confidence,
        "method": cell.method,
        "version": cell.version_id,
        "candidates": cell.candidates,
    }

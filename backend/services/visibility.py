"""Which rows an actor may read: those in granted cells, one's own, and, for some, those in no cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from backend.models import UnitMember
from backend.services import cells
from backend.services.actor import Actor
from backend.services.errors import InputInvalid

UNASSIGNED = "unassigned"
TOWNSHIP = 9  # digits of a township's code
BROAD = 60  # cells: more than any township has villages

CellColumn = InstrumentedAttribute[str | None]


class FilterInvalid(InputInvalid):
    """A filter makes no sense; `field` names it."""

    code = "filter-invalid"


def seen_by(
    actor: Actor, cell: CellColumn, author: InstrumentedAttribute[str] | CellColumn | None = None, *, walk: bool = False
) -> ColumnElement[bool]:
    """The condition, on a table's finest administrative code and its author, that keeps what the actor may read.

    `walk`: something else narrows the rows or gives their order, and they are looked at one by one: the database is to
    use no index of cells, which for a whole county would fetch all that it has.
    """
    if actor.role == "admin":
        return true()
    held = cell.concat("") if walk else cell
    ways: list[ColumnElement[bool]] = [held.in_(below(actor.grants))] if actor.grants else []
    if author is not None:
        ways.append(author == actor.user_id)
    if actor.sees_unassigned():
        ways.append(held.is_(None))
    if actor.units:
        ways.append(in_units(cell.class_, actor.units))
    return or_(*ways) if ways else false()


def is_broad(actor: Actor) -> bool:
    """Whether an actor sees so many cells that most rows are likely to be among them."""
    return actor.role != "admin" and len(below(actor.grants)) > BROAD


def is_wide(code: str) -> bool:
    """Whether a cell has others below it: its rows are found sooner in the order of a list than by their cells."""
    return len(cells.descendants(code)) > 1


def in_units(model: Any, codes: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a table's rows lie in one of some management units."""
    members = select(UnitMember.subject_id).where(
        UnitMember.subject_type == model.__tablename__, UnitMember.code.in_(sorted(codes))
    )
    found: ColumnElement[bool] = model.id.in_(members)
    return found


def within(code: str, cell: CellColumn, *, walk: bool = False) -> ColumnElement[bool]:
    """The condition that a table's cell is `code` or below it; `unassigned` means no cell. Raises FilterInvalid.

    `walk` as in `seen_by`.
    """
    if code == UNASSIGNED:
        return cell.is_(None)
    if cells.name(code) is None:
        raise FilterInvalid("cell is no code of an administrative cell.", field="cell")
    held = cell.concat("") if walk else cell
    return held.in_(below([code]))


def counted_at(code: str, cell: CellColumn) -> ColumnElement[bool]:
    """The condition that statistics count a row at `code`: its township, or the cell itself where that is none.

    A county's code keeps only what was placed no finer; `unassigned` means no cell.
    """
    if code == UNASSIGNED:
        return cell.is_(None)
    return cell.startswith(code, autoescape=True) if len(code) == TOWNSHIP else cell == code


def below(codes: Iterable[str]) -> list[str]:
    """The cells of some codes and all below them, in a stable order so that statements are cached."""
    return sorted({found for code in codes for found in cells.descendants(code)})

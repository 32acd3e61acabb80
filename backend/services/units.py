"""Which management units a place belongs to at an instant, and the rows that are known to lie in one.

A row is in a unit when its administrative cell, or one above it, belongs to the unit, or its point lies within the
unit's outline (its border included). A row lies in any number of units, and in exactly one cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import clock, foreknowledge, until_lock, write_behind
from backend.bulk import Bulk
from backend.extensions import db
from backend.models import ManagementUnit, UnitMember
from backend.services import cells
from backend.services.actor import UNIT_PREFIX
from backend.services.working_time import CHINA

_KEY = "management-units"
SOME = 400  # ids in one statement
_ALL = select(ManagementUnit.id, ManagementUnit.rev).order_by(ManagementUnit.id)
_MEMBERS = Bulk(UnitMember, "ignore")


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    cells: frozenset[str]
    shape: BaseGeometry | None
    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def is_unit(code: str) -> bool:
    """Whether a code is that of a management unit: they begin with `M-`, and no cell does."""
    return code.startswith(UNIT_PREFIX)


def of(cell: str | None, lon: float | None, lat: float | None, at: datetime | None) -> frozenset[str]:
    """The units of a place; of now, without an instant."""
    found = _units(db.session())
    if not found:
        return frozenset()
    line = set(cells.lineage(cell)) if cell is not None else set()
    day = (at or clock.now()).astimezone(CHINA).date()
    return frozenset(
        unit.code
        for unit in found
        if unit.holds(day) and (not line.isdisjoint(unit.cells) or _within(unit.shape, lon, lat))
    )


def _within(shape: BaseGeometry | None, lon: float | None, lat: float | None) -> bool:
    if shape is None or lon is None or lat is None:
        return False
    return bool(shapely.intersects_xy(shape, lon, lat))


def keep(session: Session, subject: tuple[str, str], codes: Iterable[str]) -> None:
    """Let lists know in which units a row lies now."""
    stranger = foreknowledge.is_stranger(session, subject[1])
    _keep(session, subject, set(codes), set() if stranger else _kept(session, subject[0], [subject[1]])[subject[1]])


def keep_many(session: Session, subject_type: str, wanted: Mapping[str, Iterable[str]]) -> None:
    """The same of many rows of a kind, by their ids."""
    before = _kept(session, subject_type, list(wanted))
    for subject_id, codes in wanted.items():
        _keep(session, (subject_type, subject_id), set(codes), before[subject_id])


def _kept(session: Session, subject_type: str, ids: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {subject_id: set() for subject_id in ids}
    if not _units(session):
        return found
    for start in range(0, len(ids), SOME):
        known = UnitMember.subject_type == subject_type, UnitMember.subject_id.in_(ids[start : start + SOME])
        for subject_id, code in session.execute(select(UnitMember.subject_id, UnitMember.code).where(*known)):
            found[subject_id].add(code)
    return found


def _keep(session: Session, subject: tuple[str, str], wanted: set[str], before: set[str]) -> None:
    if before - wanted:
        known = UnitMember.subject_type == subject[0], UnitMember.subject_id == subject[1]
        session.execute(delete(UnitMember).where(*known, UnitMember.code.in_(before - wanted)))
    if wanted - before:
        write_behind.of(session).add(_MEMBERS, [(*subject, code) for code in sorted(wanted - before)])


def scopes(codes: Iterable[str]) -> set[str]:
    return {f"unit:{code}" for code in codes}


def _units(session: Session) -> tuple[Unit, ...]:
    facts = until_lock.facts(session)
    found: tuple[Unit, ...] | None = facts.get(_KEY)
    if found is None:
        found = facts[_KEY] = _read(tuple((row.id, row.rev) for row in session.connection().execute(_ALL)))
    return found


@lru_cache(maxsize=4)
def _read(revisions: tuple[tuple[str, int], ...]) -> tuple[Unit, ...]:
    if not revisions:
        return ()
    rows: Any = db.session().connection().execute(select(ManagementUnit.__table__).order_by(ManagementUnit.code))
    found = []
    for row in rows:
        shape = shapely.from_wkb(row.wkb) if row.wkb is not None else None
        if shape is not None:
            shapely.prepare(shape)
        found.append(Unit(row.code, frozenset(row.cells), shape, row.valid_from, row.valid_to))
    return tuple(found)

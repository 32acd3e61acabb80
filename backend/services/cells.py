"""Administrative cells: where a point lies at an instant, and what lies under what.

A version never changes, so its grid is built once a process and kept; only the timeline of versions is asked. What
is above and below a code is told for former cells too, by the last version that had them: a finding in a cell that
was dissolved stays in its county's view.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.extensions import db
from backend.models import Cell, GridVersion
from backend.services.actor import UNASSIGNED
from backend.services.errors import InputInvalid
from backend.services.grid_timeline import timeline
from geo import admin
from geo.admin import AdminGrid
from geo.locate import Location
from geo.locate import locate as locate_in


class KnownCells:
    """Codes with their names and parents, of all versions that have held; the latest version that has one says."""

    def __init__(self, versions: Iterable[Iterable[tuple[str, str, str | None]]]) -> None:
        self._of: dict[str, tuple[str, str | None]] = {}
        for version in versions:
            for code, name, parent in version:
                self._of.setdefault(code, (name, parent))
        self._below: dict[str, list[str]] = {}
        for code, (_, parent) in self._of.items():
            if parent is not None:
                self._below.setdefault(parent, []).append(code)
        self._lines: dict[str, list[str]] = {}
        self._all_below: dict[str, frozenset[str]] = {}

    def name(self, code: str) -> str | None:
        found = self._of.get(code)
        return found[0] if found else None

    def lineage(self, code: str) -> list[str]:
        """A code and those above it, nearest first."""
        found = self._lines.get(code)
        if found is None:
            found = [code]
            while (known := self._of.get(found[-1])) and known[1] is not None and known[1] not in found:
                found.append(known[1])
            self._lines[code] = found
        return found

    def descendants(self, code: str) -> frozenset[str]:
        """A code and all below it."""
        found = self._all_below.get(code)
        if found is None:
            all_below, waiting = {code}, [code]
            while waiting:
                new = [each for each in self._below.get(waiting.pop(), ()) if each not in all_below]
                all_below.update(new)
                waiting += new
            found = self._all_below[code] = frozenset(all_below)
        return found


def active_version(session: Session | None = None) -> str:
    """The id of the version that holds now; raises InputInvalid when none was loaded."""
    return timeline(session or db.session()).current


def activation(session: Session | None = None) -> int:
    """The number of the activation under which a row that is placed now is placed."""
    return timeline(session or db.session()).n


def grid(session: Session | None = None, at: datetime | None = None) -> AdminGrid:
    """The grid that holds at an instant; now, if none is given."""
    session = session or db.session()
    return _grid(timeline(session).at(at))


def version(version_id: str) -> AdminGrid:
    """The grid of a version, staged ones too."""
    return _grid(version_id)


@lru_cache(maxsize=16)
def _grid(version_id: str) -> AdminGrid:
    rows = db.session.execute(
        select(Cell.code, Cell.name, Cell.level, Cell.parent, Cell.wkb).where(Cell.version_id == version_id)
    )
    levels = db.session.execute(select(GridVersion.levels).where(GridVersion.id == version_id)).scalar_one()
    cells = [
        admin.Cell(row.code, row.name, row.level, row.parent, shapely.from_wkb(row.wkb) if row.wkb else None)
        for row in rows
    ]
    return AdminGrid(cells, levels)


def known(session: Session | None = None) -> KnownCells:
    """All cells that are or were."""
    session = session or db.session()
    return _known(timeline(session).versions)


@lru_cache(maxsize=4)
def _known(versions: tuple[str, ...]) -> KnownCells:
    columns = select(Cell.code, Cell.name, Cell.parent)
    return KnownCells(
        [(row.code, row.name, row.parent) for row in db.session.execute(columns.where(Cell.version_id == one))]
        for one in versions
    )


def locate(lon: float, lat: float, accuracy_m: float | None = None, at: datetime | None = None) -> Location:
    """Where a canonical CGCS2000 point lies in the grid that holds at an instant, or now."""
    return locate_in(lon, lat, grid(at=at), accuracy_m)


def lineage(code: str) -> list[str]:
    """A cell's code and its ancestors', nearest first; a code that nobody knows stands alone."""
    return known().lineage(code)


def scopes(code: str | None) -> set[str]:
    """The sync scopes of a row in a cell: its own and its ancestors'; unassigned rows have a scope of their own."""
    return {f"area:{one}" for one in lineage(code)} if code is not None else {UNASSIGNED}


def descendants(code: str) -> frozenset[str]:
    """A cell's code and all below it, former ones too."""
    return known().descendants(code)


def name(code: str) -> str | None:
    """A cell's name, or None for a code that no version has."""
    return known().name(code)


def require_known(codes: Iterable[str]) -> None:
    """Raise InputInvalid for codes that no cell of today has."""
    cells = grid()
    unknown = sorted(code for code in codes if code not in cells)
    if unknown:
        raise InputInvalid(f"No cell has the code {', '.join(unknown)}.", unknown=unknown)


def listing(session: Session, below: str | None = None, level: str | None = None) -> list[dict[str, object]]:
    """The cells that hold now, by code; with `below` those directly below one, with `level` those of it.

    Raises CellUnknown.
    """
    cells = grid(session)
    found = cells.cells if below is None else [cells[code] for code in cells.children(below)]
    return [_said(cell) for cell in found if level in (None, cell.level)]


def shapes(
    session: Session, below: str | None = None, level: str | None = None
) -> list[tuple[str, BaseGeometry, dict[str, object]]]:
    """Those of the same cells that have a shape (CGCS2000 degrees), with what `listing` says of them."""
    drawn = {cell.code: cell.geometry for cell in grid(session) if cell.geometry is not None}
    found = listing(session, below, level)
    return [(str(said["code"]), drawn[str(said["code"])], said) for said in found if said["code"] in drawn]


def hierarchy(session: Session, codes: Iterable[str]) -> dict[str, object]:
    """What a map of some cells needs beside them to tell a point's cell: `levels`, coarsest first, and `above`, the
    cells above these that are not among them. Raises CellUnknown."""
    cells, shown = grid(session), set(codes)
    above = {one for code in shown for one in cells.ancestors(code)} - shown
    return {"levels": list(cells.levels), "above": [_said(cells[code]) for code in sorted(above)]}


def _said(cell: admin.Cell) -> dict[str, object]:
    return {
        "code": cell.code,
        "name": cell.name,
        "level": cell.level,
        "parent": cell.parent,
        "has_shape": cell.geometry is not None,
    }


def bounds(session: Session) -> tuple[float, float, float, float]:
    """West, south, east and north of all cells that hold now, in degrees."""
    shapes = [cell.geometry for cell in grid(session) if cell.geometry is not None]
    west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
    return west, south, east, north

"""Administrative cells as the active grid version has them: where a point lies, and what lies under what.

The grid of a version never changes, so it is built once a process and kept; only which version is active is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache

import shapely
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from backend.extensions import db
from backend.models import Cell, GridVersion
from backend.services.actor import UNASSIGNED
from backend.services.errors import InputInvalid
from geo import admin, names, reference
from geo.admin import AdminGrid
from geo.locate import Location
from geo.locate import locate as locate_in

_KEY = "active-grid-version"
_ACTIVE = select(GridVersion.id).where(GridVersion.status == "active")


def reference_grid(sample: bool) -> AdminGrid:
    """Counties with polygons and all townships and villages by name; `sample` adds the invented townships."""
    grid = reference.sample_grid() if sample else reference.county_grid()
    known = {cell.code for cell in grid}
    named = [
        admin.Cell(one.code, one.name, level, one.parent)
        for level, source in (("township", names.townships()), ("village", names.villages()))
        for one in source.values()
        if one.code not in known
    ]
    return grid.extended(named)


def install(
    session: Session,
    grid: AdminGrid,
    source: str,
    now: datetime,
    new_id: Callable[[], str],
    invented: Iterable[str] = (),
) -> str:
    """Store a grid as a version (the same cells once) and make it the active one; returns the version's id."""
    sha256 = grid.fingerprint()
    version_id = session.scalar(select(GridVersion.id).where(GridVersion.sha256 == sha256))
    if version_id is None:
        version_id = new_id()
        session.add(
            GridVersion(id=version_id, sha256=sha256, datum="CGCS2000", source=source, status="staged", valid_from=now)
        )
        session.flush()
        made_up = frozenset(invented)
        session.execute(insert(Cell), [_row(cell, version_id, cell.code in made_up) for cell in grid])
    session.execute(update(GridVersion).where(GridVersion.status == "active").values(status="retired", valid_to=now))
    session.execute(update(GridVersion).where(GridVersion.id == version_id).values(status="active", valid_to=None))
    session.info.pop(_KEY, None)
    return version_id


def _row(cell: admin.Cell, version_id: str, invented: bool) -> dict[str, object]:
    bounds = cell.geometry.bounds if cell.geometry is not None else (None, None, None, None)
    return {
        "version_id": version_id,
        "code": cell.code,
        "name": cell.name,
        "level": cell.level,
        "parent": cell.parent,
        "invented": invented,
        "wkb": shapely.to_wkb(cell.geometry) if cell.geometry is not None else None,
        "min_lon": bounds[0],
        "min_lat": bounds[1],
        "max_lon": bounds[2],
        "max_lat": bounds[3],
    }


def active_version(session: Session | None = None) -> str:
    """The id of the active grid version; raises InputInvalid when none was loaded."""
    session = session or db.session()
    found: str | None = session.info.get(_KEY)
    if found is None:
        found = session.connection().execute(_ACTIVE).scalar()
        if found is None:
            raise InputInvalid("No cells are loaded yet; run 'flask --app wsgi setup run'.")
        session.info[_KEY] = found
    return found


def grid(session: Session | None = None) -> AdminGrid:
    """The active grid."""
    return _grid(active_version(session))


@lru_cache(maxsize=4)
def _grid(version_id: str) -> AdminGrid:
    rows = db.session.execute(
        select(Cell.code, Cell.name, Cell.level, Cell.parent, Cell.wkb).where(Cell.version_id == version_id)
    )
    return AdminGrid(
        admin.Cell(row.code, row.name, row.level, row.parent, shapely.from_wkb(row.wkb) if row.wkb else None)
        for row in rows
    )


def locate(lon: float, lat: float, accuracy_m: float | None = None) -> Location:
    """Where a canonical CGCS2000 point lies in the active grid."""
    return locate_in(lon, lat, grid(), accuracy_m)


def lineage(code: str) -> list[str]:
    """A cell's code and its ancestors', nearest first; a code that the grid does not know stands alone."""
    cells = grid()
    return [code, *cells.ancestors(code)] if code in cells else [code]


def scopes(code: str | None) -> set[str]:
    """The sync scopes of a row in a cell: its own and its ancestors'; unassigned rows have a scope of their own."""
    return {f"area:{one}" for one in lineage(code)} if code is not None else {UNASSIGNED}


def descendants(code: str) -> frozenset[str]:
    """A cell's code and all below it."""
    cells = grid()
    return frozenset((code, *cells.descendants(code))) if code in cells else frozenset((code,))


def name(code: str) -> str | None:
    """A cell's name, or None for a code that the grid does not know."""
    cells = grid()
    return cells[code].name if code in cells else None


def require_known(codes: Iterable[str]) -> None:
    """Raise InputInvalid for grant codes that no cell has."""
    cells = grid()
    unknown = sorted(code for code in codes if code not in cells)
    if unknown:
        raise InputInvalid(f"No cell has the code {', '.join(unknown)}.", unknown=unknown)

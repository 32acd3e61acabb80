"""Grid versions: imported and looked at, compared with what holds, put into force; nothing is repaired in silence.

Where rows lie afterwards is `replacing`'s business, reading a file `geo.cell_import`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from backend import until_lock
from backend.models import Cell, Finding, GridActivation, GridVersion
from backend.services import audit, cells, import_maps, replacing, zones
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound, ServiceError
from backend.services.grid_timeline import timeline
from backend.sync_store import SqlStore
from geo import admin, names, reference
from geo.admin import AdminGrid
from geo.cell_codes import Fields, codes_of
from geo.cell_import import Against, CellImport, import_cells
from geo.cell_source import read_cells
from geo.errors import GeoError
from geo.grid_changes import GridChanges, compare, reassign
from geo.hierarchy import hierarchy

SHOWN = 200
MOST_COUNTED = 200_000
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


class GridNotReady(ServiceError):
    """The version cannot be put into force: it holds already, or from an instant that is still to come."""

    code = "grid-not-ready"


class GridRefused(ServiceError):
    """The file has faults; nothing was staged. `report` names each."""

    code = "grid-refused"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file of cells is to be read. `whole`: it is the whole grid; otherwise it takes the place of the cells of
    its levels below the parents that it names, and all else stays as it is."""

    datum: str | None
    hierarchy: str = "city-county-township-village"
    level: str | None = None
    fields: Fields = field(default_factory=Fields)
    whole: bool = False
    epsg: int | None = None
    layer: str | None = None
    encoding: str | None = None


def stage(
    session: Session, actor: Actor, version_id: str, now: datetime, path: Path, name: str, how: Reading
) -> GridVersion:
    """Read a file and keep its cells as a version that nobody uses yet. Raises GridRefused, and a datum's own errors.

    A file that makes the same cells as a version that is here gives that version.
    """
    read = look(session, path, how)
    if read.grid is None:
        drawn = import_maps.of_cells(read.sound, (str(fault.where) for fault in read.errors))
        raise GridRefused("The file has faults; nothing was staged.", report={**report_of(read), "map": drawn})
    found = _store(session, read.grid, version_id, name, now, report_of(read), actor.user_id)
    audit.record(session, now, actor.user_id, "grid.stage", found.id, sha256=found.sha256, cells=len(read.grid))
    return found


def look(session: Session, path: Path, how: Reading) -> CellImport:
    """The report on a file, with the grid that it would make; writes nothing."""
    onto, below = (None, ()) if how.whole else _kept(cells.grid(session), path, how)
    against = Against(onto=onto, names={**names.townships(), **names.villages()}, reference=reference.county_grid())
    read = import_cells(
        path,
        datum=how.datum,
        hierarchy=hierarchy(how.hierarchy),
        fields=how.fields,
        level=how.level,
        against=against,
        epsg=how.epsg,
        layer=how.layer,
        encoding=how.encoding,
    )
    return read if read.grid is None else replace(read, grid=_with_those_below(read.grid, below))


def _kept(grid: AdminGrid, path: Path, how: Reading) -> tuple[AdminGrid, Sequence[admin.Cell]]:
    """What stays of a grid beside a file, and what lay below cells that go and may stand below those that come.

    The cells that the file names go, and those of its levels with a shape below the parents that it names.
    """
    try:
        file = read_cells(path, layer=how.layer, encoding=how.encoding)
        units = codes_of(file.rows, how.fields, hierarchy(how.hierarchy), how.level, None, {}).units.values()
    except GeoError:
        return grid, ()  # the import says what is wrong with the file
    places = {(unit.level, unit.parent) for unit in units}
    gone = {unit.code for unit in units if unit.code in grid}
    gone |= {cell.code for cell in grid if cell.geometry is not None and (cell.level, cell.parent) in places}
    below = {each for code in gone for each in grid.descendants(code)} - gone
    kept = AdminGrid([cell for cell in grid if cell.code not in gone | below], grid.levels)
    return kept, [cell for cell in grid if cell.code in below]


def _with_those_below(grid: AdminGrid, below: Sequence[admin.Cell]) -> AdminGrid:
    """The grid with those cells that still have a parent in it; the others went with theirs."""
    codes = {cell.code for cell in grid}
    back = []
    for cell in sorted(below, key=lambda each: grid.levels.index(each.level)):
        if cell.code not in codes and cell.parent in codes:
            codes.add(cell.code)
            back.append(cell)
    return grid.extended(back) if back else grid


def report_of(read: CellImport) -> dict[str, Any]:
    """A report as it is kept and shown; long lists are cut, the counts are of all."""
    return {
        "errors": len(read.errors),
        "error_list": [fault.as_dict() for fault in read.errors[:SHOWN]],
        "warnings": len(read.warnings),
        "warning_list": [fault.as_dict() for fault in read.warnings[:SHOWN]],
        "format": read.format,
        "encoding": read.encoding,
        "crs": read.crs,
        "cells": read.cells,
        "parts": read.parts,
        "holes": read.holes,
        "vertices": read.vertices,
        "multipart": dict(read.multipart),
        "with_holes": dict(read.with_holes),
    }


def install(
    session: Session,
    grid: AdminGrid,
    source: str,
    now: datetime,
    new_id: Callable[[], str],
    invented: Iterable[str] = (),
) -> str:
    """Store a grid and let it hold since ever: for an installation that has none. Returns the version's id."""
    found = _store(session, grid, new_id(), source, now, {}, None, frozenset(invented))
    _begin(session, found, _BEGINNING, None, now)
    return found.id


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


def _store(
    session: Session,
    grid: AdminGrid,
    version_id: str,
    source: str,
    now: datetime,
    report: Mapping[str, Any],
    by: str | None,
    invented: frozenset[str] = frozenset(),
) -> GridVersion:
    sha256 = grid.fingerprint()
    known = session.scalar(select(GridVersion).where(GridVersion.sha256 == sha256))
    if known is not None:
        return known
    found = GridVersion(
        id=version_id,
        sha256=sha256,
        datum="CGCS2000",
        source=source[:300],
        status="staged",
        levels=list(grid.levels),
        report=dict(report),
        staged_by=by,
        staged_at=now,
    )
    session.add(found)
    session.flush()
    session.execute(insert(Cell), [_row(cell, version_id, cell.code in invented) for cell in grid])
    return found


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


def activate(
    session: Session,
    actor: Actor,
    version_id: str,
    valid_from: datetime | None,
    now: datetime,
    new_id: Callable[[], str],
) -> GridActivation:
    """Let a version hold from an instant on (now, if none is given), and ask for what lies elsewhere to be moved.

    Zones that are drawn by units are drawn anew. Raises NotFound, GridNotReady.
    """
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    found, since = get(session, version_id), valid_from or now
    if since > now:
        raise GridNotReady("A version begins to hold now or has done so; activate it when the day has come.")
    if timeline(session).at(since) == version_id == timeline(session).current:
        raise GridNotReady("This version holds already.")
    begun = _begin(session, found, since, actor.user_id, now)
    redrawn = zones.redraw(session, actor, now, new_id)
    told = {"n": begun.n, "since": since.isoformat(), **redrawn}
    audit.record(session, now, actor.user_id, "grid.activate", version_id, **told)
    return begun


def _begin(session: Session, found: GridVersion, since: datetime, by: str | None, now: datetime) -> GridActivation:
    n = (session.scalar(select(func.max(GridActivation.n))) or 0) + 1
    begun = GridActivation(n=n, version_id=found.id, valid_from=since, by_id=by, at=now)
    session.add(begun)
    session.execute(update(GridVersion).where(GridVersion.status == "active").values(status="retired"))
    found.status = "active"
    session.flush()
    until_lock.forget(session)
    return begun


def get(session: Session, version_id: str) -> GridVersion:
    """One version. Raises NotFound."""
    found = session.get(GridVersion, version_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such grid version.")
    return found


def listing(session: Session) -> Sequence[GridVersion]:
    """All versions, the newest first."""
    return session.scalars(select(GridVersion).order_by(GridVersion.staged_at.desc(), GridVersion.id)).all()


def document(session: Session, found: GridVersion) -> dict[str, Any]:
    """A version with when it held and how far the moving has come."""
    begun = session.scalars(
        select(GridActivation).where(GridActivation.version_id == found.id).order_by(GridActivation.n)
    ).all()
    return {
        "id": found.id,
        "sha256": found.sha256,
        "source": found.source,
        "status": found.status,
        "levels": found.levels,
        "staged_at": found.staged_at.isoformat(),
        "staged_by": found.staged_by,
        "cells": session.scalar(select(func.count()).select_from(Cell).where(Cell.version_id == found.id)),
        "activations": [
            {"n": each.n, "valid_from": each.valid_from.isoformat(), "at": each.at.isoformat(), "by": each.by_id}
            for each in begun
        ],
        "waiting": replacing.waiting(session) if found.status == "active" else None,
        "report": found.report,
    }


def changes(session: Session, version_id: str, since: datetime | None) -> dict[str, Any]:
    """What would change from the grid that holds, and how many findings since an instant would lie elsewhere.

    At most MOST_COUNTED findings are looked at, the newest; `looked_at` says how many.
    """
    before, after = cells.grid(session), cells.version(get(session, version_id).id)
    found = compare(before, after)
    where: list[ColumnElement[bool]] = [Finding.lon.is_not(None)]
    if since is not None:
        where.append(Finding.found_at >= since)
    places = session.execute(
        select(Finding.lon, Finding.lat).where(*where).order_by(Finding.found_at.desc()).limit(MOST_COUNTED)
    ).all()
    lons, lats = np.array([row.lon for row in places], dtype=float), np.array([row.lat for row in places], dtype=float)
    moves = reassign(lons, lats, before, after).moves() if places else {}
    return {
        **_told(found),
        "map": import_maps.of_grids(found, before, after),
        "looked_at": len(places),
        "moved_findings": sum(moves.values()),
        "moves": [{"from": a, "to": b, "findings": count} for (a, b), count in list(moves.items())[:SHOWN]],
    }


def _told(found: GridChanges) -> dict[str, Any]:
    changed = {
        "renamed": found.renamed,
        "reparented": found.reparented,
        "relevelled": found.relevelled,
    }
    return {
        "none": found.none,
        "added": [{"code": cell.code, "name": cell.name, "parent": cell.parent} for cell in found.added],
        "removed": [
            {
                "code": each.cell.code,
                "name": each.cell.name,
                "successors": [{"code": code, "share": share} for code, share in each.successors],
            }
            for each in found.removed
        ],
        **{
            kind: [{"code": each.code, "before": each.before, "after": each.after} for each in some]
            for kind, some in changed.items()
        },
        "moved": [
            {
                "code": each.code,
                "before_m2": round(each.before_m2),
                "after_m2": round(each.after_m2),
                "gained_m2": round(each.gained_m2),
                "lost_m2": round(each.lost_m2),
                "at": list(each.at),
            }
            for each in found.moved
        ],
    }


def require_instant(since: datetime | None) -> None:
    """Raise InputInvalid for an instant before the beginning of all time here."""
    if since is not None and since < _BEGINNING:
        raise InputInvalid("This instant is too long ago.", field="valid_from")

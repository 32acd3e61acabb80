"""The register of management units: entered, changed, drawn; every revision is kept.

A change moves rows into a unit or out of it: they are marked, and the job that places rows anew publishes those whose
scopes are others now, some in each commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from backend import until_lock
from backend.models import ManagementUnit, UnitChange
from backend.services import audit, cells, replacing, units, visibility
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotFound
from backend.services.site_register import RevisionStale
from backend.sync_store import SqlStore
from geo.datum import canonical, parse_datum
from geo.errors import GeoError

FIELDS = ("name", "kind", "cells", "outline", "source", "invented", "valid_from", "valid_to")


def listing(session: Session) -> Sequence[ManagementUnit]:
    """All units, by code."""
    return session.scalars(select(ManagementUnit).order_by(ManagementUnit.code)).all()


def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> ManagementUnit:
    """A new unit. Raises AlreadyExists, InputInvalid, and a datum's own errors."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    code = fields["code"]
    if not units.is_unit(code):
        raise InputInvalid("The code of a management unit begins with M-.", field="code")
    if session.scalar(select(ManagementUnit.id).where(ManagementUnit.code == code)) is not None:
        raise AlreadyExists("There is already a unit with this code.", field="code")
    unit = ManagementUnit(id=id, code=code, cells=[], invented=False, rev=0)
    session.add(unit)
    return _set(session, actor, unit, fields, now)


def change(
    session: Session, actor: Actor, code: str, rev: int, fields: Mapping[str, Any], now: datetime
) -> ManagementUnit:
    """Change some fields, from the revision that was read. Raises NotFound, RevisionStale, InputInvalid."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    unit = get(session, code)
    if unit.rev != rev:
        raise RevisionStale("Somebody changed this unit meanwhile; look at it again.", rev=unit.rev)
    _mark(session, unit)
    return _set(session, actor, unit, fields, now)


def get(session: Session, code: str) -> ManagementUnit:
    """One unit. Raises NotFound."""
    found = session.scalar(select(ManagementUnit).where(ManagementUnit.code == code))
    if found is None:
        raise NotFound("There is no such management unit.")
    return found


def require_known(session: Session, codes: Sequence[str]) -> None:
    """Raise InputInvalid for codes of units that are not in the register."""
    known = set(session.scalars(select(ManagementUnit.code).where(ManagementUnit.code.in_(list(codes)))))
    unknown = sorted(set(codes) - known)
    if unknown:
        raise InputInvalid(f"No management unit has the code {', '.join(unknown)}.", unknown=unknown)


def document(unit: ManagementUnit) -> dict[str, Any]:
    """A unit as the API shows one; the outline in CGCS2000 degrees."""
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "cells": unit.cells,
        "outline": shapely.geometry.mapping(shapely.from_wkb(unit.wkb)) if unit.wkb is not None else None,
        "source": unit.source,
        "invented": unit.invented,
        "valid_from": unit.valid_from.isoformat() if unit.valid_from else None,
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
        "rev": unit.rev,
    }


def history(session: Session, code: str) -> list[dict[str, Any]]:
    """What a unit was, revision by revision. Raises NotFound."""
    unit = get(session, code)
    changes = session.scalars(select(UnitChange).where(UnitChange.unit_id == unit.id).order_by(UnitChange.rev))
    return [{"rev": each.rev, "at": each.at.isoformat(), "by": each.by_id, "said": each.said} for each in changes]


def _set(
    session: Session, actor: Actor, unit: ManagementUnit, fields: Mapping[str, Any], now: datetime
) -> ManagementUnit:
    for name in FIELDS:
        if name == "outline" and name in fields:
            unit.wkb = None if fields[name] is None else _outline(fields[name], fields.get("datum"))
        elif name in fields:
            setattr(unit, name, fields[name])
    cells.require_known(unit.cells)
    if unit.valid_from is not None and unit.valid_to is not None and unit.valid_from > unit.valid_to:
        raise InputInvalid("The last day lies before the first.", field="valid_to")
    unit.rev += 1
    session.flush()
    said = document(unit)
    session.add(UnitChange(unit_id=unit.id, rev=unit.rev, said=said, by_id=actor.user_id, at=now))
    audit.record(session, now, actor.user_id, "unit.change", unit.code, rev=unit.rev)
    _mark(session, unit)
    until_lock.forget(session)
    return unit


def _outline(said: Any, datum: Any) -> bytes:
    """A polygon in a declared datum as WKB in CGCS2000; nothing is repaired."""
    declared = parse_datum(datum)
    try:
        shape = shapely.geometry.shape(said)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, shapely.errors.ShapelyError):
        raise InputInvalid("An outline is a GeoJSON Polygon or MultiPolygon.", field="outline") from None
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise InputInvalid("An outline is a GeoJSON Polygon or MultiPolygon.", field="outline")
    try:
        moved = shapely.transform(shape, lambda v: np.column_stack(canonical(v[:, 0].copy(), v[:, 1].copy(), declared)))
    except GeoError as error:
        raise InputInvalid(str(error), field="outline") from None
    if not moved.is_valid:
        why = shapely.is_valid_reason(moved)
        raise InputInvalid(f"The outline is not valid: {why}. Mend it at its source.", field="outline")
    data: bytes = shapely.to_wkb(moved)
    return data


def _mark(session: Session, unit: ManagementUnit) -> None:
    """Have the rows looked at that may lie in a unit: those of its cells, and those within its outline's bounds."""
    bounds = shapely.from_wkb(unit.wkb).bounds if unit.wkb is not None else None
    below = visibility.below(unit.cells) if unit.cells else []
    for kind in replacing.KINDS.values():
        model, where = kind.model, []
        if below:
            where.append(model.cell_code.in_(below))
        if bounds is not None:
            where.append(model.lon.between(bounds[0], bounds[2]) & model.lat.between(bounds[1], bounds[3]))
        if where:
            session.execute(
                update(model).where(or_(*where)).values(placed_n=0).execution_options(synchronize_session=False)
            )

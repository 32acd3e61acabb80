"""Offices that findings are given to: departments, counties, towns, parks. Admins keep them; none is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Office
from backend.services import audit, cells
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, NotFound
from backend.services.site_register import RevisionStale


def listing(session: Session) -> Sequence[Office]:
    """All offices, by code; closed ones too, for findings name them."""
    return session.scalars(select(Office).order_by(Office.code)).all()


def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> Office:
    """A new office. Raises AlreadyExists, and a cell's own errors."""
    _check(session, fields, None)
    office = Office(id=id, **fields)
    session.add(office)
    session.flush()
    audit.record(session, now, actor.user_id, "office.create", office.id, code=office.code)
    return office


def change(
    session: Session, actor: Actor, office_id: str, rev: int, fields: Mapping[str, Any], now: datetime
) -> Office:
    """Change some fields, from the revision that was read. Raises NotFound, RevisionStale, AlreadyExists."""
    office = session.get(Office, office_id, with_for_update=True)
    if office is None:
        raise NotFound("There is no such office.")
    if office.rev != rev:
        raise RevisionStale("Somebody changed this office meanwhile; look at it again.", rev=office.rev)
    _check(session, fields, office)
    for name, value in fields.items():
        setattr(office, name, value)
    office.rev += 1
    audit.record(session, now, actor.user_id, "office.change", office.id, fields=sorted(fields))
    return office


def shown(office: Office) -> dict[str, Any]:
    """An office as the API shows one."""
    return {
        "id": office.id,
        "code": office.code,
        "name": office.name,
        "kind": office.kind,
        "cell": office.cell_code,
        "phone": office.phone,
        "active": office.active,
        "rev": office.rev,
    }


def _check(session: Session, fields: Mapping[str, Any], known: Office | None) -> None:
    code = fields.get("code")
    same = select(Office.id).where(Office.code == code, Office.id != (known.id if known else ""))
    if code is not None and session.scalar(same) is not None:
        raise AlreadyExists("There is already an office with this code.", field="code")
    if fields.get("cell_code") is not None:
        cells.require_known([fields["cell_code"]])

"""Who goes to a fire point: the inspector of the cell, or whom a supervisor sends.

A task is the fire point itself, with its assignee; it shows on that one's device wherever the fire lies.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import FirePoint, Grant, User
from backend.services import audit, cells, fire_points, publishing, rosters, telling
from backend.services.actor import Actor
from backend.services.errors import InputInvalid
from backend.sync_store import SqlStore

FRESH = timedelta(days=1)
"""A file of past fires sends nobody out."""


def in_charge(session: Session, cell: str | None, at: datetime | None = None) -> str | None:
    """Who is on patrol there at that instant by a running campaign's roster; else the one inspector with a grant on the
    cell, or on the nearest above it that has any; None where several have.

    Several are told alike, for all of them mirror the cell; a supervisor may name one.
    """
    if cell is None:
        return None
    on_duty = rosters.inspector_on_duty(session, cell, at) if at is not None else None
    if on_duty is not None:
        return on_duty
    for code in cells.lineage(cell):
        query = select(User.id).join(Grant, Grant.user_id == User.id)
        found = list(session.scalars(query.where(Grant.code == code, User.role == "inspector", User.active).limit(2)))
        if found:
            return found[0] if len(found) == 1 else None
    return None


def assign(session: Session, actor: Actor, point_id: str, user_id: str | None, now: datetime) -> FirePoint:
    """Send somebody, or nobody in particular. Raises NotFound, NotAllowed, InputInvalid."""
    store = SqlStore(session, now)
    store.lock_counter()
    point = fire_points.get(session, actor, point_id)
    fire_points.require_office(actor, point)
    who = session.get(User, user_id) if user_id else None
    if user_id is not None and (who is None or not who.active):
        raise InputInvalid("There is no such person, or the account is closed.", field="user")
    point.assignee_id = user_id
    point.rev += 1
    audit.record(session, now, actor.user_id, "fire-point.assign", point.id, user=user_id)
    publishing.fire_point(session, store, point)
    if user_id != actor.user_id:
        tell(session, point, now)
    return point


def tell(session: Session, point: FirePoint, now: datetime) -> None:
    """Tell who goes there: the one in charge, else the inspectors of the area. Old and answered fires send nobody."""
    if point.state == "open" and now - point.last_at < FRESH:
        role = None if point.assignee_id is None else ""
        telling.of_finding(session, "fire-given", now, point, user=point.assignee_id, role=role)

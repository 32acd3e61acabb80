"""Who may be sent: the people whose grants reach into an actor's own area, by name and role and nothing more.

Knows nothing of accounts' other sides; phones, grants and sign-ins are for admins (`accounts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.models import Grant, User
from backend.services import cells, visibility
from backend.services.actor import Actor
from backend.services.rows import Document
from backend.services.visibility import FilterInvalid

ROLES = ("inspector", "supervisor")
"""Who goes out. Handlers are reached through their office."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Null: not narrowed by this. `name`: a part of the shown name, or how the user name begins. `cell`: whose grants
    reach there."""

    name: str | None = None
    role: str | None = None
    cell: str | None = None


def find(session: Session, actor: Actor, wanted: Wanted, limit: int) -> tuple[Sequence[User], bool]:
    """People of the actor's area by name, at most `limit`, and whether there are more. Raises FilterInvalid.

    An admin's area is everywhere.
    """
    query = select(User).where(User.role.in_(ROLES), User.active)
    if actor.role != "admin":
        query = query.where(_reaching(actor.grants))
    if wanted.cell is not None:
        if cells.name(wanted.cell) is None:
            raise FilterInvalid("cell is no code of an administrative cell.", field="cell")
        query = query.where(_reaching([wanted.cell]))
    if wanted.role is not None:
        query = query.where(User.role == wanted.role)
    if wanted.name:
        shown = User.display_name.icontains(wanted.name, autoescape=True)
        query = query.where(shown | User.name.startswith(wanted.name, autoescape=True))
    found = session.scalars(query.order_by(User.display_name, User.id).limit(limit + 1)).all()
    return found[:limit], len(found) > limit


def document(user: User) -> Document:
    """A person as colleagues see one."""
    return {"id": user.id, "name": user.display_name, "role": user.role}


def _reaching(codes: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a person has a grant on one of some cells, below one, or above one."""
    those = list(codes)
    reach = {*visibility.below(those), *(each for code in those for each in cells.lineage(code))}
    return User.id.in_(select(Grant.user_id).where(Grant.code.in_(sorted(reach))))

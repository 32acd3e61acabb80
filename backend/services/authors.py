"""The person behind an op, with the rights that hold when it is decided."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.models import User
from backend.services import accounts
from backend.services.actor import Actor


def author(session: Session, user_id: str) -> Actor:
    return accounts.actor_of(session.get_one(User, user_id))

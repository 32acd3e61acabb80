"""Locking a name after too many tries to sign in: a row in the database, so that it holds for all processes.

A try is counted before the password is looked at and taken back when it was right: tries made at once cannot outrun
the count. It is the name that is locked, whether it is anybody's or not, so that a stranger learns nothing by it.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from unicodedata import normalize

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.config import SignInRules
from backend.models import SignInLock
from backend.services import audit, tokens
from backend.services.errors import ServiceError


class AccountLocked(ServiceError):
    """Too many wrong tries under this name; extras say in how many seconds it may be tried again."""

    code = "account-locked"


def take_try(session: Session, name: str, rules: SignInRules, now: datetime) -> None:
    """Count a try under a name. The last one that is allowed locks the name, unless it turns out right.

    Raises AccountLocked.
    """
    lock = _row(session, name, now)
    if lock.locked_until is not None and lock.locked_until > now:
        seconds = math.ceil((lock.locked_until - now).total_seconds())
        raise AccountLocked(
            "Too many wrong tries; this account is locked for a while. Try again later, or ask an admin to unlock it.",
            retry_after_s=seconds,
        )
    span = timedelta(minutes=rules.lock_minutes)
    if lock.locked_until is not None or lock.since <= now - span:
        lock.tries, lock.since, lock.locked_until = 0, now, None
    lock.tries += 1
    if lock.tries >= rules.tries:
        lock.locked_until = now + span


def give_back(session: Session, name: str, now: datetime) -> None:
    """Take one counted try back: it was neither right nor wrong."""
    lock = _row(session, name, now)
    lock.tries, lock.locked_until = max(0, lock.tries - 1), None


def clear(session: Session, name: str) -> bool:
    """Forget the tries under a name, which unlocks it; whether there were any."""
    lock = session.get(SignInLock, _key(name))
    if lock is None:
        return False
    session.delete(lock)
    return True


def unlock(session: Session, by: str | None, user_id: str, name: str, now: datetime) -> None:
    """Let a person try again at once."""
    if clear(session, name):
        audit.record(session, now, by, "user.unlock", user_id)


def locked_until(session: Session, name: str, now: datetime) -> datetime | None:
    """Until when a name is locked, None when it is not."""
    lock = session.get(SignInLock, _key(name))
    return lock.locked_until if lock is not None and lock.locked_until and lock.locked_until > now else None


def forget(session: Session, rules: SignInRules, now: datetime) -> int:
    """Remove the rows that say nothing any more; how many."""
    old = SignInLock.since <= now - timedelta(minutes=rules.lock_minutes)
    free = or_(SignInLock.locked_until.is_(None), SignInLock.locked_until <= now)
    keys = session.scalars(select(SignInLock.name_sha256).where(old, free).limit(1000)).all()
    session.execute(delete(SignInLock).where(SignInLock.name_sha256.in_(keys)))
    return len(keys)


def _row(session: Session, name: str, now: datetime) -> SignInLock:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = {"name_sha256": _key(name), "tries": 0, "since": now}
    session.execute(dialect.insert(SignInLock).values(new).on_conflict_do_nothing())
    wanted = select(SignInLock).where(SignInLock.name_sha256 == _key(name)).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _key(name: str) -> str:
    return tokens.digest(normalize("NFKC", name).casefold().strip())

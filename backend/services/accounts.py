"""Accounts: people, their passwords, grants and sign-in tokens."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from backend.models import Grant, LoginToken, Office, User
from backend.models.people import ROLES
from backend.services import audit, tokens
from backend.services.actor import Actor
from backend.services.errors import (
    AlreadyExists,
    InputInvalid,
    LoginFailed,
    NotFound,
    TokenExpired,
    TokenRevoked,
    Unauthenticated,
)

MAX_GRANTS = 64  # a pull cursor that names them all stays under 2 KiB
MIN_PASSWORD = 10
# A hash takes 64 MiB: two at a time keep a burst of sign-ins from taking the machine.
_hashing = threading.BoundedSemaphore(2)
_hasher = PasswordHasher()
_PERSON = (
    select(User.name, User.display_name, User.role, User.office_id, Grant.code)
    .outerjoin(Grant, Grant.user_id == User.id)
    .where(User.id == bindparam("wanted"))
)


def hash_password(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise InputInvalid(f"A password needs at least {MIN_PASSWORD} characters.")
    with _hashing:
        return _hasher.hash(password)


@cache
def _nobody() -> str:
    """Compared against when there is no such user, so that the answer takes as long."""
    return _hasher.hash(tokens.new_token())


def create_user(
    session: Session,
    *,
    id: str,
    now: datetime,
    name: str,
    role: str,
    grants: list[str],
    password: str | None = None,
    display_name: str | None = None,
    phone: str | None = None,
    office: str | None = None,
    must_change_password: bool = False,
    by: str | None = None,
) -> User:
    """Add a person; raises AlreadyExists, InputInvalid."""
    if role not in ROLES:
        raise InputInvalid(f"A role is one of {', '.join(ROLES)}.")
    if not name.strip() or len(name) > 80:
        raise InputInvalid("A user name has 1 to 80 characters.")
    if len(set(grants)) > MAX_GRANTS:
        raise InputInvalid(f"A person has at most {MAX_GRANTS} grants; grant the cell above instead.")
    if role == "handler" and office is None:
        raise InputInvalid("A handler belongs to an office.", field="office")
    if office is not None and session.get(Office, office) is None:
        raise InputInvalid("There is no such office.", field="office")
    if session.scalar(select(User.id).where(User.name == name)):
        raise AlreadyExists(f"There is already a user {name}.")
    user = User(
        id=id,
        name=name,
        display_name=display_name or name,
        phone=phone,
        role=role,
        office_id=office,
        password_hash=hash_password(password) if password is not None else None,
        must_change_password=must_change_password,
        created_at=now,
        grants=[Grant(code=code) for code in sorted(set(grants))],
    )
    session.add(user)
    audit.record(session, now, by, "user.create", id, role=role, grants=sorted(set(grants)))
    session.flush()
    return user


def by_name(session: Session, name: str) -> User:
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise NotFound(f"There is no user {name}.")
    return user


def by_id(session: Session, user_id: str) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def listing(session: Session) -> list[User]:
    """All people, by name."""
    return list(session.scalars(select(User).order_by(User.name)))


def shown(user: User) -> dict[str, object]:
    """A person as the API shows one."""
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "phone": user.phone,
        "role": user.role,
        "grants": [grant.code for grant in user.grants],
        "office": user.office_id,
        "active": user.active,
    }


def set_password(session: Session, user_id: str, password_hash: str, now: datetime, keep: str | None = None) -> None:
    """Set a new password and end the person's sign-ins, all but the one whose token is `keep`."""
    user = by_id(session, user_id)
    user.password_hash = password_hash
    user.must_change_password = False
    kept = tokens.digest(keep) if keep else ""
    session.execute(
        update(LoginToken)
        .where(LoginToken.user_id == user_id, LoginToken.token_sha256 != kept, LoginToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    audit.record(session, now, user_id, "password.change", user_id)


def check_password(session: Session, name: str, password: str) -> User:
    """The user, or LoginFailed; takes as long for an unknown name as for a wrong password."""
    user = session.scalar(select(User).where(User.name == name, User.active))
    stored = (user.password_hash if user else None) or _nobody()
    with _hashing:
        try:
            _hasher.verify(stored, password)
        except VerificationError:
            raise LoginFailed("The user name or the password is wrong.") from None
    if user is None or user.password_hash is None:
        raise LoginFailed("The user name or the password is wrong.")
    return user


def open_login(session: Session, user: User, now: datetime, hours: int) -> tuple[str, datetime]:
    """A new bearer token for a person, and when it ends."""
    token = tokens.new_token()
    expires = now + timedelta(hours=hours)
    session.add(LoginToken(token_sha256=tokens.digest(token), user_id=user.id, created_at=now, expires_at=expires))
    audit.record(session, now, user.id, "login", None)
    return token, expires


def close_login(session: Session, token: str, now: datetime) -> None:
    row = session.get(LoginToken, tokens.digest(token))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        audit.record(session, now, row.user_id, "logout", None)


def person_behind(session: Session, token: str, now: datetime) -> Actor | None:
    """The actor of a person's token, None when it is not a person's; raises for one that has ended."""
    row = session.get(LoginToken, tokens.digest(token))
    if row is None:
        return None
    if row.revoked_at is not None:
        raise TokenRevoked("You have signed out; sign in again.")
    if row.expires_at <= now:
        raise TokenExpired("Your sign-in has ended; sign in again.")
    user = session.get(User, row.user_id)
    if user is None or not user.active:
        raise Unauthenticated("This account is closed.")
    return actor_of(user)


def actor_and_name(session: Session, user_id: str) -> tuple[Actor, str]:
    """A person as an actor, and the name to show, by one statement. Raises NotFound."""
    rows = session.connection().execute(_PERSON, {"wanted": user_id}).all()
    if not rows:
        raise NotFound("There is no such user.")
    grants = frozenset(row.code for row in rows if row.code is not None)
    person = rows[0]
    return Actor(user_id, person.name, person.role, grants, office_id=person.office_id), person.display_name


def actor_of(user: User, device_id: str | None = None, device_revoked: bool = False) -> Actor:
    grants = frozenset(grant.code for grant in user.grants)
    return Actor(user.id, user.name, user.role, grants, device_id, device_revoked, user.office_id)

"""Sign-ins that are open: bearer tokens, how long they last, and ending them.

A sign-in ends by itself after some hours, and after some minutes without a request. Its id is the beginning of its
token's hash, from which nobody gets back to the token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from backend.config import SignInRules
from backend.models import LoginToken, User
from backend.services import audit, second_factor, tokens
from backend.services.actor import Actor
from backend.services.errors import NotFound, TokenExpired, TokenRevoked, Unauthenticated

ID_LENGTH = 32
A_MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=30)  # after its end, so that an old token is told why it opens nothing
PASSWORD_CHANGE, SECOND_FACTOR, FACTOR_CODE = "password-change", "second-factor", "second-factor-code"
BY_PASSWORD, BY_PROVIDER, BY_PROVIDERS_FACTORS = "password", "provider", "provider-factors"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a token, what that one owes before anything else is let, and whether the use is to be noted."""

    user: User
    owes: str | None
    stale: bool


def open_login(
    session: Session,
    user: User,
    now: datetime,
    hours: int,
    client: str | None = None,
    address: str | None = None,
    way: str = BY_PASSWORD,
) -> tuple[str, datetime]:
    """A new bearer token for a person, and when it ends.

    By a provider that did not say that it used several factors, the code of the person's own is owed, if there is one.
    """
    token = tokens.new_token()
    expires = now + timedelta(hours=hours)
    session.add(
        LoginToken(
            token_sha256=tokens.digest(token),
            user_id=user.id,
            created_at=now,
            expires_at=expires,
            last_used_at=now,
            client=client and client[:200],
            address=address and address[:45],
            way=way,
            factor_owed=way == BY_PROVIDER and second_factor.is_set(session, user.id),
        )
    )
    audit.record(session, now, user.id, "login", None, **({} if way == BY_PASSWORD else {"way": way}))
    return token, expires


def behind(session: Session, token: str, rules: SignInRules, now: datetime) -> SignedIn | None:
    """The person of a token, None when it is not a person's. Raises for one that has ended."""
    row = session.get(LoginToken, tokens.digest(token))
    if row is None:
        return None
    if row.revoked_at is not None:
        raise TokenRevoked("You have signed out; sign in again.")
    if row.expires_at <= now:
        raise TokenExpired("Your sign-in has ended; sign in again.")
    used, idle = row.last_used_at or row.created_at, timedelta(minutes=rules.idle_minutes)
    if idle and used + idle <= now:
        raise TokenExpired("Your sign-in was not used for a while and has ended; sign in again.")
    user = session.get(User, row.user_id)
    if user is None or not user.active:
        raise Unauthenticated("This account is closed.")
    stale = now - used >= max(A_MINUTE, idle / 10)
    return SignedIn(user, owes(session, user, row, rules, now), stale)


def opened_owes(session: Session, token: str, user: User, rules: SignInRules, now: datetime) -> str | None:
    """`owes` of a sign-in that was opened just now."""
    return owes(session, user, session.get_one(LoginToken, tokens.digest(token)), rules, now)


def owes(session: Session, user: User, row: LoginToken, rules: SignInRules, now: datetime) -> str | None:
    """What a person has to do before anything else: a new password, a second factor, or its code. None: nothing.

    A password that was not used for this sign-in is not asked to be changed. A provider that used several factors
    stands in for the second factor that admins must have.
    """
    if row.factor_owed:
        return FACTOR_CODE
    aged = timedelta(days=rules.admin_password_days)
    set_at = user.password_set_at or user.created_at
    expired = user.role == "admin" and aged and user.password_hash is not None and set_at + aged <= now
    if row.way == BY_PASSWORD and (user.must_change_password or expired):
        return PASSWORD_CHANGE
    must_have = user.role == "admin" and rules.admin_second_factor and row.way != BY_PROVIDERS_FACTORS
    if must_have and not second_factor.is_set(session, user.id):
        return SECOND_FACTOR
    return None


def factor_given(session: Session, token: str) -> None:
    """The code that a sign-in owed was given."""
    session.get_one(LoginToken, tokens.digest(token)).factor_owed = False


def used(session: Session, token: str, now: datetime) -> None:
    """Note that a sign-in is in use; every now and then is enough."""
    row = session.get(LoginToken, tokens.digest(token))
    if row is not None:
        row.last_used_at = now


def close_login(session: Session, token: str, now: datetime) -> None:
    row = session.get(LoginToken, tokens.digest(token))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        audit.record(session, now, row.user_id, "logout", None)


def listing(session: Session, actor: Actor, token: str, rules: SignInRules, now: datetime) -> list[dict[str, Any]]:
    """A person's own sign-ins that are open, newest first; `current` is the one that asks."""
    idle = timedelta(minutes=rules.idle_minutes)
    rows = session.scalars(
        select(LoginToken)
        .where(LoginToken.user_id == actor.user_id, LoginToken.revoked_at.is_(None), LoginToken.expires_at > now)
        .order_by(LoginToken.created_at.desc(), LoginToken.token_sha256)
    )
    return [
        {
            "id": row.token_sha256[:ID_LENGTH],
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.last_used_at,
            "client": row.client,
            "address": row.address,
            "current": row.token_sha256 == tokens.digest(token),
        }
        for row in rows
        if not idle or (row.last_used_at or row.created_at) + idle > now
    ]


def forget(session: Session, now: datetime) -> int:
    """Remove sign-ins that ended long ago; how many."""
    old = select(LoginToken.token_sha256).where(LoginToken.expires_at <= now - KEPT).limit(1000)
    hashes = session.scalars(old).all()
    session.execute(delete(LoginToken).where(LoginToken.token_sha256.in_(hashes)))
    return len(hashes)


def end_one(session: Session, actor: Actor, sign_in_id: str, now: datetime) -> None:
    """End one of one's own sign-ins. Raises NotFound."""
    own = select(LoginToken).where(LoginToken.user_id == actor.user_id, LoginToken.revoked_at.is_(None))
    row = session.scalar(own.where(LoginToken.token_sha256.startswith(sign_in_id, autoescape=True)))
    if row is None or len(sign_in_id) != ID_LENGTH:
        raise NotFound("You have no such sign-in open.")
    row.revoked_at = now
    audit.record(session, now, actor.user_id, "logout", sign_in_id)


def end_all(session: Session, by: str | None, user_id: str, now: datetime, keep: str | None = None) -> int:
    """End all sign-ins of a person, but the one whose token is `keep`; how many."""
    kept = tokens.digest(keep) if keep else ""
    theirs = (LoginToken.user_id == user_id, LoginToken.token_sha256 != kept, LoginToken.revoked_at.is_(None))
    ended = session.execute(update(LoginToken).where(*theirs).values(revoked_at=now))
    count = cast(CursorResult[Any], ended).rowcount
    if count:
        audit.record(session, now, by, "logout.all", user_id, ended=count)
    return count

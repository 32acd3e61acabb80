"""The second factor: time-based one-time passwords (RFC 6238), and recovery codes that stand in for them once.

A secret is kept sealed with a key made from the server's secret key, so that a copy of the database is not enough to
sign in. A time step that was used, or an earlier one, is not taken again.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Any, cast

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from backend.models import RecoveryCode, SecondFactor, User
from backend.services import audit, tokens
from backend.services.errors import LoginFailed, ServiceError

ISSUER = "Bluegrid 蓝格"
STEP_S = 30
DRIFT = (-1, 0, 1)  # steps: a phone's clock may be half a minute off
CODES = 10


class SecondFactorNeeded(LoginFailed):
    """The password was right; send the code of the authenticator app, or a recovery code, with it."""

    code = "second-factor-needed"


class SecondFactorWrong(LoginFailed):
    """The code is wrong, was used before, or its time is over."""

    code = "second-factor-wrong"


class SecondFactorSet(ServiceError):
    """There is one already; another admin can reset it."""

    code = "second-factor-set"


class SecondFactorMissing(ServiceError):
    """Enrolment was not begun, or is not confirmed."""

    code = "second-factor-missing"


class SecondFactorUnreadable(ServiceError):
    """It was sealed with another secret key than this server has; it must be reset."""

    code = "second-factor-unreadable"


class Sealer:
    """Seals secrets with a key of their own, made from the server's secret key."""

    def __init__(self, secret_key: str) -> None:
        made = HKDF(hashes.SHA256(), 32, salt=None, info=b"bluegrid second factor").derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(made))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SecondFactorUnreadable(
                "The second factor was sealed with another secret key than this server has; have it reset."
            ) from None


def begin(session: Session, user: User, sealer: Sealer, now: datetime) -> tuple[str, str]:
    """A new secret, and the otpauth URI for an authenticator app; it counts once it is confirmed.

    Raises SecondFactorSet.
    """
    found = session.get(SecondFactor, user.id, with_for_update=True)
    if found is not None and found.confirmed_at is not None:
        raise SecondFactorSet("There is a second factor already; another admin can reset it.")
    secret = pyotp.random_base32()
    if found is None:
        session.add(SecondFactor(user_id=user.id, sealed=sealer.seal(secret), created_at=now, last_step=0))
    else:
        found.sealed, found.created_at, found.last_step = sealer.seal(secret), now, 0
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=ISSUER)


def confirm(session: Session, user_id: str, code: str, sealer: Sealer, now: datetime) -> list[str]:
    """Put the second factor in force by a first code; returns the recovery codes, which are told once.

    Raises SecondFactorMissing, SecondFactorSet, SecondFactorWrong.
    """
    found = session.get(SecondFactor, user_id, with_for_update=True)
    if found is None:
        raise SecondFactorMissing("Begin the enrolment first.")
    if found.confirmed_at is not None:
        raise SecondFactorSet("There is a second factor already; another admin can reset it.")
    _spend_step(session, found, code, sealer, now)
    found.confirmed_at = now
    audit.record(session, now, user_id, "second-factor.confirm", user_id)
    return _new_codes(session, user_id)


def renew_codes(session: Session, user_id: str, code: str, sealer: Sealer, now: datetime) -> list[str]:
    """New recovery codes in place of the old. Raises SecondFactorMissing, SecondFactorWrong."""
    found = _in_force(session, user_id)
    if found is None:
        raise SecondFactorMissing("There is no second factor.")
    _spend_step(session, found, code, sealer, now)
    audit.record(session, now, user_id, "second-factor.codes", user_id)
    return _new_codes(session, user_id)


def spend(session: Session, user_id: str, code: str, sealer: Sealer, now: datetime) -> None:
    """Take a code, or a recovery code, which then cannot be taken again. Raises SecondFactorWrong."""
    found = _in_force(session, user_id)
    if found is None:
        return
    fresh = (RecoveryCode.code_sha256 == _code_key(code), RecoveryCode.user_id == user_id)
    taken = update(RecoveryCode).where(*fresh, RecoveryCode.used_at.is_(None)).values(used_at=now)
    if cast(CursorResult[Any], session.execute(taken)).rowcount:
        audit.record(session, now, user_id, "second-factor.recovery", user_id, left=codes_left(session, user_id))
        return
    _spend_step(session, found, code, sealer, now)


def reset(session: Session, by: str | None, user_id: str, now: datetime) -> None:
    """Take a second factor and its recovery codes away. Raises SecondFactorMissing."""
    found = session.get(SecondFactor, user_id)
    if found is None:
        raise SecondFactorMissing("There is no second factor.")
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.delete(found)
    audit.record(session, now, by, "second-factor.reset", user_id)


def is_set(session: Session, user_id: str) -> bool:
    return _in_force(session, user_id) is not None


def codes_left(session: Session, user_id: str) -> int:
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code is of, None when it is none of those around now."""
    current, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    given = "".join(code.split()).encode()
    fitting = [current + off for off in DRIFT if hmac.compare_digest(totp.at((current + off) * STEP_S).encode(), given)]
    return max(fitting, default=None)


def _in_force(session: Session, user_id: str) -> SecondFactor | None:
    confirmed = (SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))
    return session.scalar(select(SecondFactor).where(*confirmed))


def _spend_step(session: Session, found: SecondFactor, code: str, sealer: Sealer, now: datetime) -> None:
    """Two requests with one code are told apart by the database: only the first moves `last_step` on."""
    step = step_of(sealer.open(found.sealed), code, now)
    newer = (SecondFactor.user_id == found.user_id, SecondFactor.last_step < (step or 0))
    moved = update(SecondFactor).where(*newer).values(last_step=step)
    if step is None or not cast(CursorResult[Any], session.execute(moved)).rowcount:
        raise SecondFactorWrong("The code is wrong, or was used before; wait for the next one.")


def _new_codes(session: Session, user_id: str) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [tokens.new_code() for _ in range(CODES)]
    session.add_all(RecoveryCode(code_sha256=_code_key(code), user_id=user_id) for code in codes)
    return codes


def _code_key(code: str) -> str:
    return tokens.digest(code.strip().upper())

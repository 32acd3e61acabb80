"""Signing in: bearer tokens, locks after wrong passwords, second factors and their recovery codes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant, Sha256


class LoginToken(Base):
    """A person's bearer token, kept only as its hash. `client` and `address` are for the person to know it again.

    `way`: by password, or by the office's provider, which used one factor or said that it used several. `factor_owed`:
    the code of the person's own second factor is still to be given.
    """

    __tablename__ = "login_token"
    __table_args__ = (CheckConstraint("way IN ('password','provider','provider-factors')", name="way"),)

    token_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]
    client: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(45))
    way: Mapped[str] = mapped_column(String(20), default="password", server_default="password")
    factor_owed: Mapped[bool] = mapped_column(default=False, server_default=false())


class SignInLock(Base):
    """Tries to sign in under one name since `since`, and until when no more are taken.

    The name is kept as its hash: it may be nobody's, or a password typed in the wrong place.
    """

    __tablename__ = "sign_in_lock"

    name_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    tries: Mapped[int]
    since: Mapped[Instant] = mapped_column(index=True)
    locked_until: Mapped[Instant | None]


class SecondFactor(Base):
    """A TOTP secret (RFC 6238), sealed with the server's secret key; it counts once it was confirmed.

    `last_step` is the newest time step that was used: neither it nor an earlier one is taken again.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    last_step: Mapped[Big] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code that stands in for the second factor once, kept only as its hash."""

    __tablename__ = "recovery_code"

    code_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    used_at: Mapped[Instant | None]

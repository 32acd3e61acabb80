"""Devices: invitations, the device, its tokens, and the streams of ops that it writes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Key, Sha256


class Device(Base):
    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("invite_sha256", "install"),)

    id: Mapped[Key]
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    install: Mapped[str] = mapped_column(String(36))
    invite_sha256: Mapped[Sha256]
    name: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(120))
    app: Mapped[str] = mapped_column(String(40))
    enrolled_at: Mapped[Instant]
    last_seen_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]


class Invite(Base):
    """A single-use code; `device_id` is set by the install that used it, which alone may ask again."""

    __tablename__ = "invite"

    code_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"), unique=True)


class DeviceToken(Base):
    """A device's bearer token as its hash; retired when a later one is first used."""

    __tablename__ = "device_token"

    token_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    generation: Mapped[int]
    created_at: Mapped[Instant]
    first_used_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]


class Stream(Base):
    """One chain of ops; `last_n` and `last_sha256` are its tip, and its row is the push's first lock."""

    __tablename__ = "stream"

    id: Mapped[Key]
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    continues_id: Mapped[str | None] = mapped_column(ForeignKey("stream.id"), index=True)
    public_key: Mapped[Document | None]
    last_n: Mapped[Big] = mapped_column(default=0)
    last_sha256: Mapped[Sha256 | None]
    opened_at: Mapped[Instant]

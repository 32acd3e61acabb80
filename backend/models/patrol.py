"""Patrols: where and when somebody went, and, where that may be kept, the track."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant, Items, Key

TRACK_STATES = ("none", "announced", "kept", "not-kept", "expired")


class Patrol(Base):
    """Append-only but for what its track tells: `walked`, `missed` and `gaps`. `cells` were asked for.

    `track`: none was made, it is announced, it is kept, it was read and not kept (nobody asked for it), or its time is
    over. What it told of cells outlives it.
    """

    __tablename__ = "patrol"
    __table_args__ = (
        CheckConstraint("track IN ('none','announced','kept','not-kept','expired')", name="track"),
        CheckConstraint("started_at <= ended_at", name="times"),
        Index("ix_patrol_started", "started_at", "id"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    stream_id: Mapped[str] = mapped_column(String(36))
    started_at: Mapped[Instant]
    ended_at: Mapped[Instant]
    received_at: Mapped[Instant]
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    cells: Mapped[Items]
    note: Mapped[str | None] = mapped_column(Text)
    track: Mapped[str] = mapped_column(String(10))
    track_sha256: Mapped[str | None] = mapped_column(String(64))
    walked: Mapped[Items]
    missed: Mapped[Items]
    gaps: Mapped[Items]
    metres: Mapped[float | None]
    flags: Mapped[Items]
    rev: Mapped[Big] = mapped_column(default=1)


class PatrolTrack(Base):
    """The bytes of a track as sent, for as long as they may be kept: sensitive data of a person (行踪轨迹)."""

    __tablename__ = "patrol_track"

    patrol_id: Mapped[str] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)

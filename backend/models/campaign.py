"""Campaigns (专项行动) and their duty rosters."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant, Items, Key

CAMPAIGN_STATES = ("draft", "running", "ended")
DUTIES = ("patrol", "leader", "liaison", "driver", "other")


class Campaign(Base):
    """`cells` are codes, each with all below it. `seasons` and `hours` are words of `services.campaign_hours`.

    `rain_until`: somebody said that rain is expected, until then; for hours "before rain".
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("state IN ('draft','running','ended')", name="state"),
        CheckConstraint("first_day <= last_day", name="days"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    topic: Mapped[str] = mapped_column(String(20))
    document_no: Mapped[str | None] = mapped_column(String(100))
    issuing_body: Mapped[str | None] = mapped_column(String(200))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    cells: Mapped[Items]
    seasons: Mapped[Items]
    hours: Mapped[Items]
    checklists: Mapped[Items]
    asks_for_tracks: Mapped[bool] = mapped_column(default=False)
    rain_until: Mapped[Instant | None]
    state: Mapped[str] = mapped_column(String(10), default="draft")
    note: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    rev: Mapped[Big] = mapped_column(default=1)


class RosterEntry(Base):
    """Who is on duty where and when. `user_id` is null for somebody without an account; cancelled, it stays."""

    __tablename__ = "roster_entry"
    __table_args__ = (
        UniqueConstraint("campaign_id", "cell_code", "starts_at", "name", "duty"),
        CheckConstraint("starts_at < ends_at", name="hours"),
        CheckConstraint("duty IN ('patrol','leader','liaison','driver','other')", name="duty"),
        Index("ix_roster_entry_cell", "cell_code", "starts_at"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    cell_code: Mapped[str] = mapped_column(String(20))
    place: Mapped[str | None] = mapped_column(String(200))
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(40))
    duty: Mapped[str] = mapped_column(String(12))
    cancelled_at: Mapped[Instant | None]
    rev: Mapped[Big] = mapped_column(default=1)

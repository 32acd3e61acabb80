"""What people are told: events, how far each person has read, and web hooks with what was delivered to them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Instant, Items, Key

HOOK_FORMS = ("standard", "wecom", "dingtalk")
HOOK_STATES = ("active", "paused", "off")
DELIVERY_STATES = ("waiting", "delivered", "failed")


class FeedEvent(Base):
    """Something that somebody should hear of, one row an event, numbered in the order of the commits.

    It is for a person, for an office, for a role in a cell (`cell_code` null: in no cell), or for several of these;
    for none of them where only web hooks may want it. `once` keeps what happens once (a day's digest) from being
    told twice.
    """

    __tablename__ = "feed_event"
    __table_args__ = (
        Index("ix_feed_event_user", "user_id", "n"),
        Index("ix_feed_event_office", "office_id", "n"),
        Index("ix_feed_event_role", "role", "n"),
        Index("ix_feed_event_at", "at"),
    )

    n: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[Instant]
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(36))
    user_id: Mapped[str | None] = mapped_column(String(36))
    office_id: Mapped[str | None] = mapped_column(String(36))
    role: Mapped[str | None] = mapped_column(String(20))
    cell_code: Mapped[str | None] = mapped_column(String(20))
    facts: Mapped[Document]
    once: Mapped[str | None] = mapped_column(String(80), unique=True)


class FeedMark(Base):
    """Up to which event a person has read."""

    __tablename__ = "feed_mark"

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    read_n: Mapped[Big]
    at: Mapped[Instant]


class WebHook(Base):
    """Where events are sent. `sealed` holds the address and the secret, encrypted; `shown_url` hides what is secret.

    `seen_n` is the last event that was looked at. `paused` goes on from there, `off` begins anew. `busy_until` keeps
    two from sending at once.
    """

    __tablename__ = "web_hook"
    __table_args__ = (
        CheckConstraint("form IN ('standard','wecom','dingtalk')", name="form"),
        CheckConstraint("state IN ('active','paused','off')", name="state"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80))
    form: Mapped[str] = mapped_column(String(10))
    shown_url: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[str] = mapped_column(Text)
    kinds: Mapped[Items]
    cells: Mapped[Items]
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    failing_since: Mapped[Instant | None]
    paused_at: Mapped[Instant | None]
    busy_until: Mapped[Instant | None]
    seen_n: Mapped[Big]
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)


class WebHookDelivery(Base):
    """One event on its way to one hook; `event_key` keeps an event from being queued twice."""

    __tablename__ = "web_hook_delivery"
    __table_args__ = (
        UniqueConstraint("hook_id", "event_key"),
        CheckConstraint("state IN ('waiting','delivered','failed')", name="state"),
        Index("ix_web_hook_delivery_due", "state", "next_at"),
        Index("ix_web_hook_delivery_made", "hook_id", "created_at", "id"),
        Index("ix_web_hook_delivery_created", "created_at"),
    )

    id: Mapped[Key]
    hook_id: Mapped[str] = mapped_column(ForeignKey("web_hook.id"))
    event_key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    content: Mapped[Document]
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[Instant]
    last_at: Mapped[Instant | None]
    last_status: Mapped[int | None]
    last_answer: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[Instant]

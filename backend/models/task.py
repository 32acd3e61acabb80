"""Tasks: what somebody is to do, where and by when, given to a person or to whoever of an area takes it."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.extensions import Base
from backend.models.columns import Big, Instant, Items, Key

TASK_KINDS = ("inspection", "re-inspection", "look-back", "site-visit", "patrol", "other")
TASK_STATES = ("open", "taken", "done", "cancelled")
RULE_STATES = ("active", "paused", "ended")


class Task(Base):
    """`pool` is the cell whose people may take an open one; `assignee_id` who has it. One of the two is there.

    Of one source there is one task of a kind at a time that is not over, and of a rule's day and a
    draw's site there is one for ever.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('inspection','re-inspection','look-back','site-visit','patrol','other')", name="kind"
        ),
        CheckConstraint("state IN ('open','taken','done','cancelled')", name="state"),
        CheckConstraint("pool IS NOT NULL OR assignee_id IS NOT NULL", name="somebody"),
        CheckConstraint("state <> 'taken' OR assignee_id IS NOT NULL", name="taken"),
        CheckConstraint("(rule_id IS NULL) = (occurrence IS NULL)", name="occurrence"),
        Index(
            "uq_task_source",
            "source_type",
            "source_id",
            "kind",
            unique=True,
            sqlite_where=text("source_id IS NOT NULL AND state IN ('open','taken')"),
            postgresql_where=text("source_id IS NOT NULL AND state IN ('open','taken')"),
        ),
        Index("uq_task_occurrence", "rule_id", "occurrence", unique=True),
        Index("uq_task_draw", "draw_id", "site_id", unique=True),
        Index("ix_task_due", "due_at", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    checklist: Mapped[str | None] = mapped_column(String(60))
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    not_before: Mapped[Instant | None]
    due_at: Mapped[Instant]
    pool: Mapped[str | None] = mapped_column(String(20))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    source_type: Mapped[str | None] = mapped_column(String(20))
    source_id: Mapped[str | None] = mapped_column(String(36))
    rule_id: Mapped[str | None] = mapped_column(ForeignKey("task_rule.id"))
    occurrence: Mapped[date | None] = mapped_column(Date)
    draw_id: Mapped[str | None] = mapped_column(ForeignKey("draw.id"))
    state: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)
    companions: Mapped[list[TaskCompanion]] = relationship(
        cascade="all, delete-orphan", order_by="TaskCompanion.user_id", lazy="selectin"
    )


class TaskCompanion(Base):
    """Somebody who goes along with whoever has the task: an inspection by administrative order takes two officers."""

    __tablename__ = "task_companion"

    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)


class TaskStep(Base):
    """Append-only (a trigger refuses update and delete): what became of a task, with who, when and why."""

    __tablename__ = "task_step"
    __table_args__ = (UniqueConstraint("task_id", "n"),)

    id: Mapped[Key]
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"))
    n: Mapped[int]
    action: Mapped[str] = mapped_column(String(12))
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    to_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[Instant]
    received_at: Mapped[Instant]
    note: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[Items]
    op_id: Mapped[str | None] = mapped_column(String(36))


class TaskRule(Base):
    """What recurs: the fields of its tasks, the days by `recurrence` (`services.recurrence`), and the window.

    Tasks are made for days from `active_from` on: the day on which it was made or last taken up again.
    """

    __tablename__ = "task_rule"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('inspection','re-inspection','look-back','site-visit','patrol','other')", name="kind"
        ),
        CheckConstraint("state IN ('active','paused','ended')", name="state"),
        CheckConstraint("holidays IN ('keep','skip','next')", name="holidays"),
        CheckConstraint("pool IS NOT NULL OR assignee_id IS NOT NULL", name="somebody"),
        Index("ix_task_rule_created", "created_at", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    cell_code: Mapped[str | None] = mapped_column(String(20))
    checklist: Mapped[str | None] = mapped_column(String(60))
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaign.id"))
    pool: Mapped[str | None] = mapped_column(String(20))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    recurrence: Mapped[str] = mapped_column(String(200))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)
    days: Mapped[int]
    holidays: Mapped[str] = mapped_column(String(4))
    active_from: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)

"""Look-backs (回头看): planned by rule after close-out, and what was found."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Instant, Key

LOOK_BACK_OUTCOMES = ("holds", "relapse", "cancelled")


class LookBack(Base):
    """One planned look at a closed finding; one of a finding is open at a time, the database holds that.

    `n` counts those of a finding, `rule` is the code of the rule that planned it or `by-hand`. `due_assumed`:
    holidays on the way were not announced yet.
    """

    __tablename__ = "look_back"
    __table_args__ = (
        UniqueConstraint("finding_id", "n"),
        CheckConstraint("outcome IS NULL OR outcome IN ('holds','relapse','cancelled')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_look_back_open",
            "finding_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_look_back_due", "due_at", "id"),
    )

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    n: Mapped[int]
    rule: Mapped[str] = mapped_column(String(40))
    planned_at: Mapped[Instant]
    not_before: Mapped[Instant]
    due_at: Mapped[Instant]
    due_assumed: Mapped[bool] = mapped_column(default=False)
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))
    begun_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    outcome: Mapped[str | None] = mapped_column(String(10))

"""Supervision of what is overdue: 提醒, 催办, 督办函, each proposed by the system and decided by a person."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant, Key

LEVELS = ("reminder", "urging", "letter")
SUPERVISION_STATES = ("proposed", "issued", "dismissed", "lapsed")


class Supervision(Base):
    """One rung of the ladder for a stay with an office whose term `due_at` is over. Rows are never removed.

    Of a finding one proposal is open at a time, and of a term each rung is proposed once; the database holds both.
    `cell_code` is that of the finding when it was proposed. `signer` is who signs the paper, `decided_by` who issued
    or dismissed it here; a lapsed one has `reason` as a code.
    """

    __tablename__ = "supervision"
    __table_args__ = (
        UniqueConstraint("hop_id", "due_at", "level"),
        CheckConstraint("level IN ('reminder','urging','letter')", name="level"),
        CheckConstraint("state IN ('proposed','issued','dismissed','lapsed')", name="state"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'issued') = (number IS NOT NULL)", name="numbered"),
        CheckConstraint("(state = 'issued') = (signer IS NOT NULL)", name="signed"),
        Index(
            "uq_supervision_open",
            "finding_id",
            unique=True,
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_supervision_proposed", "proposed_at", "id"),
        Index("ix_supervision_cell", "cell_code", "proposed_at"),
        Index("ix_supervision_office", "office_id", "proposed_at"),
    )

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), index=True)
    hop_id: Mapped[str] = mapped_column(ForeignKey("hop.id"))
    level: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[Instant]
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"))
    cell_code: Mapped[str | None] = mapped_column(String(20))
    proposed_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[str | None] = mapped_column(String(36))
    reason: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    signer: Mapped[str | None] = mapped_column(String(80))
    rev: Mapped[Big] = mapped_column(default=1)

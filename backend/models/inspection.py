"""Inspections: what was asked and answered, by which version of which checklist."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Items, Key


class Inspection(Base):
    """Answers are append-only and stored as sent; `grade` says whether they can stand as evidence."""

    __tablename__ = "inspection"
    __table_args__ = (
        CheckConstraint("mode IN ('patrol','administrative')", name="mode"),
        CheckConstraint("grade IN ('lead','evidence')", name="grade"),
        Index("ix_inspection_author", "author_id", "started_at"),
        Index("ix_inspection_site_finished", "site_id", "finished_at"),
    )

    id: Mapped[Key]
    checklist: Mapped[str] = mapped_column(String(60))
    checklist_version: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(16))
    grade: Mapped[str] = mapped_column(String(10))
    grade_reasons: Mapped[Items]
    site_id: Mapped[str | None] = mapped_column(String(36), index=True)
    task_id: Mapped[str | None] = mapped_column(String(36))
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    stream_id: Mapped[str] = mapped_column(String(36))
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant]
    received_at: Mapped[Instant]
    position: Mapped[Document | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    placed_n: Mapped[int] = mapped_column(default=0, index=True)
    details: Mapped[Document]
    answers: Mapped[Items]
    advice: Mapped[Items]
    flags: Mapped[Items]
    rev: Mapped[Big] = mapped_column(default=1)

"""Files that people asked for (导出): what of, how far it got, and what became of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Key, Sha256

EXPORT_STATES = ("queued", "running", "done", "failed", "expired")


class Export(Base):
    """An export asked for. Its job has the same id; its file is named by id and `attempt`, and kept until `kept_until`.

    `rights` are those with which it was asked for, `wanted_seq` the seq that it must be made at, if one was stated.
    Lateness is counted up to the beginning of `as_of`, a day in Beijing. `seq` and `epoch` are those of the snapshot.
    """

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed','expired')", name="state"),
        CheckConstraint("state <> 'done' OR (sha256 IS NOT NULL AND kept_until IS NOT NULL)", name="done"),
        Index("ix_export_asked", "asked_at", "id"),
        Index("ix_export_asker", "asked_by", "asked_at", "id"),
        Index("ix_export_state", "state", "kept_until"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(30))
    format: Mapped[str] = mapped_column(String(12))
    filters: Mapped[Document]
    language: Mapped[str] = mapped_column(String(8))
    as_of: Mapped[date] = mapped_column(Date)
    wanted_seq: Mapped[Big | None]
    asked_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[Instant]
    rights: Mapped[Document]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[Big] = mapped_column(default=0)
    rows_total: Mapped[Big | None]
    seq: Mapped[Big | None]
    epoch: Mapped[str | None] = mapped_column(String(36))
    sha256: Mapped[Sha256 | None]
    bytes: Mapped[Big | None]
    file_name: Mapped[str | None] = mapped_column(String(120))
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[Instant | None]
    kept_until: Mapped[Instant | None]

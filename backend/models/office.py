"""What the office keeps of its own doings: the audit trail, and jobs asked for."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Instant, Key, Sha256


class AuditEvent(Base):
    """Append-only (triggers refuse update, and delete but under a checkpoint): who did what to which thing, and when.

    `sha256` is of the event's own canonical JSON; the log seals whole spans of them.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor", "actor_id"),
        Index("ix_audit_subject", "subject"),
        Index("ix_audit_action", "action", "n"),
    )

    n: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    at: Mapped[Instant]
    actor_id: Mapped[str | None] = mapped_column(String(36))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str | None] = mapped_column(String(120))
    details: Mapped[Document]
    sha256: Mapped[Sha256]


class AuditCheckpoint(Base):
    """Append-only: the audit events before `until` were removed, and what they were is signed; see audit_retention."""

    __tablename__ = "audit_checkpoint"

    until: Mapped[Instant] = mapped_column(primary_key=True)
    said: Mapped[Document]
    signature: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(43))


class Job(Base):
    """An intent written in the request's commit; the consumer works through what is not done."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('asked','running','done','failed')", name="state"),
        Index("ix_job_state", "state"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[Document]
    asked_by: Mapped[str | None] = mapped_column(String(36))
    asked_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    result: Mapped[Document | None]
    seq: Mapped[Big | None]


class NumberSeries(Base):
    """The last number given in a series (finding numbers by city and day), drawn under the counter's lock."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[Big]

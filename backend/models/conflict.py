"""Conflicts, and the history of fields that they are judged by."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Id, Instant, Items, Json, Key


class FieldWrite(Base):
    """A field's value from a `rev` of its row on; who wrote it, and from which stream (null at the console)."""

    __tablename__ = "field_write"

    row_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rev: Mapped[int] = mapped_column(BigInt, primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[dict[str, object]] = mapped_column(Json)
    stream_id: Mapped[str | None] = mapped_column(String(36))
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    op_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[Instant]


class Conflict(Base):
    """What an op could not have: both values, until a person chooses. Later ops that lose more join it."""

    __tablename__ = "conflict"
    __table_args__ = (
        CheckConstraint("state IN ('open','resolved')", name="state"),
        Index("ix_conflict_row", "row_type", "row_id", "state"),
    )

    id: Mapped[Key]
    row_type: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[Id]
    fields: Mapped[Items]
    op_id: Mapped[Id]
    joined: Mapped[Items]
    stream_id: Mapped[str] = mapped_column(String(36))
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    at: Mapped[Instant]
    details: Mapped[Document]
    state: Mapped[str] = mapped_column(String(10), default="open")
    choice: Mapped[Document | None]
    resolved_by: Mapped[str | None] = mapped_column(String(36))
    resolved_at: Mapped[Instant | None]
    rev: Mapped[Big] = mapped_column(default=1)

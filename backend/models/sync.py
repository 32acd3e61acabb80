"""Sync: ops kept for ever, their results, and the rows and entries that devices pull.

`seq` is drawn from the one counter row. Triggers (in the migration) refuse a `seq` that is not above the row's last
one and within the counter.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Bytes, Document, Id, Instant, Key, Sha256


class Counter(Base):
    """The one source of `seq`; whoever writes synced rows locks this row first and keeps it to the commit."""

    __tablename__ = "counter"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Big]
    epoch: Mapped[str] = mapped_column(String(36))
    backed_up_seq: Mapped[Big] = mapped_column(default=0)
    tombstone_floor: Mapped[Big] = mapped_column(default=0)


class OpRecord(Base):
    """An op as it was sent, and what was decided of it."""

    __tablename__ = "op"
    __table_args__ = (
        CheckConstraint("status IN ('applied','merged','conflict','rejected','held')", name="status"),
        Index("ix_op_waits_for", "waits_for"),
        Index("ix_op_row", "row_id"),
        Index("ix_op_group", "stream_id", "group_id"),
        Index("ix_op_id", "op_id"),
    )

    stream_id: Mapped[str] = mapped_column(ForeignKey("stream.id"), primary_key=True)
    n: Mapped[int] = mapped_column(BigInt, primary_key=True)
    op_id: Mapped[Id]
    row_id: Mapped[str | None] = mapped_column(String(36))
    group_id: Mapped[str | None] = mapped_column(String(36))
    cmd: Mapped[str] = mapped_column(String(80))
    body: Mapped[Bytes]
    sha256: Mapped[Sha256]
    sig: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[Instant]
    skew_s: Mapped[float | None]
    status: Mapped[str] = mapped_column(String(12))
    seq: Mapped[Big]
    rev: Mapped[Big | None]
    conflict: Mapped[str | None] = mapped_column(String(36))
    problem: Mapped[Document | None]
    waits_for: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[Instant | None]


class OpIdentity(Base):
    """Which stored op owns an op id: the primary key is what makes an id have one effect."""

    __tablename__ = "op_identity"
    __table_args__ = (ForeignKeyConstraint(["stream_id", "n"], ["op.stream_id", "op.n"]),)

    op_id: Mapped[Key]
    stream_id: Mapped[str] = mapped_column(String(36))
    n: Mapped[Big]


class QuarantinedBody(Base):
    """Bytes that no one could read as an op; kept and shown, never applied."""

    __tablename__ = "quarantined_body"

    id: Mapped[Key]
    stream_id: Mapped[str] = mapped_column(ForeignKey("stream.id"), index=True)
    sha256: Mapped[Sha256]
    body: Mapped[Bytes]
    reason: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[Instant]


class SyncedRow(Base):
    """A row as devices see it, rendered when it was written."""

    __tablename__ = "synced_row"
    __table_args__ = (Index("ix_synced_row_seq", "type", "seq"),)

    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rev: Mapped[Big]
    seq: Mapped[Big]
    content: Mapped[str | None] = mapped_column(Text)


class Entry(Base):
    """One per record and scope, carrying the newest `seq`: first sync and catching up are the same query."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("kind IN ('put','leave','delete')", name="kind"),
        Index("ix_entry_scope_seq", "scope", "seq"),
        Index("ix_entry_row", "type", "row_id"),
        Index("ix_entry_tombstone", "seq", sqlite_where=text("kind <> 'put'"), postgresql_where=text("kind <> 'put'")),
    )

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    seq: Mapped[Big]


class ScopeDigest(Base):
    """Per scope: how many live entries, and the XOR of their hashes, kept as entries change."""

    __tablename__ = "scope_digest"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[Big]
    x: Mapped[bytes] = mapped_column(LargeBinary(16))

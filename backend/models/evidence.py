"""Evidence of what the server took in and decided: its own log, the signed root of each day, the keys that signed.

Append-only: triggers (in the migration) refuse update and delete.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Instant, Sha256


class LogRecord(Base):
    """One entry of the log; see sync.log_chain. `stream_id` and `op_n` repeat what the payload says, for look-ups."""

    __tablename__ = "log_entry"
    __table_args__ = (Index("ix_log_entry_op", "stream_id", "op_n"), Index("ix_log_entry_kind", "kind", "n"))

    n: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    at: Mapped[Instant]
    kind: Mapped[str] = mapped_column(String(20))
    stream_id: Mapped[str | None] = mapped_column(String(36))
    op_n: Mapped[Big | None]
    payload: Mapped[str] = mapped_column(Text)
    prev: Mapped[Sha256 | None]
    hash: Mapped[Sha256]


class DailyRoot(Base):
    """The Merkle root over the log's entries `first_n` to `last_n`, signed; days are those of Asia/Shanghai."""

    __tablename__ = "daily_root"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    first_n: Mapped[Big]
    last_n: Mapped[Big]
    root: Mapped[Sha256]
    signature: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(43))


class ReceiptKey(Base):
    """A public key that signed receipts and roots, now or once; `kid` is its thumbprint."""

    __tablename__ = "receipt_key"

    kid: Mapped[str] = mapped_column(String(43), primary_key=True)
    jwk: Mapped[Document]
    first_used_at: Mapped[Instant]

"""Double-random draws (双随机): what each rested on and what came out, kept for good."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Instant, Key, Sha256


class Draw(Base):
    """Append-only. `inputs` and `result` are canonical JSON, byte for byte as they were hashed.

    An area has one first draw a quarter; a further round says why it was needed, and the earlier one stays to be seen.
    """

    __tablename__ = "draw"
    __table_args__ = (
        UniqueConstraint("area", "quarter", "round"),
        CheckConstraint("round >= 1 AND (round = 1 OR reason IS NOT NULL)", name="round"),
        CheckConstraint("seed_origin IN ('made','given')", name="seed_origin"),
    )

    id: Mapped[Key]
    area: Mapped[str] = mapped_column(String(20))
    quarter: Mapped[str] = mapped_column(String(6))
    round: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(500))
    algorithm: Mapped[str] = mapped_column(String(40))
    seed: Mapped[str] = mapped_column(String(200))
    seed_origin: Mapped[str] = mapped_column(String(5))
    inputs: Mapped[bytes] = mapped_column(LargeBinary)
    inputs_sha256: Mapped[Sha256]
    result: Mapped[bytes] = mapped_column(LargeBinary)
    result_sha256: Mapped[Sha256]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]


class DrawPublication(Base):
    """Append-only: a draw's visits were given as tasks, by whom and until when."""

    __tablename__ = "draw_publication"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    not_before: Mapped[Instant | None]
    due_at: Mapped[Instant]
    checklist: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]

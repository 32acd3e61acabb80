"""Sets of zones: what a city's papers say about burning, fuel, fireworks and machinery, as one immutable file each."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Key, Sha256

ZONE_SET_STATES = ("checked", "refused", "active", "retired")


class ZoneSet(Base):
    """`source` is what was sent; `body` the resolved file that devices read, named by `sha256` (null when refused).

    A city has one active set. A set that is retired stays, so that a verdict can name the one it rested on.
    """

    __tablename__ = "zone_set"
    __table_args__ = (
        CheckConstraint("state IN ('checked','refused','active','retired')", name="state"),
        Index(
            "uq_zone_set_active",
            "city",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[Key]
    city: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_sha256: Mapped[Sha256]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    report: Mapped[Document]
    by_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    activated_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]
    rev: Mapped[Big] = mapped_column(default=1)

"""Rating plates (挂牌) of sites: the one that a site has now, and every change of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Document, Instant, Items, Key

PLATES = ("red", "yellow", "green", "none")


class SitePlate(Base):
    """The plate of a site since an instant, and when it was last judged; `reasons` are codes of its scheme."""

    __tablename__ = "site_plate"
    __table_args__ = (
        CheckConstraint("plate IN ('red','yellow','green','none')", name="plate"),
        Index("ix_site_plate_plate", "plate", "since"),
    )

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True)
    plate: Mapped[str] = mapped_column(String(8))
    scheme: Mapped[str] = mapped_column(String(60))
    reasons: Mapped[Items]
    facts: Mapped[Document]
    since: Mapped[Instant]
    judged_at: Mapped[Instant]


class SitePlateChange(Base):
    """Append-only (a trigger refuses update and delete): one plate followed another, by what rules and facts."""

    __tablename__ = "site_plate_change"
    __table_args__ = (UniqueConstraint("site_id", "n"),)

    id: Mapped[Key]
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    n: Mapped[int]
    at: Mapped[Instant]
    before: Mapped[str | None] = mapped_column(String(8))
    after: Mapped[str] = mapped_column(String(8))
    scheme: Mapped[str] = mapped_column(String(60))
    reasons: Mapped[Items]
    facts: Mapped[Document]

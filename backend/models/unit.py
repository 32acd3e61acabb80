"""Management units (管理单元): new areas, parks, farms beside the administrative cells, and which rows lie in them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Items, Key

UNIT_KINDS = ("new_area", "industrial_park", "farm", "other")


class ManagementUnit(Base):
    """`cells`: administrative codes that belong to it as a whole; `wkb`: its own outline in CGCS2000 degrees, or null.

    Neither: its extent is not known here, and nothing lies in it. Days are included; null is open.
    """

    __tablename__ = "management_unit"
    __table_args__ = (CheckConstraint("kind IN ('new_area','industrial_park','farm','other')", name="kind"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    cells: Mapped[Items]
    wkb: Mapped[bytes | None] = mapped_column(LargeBinary)
    source: Mapped[str | None] = mapped_column(String(300))
    invented: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    rev: Mapped[Big] = mapped_column(default=1)


class UnitChange(Base):
    """Append-only (a trigger refuses update and delete): what a unit was from a revision on."""

    __tablename__ = "unit_change"

    unit_id: Mapped[str] = mapped_column(ForeignKey("management_unit.id"), primary_key=True)
    rev: Mapped[Big] = mapped_column(primary_key=True)
    said: Mapped[Document]
    by_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[Instant]


class UnitMember(Base):
    """A row that lies in a unit, for lists; the scopes that devices mirror by say the same."""

    __tablename__ = "unit_member"
    __table_args__ = (Index("ix_unit_member_code", "code", "subject_type"),)

    subject_type: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)

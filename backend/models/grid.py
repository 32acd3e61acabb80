"""Administrative cells and the grid versions that they belong to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Instant, Key, Sha256


class GridVersion(Base):
    """An immutable set of cells; one is active at a time."""

    __tablename__ = "grid_version"
    __table_args__ = (CheckConstraint("status IN ('staged','active','retired')", name="status"),)

    id: Mapped[Key]
    sha256: Mapped[Sha256] = mapped_column(unique=True)
    datum: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(12))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class Cell(Base):
    """A cell of one version; `wkb` is CGCS2000 longitude/latitude, null where no polygon is public."""

    __tablename__ = "cell"

    version_id: Mapped[str] = mapped_column(ForeignKey("grid_version.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    level: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str | None] = mapped_column(String(20), index=True)
    invented: Mapped[bool] = mapped_column(default=False)
    wkb: Mapped[bytes | None] = mapped_column(LargeBinary)
    min_lon: Mapped[float | None]
    min_lat: Mapped[float | None]
    max_lon: Mapped[float | None]
    max_lat: Mapped[float | None]

"""Administrative cells, the grid versions that they belong to, and which version holds since when."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Document, Instant, Items, Key, Sha256


class GridVersion(Base):
    """An immutable set of cells, with the report of its import; `levels` are the hierarchy's, coarsest first."""

    __tablename__ = "grid_version"
    __table_args__ = (CheckConstraint("status IN ('staged','active','retired')", name="status"),)

    id: Mapped[Key]
    sha256: Mapped[Sha256] = mapped_column(unique=True)
    datum: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(12))
    levels: Mapped[Items]
    report: Mapped[Document]
    staged_by: Mapped[str | None] = mapped_column(String(36))
    staged_at: Mapped[Instant]


class GridActivation(Base):
    """Append-only (a trigger refuses update and delete): a version holds from an instant on.

    Of two that have begun by an instant, the one with the higher `n` holds then: so boundaries can be put right
    backwards, and going back is activating an older version again. `n` is drawn under the counter's lock.
    """

    __tablename__ = "grid_activation"

    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version_id: Mapped[str] = mapped_column(ForeignKey("grid_version.id"))
    valid_from: Mapped[Instant]
    by_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[Instant]


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


class FormerPlacement(Base):
    """Append-only: where a row lay before the `n`-th activation moved it, by which version, how and how surely."""

    __tablename__ = "former_placement"
    __table_args__ = (Index("ix_former_placement_n", "n"),)

    subject_type: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(String(20))
    confidence: Mapped[float | None]
    method: Mapped[str | None] = mapped_column(String(30))
    version_id: Mapped[str | None] = mapped_column(String(36))
    moved_to: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[Instant]

"""Findings (问题), their cells, and comments on them. Findings are never deleted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.extensions import Base
from backend.models.case import Case
from backend.models.columns import Big, BigInt, Document, Instant, Items, Key

PLACED = ("square", "lon", "lat")
DOUBTFUL_CELL = text("finding_cell.confidence < 0.6")
"""Cells that a person should look at (`geo.locate.DOUBTFUL`); their index serves only who asks in these words."""


class Finding(Base):
    """`position` is as sent; `lon`/`lat` are canonical CGCS2000, null only where no position was given."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("severity IN ('minor','moderate','serious')", name="severity"),
        CheckConstraint("grade IN ('lead','evidence')", name="grade"),
        # Behind the order of the list stands what lists, counts and maps are narrowed by, so that they read it alone.
        Index("ix_finding_found", "found_at", "id", "cell_code", "state", "topic", "severity", "author_id", *PLACED),
        Index("ix_finding_state", "state", "found_at", "id"),
        Index("ix_finding_severity", "severity", "found_at", "id"),
        Index("ix_finding_author", "author_id", "found_at"),
        Index("ix_finding_place", "lon", "lat"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(40), unique=True)
    topic: Mapped[str] = mapped_column(String(20))
    item: Mapped[str | None] = mapped_column(String(80))
    checklist: Mapped[str | None] = mapped_column(String(60))
    checklist_version: Mapped[str | None] = mapped_column(String(20))
    inspection_id: Mapped[str | None] = mapped_column(String(36), index=True)
    site_id: Mapped[str | None] = mapped_column(String(36), index=True)
    description: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    grade: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str | None] = mapped_column(Text)
    requirement: Mapped[str | None] = mapped_column(Text)
    rectification_kind: Mapped[str | None] = mapped_column(String(20))
    deadline_at: Mapped[Instant | None]
    lead_department: Mapped[str | None] = mapped_column(String(200))
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    stream_id: Mapped[str] = mapped_column(String(36))
    found_at: Mapped[Instant]
    found_at_sent: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[Instant]
    position: Mapped[Document | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    square: Mapped[int | None] = mapped_column(BigInt, index=True)
    flags: Mapped[Items]
    placed_n: Mapped[int] = mapped_column(default=0, index=True)
    merged_into: Mapped[str | None] = mapped_column(String(36))
    rev: Mapped[Big] = mapped_column(default=1)
    cells: Mapped[list[FindingCell]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="FindingCell.scheme"
    )
    case: Mapped[Case | None] = relationship(lazy="joined", viewonly=True)


class FindingCell(Base):
    """Where a finding lies in one scheme, by which grid version, how it was decided and how sure that is."""

    __tablename__ = "finding_cell"
    __table_args__ = (
        Index("ix_finding_cell_scheme", "scheme", "code"),
        Index(
            "ix_finding_cell_doubtful",
            "scheme",
            "finding_id",
            sqlite_where=text("confidence < 0.6"),
            postgresql_where=text("confidence < 0.6"),
        ),
    )

    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    scheme: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    confidence: Mapped[float]
    method: Mapped[str] = mapped_column(String(30))
    version_id: Mapped[str | None] = mapped_column(String(36))
    candidates: Mapped[Items]


class FindingTally(Base):
    """Findings counted by square (`kind` is the zoom of the keys) or by cell (100 and the digits of its code).

    Written by triggers on `finding` alone; a backup leaves it out, for whoever loads findings counts them again.
    """

    __tablename__ = "finding_tally"
    __table_args__ = {"info": {"derived": True}}

    kind: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[int] = mapped_column(BigInt, primary_key=True)
    county: Mapped[str] = mapped_column(String(6), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(20), primary_key=True)
    severity: Mapped[str] = mapped_column(String(10), primary_key=True)
    n: Mapped[Big]
    lon_sum: Mapped[float]
    lat_sum: Mapped[float]


class PlaceStep(Base):
    """Append-only (a trigger refuses update and delete): what somebody said of whose ground a finding lies on.

    `asked` is the cell whose supervisor was asked then, `code` the one that was claimed, `before` where it lay.
    """

    __tablename__ = "place_step"
    __table_args__ = (
        UniqueConstraint("finding_id", "n"),
        CheckConstraint("action IN ('claim','decline')", name="action"),
    )

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    n: Mapped[int]
    action: Mapped[str] = mapped_column(String(10))
    asked: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(20))
    before: Mapped[Document]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    received_at: Mapped[Instant]
    note: Mapped[str | None] = mapped_column(Text)
    op_id: Mapped[str | None] = mapped_column(String(36))


class Comment(Base):
    __tablename__ = "comment"

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), index=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)

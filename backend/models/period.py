"""Periods (第N期) of the list, and what each said when it was frozen."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Document, Instant, Key, Sha256

PERIOD_STATES = ("open", "frozen", "reissued")
ORIGINS = ("carried", "new", "reopened")
OUTCOMES = ("open", "closed", "transferred", "removed")


class Period(Base):
    """One number of a series; a series is a cell, and where it is narrowed a campaign and a topic.

    Whatever lies after `starts_at` and not after `cut_off` is new in it. `version` is the last one frozen, 0 before.
    One period of a series is open at a time.
    """

    __tablename__ = "period"
    __table_args__ = (
        UniqueConstraint("series", "year", "number"),
        UniqueConstraint("series", "cut_off"),
        CheckConstraint("state IN ('open','frozen','reissued')", name="state"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("starts_at IS NULL OR starts_at < cut_off", name="span"),
        CheckConstraint("(state = 'open') = (version = 0)", name="version"),
        Index(
            "uq_period_open",
            "series",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_period_cut_off", "cut_off", "id"),
    )

    id: Mapped[Key]
    series: Mapped[str] = mapped_column(String(100))
    cell_code: Mapped[str] = mapped_column(String(20), index=True)
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaign.id"))
    topic: Mapped[str | None] = mapped_column(String(20))
    year: Mapped[int]
    number: Mapped[int]
    document_no: Mapped[str | None] = mapped_column(String(100))
    signer: Mapped[str | None] = mapped_column(String(80))
    starts_at: Mapped[Instant | None]
    cut_off: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10), default="open")
    version: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]


class PeriodVersion(Base):
    """Append-only (a trigger refuses update and delete): a period as it was issued, and what it rested on.

    `sha256` is of its rows' canonical JSON. `before_id` and `before_version` are the period carried over from.
    """

    __tablename__ = "period_version"
    __table_args__ = (
        CheckConstraint("version >= 1 AND (version = 1 OR reason IS NOT NULL)", name="version"),
        ForeignKeyConstraint(
            ["before_id", "before_version"],
            ["period_version.period_id", "period_version.version"],
            name="fk_period_version_before",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    period_id: Mapped[str] = mapped_column(ForeignKey("period.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document_no: Mapped[str] = mapped_column(String(100))
    signer: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(500))
    before_id: Mapped[str | None] = mapped_column(String(36))
    before_version: Mapped[int | None]
    counts: Mapped[Document]
    rows: Mapped[int]
    sha256: Mapped[Sha256]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]


class PeriodRow(Base):
    """Append-only (a trigger refuses update and delete): a finding as a version of a period has it.

    `origin` says how it came in, `outcome` how it stood at the cut-off; `late` is 迟报. `facts` is all that the list
    prints, so that it comes out the same whatever happens to the finding later.
    """

    __tablename__ = "period_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["period_id", "version"],
            ["period_version.period_id", "period_version.version"],
            name="fk_period_row_version",
        ),
        UniqueConstraint("period_id", "version", "n"),
        CheckConstraint("origin IN ('carried','new','reopened')", name="origin"),
        CheckConstraint("outcome IN ('open','closed','transferred','removed')", name="outcome"),
        CheckConstraint("NOT late OR origin = 'new'", name="late"),
        Index("ix_period_row_finding", "finding_id"),
    )

    period_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(12))
    late: Mapped[bool]
    unit: Mapped[str] = mapped_column(String(200))
    facts: Mapped[Document]

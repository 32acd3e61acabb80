"""Papers (公文): who issues which, from what template, drafts, and what was issued for good."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Items, Key, Sha256


class PaperIssuer(Base):
    """An office may issue a kind of paper, numbered under its own word (机关代字, such as 柳大气办督).

    In `first_year` the series begins with `first_n`, for the numbers before were given out elsewhere; else with 1.
    """

    __tablename__ = "paper_issuer"
    __table_args__ = (
        CheckConstraint("first_n >= 1", name="first_n"),
        CheckConstraint("(first_n IS NULL) = (first_year IS NULL)", name="first"),
    )

    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    word: Mapped[str] = mapped_column(String(40), unique=True)
    first_year: Mapped[int | None]
    first_n: Mapped[int | None]


class PaperTemplate(Base):
    """Append-only (a trigger refuses update and delete): a version of an office's own template of a kind of paper."""

    __tablename__ = "paper_template"
    __table_args__ = (UniqueConstraint("office_id", "kind", "version"), CheckConstraint("version >= 1", name="version"))

    id: Mapped[Key]
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(30))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[Sha256]
    fields: Mapped[Items]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]


class Paper(Base):
    """A paper as it was drafted: `said` is what its drafter wrote. Once issued it is settled."""

    __tablename__ = "paper"
    __table_args__ = (
        CheckConstraint("state IN ('draft','issued','revoked')", name="state"),
        Index("ix_paper_created", "created_at", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(30))
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"), index=True)
    said: Mapped[Document]
    state: Mapped[str] = mapped_column(String(10), default="draft")
    rev: Mapped[Big] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Instant]


class PaperFinding(Base):
    """A finding that a paper is about, at its place in the paper."""

    __tablename__ = "paper_finding"
    __table_args__ = (UniqueConstraint("paper_id", "n"), Index("ix_paper_finding_finding", "finding_id"))

    paper_id: Mapped[str] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int]


class IssuedPaper(Base):
    """Append-only (a trigger refuses update and delete): the bytes that were issued under a number.

    A series is one office's papers of one kind in one year. It has no gaps: each number but the first names the one
    before it, which must be there (looked at when it is committed, so that a backup loads in any order).
    `n` counts from 1; what is printed counts from the series' `first_n`. `template_id` is null for the house's own
    template.
    """

    __tablename__ = "issued_paper"
    __table_args__ = (
        UniqueConstraint("office_id", "kind", "year", "n"),
        CheckConstraint(
            "(n = 1 AND previous_n IS NULL) OR (n > 1 AND previous_n IS NOT NULL AND previous_n = n - 1)", name="no_gap"
        ),
        ForeignKeyConstraint(
            ["office_id", "kind", "year", "previous_n"],
            ["issued_paper.office_id", "issued_paper.kind", "issued_paper.year", "issued_paper.n"],
            name="fk_issued_paper_previous",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("first_n >= 1", name="first_n"),
    )

    paper_id: Mapped[str] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(30))
    year: Mapped[int]
    n: Mapped[int]
    previous_n: Mapped[int | None]
    first_n: Mapped[int] = mapped_column(default=1, server_default="1")
    number: Mapped[str] = mapped_column(String(80), unique=True)
    signer: Mapped[str] = mapped_column(String(80))
    filled: Mapped[Document]
    template_id: Mapped[str | None] = mapped_column(ForeignKey("paper_template.id"))
    template_sha256: Mapped[Sha256]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[Sha256]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]


class PaperRevocation(Base):
    """Append-only (a trigger refuses update and delete): an issued paper was revoked; its number stays used."""

    __tablename__ = "paper_revocation"

    paper_id: Mapped[str] = mapped_column(ForeignKey("issued_paper.paper_id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]

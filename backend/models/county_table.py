"""Tables that counties send of their findings (县区报表), and what each of them said of a finding."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Document, Instant, Key, Sha256


class CountyTable(Base):
    """A county's table as it was sent, what the look at it found, and whether it was applied. None is ever removed."""

    __tablename__ = "county_table"
    __table_args__ = (
        CheckConstraint("state IN ('checked','refused','applied')", name="state"),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied"),
        Index("ix_county_table_at", "at", "id"),
    )

    id: Mapped[Key]
    cell_code: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[Sha256]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    report: Mapped[Document]
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    applied_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    applied_at: Mapped[Instant | None]


class Statement(Base):
    """Append-only (a trigger refuses update and delete): what a county says of a finding, since its table `table_id`.

    Only who is named in it (leader, contact, phone) may be cleared, when a person's data is erased.

    The highest `n` of a finding holds; each is whole, with what earlier tables said and this one left empty. What a
    county says changes nothing of the finding itself.
    """

    __tablename__ = "statement"
    __table_args__ = (CheckConstraint("n >= 1", name="n"), Index("ix_statement_table", "table_id", "line"))

    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    table_id: Mapped[str] = mapped_column(ForeignKey("county_table.id"))
    line: Mapped[int]
    at: Mapped[Instant]
    progress: Mapped[str | None] = mapped_column(String(1000))
    leader: Mapped[str | None] = mapped_column(String(80))
    contact: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(60))
    due_on: Mapped[date | None] = mapped_column(Date)
    done_on: Mapped[date | None] = mapped_column(Date)
    remarks: Mapped[str | None] = mapped_column(String(500))

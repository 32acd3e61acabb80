"""What statistics count: a narrow row a finding, and sums of such rows by day, month, place, topic and office.

Both are written by triggers alone and follow from other tables; a backup leaves them out, for whoever loads findings
counts them again. What each column means is said in `catalogue/figures.yaml`.
"""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant


class FindingStanding(Base):
    """How a finding counts. Flags are 0 or 1, days are those of China.

    `due_at`: from when on it is overdue; null where no term runs. `put_right_at` to `watched_to`: of a closed finding,
    the span in which another one on the same item at the same site counts as repeated.
    """

    __tablename__ = "finding_standing"
    __table_args__ = (
        Index("ix_finding_standing_due", "due_at", "day", "township", "topic", "office_id", "severity"),
        Index("ix_finding_standing_site", "site_id", "item"),
        Index("ix_finding_standing_office", "office_id", "day"),
        {"info": {"derived": True}},
    )

    finding_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    found_at: Mapped[Instant]
    day: Mapped[str] = mapped_column(String(10))
    county: Mapped[str] = mapped_column(String(6))
    township: Mapped[str] = mapped_column(String(9))
    topic: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10))
    office_id: Mapped[str | None] = mapped_column(String(36))
    site_id: Mapped[str | None] = mapped_column(String(36))
    item: Mapped[str | None] = mapped_column(String(80))
    found: Mapped[int]
    rectified: Mapped[int]
    closed: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    repeated: Mapped[int]
    reopened: Mapped[int]
    open: Mapped[int]
    due_at: Mapped[Instant | None]
    put_right_at: Mapped[Instant | None]
    watched_to: Mapped[str | None] = mapped_column(String(10))


class FigureTally(Base):
    """Sums over a day (`2026-11-22`) or a month (`2026-11`) of one `kind`, which says what `code` and `part` are.

    township: code, and nothing. township-topic: code, topic. county-topic: code, topic. office: id, county.
    severity: township code, severity.
    inspections: township code, and nothing; only `inspections` is counted there.
    """

    __tablename__ = "figure_tally"
    __table_args__ = {"info": {"derived": True}}

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    code: Mapped[str] = mapped_column(String(36), primary_key=True)
    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    found: Mapped[Big]
    rectified: Mapped[Big]
    closed: Mapped[Big]
    on_time: Mapped[Big]
    late: Mapped[Big]
    repeated: Mapped[Big]
    inspections: Mapped[Big]

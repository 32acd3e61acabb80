"""The office's side of a finding: who handles it, by when, and every step that was taken."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Items, Key

OFFICE_KINDS = ("department", "county", "town", "park", "other")
HOP_KINDS = ("dispatch", "pass")
HOP_OUTCOMES = ("replied", "passed", "returned", "withdrawn", "transferred")


class Office(Base):
    """A body that findings are given to: a department, a county, a town, a park."""

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("kind IN ('department','county','town','park','other')", name="kind"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(12))
    cell_code: Mapped[str | None] = mapped_column(String(20))
    phone: Mapped[str | None] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(default=True)
    rev: Mapped[Big] = mapped_column(default=1)


class Case(Base):
    """How a finding stands with the office, one row a finding that an office has begun with.

    `offices` are all that have ever had it. The persons of 整改 and 复查 are those of the present round.
    """

    __tablename__ = "finding_case"
    __table_args__ = (Index("ix_finding_case_office", "office_id"), Index("ix_finding_case_due", "due_at"))

    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"))
    offices: Mapped[Items]
    due_at: Mapped[Instant | None]
    rectified_by: Mapped[str | None] = mapped_column(String(36))
    rectified_at: Mapped[Instant | None]
    rechecked_by: Mapped[str | None] = mapped_column(String(36))
    rechecked_at: Mapped[Instant | None]
    closed_by: Mapped[str | None] = mapped_column(String(36))
    closed_at: Mapped[Instant | None]
    on_the_spot: Mapped[bool] = mapped_column(default=False)
    parked_until: Mapped[Instant | None]
    times_returned: Mapped[int] = mapped_column(default=0)
    times_reopened: Mapped[int] = mapped_column(default=0)
    office: Mapped[Office | None] = relationship(lazy="joined")


class CaseStep(Base):
    """Append-only (a trigger refuses update and delete): one step, with who, when, where, why and what photos.

    `n` counts the steps of a finding. `approved_by` let a device's step through that was held.
    """

    __tablename__ = "case_step"
    __table_args__ = (UniqueConstraint("finding_id", "n"), Index("ix_case_step_at", "at"))

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    n: Mapped[int]
    action: Mapped[str] = mapped_column(String(24))
    start: Mapped[str] = mapped_column(String(20))
    to: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(20))
    approved_by: Mapped[str | None] = mapped_column(String(36))
    office_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[Instant]
    received_at: Mapped[Instant]
    note: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[Items]
    position: Mapped[Document | None]
    details: Mapped[Document]
    op_id: Mapped[str | None] = mapped_column(String(36))


class Hop(Base):
    """A finding's stay with one office, from being given to it until it leaves. One at a time is open.

    `office_id` is null where only a department's name is known; `due_at` is this office's own term. A return asked
    for waits for the dispatcher until `return_due_at`.
    """

    __tablename__ = "hop"
    __table_args__ = (
        UniqueConstraint("finding_id", "n"),
        CheckConstraint("kind IN ('dispatch','pass')", name="kind"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('replied','passed','returned','withdrawn','transferred')", name="outcome"
        ),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_hop_open",
            "finding_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_hop_office", "office_id", "ended_at"),
        Index(
            "ix_hop_due",
            "due_at",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    n: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"))
    given_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    given_at: Mapped[Instant]
    due_at: Mapped[Instant | None]
    due_assumed: Mapped[bool] = mapped_column(default=False)
    signed_by: Mapped[str | None] = mapped_column(String(36))
    signed_at: Mapped[Instant | None]
    return_asked_by: Mapped[str | None] = mapped_column(String(36))
    return_asked_at: Mapped[Instant | None]
    return_reason: Mapped[str | None] = mapped_column(Text)
    return_due_at: Mapped[Instant | None]
    parked_at: Mapped[Instant | None]
    parked_by: Mapped[str | None] = mapped_column(String(36))
    parked_until: Mapped[Instant | None]
    park_reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[Instant | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    rev: Mapped[Big] = mapped_column(default=1)
    office: Mapped[Office | None] = relationship(lazy="joined")


class HopExtension(Base):
    """More time asked for by an office; one at a time waits for its answer.

    `withdrawn_at`: it left the office before anybody had answered, and the request fell away.
    """

    __tablename__ = "hop_extension"
    __table_args__ = (
        UniqueConstraint("hop_id", "n"),
        CheckConstraint("(granted IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("withdrawn_at IS NULL OR decided_at IS NULL", name="withdrawn"),
        Index(
            "uq_hop_extension_open",
            "hop_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("decided_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    hop_id: Mapped[str] = mapped_column(ForeignKey("hop.id"))
    n: Mapped[int]
    asked_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[Instant]
    reason: Mapped[str] = mapped_column(Text)
    wanted_until: Mapped[Instant]
    due_before: Mapped[Instant | None]
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[Instant | None]
    withdrawn_at: Mapped[Instant | None]
    granted: Mapped[bool | None]
    granted_until: Mapped[Instant | None]
    decision_note: Mapped[str | None] = mapped_column(Text)

"""The responsible unit's (责任单位) one-time link to its finding, the photos that it sent, and what it said."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Instant, Items, Key

LINK_ENDINGS = ("used", "revoked", "replaced", "moved")


class UnitLink(Base):
    """A link by which a unit sees its finding and replies once; only the token's SHA-256 is kept.

    `name`: the unit that it was made out to. It ends when it is used, revoked, replaced by a newer one, or when the
    finding is given to an office anew; one of a finding is open at a time. Its deadline is the office's term.
    """

    __tablename__ = "unit_link"
    __table_args__ = (
        CheckConstraint("ending IS NULL OR ending IN ('used','revoked','replaced','moved')", name="ending"),
        CheckConstraint("(ending IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_unit_link_open",
            "finding_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_unit_link_finding", "finding_id", "made_at"),
    )

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[Instant]
    opened_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[str | None] = mapped_column(String(36))
    ending: Mapped[str | None] = mapped_column(String(10))


class UnitPhoto(Base):
    """A photo that came by a link, before it was said which ones count."""

    __tablename__ = "unit_photo"

    link_id: Mapped[str] = mapped_column(ForeignKey("unit_link.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[Big]
    received_at: Mapped[Instant]


class UnitReply(Base):
    """Append-only (a trigger refuses update and delete): what a unit said was done, during an office's hop.

    A link has one. `answer_sha256` tells whether an answer that comes again is the one that was given.
    """

    __tablename__ = "unit_reply"
    __table_args__ = (UniqueConstraint("link_id"), Index("ix_unit_reply_finding", "finding_id", "received_at"))

    id: Mapped[Key]
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"))
    hop_id: Mapped[str] = mapped_column(ForeignKey("hop.id"))
    link_id: Mapped[str] = mapped_column(ForeignKey("unit_link.id"))
    done: Mapped[str] = mapped_column(Text)
    said_by: Mapped[str] = mapped_column(String(80))
    photos: Mapped[Items]
    answer_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[Instant]

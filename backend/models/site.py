"""Sites (点位): what is inspected, what was changed about them, and the tables that they were imported from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Instant, Key, Sha256

SITE_STATUSES = ("proposed", "active", "closed")


class Site(Base):
    """Position is canonical CGCS2000; `attributes` feed the checklist's conditions.

    `label` is what the QR label at the gate says. `origin` tells where the record came from: `console`, `proposal`,
    `import:<id>`, `plan:<document>`. `doubt` is set while visits say that the datum was declared wrongly.
    """

    __tablename__ = "site"
    __table_args__ = (
        Index("ix_site_place", "lon", "lat"),
        CheckConstraint("status IN ('proposed','active','closed')", name="status"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10), default="active", server_default="active")
    address: Mapped[str | None] = mapped_column(String(300))
    responsible_unit: Mapped[str | None] = mapped_column(String(200))
    responsible_person: Mapped[str | None] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(40))
    supervising_department: Mapped[str | None] = mapped_column(String(200))
    attributes: Mapped[Document]
    position: Mapped[Document | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    placed_n: Mapped[int] = mapped_column(default=0, index=True)
    label: Mapped[str | None] = mapped_column(String(16), unique=True)
    origin: Mapped[str] = mapped_column(String(80), default="console", server_default="console")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    doubt: Mapped[Document | None]
    rev: Mapped[Big] = mapped_column(default=1)
    created_at: Mapped[Instant]


class SiteChange(Base):
    """Append-only: what a revision of a site changed, by whom and why. `changes`: field → [before, after]."""

    __tablename__ = "site_change"

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True)
    rev: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[Instant]
    actor_id: Mapped[str | None] = mapped_column(String(36))
    changes: Mapped[Document]
    reason: Mapped[str | None] = mapped_column(String(500))


class SiteImport(Base):
    """A table of sites as it was sent, what the look at it found, and how far it got."""

    __tablename__ = "site_import"
    __table_args__ = (CheckConstraint("state IN ('checked','refused','applying','applied')", name="state"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[Sha256]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    datum: Mapped[str] = mapped_column(String(12))
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10))
    report: Mapped[Document]
    applied_at: Mapped[Instant | None]


class SiteImportRow(Base):
    """A row that is to become a new site or a change of one; `applied` once it has."""

    __tablename__ = "site_import_row"
    __table_args__ = (Index("ix_site_import_row_open", "import_id", "applied", "line"),)

    import_id: Mapped[str] = mapped_column(ForeignKey("site_import.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60))
    fields: Mapped[Document]
    applied: Mapped[bool] = mapped_column(default=False)

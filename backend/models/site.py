"""Sites (点位): what is inspected."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Key


class Site(Base):
    """Position is canonical CGCS2000; `attributes` feed the checklist's conditions."""

    __tablename__ = "site"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
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
    rev: Mapped[Big] = mapped_column(default=1)
    created_at: Mapped[Instant]

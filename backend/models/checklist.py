"""Published checklist versions: the exact bytes, for ever."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Bytes, Instant, Key, Sha256


class ChecklistVersion(Base):
    __tablename__ = "checklist_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[Sha256] = mapped_column(unique=True)
    body: Mapped[Bytes]
    published_at: Mapped[Instant]

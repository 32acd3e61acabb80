"""Checklists: drafts that may still change, and published versions: the exact bytes, for ever."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Bytes, Instant, Key, Sha256


class ChecklistVersion(Base):
    """Never rewritten (a trigger sees to it), but a retired one says since when it is for no new inspection."""

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
    retired_at: Mapped[Instant | None]


class ChecklistDraft(Base):
    """A valid pack that nobody uses yet; imported again under the same code and version, it is replaced."""

    __tablename__ = "checklist_draft"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    body: Mapped[Bytes]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[Instant]

"""What is told of photos beside what people say of them: fingerprints of the bytes, and flags of each use of them.

All of it is computed from stored bytes and records, and may be computed again at any time.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Document, Instant


class PhotoSketch(Base):
    """A small grey copy of a picture, to compare others with; `grey` is its pixels, row by row."""

    __tablename__ = "photo_sketch"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    grey: Mapped[bytes] = mapped_column(LargeBinary)


class PhotoPrint(Base):
    """A hash of 63 bits in three bands, each of which is looked up: `n` 0 is of the whole picture, 1 and on of details.

    A detail is a square around `x`, `y` of half-side `r`, in units of the picture's longer side.
    """

    __tablename__ = "photo_print"
    __table_args__ = (
        Index("ix_photo_print_first", "first"),
        Index("ix_photo_print_second", "second"),
        Index("ix_photo_print_third", "third"),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int]
    second: Mapped[int]
    third: Mapped[int]
    x: Mapped[float]
    y: Mapped[float]
    r: Mapped[float]


class PhotoFlag(Base):
    """Something doubtful about bytes as a subject shows them; `details` holds the numbers of the reason."""

    __tablename__ = "photo_flag"
    __table_args__ = (Index("ix_photo_flag_subject", "subject_type", "subject_id"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    details: Mapped[Document]
    found_at: Mapped[Instant]


class PhotoDue(Base):
    """Bytes whose uses are to be looked at, written in the commit that named them; gone when that was done."""

    __tablename__ = "photo_due"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="hash"), Index("ix_photo_due_since", "since"))

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[Instant]

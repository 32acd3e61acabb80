"""Photo records and photo bytes, which travel independently.

A `Blob` is bytes by their hash; a `Photo` is what somebody said of a hash; a `Mention` is a hash that an op named.
A `BlobHolder` is someone who sent the bytes in full or could see them when naming them: only through a holder's
record does anybody else get sight of the bytes.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, BigInt, Document, Id, Instant, Items, Key, Sha256


class Photo(Base):
    """A photo record from `photo.add`; its subject may not have arrived yet."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("role IN ('before','after','scene','document','signature')", name="role"),
        Index("ix_photo_subject", "subject_type", "subject_id"),
        Index("ix_photo_author_captured", "author_id", "captured_at", "id"),
    )

    id: Mapped[Key]
    sha256: Mapped[Sha256] = mapped_column(index=True)
    size: Mapped[Big]
    media_type: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(12))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[Id]
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    stream_id: Mapped[str] = mapped_column(String(36))
    captured_at: Mapped[Instant]
    captured_at_sent: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[Instant]
    position: Mapped[Document | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    flags: Mapped[Items]
    rev: Mapped[Big] = mapped_column(default=1)


class Mention(Base):
    """A hash that an op of this stream named for a subject (`photos`, `signature`, or a photo record)."""

    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_subject", "subject_type", "subject_id"), Index("ix_mention_sha256", "sha256"))

    stream_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    named_at: Mapped[Instant]


class Blob(Base):
    """Original bytes, never changed. `refused` ones stay in quarantine until a person decides.

    `lost_at`: since then the bytes in the store are gone, or are not those of the hash.
    """

    __tablename__ = "blob"
    __table_args__ = (CheckConstraint("status IN ('stored','refused')", name="status"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[Big]
    media_type: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(10))
    code: Mapped[str | None] = mapped_column(String(60))
    seq: Mapped[Big]
    stored_at: Mapped[Instant]
    lost_at: Mapped[Instant | None] = mapped_column(index=True)
    facts: Mapped[Document]


class BlobHolder(Base):
    __tablename__ = "blob_holder"

    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class UploadPart(Base):
    """A staged part of an upload that counts, where the blob store keeps parts.

    Written in the commit that moves `received`, so the parts of an upload always are its bytes up to there.
    """

    __tablename__ = "upload_part"

    upload_id: Mapped[str] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    size: Mapped[Big]
    name: Mapped[str] = mapped_column(String(80))


class Upload(Base):
    """A tus upload under way; `received` moves by compare-and-set only."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("user_id", "id"), Index("ix_upload_expires", "expires_at"))

    id: Mapped[Key]
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    sha256: Mapped[Sha256] = mapped_column(index=True)
    length: Mapped[Big | None]
    received: Mapped[Big] = mapped_column(default=0)
    metadata_sent: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    completed_at: Mapped[Instant | None]
    mismatches: Mapped[int] = mapped_column(default=0)

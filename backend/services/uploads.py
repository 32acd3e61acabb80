"""Uploads under way, as rows: whose they are, how far they got, when they end.

Functions of a session. `received` moves by compare-and-set and no other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from backend.blobs import Part, Parts
from backend.models import Upload, UploadPart
from backend.services.errors import NotFound
from backend.services.media_errors import OffsetWrong, UploadExpired

LIFETIME = timedelta(days=7)  # from the last bytes received: a phone may be a week without a network
MISMATCHES = 2  # so many whole files with another hash than stated, and the bytes are kept under their true one


@dataclass(frozen=True, slots=True)
class UploadState:
    """An upload as it stood in one snapshot. `length` is None while it is deferred, `parts` are those that count."""

    id: str
    user_id: str
    sha256: str
    length: int | None
    received: int
    metadata_sent: str
    expires_at: datetime
    completed: bool
    mismatches: int
    parts: Parts = ()

    @property
    def whole(self) -> bool:
        """All bytes are here, judged or not."""
        return self.length is not None and self.received == self.length


def create(
    session: Session,
    *,
    id: str,
    user_id: str,
    sha256: str,
    length: int | None,
    metadata: str,
    now: datetime,
    complete: bool = False,
) -> UploadState:
    """A new upload; `complete` when the server has the bytes and the caller may know it.

    Mismatches of the same person's earlier uploads of this hash count on: a client that begins anew after each
    one would otherwise never come to an end.
    """
    session.execute(
        insert(Upload).values(
            id=id,
            user_id=user_id,
            sha256=sha256,
            length=length,
            received=length if complete else 0,
            metadata_sent=metadata,
            created_at=now,
            expires_at=now + LIFETIME,
            completed_at=now if complete else None,
            mismatches=_mismatches_so_far(session, user_id, sha256),
        )
    )
    return find(session, user_id, id)


def find(session: Session, user_id: str, upload_id: str) -> UploadState:
    """The caller's own upload; somebody else's does not exist for this one. Raises NotFound."""
    row = session.execute(
        select(Upload.__table__).where(Upload.id == upload_id, Upload.user_id == user_id)
    ).one_or_none()
    if row is None:
        raise NotFound("You have no such upload; create it anew.")
    return _state(session, row)


def require_open(upload: UploadState, now: datetime) -> None:
    """Raise UploadExpired when it has ended unfinished."""
    if not upload.whole and upload.expires_at <= now:
        raise UploadExpired("This upload has ended before it was complete; create it anew.")


def advance(
    session: Session, upload: UploadState, received: int, now: datetime, part: Part | None = None
) -> UploadState:
    """Move `received` on from where `upload` stood; raises OffsetWrong with the truth when another was first.

    From then on `part` counts, in place of the parts from its start on. A part of whoever came second never does.
    """
    if not _moved(session, upload, received=received, expires_at=now + LIFETIME):
        raise OffsetWrong(find(session, upload.user_id, upload.id).received)
    if part is not None:
        _forget_parts(session, upload.id, part.start)
        session.execute(
            insert(UploadPart).values(upload_id=upload.id, start=part.start, size=part.size, name=part.name)
        )
    return find(session, upload.user_id, upload.id)


def start_over(session: Session, upload: UploadState, *, mismatch: bool) -> UploadState:
    """Begin again from the first byte: the whole was another file, or staged bytes were lost."""
    if _moved(session, upload, received=0, mismatches=Upload.mismatches + int(mismatch)):
        _forget_parts(session, upload.id)
    return find(session, upload.user_id, upload.id)


def state_length(session: Session, upload: UploadState, length: int) -> UploadState:
    """Say the length that creation deferred; it is said once."""
    session.execute(update(Upload).where(Upload.id == upload.id, Upload.length.is_(None)).values(length=length))
    return find(session, upload.user_id, upload.id)


def complete(session: Session, upload: UploadState, now: datetime, *, mismatch: bool = False) -> bool:
    """Whole, judged and kept; False when another host said so first."""
    if not _moved(session, upload, completed_at=now, mismatches=Upload.mismatches + int(mismatch)):
        return False
    _forget_parts(session, upload.id)
    return True


def remove(session: Session, upload: UploadState) -> None:
    session.execute(delete(Upload).where(Upload.id == upload.id))


def interrupted(session: Session, limit: int = 100) -> list[UploadState]:
    """Uploads whose last byte is here and that nobody judged: the server was killed in between."""
    unjudged = Upload.received == Upload.length, Upload.completed_at.is_(None)
    rows = session.execute(select(Upload.__table__).where(*unjudged).order_by(Upload.id).limit(limit))
    return [_state(session, row) for row in rows]


def kept_under_another_hash(session: Session, user_id: str, hashes: list[str]) -> set[str]:
    """Which of these hashes the person stated for bytes that turned out to be others."""
    return set(
        session.scalars(
            select(Upload.sha256).where(
                Upload.user_id == user_id,
                Upload.sha256.in_(hashes),
                Upload.completed_at.is_not(None),
                Upload.mismatches >= MISMATCHES,
            )
        )
    )


def sweep_expired(session: Session, now: datetime, limit: int = 500) -> list[str]:
    """Remove uploads that ended; returns their ids, whose partial bytes are to be discarded after the commit.

    Whole ones without a verdict stay. So do those whose bytes were kept under another hash: they tell the device so.
    No lock is taken: an append under way finds its row gone.
    """
    judged = Upload.completed_at.is_not(None) & (Upload.mismatches < MISMATCHES)
    partial = Upload.completed_at.is_(None) & (Upload.length.is_(None) | (Upload.received < Upload.length))
    ended = session.scalars(
        select(Upload.id).where(Upload.expires_at <= now, judged | partial).order_by(Upload.expires_at).limit(limit)
    ).all()
    statement = delete(Upload).where(Upload.id.in_(ended), Upload.expires_at <= now).returning(Upload.id)
    return list(session.scalars(statement))


def _moved(session: Session, upload: UploadState, **values: Any) -> bool:
    """The compare-and-set: True when the row still stood where `upload` saw it."""
    statement = update(Upload).where(
        Upload.id == upload.id, Upload.received == upload.received, Upload.completed_at.is_(None)
    )
    result = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _forget_parts(session: Session, upload_id: str, start: int = 0) -> None:
    """The parts from a byte on count no more; their bytes stay until the upload is discarded."""
    session.execute(delete(UploadPart).where(UploadPart.upload_id == upload_id, UploadPart.start >= start))


def _mismatches_so_far(session: Session, user_id: str, sha256: str) -> int:
    same = Upload.user_id == user_id, Upload.sha256 == sha256
    return session.scalar(select(func.max(Upload.mismatches)).where(*same)) or 0


def _state(session: Session, row: Any) -> UploadState:
    parts = select(UploadPart.name, UploadPart.start, UploadPart.size).where(UploadPart.upload_id == row.id)
    return UploadState(
        parts=tuple(Part(*part) for part in session.execute(parts.order_by(UploadPart.start))),
        id=row.id,
        user_id=row.user_id,
        sha256=row.sha256,
        length=row.length,
        received=row.received,
        metadata_sent=row.metadata_sent,
        expires_at=row.expires_at,
        completed=row.completed_at is not None,
        mismatches=row.mismatches,
    )

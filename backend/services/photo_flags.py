"""Flags of photos: computed of each use of stored bytes, after the fact and as often as one likes.

What was named is due (`PhotoDue`) until it was looked at with its bytes here. A look computes all flags of all uses of
those bytes anew, and of the few others that may depend on them, so that the order in which things come makes no
difference. Nothing that devices mirror changes. The caller of `look` has locked the counter: no use is named meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import fingerprints, images
from backend.blobs import BlobMissing, Blobs
from backend.fingerprints import Fingerprint
from backend.models import Blob, Finding, OpRecord, Photo, PhotoDue, PhotoFlag, Stream
from backend.services import photo_checks, photo_prints, photo_reuse, photo_travel, photo_uses
from backend.services.photo_checks import Flag
from backend.services.photo_uses import Use
from backend.sync_store import SqlStore

A_COMMIT = 10

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class PhotoLook:
    """Looks at all that is due: pictures are read and decoded in no transaction, flags written some in each."""

    blobs: Blobs
    reading: Transaction
    writing: Transaction
    now: Callable[[], datetime]

    def run(self, alive: Callable[[], object]) -> dict[str, Any]:
        looked_at = 0
        while True:
            with self.reading() as session:
                wanted = due(session, A_COMMIT)
            if not wanted:
                return {"looked_at": looked_at}
            made = {sha256: self._fingerprint(sha256, media_type) for sha256, media_type in wanted.items()}
            with self.writing() as session:
                SqlStore(session, self.now()).lock_counter()
                for sha256, fingerprint in made.items():
                    look(session, sha256, fingerprint, self.now())
            looked_at += len(wanted)
            alive()

    def _fingerprint(self, sha256: str, media_type: str | None) -> Fingerprint | None:
        if media_type not in images.FORMATS:
            return None
        try:
            with self.blobs.open(sha256) as file:
                return fingerprints.of(file, media_type)
        except (BlobMissing, images.ImageBroken, images.ImageTooLarge):
            return None


def is_due(session: Session) -> bool:
    """Whether there is anything to look at."""
    return bool(due(session, 1))


def due(session: Session, limit: int) -> dict[str, str | None]:
    """Bytes that are here and are to be looked at, those waiting longest first, with their kinds."""
    query = select(PhotoDue.sha256, Blob.media_type).join(Blob, Blob.sha256 == PhotoDue.sha256)
    query = query.where(Blob.status == "stored", Blob.lost_at.is_(None)).order_by(PhotoDue.since, PhotoDue.sha256)
    return {row.sha256: row.media_type for row in session.execute(query.limit(limit))}


def look(session: Session, sha256: str, fingerprint: Fingerprint | None, now: datetime) -> None:
    """Compute the flags of some bytes and of what depends on them; keep their fingerprint."""
    if fingerprint is not None:
        photo_prints.keep(session, sha256, fingerprint)
    alike = photo_prints.similar(session, sha256, fingerprint) if fingerprint is not None else {}
    _judge(session, sha256, alike, now)
    for other in sorted({*alike, *photo_travel.after(session, sha256)} - {sha256}):
        its = photo_prints.kept(session, [other]).get(other)
        _judge(session, other, photo_prints.similar(session, other, its) if its is not None else {}, now)
    session.execute(delete(PhotoDue).where(PhotoDue.sha256 == sha256))


def _judge(session: Session, sha256: str, alike: Mapping[str, fingerprints.Likeness], now: datetime) -> None:
    blob = session.get(Blob, sha256)
    if blob is None:
        return
    uses = photo_uses.of(session, [sha256, *alike])
    own = [use for use in uses if use.sha256 == sha256]
    found: dict[tuple[str, str], dict[str, Flag]] = {use.subject: {} for use in own}
    reused = photo_reuse.flags(own, [use for use in uses if use.sha256 != sha256], alike, photo_checks.rules())
    for use in own:
        for flag in (*_of_records(session, use, blob), *reused[use.subject]):
            found[use.subject].setdefault(flag["code"], flag)
    _write(session, sha256, found, now)


def _of_records(session: Session, use: Use, blob: Blob) -> list[Flag]:
    found: list[Flag] = []
    finding = session.get(Finding, use.subject_id) if use.subject_type == "finding" else None
    for photo in use.photos:
        skew_s = session.scalar(select(OpRecord.skew_s).where(OpRecord.row_id == photo.id, OpRecord.cmd == "photo.add"))
        found += photo_checks.own(photo, blob.facts, finding, skew_s, _habit(session, photo))
        found += photo_travel.flags(session, photo, photo_checks.rules())
    return found


def _habit(session: Session, photo: Photo) -> list[bool]:
    """Of the last photos of the same device's camera before this one: whether each names its camera."""
    device = select(Stream.device_id).where(Stream.id == photo.stream_id).scalar_subquery()
    query = (
        select(Blob.facts)
        .join(Photo, Photo.sha256 == Blob.sha256)
        .join(Stream, Stream.id == Photo.stream_id)
        .where(
            Photo.author_id == photo.author_id,
            Photo.captured_at < photo.captured_at,
            Photo.source == "camera",
            Stream.device_id == device,
            Blob.status == "stored",
            Blob.media_type.in_(list(images.FORMATS)),
            Photo.sha256 != photo.sha256,
        )
        .order_by(Photo.captured_at.desc(), Photo.id.desc())
        .limit(photo_checks.rules().camera_look_back)
    )
    return [photo_checks.names_its_camera(facts) for facts in session.scalars(query)]


def _write(session: Session, sha256: str, found: Mapping[tuple[str, str], Mapping[str, Flag]], now: datetime) -> None:
    """Make the stored flags be these; one that was there keeps the time at which it was found."""
    there = {
        (flag.subject_type, flag.subject_id, flag.code): flag
        for flag in session.scalars(select(PhotoFlag).where(PhotoFlag.sha256 == sha256))
    }
    wanted = {(*subject, code): flag for subject, flags in found.items() for code, flag in flags.items()}
    for key, row in there.items():
        if key not in wanted:
            session.delete(row)
    for key, flag in wanted.items():
        details = {name: value for name, value in flag.items() if name != "code"}
        if key not in there:
            kind, id, code = key
            session.add(
                PhotoFlag(sha256=sha256, subject_type=kind, subject_id=id, code=code, details=details, found_at=now)
            )
        elif there[key].details != details:
            there[key].details = details
    session.flush()


def of_subjects(session: Session, kind: str, ids: Collection[str]) -> list[PhotoFlag]:
    """The flags of the photos that some subjects show."""
    query = select(PhotoFlag).where(PhotoFlag.subject_type == kind, PhotoFlag.subject_id.in_(list(ids)))
    return list(session.scalars(query.order_by(PhotoFlag.sha256, PhotoFlag.subject_id, PhotoFlag.code)))

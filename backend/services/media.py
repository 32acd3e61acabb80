"""Photo bytes once they are whole: what they are, whether they count, who may see them.

`judge` reads bytes and needs no database; `record` writes what was judged, with the counter locked; the rest reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend import images, media_types
from backend.blobs import BlobMissing, Blobs, Shelf
from backend.models import Blob, BlobHolder
from backend.services import photos, uploads
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.media_errors import NoThumbnail
from backend.sync_store import SqlStore

FILM_SECONDS = 60
FILM_TOLERANCE_S = 1.0  # cameras that stop at 60 s write the last frame too
HASH_OF_OTHERS = "sha256-mismatch"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What some bytes are. `code` says why they are refused, None when they count."""

    media_type: str | None
    facts: dict[str, Any]
    code: str | None = None

    @property
    def status(self) -> str:
        return "stored" if self.code is None else "refused"

    @property
    def shelf(self) -> Shelf:
        return Shelf.ORIGINALS if self.code is None else Shelf.QUARANTINE


def judge(file: BinaryIO) -> Verdict:
    """Judge bytes by what they are, not by what they are called."""
    media_type = media_types.media_type_of(file)
    if media_type is None:
        return Verdict(None, {}, "media-kind-refused")
    if media_type in media_types.IMAGES:
        try:
            return Verdict(media_type, images.read_facts(file, media_type))
        except (images.ImageBroken, images.ImageTooLarge) as error:
            return Verdict(media_type, {"kind": "image"}, error.code)
    if media_type in media_types.FILMS:
        return _judge_film(file, media_type)
    return Verdict(media_type, {"kind": "audio" if media_type in media_types.AUDIO else "document"})


def _judge_film(file: BinaryIO, media_type: str) -> Verdict:
    seconds = media_types.film_of(file).seconds
    facts: dict[str, Any] = {"kind": "film", "seconds": seconds}
    if seconds is None:
        return Verdict(media_type, {**facts, "flags": ["duration-unknown"]})
    too_long = seconds > FILM_SECONDS + FILM_TOLERANCE_S
    return Verdict(media_type, facts, "film-too-long" if too_long else None)


def record(
    session: Session, sha256: str, size: int, verdict: Verdict, user_id: str, now: datetime, **facts: object
) -> None:
    """Write down bytes that are in their place, and that this person sent them.

    Constraints, not looks, make a hash and a holder unique: two devices may finish the same bytes at once. Bytes
    refused earlier count from now on when today's verdict says so; bytes that counted never cease to. Bytes that were
    lost are here again, under a new `seq`: until that is backed up, their device keeps its own.
    """
    store = SqlStore(session, now)
    store.lock_counter()
    values = {
        "size": size,
        "media_type": verdict.media_type,
        "status": verdict.status,
        "code": verdict.code,
        "stored_at": now,
        "facts": {**verdict.facts, **facts},
    }
    before = session.get(Blob, sha256, populate_existing=True)
    if before is None:
        _insert_once(session, sha256=sha256, seq=store.next_seq(), **values)
    elif before.status == "refused" and verdict.code is None:
        before.seq = store.next_seq()
        for name, value in values.items():
            setattr(before, name, value)
        before.lost_at = None
        session.flush()
    elif before.lost_at is not None:
        before.seq, before.lost_at = store.next_seq(), None
        session.flush()
    photos.add_holder(session, sha256, user_id)
    if verdict.code is None:
        photos.blob_arrived(session, store, sha256, user_id)


def hold(session: Session, sha256: str, user_id: str, now: datetime) -> None:
    """Note that somebody who may see stored bytes has them too."""
    store = SqlStore(session, now)
    store.lock_counter()
    photos.add_holder(session, sha256, user_id)
    photos.blob_arrived(session, store, sha256, user_id)


def is_holder(session: Session, user_id: str, sha256: str) -> bool:
    return session.get(BlobHolder, (sha256, user_id)) is not None


def known_size(session: Session, actor: Actor, blobs: Blobs, sha256: str) -> int | None:
    """The size of whole bytes which this caller need not send: sent before, or visible to this one, and here."""
    blob = session.get(Blob, sha256)
    if blob is None or blob.lost_at is not None or not _shown(session, actor, blob):
        return None
    shelf = Shelf.ORIGINALS if blob.status == "stored" else Shelf.QUARANTINE
    return blob.size if blobs.has(sha256, shelf) else None


def status(session: Session, actor: Actor, blobs: Blobs, hashes: list[str]) -> dict[str, dict[str, Any]]:
    """For each hash `stored`, `refused` or `missing`; who may not see hears `missing`, for a hash is no key."""
    found = {blob.sha256: blob for blob in session.scalars(select(Blob).where(Blob.sha256.in_(hashes)))}
    own = set(
        session.scalars(
            select(BlobHolder.sha256).where(BlobHolder.user_id == actor.user_id, BlobHolder.sha256.in_(list(found)))
        )
    )
    others = uploads.kept_under_another_hash(session, actor.user_id, hashes)
    # `stored` is only said of bytes that are here: a database may be restored beside an older store.
    here = blobs.present([sha256 for sha256, blob in found.items() if blob.status == "stored" and blob.lost_at is None])
    items: dict[str, dict[str, Any]] = {}
    for sha256 in hashes:
        blob = found.get(sha256)
        if (
            blob is not None
            and (sha256 in own or _shown(session, actor, blob))
            and blob.lost_at is None
            and (blob.status != "stored" or sha256 in here)
        ):
            items[sha256] = {"status": blob.status, "seq": blob.seq, "code": blob.code}
        elif sha256 in others:
            items[sha256] = {"status": "refused", "seq": None, "code": HASH_OF_OTHERS}
        else:
            items[sha256] = {"status": "missing", "seq": None, "code": None}
    return items


def original(session: Session, actor: Actor, sha256: str) -> Blob:
    """The blob, for those who may see a record that shows it; raises NotFound."""
    blob = session.get(Blob, sha256)
    if blob is None or blob.status != "stored" or blob.lost_at is not None or not _shown(session, actor, blob):
        raise NotFound("There is no such photo, or you may not see it.")
    return blob


def thumbnail(blobs: Blobs, sha256: str, media_type: str | None, size: int) -> bytes:
    """A small upright JPEG of an image that the caller may see; derived once, then read. Raises NoThumbnail."""
    if media_type not in images.FORMATS:
        raise NoThumbnail("Only photos have a thumbnail; fetch the file itself.")
    kind, size = media_type, images.thumbnail_size(size)
    return derive(blobs, sha256, f"thumbnail-{size}", lambda file: images.thumbnail(file, kind, size))


def derive(blobs: Blobs, sha256: str, name: str, make: Callable[[BinaryIO], bytes]) -> bytes:
    """A copy made of stored bytes, once, then read; the bytes are never touched. Raises NoThumbnail."""
    if (kept := blobs.derived(sha256, name)) is not None:
        return kept
    try:
        with blobs.open(sha256) as file:
            made = make(file)
    except (BlobMissing, images.ImageBroken, images.ImageTooLarge):
        raise NoThumbnail("No copy can be derived from these bytes.") from None
    blobs.keep_derived(sha256, name, made)
    return made


def _shown(session: Session, actor: Actor, blob: Blob) -> bool:
    if is_holder(session, actor.user_id, blob.sha256):
        return True
    return blob.status == "stored" and photos.may_see_blob(session, actor, blob.sha256)


def _insert_once(session: Session, **values: object) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(postgresql.insert(Blob).values(**values).on_conflict_do_nothing())
    else:
        session.execute(sqlite.insert(Blob).values(**values).on_conflict_do_nothing())

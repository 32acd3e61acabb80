"""What a responsible unit sends by its link: after-photos one by one, then once what was done, and who says so.

A reply moves no state. It is kept with the office's hop for the handler to look at, who may use its photos in the
office's own reply; until then they are none of the finding's. Photos are named by their hash: sent again they change
nothing, and the same reply again gets the first one's answer. Whoever made the link counts as holder of the bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.blobs import Blobs, sha256_of
from backend.models import Finding, UnitPhoto, UnitReply
from backend.services import audit, hops, media, photos, rows, unit_links
from backend.services.errors import InputInvalid, ServiceError, TooLarge
from backend.sync_store import SqlStore
from sync.canonical import fingerprint
from sync.store import OpContext

MOST_PHOTOS = 9
MOST_PHOTO_BYTES = 20 * 1024 * 1024
MOST_RECEIVED = 2 * MOST_PHOTOS
"""A photo may be chosen anew before the reply: a link takes twice as many as a reply can have."""
SUBJECT = "unit_reply"
_IN_MEMORY = 1024 * 1024


class NoPicture(ServiceError):
    """The bytes are no picture that can be read to its end; `reason` says what is wrong."""

    code = "no-picture"


class PhotoChanged(ServiceError):
    """The bytes that came are not those of the hash that was stated."""

    code = "sha256-mismatch"


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo that was judged, and whose bytes are in their place."""

    sha256: str
    size: int
    verdict: media.Verdict


def keep_photo(blobs: Blobs, stream: BinaryIO, stated: str | None) -> Picture:
    """Take in a photo and put it in its place, unchanged. Raises TooLarge, PhotoChanged, NoPicture.

    `stated` is the SHA-256 that the sender computed, where its browser could.
    """
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        file = cast(BinaryIO, spooled)
        shutil.copyfileobj(stream, file)
        size = file.tell()
        if size > MOST_PHOTO_BYTES:
            raise TooLarge(f"A photo may have {MOST_PHOTO_BYTES} bytes at most.", limit=MOST_PHOTO_BYTES)
        file.seek(0)
        sha256 = sha256_of(file)
        if stated is not None and stated != sha256:
            raise PhotoChanged("The photo was changed on its way; send it again.", expected=stated, received=sha256)
        verdict = media.judge(file)
        if verdict.code is not None or verdict.facts.get("kind") != "image":
            raise NoPicture(
                "This file is no picture that can be read; take or choose another one.", reason=verdict.code
            )
        file.seek(0)
        blobs.put(sha256, file)
    return Picture(sha256, size, verdict)


def receive(session: Session, token: str, picture: Picture, now: datetime) -> dict[str, Any]:
    """Write down a photo that is in its place; one that came before changes nothing.

    Raises TooLarge, and what `unit_links.require` raises.
    """
    SqlStore(session, now).lock_counter()
    link = unit_links.require(session, token, now).link
    received = set(session.scalars(select(UnitPhoto.sha256).where(UnitPhoto.link_id == link.id)))
    if picture.sha256 not in received:
        if len(received) >= MOST_RECEIVED:
            raise TooLarge(f"A link takes {MOST_RECEIVED} photos at most; ask for a new one.", limit=MOST_RECEIVED)
        session.add(UnitPhoto(link_id=link.id, sha256=picture.sha256, size=picture.size, received_at=now))
    media.record(session, picture.sha256, picture.size, picture.verdict, link.made_by, now)
    return {"sha256": picture.sha256, "size": picture.size}


def send(
    session: Session, token: str, done: str, said_by: str, hashes: Sequence[str], now: datetime, reply_id: str
) -> dict[str, Any]:
    """Spend the link on a reply. The same reply again gets the same answer, for the first may have been lost.

    Raises InputInvalid for photos that did not come by this link, and what `unit_links.require` raises.
    """
    SqlStore(session, now).lock_counter()
    chosen = list(dict.fromkeys(hashes))
    answer = fingerprint({"done": done, "name": said_by, "photos": chosen})
    link = unit_links.find(session, token)
    before = session.scalar(select(UnitReply).where(UnitReply.link_id == link.id))
    if before is not None and before.answer_sha256 == answer:
        return _told(session, before)
    standing = unit_links.require(session, token, now)
    known = set(session.scalars(select(UnitPhoto.sha256).where(UnitPhoto.link_id == link.id)))
    if missing := [sha256 for sha256 in chosen if sha256 not in known]:
        raise InputInvalid("Some photos have not come yet; send them first.", field="photos", missing=missing)
    reply = UnitReply(
        id=reply_id,
        finding_id=link.finding_id,
        hop_id=hops.of(session, link.finding_id)[-1].id,
        link_id=link.id,
        done=done,
        said_by=said_by,
        photos=chosen,
        answer_sha256=answer,
        received_at=now,
    )
    session.add(reply)
    standing.link.ended_at, standing.link.ending = now, "used"
    session.flush()
    photos.mention(session, OpContext(link.id, link.made_by, now, None), (SUBJECT, reply.id), chosen, "after")
    audit.record(session, now, None, "unit-link.use", link.id, finding=link.finding_id, photos=len(chosen))
    return _told(session, reply)


def _told(session: Session, reply: UnitReply) -> dict[str, Any]:
    number = session.get_one(Finding, reply.finding_id).number
    return {"number": number, "photos": reply.photos, "received_at": rows.instant(reply.received_at)}

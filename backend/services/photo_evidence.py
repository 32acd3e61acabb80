"""All that is known of a photo, as one record: its bytes, its EXIF, who said what of it, and what vouches for that.

Each use stands by itself: the same bytes may be shown by several findings, and who may see one need not see another.
Reads only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Blob, LogRecord, OpRecord, Photo, PhotoFlag, Stream
from backend.services import media, photo_flag_words, photo_uses, rows
from backend.services.actor import Actor
from backend.services.photo_uses import Use
from sync import signing
from sync.errors import SyncError
from sync.ops import read_body, sha256_of

VALID, INVALID, UNSIGNED = "valid", "invalid", "unsigned"
CONTINUES, BROKEN = "continues", "broken"


def record(session: Session, actor: Actor, sha256: str) -> rows.Document:
    """The record of a photo with those of its uses that the actor may see. Raises NotFound."""
    blob = media.original(session, actor, sha256)
    uses = photo_uses.of(session, [sha256])
    visible = photo_flag_words.visible_subjects(session, actor, {use.subject for use in uses})
    return {**of_bytes(blob), "uses": documents(session, actor, [use for use in uses if use.subject in visible])}


def of_bytes(blob: Blob) -> rows.Document:
    """What the bytes themselves say."""
    return {
        "sha256": blob.sha256,
        "size": blob.size,
        "media_type": blob.media_type,
        "stored_at": rows.instant(blob.stored_at),
        "kind": blob.facts.get("kind"),
        "width": blob.facts.get("width"),
        "height": blob.facts.get("height"),
        "exif": blob.facts.get("exif") or {},
    }


def documents(session: Session, actor: Actor | None, uses: list[Use]) -> list[rows.Document]:
    """Uses with what was said, by whom, what carried it, and what is doubtful. `actor` None sees everything."""
    names = rows.names_of(
        session, {use.author_id for use in uses} | {one.author_id for use in uses for one in use.photos}
    )
    hashes = {use.sha256 for use in uses}
    query = select(PhotoFlag).where(PhotoFlag.sha256.in_(hashes)).order_by(PhotoFlag.code)
    said = photo_flag_words.documents(session, actor, list(session.scalars(query)))
    return [
        {
            "sha256": use.sha256,
            "subject": {"type": use.subject_type, "id": use.subject_id},
            "roles": sorted(use.roles),
            "first_at": rows.instant(use.first_at),
            "author": {"id": use.author_id, "name": names.get(use.author_id)},
            "records": [_record(session, photo, names.get(photo.author_id)) for photo in use.photos],
            "flags": [flag for flag in said if _is_of(flag, use)],
        }
        for use in uses
    ]


def _is_of(flag: rows.Document, use: Use) -> bool:
    subject = flag["subject"]
    return bool(flag["sha256"] == use.sha256 and (subject["type"], subject["id"]) == use.subject)


def _record(session: Session, photo: Photo, author: str | None) -> rows.Document:
    carried = select(OpRecord).where(OpRecord.row_id == photo.id, OpRecord.cmd == "photo.add").order_by(OpRecord.n)
    op = session.scalars(carried.limit(1)).first()
    return {
        "id": photo.id,
        "role": photo.role,
        "source": photo.source,
        "author": {"id": photo.author_id, "name": author},
        "captured_at": rows.instant(photo.captured_at),
        "captured_at_sent": photo.captured_at_sent,
        "received_at": rows.instant(photo.received_at),
        "clock_offset_s": op.skew_s if op is not None else None,
        "position": photo.position,
        "location": rows.location(photo.lon, photo.lat),
        "op": None if op is None else _carrier(session, op),
    }


def _carrier(session: Session, op: OpRecord) -> dict[str, Any]:
    """The op that carried a record: are its bytes those of its hash, its signature its device's, its chain whole?"""
    logged = select(LogRecord.n, LogRecord.hash).where(LogRecord.stream_id == op.stream_id, LogRecord.op_n == op.n)
    first = session.execute(logged.order_by(LogRecord.n).limit(1)).first()
    return {
        "id": op.op_id,
        "stream": op.stream_id,
        "n": op.n,
        "sha256": op.sha256,
        "status": op.status,
        "signature": _signature(session, op),
        "chain": _chain(session, op),
        "log": None if first is None else {"n": first.n, "hash": first.hash},
    }


def _signature(session: Session, op: OpRecord) -> str:
    key = session.scalar(select(Stream.public_key).where(Stream.id == op.stream_id))
    if key is None:
        return UNSIGNED
    try:
        return VALID if signing.verifies(signing.read_key(key), op.body, op.sig) else INVALID
    except SyncError:
        return INVALID


def _chain(session: Session, op: OpRecord) -> str:
    before = select(OpRecord.sha256).where(OpRecord.stream_id == op.stream_id, OpRecord.n == op.n - 1)
    try:
        prev = read_body(op.body, op.sig).prev
    except SyncError:
        return BROKEN
    whole = sha256_of(op.body) == op.sha256 and prev == session.scalar(before)
    return CONTINUES if whole else BROKEN

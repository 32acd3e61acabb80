"""Photo records and hashes that ops named: what is missing, who may see bytes, and what changes when bytes arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend import foreknowledge, write_behind
from backend.bulk import Bulk
from backend.models import Blob, BlobHolder, Entry, Finding, Mention, Photo, PhotoDue, UnitReply
from backend.services import photo_checks, publishing, shown_photos, under_way
from backend.services.actor import Actor
from backend.sync_store import SqlStore
from sync.store import OpContext

Subject = tuple[str, str]
_BROUGHT = exists().where(
    Blob.sha256 == Mention.sha256,
    Blob.lost_at.is_(None),
    BlobHolder.sha256 == Mention.sha256,
    BlobHolder.user_id == Mention.author_id,
)
_MISSING = (
    select(Mention.sha256)
    .where(Mention.stream_id == bindparam("stream"), ~_BROUGHT)
    .distinct()
    .order_by(Mention.sha256)
)
_MENTIONS, _PHOTOS, _DUE = Bulk(Mention, "ignore"), Bulk(Photo), Bulk(PhotoDue, "ignore")


def mention(session: Session, context: OpContext, subject: Subject, hashes: Iterable[str], role: str) -> None:
    """Note the hashes that an op named for a subject; naming one again changes nothing.

    Whoever can see bytes when naming them may show them to others: they become a holder. What is named is looked at
    (`photo_flags`) once its bytes are here.
    """
    named = list(dict.fromkeys(hashes))
    common = (*subject, context.author_id, role, context.received_at)
    write_behind.of(session).add(_MENTIONS, [(context.stream, sha256, *common) for sha256 in named])
    write_behind.of(session).add(_DUE, [(sha256, context.received_at) for sha256 in named])
    shown_photos.named(session, subject, context.stream, named, role)


def hold_if_seen(session: Session, actor: Actor, hashes: Iterable[str]) -> None:
    """Make the actor a holder of those stored hashes that the actor may see now (asked before naming them)."""
    for sha256 in dict.fromkeys(hashes):
        if foreknowledge.is_stranger(session, sha256):
            continue
        if session.get(Blob, sha256) is not None and may_see_blob(session, actor, sha256):
            add_holder(session, sha256, actor.user_id)


def add_holder(session: Session, sha256: str, user_id: str) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(BlobHolder).on_conflict_do_nothing()
    session.execute(statement, [{"sha256": sha256, "user_id": user_id}])


def missing_media(session: Session, stream: str) -> list[str]:
    """The hashes that this stream named and whose bytes its author has not brought yet, or that were lost since."""
    return list(session.connection().execute(_MISSING, {"stream": stream}).scalars())


def may_see_blob(session: Session, actor: Actor, sha256: str) -> bool:
    """True for who brought the bytes, or may see a record that shows them.

    A record shows bytes only if its author brought them or could see them: a hash by itself is no key. What a unit
    replied by its link is seen by whoever sees the finding.
    """
    if session.get(BlobHolder, (sha256, actor.user_id)) is not None:
        return True
    held_by = exists().where(BlobHolder.sha256 == sha256, BlobHolder.user_id == Mention.author_id)
    subject = and_(Entry.type == Mention.subject_type, Entry.row_id == Mention.subject_id, Entry.kind == "put")
    query = select(Mention.sha256).join(Entry, subject).where(Mention.sha256 == sha256, held_by)
    by_link = and_(Mention.subject_type == "unit_reply", UnitReply.id == Mention.subject_id)
    about = and_(Entry.type == "finding", Entry.row_id == UnitReply.finding_id, Entry.kind == "put")
    replied = (
        select(Mention.sha256).join(UnitReply, by_link).join(Entry, about).where(Mention.sha256 == sha256, held_by)
    )
    if actor.role != "admin":
        query, replied = (each.where(Entry.scope.in_(actor.scopes())) for each in (query, replied))
    return any(session.scalar(each.limit(1)) is not None for each in (query, replied))


def blob_arrived(session: Session, store: SqlStore, sha256: str, user_id: str) -> None:
    """After bytes were stored for a user: check the photos that show them, and publish their subjects anew."""
    for photo in session.scalars(select(Photo).where(Photo.sha256 == sha256, Photo.author_id == user_id)):
        check(session, photo)
    show_anew(session, store, sha256, Mention.author_id == user_id)


def show_anew(session: Session, store: SqlStore, sha256: str, *which: ColumnElement[bool]) -> None:
    """Publish the subjects that some mentions of a hash show it on."""
    subjects = session.execute(
        select(Mention.subject_type, Mention.subject_id).where(Mention.sha256 == sha256, *which).distinct()
    ).all()
    for type, subject_id in subjects:
        publishing.republish(session, store, (type, subject_id))


def forget_bytes(session: Session, store: SqlStore, hashes: Sequence[str]) -> None:
    """Say no longer that these bytes are here, for they are nowhere: a device that still has them sends them again.

    Rows that show them are published as `stored: false`. The counter must be locked.
    """
    for start in range(0, len(hashes), 200):
        some = hashes[start : start + 200]
        session.execute(delete(BlobHolder).where(BlobHolder.sha256.in_(some)))
        session.execute(delete(Blob).where(Blob.sha256.in_(some)))
        subjects = select(Mention.subject_type, Mention.subject_id).where(Mention.sha256.in_(some)).distinct()
        for type, subject_id in session.execute(subjects.order_by(Mention.subject_type, Mention.subject_id)).all():
            publishing.republish(session, store, (type, subject_id))


def add(session: Session, photo: Photo) -> None:
    """Store a new photo record."""
    under_way.add(session, _PHOTOS, [photo])
    under_way.remember(session, photo)
    shown_photos.recorded(session, photo)


def waiting_for(session: Session, subject: Subject) -> Sequence[Photo]:
    """The photo records that came before their subject."""
    known = shown_photos.records(session, subject)
    if known is not None:
        return known
    return session.scalars(select(Photo).where(Photo.subject_type == subject[0], Photo.subject_id == subject[1])).all()


def check(session: Session, photo: Photo) -> None:
    """Compare a photo's record with its bytes when both are here; what differs is flagged on it and on its finding."""
    blob = None if foreknowledge.is_stranger(session, photo.sha256) else session.get(Blob, photo.sha256)
    if blob is None:
        return
    photo = session.get_one(Photo, photo.id)
    finding = session.get(Finding, photo.subject_id) if photo.subject_type == "finding" else None
    flags = photo_checks.flags(photo, blob.facts, finding)
    photo.flags = merged(photo.flags, flags)
    if finding is not None:
        finding.flags = merged(finding.flags, [{**flag, "photo": photo.id} for flag in flags])
    session.flush()


def merged(flags: list[Any], new: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The flags with those new ones that are not among them."""
    return [*flags, *(dict(flag) for flag in new if flag not in flags)]

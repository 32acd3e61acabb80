"""What needs a supervisor: held and rejected ops, conflicts, refused, late and lost media. Nothing waits unseen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from backend.models import (
    Blob,
    BlobHolder,
    Conflict,
    FieldWrite,
    Finding,
    FirePoint,
    Grant,
    Mention,
    OpRecord,
    QuarantinedBody,
    Stream,
    Upload,
    User,
)
from backend.services import audit, cells, media, rows, uploads
from backend.services.actor import Actor
from backend.services.commands import handlers
from backend.services.errors import NotFound
from backend.sync_store import SqlStore
from sync import engine
from sync.store import StoredOp

PARENT_PATIENCE = timedelta(days=5)
MEDIA_PATIENCE = timedelta(days=2)
LARGEST_N = 2**63 - 1  # what the databases can hold; a number beyond it is no op's
MOST = 500

Items = list[dict[str, Any]]
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def of(session: Session, actor: Actor, now: datetime) -> dict[str, Items]:
    """The queue of an actor, newest first in each kind; at most 500 of a kind, the counts are of what is shown."""
    authors = _authors(session, actor)
    return {
        "held": _ops(session, authors, "held", now),
        "rejected": _ops(session, authors, "rejected", now),
        "unreadable": _unreadable(session, authors),
        "conflicts": _conflicts(session, actor),
        "refused_media": _refused(session, authors),
        "late_media": _late(session, authors, now),
        "lost_media": _lost(session, authors),
    }


def _authors(session: Session, actor: Actor) -> set[str] | None:
    """Whose things are shown: those with a grant within the actor's own; None for an admin, who sees everyone's."""
    if actor.role == "admin":
        return None
    within: set[str] = set()
    for code in actor.grants:
        within |= cells.descendants(code)
    rows_ = session.execute(select(Grant.user_id, Grant.code))
    return {row.user_id for row in rows_ if row.code in within} | {actor.user_id}


def count_held(session: Session, actor: Actor) -> int:
    """How many ops of an actor's area wait for a decision, and not only for another op."""
    query = select(func.count()).select_from(OpRecord).join(Stream, Stream.id == OpRecord.stream_id)
    mine = _by(Stream.user_id, _authors(session, actor))
    return session.scalar(query.where(OpRecord.status == "held", OpRecord.waits_for.is_(None), mine)) or 0


def count_conflicts(session: Session, actor: Actor) -> int:
    """How many conflicts of an actor's area are open."""
    query = select(func.count()).select_from(_conflicts_with_subjects(select(Conflict.id), actor).subquery())
    return session.scalar(query) or 0


def _by(column: Any, authors: set[str] | None) -> ColumnElement[bool] | Any:
    return column.is_not(None) if authors is None else column.in_(authors)


def _ops(session: Session, authors: set[str] | None, status: str, now: datetime) -> Items:
    """Ops by status; one that only waits for its parent or its group is shown once that takes too long.

    One whose parent was rejected is shown at once: nothing else will ever end it.
    """
    query = (
        select(OpRecord, User.id, User.display_name)
        .join(Stream, Stream.id == OpRecord.stream_id)
        .join(User, User.id == Stream.user_id)
        .where(OpRecord.status == status, _by(User.id, authors))
    )
    if status == "held":
        patient = now - PARENT_PATIENCE
        parent = aliased(OpRecord)
        orphan = exists().where(parent.row_id == OpRecord.waits_for, parent.status == "rejected")
        query = query.where(or_(OpRecord.waits_for.is_(None), OpRecord.received_at <= patient, orphan))
    found = session.execute(query.order_by(OpRecord.received_at.desc()).limit(MOST))
    return [
        {
            "stream": op.stream_id,
            "n": op.n,
            "id": op.op_id,
            "cmd": op.cmd,
            "row": op.row_id,
            "problem": op.problem,
            "received_at": rows.instant(op.received_at),
            "author": {"id": user_id, "name": name},
            "body": op.body.decode("utf-8", "replace"),
        }
        for op, user_id, name in found
    ]


def _unreadable(session: Session, authors: set[str] | None) -> Items:
    query = (
        select(QuarantinedBody, User.id, User.display_name)
        .join(Stream, Stream.id == QuarantinedBody.stream_id)
        .join(User, User.id == Stream.user_id)
        .where(_by(User.id, authors))
        .order_by(QuarantinedBody.received_at.desc())
        .limit(MOST)
    )
    return [
        {
            "id": one.id,
            "stream": one.stream_id,
            "sha256": one.sha256,
            "reason": one.reason,
            "received_at": rows.instant(one.received_at),
            "author": {"id": user_id, "name": name},
        }
        for one, user_id, name in session.execute(query)
    ]


def _conflicts(session: Session, actor: Actor) -> Items:
    query = (
        select(
            Conflict,
            User.display_name,
            func.coalesce(Finding.cell_code, FirePoint.cell_code),
            func.coalesce(Finding.number, FirePoint.number),
        )
        .join(User, User.id == Conflict.author_id)
        .order_by(Conflict.at.desc())
    )
    found = session.execute(_conflicts_with_subjects(query, actor).limit(MOST)).all()
    stands = _standing(session, [one for one, *_ in found])
    return [
        {**rows.conflict_document(one, name), "number": number, "cell": cell, "standing": stands[one.id]}
        for one, name, cell, number in found
    ]


def _standing(session: Session, conflicts: Sequence[Conflict]) -> dict[str, dict[str, Any]]:
    """By conflict and field, who wrote the value that stands, and when; a field that nobody changed is not there."""
    found: dict[str, dict[str, Any]] = {one.id: {} for one in conflicts}
    asking: dict[tuple[str, str], list[str]] = {}
    for one in conflicts:
        for field in one.fields:
            asking.setdefault((one.row_id, field["name"]), []).append(one.id)
    query = select(FieldWrite.row_id, FieldWrite.field, FieldWrite.at, User.id, User.display_name)
    query = query.join(User, User.id == FieldWrite.author_id).where(FieldWrite.row_id.in_({row for row, _ in asking}))
    for row_id, field, at, user_id, name in session.execute(query.order_by(FieldWrite.rev)):
        for id in asking.get((row_id, field), ()):
            found[id][field] = {"by": {"id": user_id, "name": name}, "at": rows.instant(at)}
    return found


def _conflicts_with_subjects(query: Query, actor: Actor) -> Query:
    """Narrow a query of conflicts to the open ones of an actor's area, with what they are about."""
    query = (
        query.outerjoin(Finding, and_(Finding.id == Conflict.row_id, Conflict.row_type == "finding"))
        .outerjoin(FirePoint, and_(FirePoint.id == Conflict.row_id, Conflict.row_type == "fire_point"))
        .where(Conflict.state == "open")
    )
    return query if actor.role == "admin" else query.where(_in_area(actor))


def _in_area(actor: Actor) -> ColumnElement[bool]:
    codes: set[str] = set()
    for code in actor.grants:
        codes |= cells.descendants(code)
    cell = func.coalesce(Finding.cell_code, FirePoint.cell_code)
    inside: ColumnElement[bool] = cell.in_(codes)
    return or_(inside, cell.is_(None)) if actor.sees_unassigned() else inside


def _refused(session: Session, authors: set[str] | None) -> Items:
    query = (
        select(Blob, BlobHolder.user_id)
        .join(BlobHolder, BlobHolder.sha256 == Blob.sha256)
        .where(Blob.status == "refused", _by(BlobHolder.user_id, authors))
        .order_by(Blob.stored_at.desc())
        .limit(MOST)
    )
    return [
        {
            "sha256": blob.sha256,
            "code": blob.code,
            "size": blob.size,
            "at": rows.instant(blob.stored_at),
            "author": user_id,
        }
        for blob, user_id in session.execute(query)
    ]


def _late(session: Session, authors: set[str] | None, now: datetime) -> Items:
    """Hashes that ops named days ago and whose bytes have not come; at once those for which other bytes came twice."""
    there = exists().where(BlobHolder.sha256 == Mention.sha256, BlobHolder.user_id == Mention.author_id)
    others = exists().where(
        Upload.sha256 == Mention.sha256,
        Upload.user_id == Mention.author_id,
        Upload.completed_at.is_not(None),
        Upload.mismatches >= uploads.MISMATCHES,
    )
    query = (
        select(Mention, others)
        .where(~there, or_(Mention.named_at <= now - MEDIA_PATIENCE, others), _by(Mention.author_id, authors))
        .order_by(Mention.named_at.desc())
        .limit(MOST)
    )
    return [
        {
            "sha256": one.sha256,
            "subject": {"type": one.subject_type, "id": one.subject_id},
            "named_at": rows.instant(one.named_at),
            "author": one.author_id,
            "code": media.HASH_OF_OTHERS if other_bytes else None,
        }
        for one, other_bytes in session.execute(query)
    ]


def _lost(session: Session, authors: set[str] | None) -> Items:
    """Bytes that were stored, and that the store has not, or not unchanged, any more."""
    query = (
        select(Blob, BlobHolder.user_id)
        .join(BlobHolder, BlobHolder.sha256 == Blob.sha256)
        .where(Blob.lost_at.is_not(None), _by(BlobHolder.user_id, authors))
        .order_by(Blob.lost_at.desc(), Blob.sha256)
        .limit(MOST)
    )
    return [
        {"sha256": blob.sha256, "size": blob.size, "at": rows.instant(blob.lost_at), "author": user_id}
        for blob, user_id in session.execute(query)
    ]


def retry(session: Session, actor: Actor, stream: str, n: int, now: datetime, approve: bool) -> StoredOp:
    """Decide a held op anew; with `approve` although its author's right was lost. Raises NotFound."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    stored = _held(session, store, actor, stream, n)
    decided = engine.release(store, handlers(session), stored, approved=approve)
    audit.record(session, now, actor.user_id, "op.retry", stored.op.id, approve=approve, status=decided.result.status)
    return decided


def dismiss(session: Session, actor: Actor, stream: str, n: int, now: datetime, reason: str) -> StoredOp:
    """Reject a held op, with a reason that its author reads. Raises NotFound."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    stored = _held(session, store, actor, stream, n)
    decided = engine.dismiss(store, stored, reason, actor.user_id)
    audit.record(session, now, actor.user_id, "op.dismiss", stored.op.id)
    return decided


def _held(session: Session, store: SqlStore, actor: Actor, stream: str, n: int) -> StoredOp:
    stored = store.op_at(stream, n) if n <= LARGEST_N else None
    authors: Iterable[str] | None = _authors(session, actor)
    if stored is None or (authors is not None and stored.context.author_id not in authors):
        raise NotFound("There is no such op in your queue.")
    return stored

"""A device's push and pull as use cases: from parsed JSON to the contract's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from backend import server_log
from backend.config import Limits
from backend.models import Device, QuarantinedBody, Stream
from backend.services import audit, held_ops, photos, receipts
from backend.services.actor import Actor
from backend.services.commands import handlers
from backend.sync_store import SqlStore
from sync import batch as batches
from sync import engine, pull, signing
from sync.batch import Batch
from sync.errors import BatchInvalid, BatchTooLarge, OpUnreadable, StreamUnknown
from sync.log_chain import QUARANTINE
from sync.ops import Op, read_instant, sha256_of
from sync.receipts import SigningKey
from sync.store import Json
from sync.text import clean

_DEVICES = cast("Table", Device.__table__)
_OF_DEVICE = select(Stream.id, Stream.user_id, Stream.public_key).where(Stream.device_id == bindparam("device"))
_NEWEST = _OF_DEVICE.order_by(Stream.opened_at.desc()).limit(1)
_NAMED = _OF_DEVICE.where(Stream.id == bindparam("named"))

PERSONAL_TYPES = frozenset({"site", "fire_point", "roster_entry"})

log = structlog.get_logger()


def read_push(session: Session, actor: Actor, request: Any, received_at: datetime, limits: Limits) -> Batch:
    """Read, verify and prepare a batch without any lock.

    Raises BatchInvalid, BatchTooLarge, StreamUnknown, SignatureInvalid, OpUnreadable.
    """
    envelopes = request.get("ops") if isinstance(request, Mapping) else None
    if not isinstance(envelopes, list):
        raise BatchInvalid("A push is an object whose 'ops' is a list.")
    if len(envelopes) > limits.batch_ops:
        raise BatchTooLarge(f"At most {limits.batch_ops} ops a batch.", limit=limits.batch_ops, unit="ops")
    stream = _stream_of(session, actor, envelopes)
    key = signing.read_key(stream.public_key) if stream.public_key is not None else None
    device_now = read_instant(request.get("device_now"))
    skew = (received_at - device_now).total_seconds() if device_now is not None else None
    batch = batches.read_batch(stream.id, envelopes, received_at, skew, key)
    batches.prepare(batch, handlers(session), stream.user_id)
    return batch


def _stream_of(session: Session, actor: Actor, envelopes: list[Any]) -> Any:
    """The one stream that the ops name, which must be this device's; its newest one when there are none."""
    named = batches.stream_named(envelopes)
    query, asked = (_NEWEST, {}) if named is None else (_NAMED, {"named": named})
    found = session.connection().execute(query, {"device": actor.device_id, **asked}).first()
    if found is None:
        raise StreamUnknown("The ops name a stream that is not this device's.")
    return found


def push(
    session: Session,
    actor: Actor,
    batch: Batch,
    app: object,
    backed_up_by_others: bool,
    key: SigningKey,
    in_hurry: bool = False,
) -> Json:
    """Process a batch in the caller's writing transaction and answer it, each stored op with its receipt.

    In a hurry rows are written many at a time; `write_behind.Hasty` asks for the same again without hurry.
    With an outside backup `backed_up_seq` follows the head: the operator has said that what is written is safe.
    """
    store = SqlStore(session, batch.received_at, in_hurry=in_hurry)
    answer = engine.push(store, handlers(session), batch, on_error=_report)
    held_ops.tell(session, store, batch, answer.results)
    store.settle()
    _seen(session, actor, batch.received_at, app)
    epoch = store.epoch()
    receipts.attach(session, key, epoch, batch, answer.results)
    return {
        "epoch": epoch,
        "server_now": batch.received_at.isoformat(),
        "expected_n": answer.expected_n,
        "backed_up_seq": store.head() if backed_up_by_others else store.backed_up_seq(),
        "results": answer.results,
        "missing_media": photos.missing_media(session, batch.stream),
    }


def _seen(session: Session, actor: Actor, now: datetime, app: object) -> None:
    """Note when a device was last heard of, and which app it runs."""
    values: dict[str, object] = {"last_seen_at": now}
    if isinstance(app, str) and app:
        values["app"] = str(clean(app))[:40]
    session.connection().execute(update(_DEVICES).where(_DEVICES.c.id == actor.device_id).values(**values))


def _report(op: Op, error: Exception) -> None:
    log.error("op-failed", op=op.id, cmd=op.cmd, kind=type(error).__name__, exc_info=error)


def quarantine(session: Session, actor: Actor, error: OpUnreadable, received_at: datetime) -> None:
    """Keep the bytes of a body that nobody can read, once."""
    stream = session.scalars(
        select(Stream).where(Stream.device_id == actor.device_id).order_by(Stream.opened_at.desc()).limit(1)
    ).one()
    sha256 = sha256_of(error.body)
    known = select(QuarantinedBody.id).where(QuarantinedBody.stream_id == stream.id, QuarantinedBody.sha256 == sha256)
    if session.scalar(known) is not None:
        return
    SqlStore(session, received_at).lock_counter()
    quarantined = QuarantinedBody(
        id=str(uuid7()),
        stream_id=stream.id,
        sha256=sha256,
        body=error.body,
        reason=error.reason[:200],
        received_at=received_at,
    )
    session.add(quarantined)
    said = {"id": quarantined.id, "stream": stream.id, "sha256": sha256, "reason": quarantined.reason}
    server_log.of(session).append(QUARANTINE, received_at, said, stream.id)


def pull_page(
    session: Session, actor: Actor, cursor: str | None, limit: int, max_bytes: int, again: Sequence[str] = ()
) -> pull.Page:
    """One page for the actor's scopes, in the caller's reading transaction."""
    read = pull.read_cursor(cursor) if cursor else None
    return pull.pull(SqlStore(session), actor.scopes(), read, limit, max_bytes, again)


def note_mirrored(session: Session, actor: Actor, personal: Mapping[str, int], now: datetime) -> None:
    """Write down that a device takes rows with personal data, and how many of each type."""
    details = {"device": [actor.device_id], "rows": dict(sorted(personal.items()))}
    audit.record(session, now, actor.user_id, "read.mirror", None, **details)


def personal_rows(page: pull.Page) -> Mapping[str, int]:
    """How many rows of each type that names people outside the house, or their phones, a page brings."""
    return Counter(type_ for type_, _ in page.rows if type_ in PERSONAL_TYPES)


def tips(session: Session, actor: Actor) -> dict[str, int]:
    """The last op number of each stream of the actor's device."""
    rows = session.execute(select(Stream.id, Stream.last_n).where(Stream.device_id == actor.device_id))
    return {row.id: row.last_n for row in rows}

"""Phones that do what no phone should: ids used twice, `was` of other bytes, forks, damaged and enormous ops, and two
requests on one upload.
"""

from __future__ import annotations

import json
from typing import Any

from backend import failpoints
from backend.extensions import db
from backend.models import Upload
from backend.services import uploads
from backend.transactions import reading, writing
from sync.client import SyncReport
from sync.ops import sha256_of
from sync.outbox import META, OUTBOX, OpTooLarge, key_of
from tests.torture.choosing import WORDS, Numbers, a_fault, a_finding, phone_of, photo_bytes
from tests.torture.fieldwork import comment, report
from tests.torture.witness import Violation
from tests.torture.world import MOST_PHONES, TorturedPhone, World

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


def id_reused(world: World, numbers: Numbers) -> None:
    """An op gets the id of an earlier one, of the same phone or of another: the first one stands."""
    who, a, b, c, _ = numbers
    phone = phone_of(world, who)
    known = sorted({op.id for op in world.witness.recorded.values()})
    if not known:
        return
    _forge(world, phone, a, b, id=known[c % len(known)])


def false_was(world: World, numbers: Numbers) -> None:
    """An op says that it re-issues one that is here, and names other bytes: it is an op of its own."""
    who, a, b, c, _ = numbers
    phone = phone_of(world, who)
    known = sorted(world.witness.acknowledged.values(), key=lambda op: (op.stream, op.n))
    if not known:
        return
    named = known[c % len(known)]
    other = sha256_of(world.new_id().encode())
    _forge(world, phone, a, b, was={"stream": named.stream, "id": named.id, "sha256": other})


def _forge(world: World, phone: TorturedPhone, a: int, b: int, **changed: Any) -> None:
    """A comment whose body is changed before it is sealed; everything else is as it should be."""
    before = phone.device.outbox.stream()
    with phone.under(()):
        row, args = a_finding(world, phone, a), {"text": WORDS[b % 4], "photos": []}
        made = phone.device.outbox.record("finding.comment", row, args)
        body = {**json.loads(made["body"]), **changed}
        sealed = phone.device.outbox._sealed(body, limit=None)
        tip = {"id": before["id"], "n": sealed["n"], "sha256": sealed["sha256"]}
        phone.storage.write([(OUTBOX, key_of(before["id"], sealed["n"]), sealed), (META, "stream", tip)])
        world.tally.ops += 1


def fork(world: World, numbers: Numbers) -> None:
    """A phone and its clone go on from the same unsent op, in the same stream or each in one of its own."""
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    if len(world.phones) >= MOST_PHONES:
        return
    comment(world, (world.phones.index(phone), a, b, c, 1))
    twin = world.clone(phone)
    for one in (phone, twin):
        (comment if a % 2 else report)(world, (world.phones.index(one), a, b, c, 1))
        if b % 3 == 0:
            with one.under(()):
                one.device._open_stream(SyncReport())
    for one in (phone, twin) if b % 2 else (twin, phone):
        one.sync(a_fault(c, d) if c % 2 else ())


def damage(world: World, numbers: Numbers) -> None:
    """Bytes of a waiting op go bad on the phone, so that nobody can read it any more; its record is kept."""
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    pending = phone.device.outbox.pending()
    if not pending:
        return
    record = pending[a % len(pending)]
    bodies = (record["body"][: len(record["body"]) // 2], "[]", record["body"].replace('"n":', '"n":-'), "\ud800{")
    phone.storage.write([(OUTBOX, key_of(record["stream"], record["n"]), {**record, "body": bodies[b % len(bodies)]})])
    others = [one.storage for one in world.phones if one is not phone]
    world.witness.damaged(record, phone.number, others)


def large(world: World, numbers: Numbers) -> None:
    """An op over 256 KiB cannot be made; one that a strange app makes is held; one over 1 MiB is refused, unkept."""
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    before = phone.device.outbox.stream()
    try:
        phone.device.outbox.record("finding.comment", world.new_id(), {"text": "长", "padding": "x" * 256 * 1024})
    except OpTooLarge:
        pass
    else:
        raise Violation("I9: an op over 256 KiB was made")
    if phone.device.outbox.stream() != before:
        raise Violation("I9: a refused op has moved its stream")
    if a % 4 == 0:
        body = json.dumps({"id": world.new_id(), "stream": before["id"], "padding": "x" * (1024 * 1024 + 1)})
        answer = phone.device._push_batch([{"body": body, "sig": None}])
        if answer.status not in (413, 401):
            raise Violation(f"I9: an op over 1 MiB was answered {answer.status} {answer.code}")
        return
    text = {"text": WORDS[b % 4], "photos": [], "padding": "x" * 300_000}
    _forge(world, phone, a, b, args=text)


def two_hosts(world: World, numbers: Numbers) -> None:
    """Two servers take bytes for one upload at the same offset: one of them must be told where it stands."""
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    data = photo_bytes(a % 23)
    moved: list[int] = []
    with phone.under(()):
        sha256 = phone.device.capture(data)
        waiting = phone.storage.get("photo", sha256)
        if waiting is None or waiting["state"] != "pending":
            return
        if waiting["url"] is None and phone.device.photos._create(sha256, dict(waiting)) is None:
            return
        waiting = phone.storage.get("photo", sha256) or waiting
        offset = phone.device.photos._offset(waiting)
        if offset is None or offset + 2 > len(data):
            return
        failpoints.arm("patch-staged", lambda: moved.append(_another_host(world, waiting["url"], b % 7 + 1)))
        chunk = data[offset : offset + 200]
        answer = phone.device._authorised("PATCH", waiting["url"], {**TUS, "Upload-Offset": str(offset)}, chunk)
        if moved and (answer.status, answer.headers.get("upload-offset")) != (409, str(moved[0])):
            told = answer.headers.get("upload-offset")
            raise Violation(f"I8: two hosts took bytes at {offset}; the second was told {answer.status}, {told}")


def _another_host(world: World, url: str, by: int) -> int:
    """What a server on another machine does meanwhile: it counts bytes of its own; returns where it came to."""
    with world.app.app_context():
        with reading() as session:
            row = session.get_one(Upload, url.rsplit("/", 1)[-1])
            seen = uploads.find(session, row.user_id, row.id)
        with writing() as session:
            moved = uploads.advance(session, seen, seen.received + by, world.time.now()).received
        db.session.remove()
        return moved

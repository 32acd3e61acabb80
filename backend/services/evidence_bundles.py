"""An evidence bundle: all that a finding rests on in one zip, sealed, so that anybody can check it without this server.

Original photos, the records, the ops as they came, receipts, log entries with their way up to the signed root of the
day. `sync.bundle_check` checks one. Reads one snapshot; nothing is changed.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend import media_types
from backend.blobs import READ_BYTES, BlobMissing, Blobs
from backend.catalogue import bundle_readme
from backend.models import Blob, Comment, Conflict, Device, Finding, Inspection, LogRecord, OpRecord, Photo, Stream
from backend.services import (
    case_history,
    evidence,
    evidence_grounds,
    finding_queries,
    inspection_queries,
    photo_evidence,
    photo_uses,
    rows,
)
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from backend.version import VERSION
from sync import bundle_check, receipts
from sync.canonical import canonical
from sync.log_chain import moment
from sync.receipts import LogPosition, Receipt, SigningKey
from sync.store import Json

Subjects = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants a bundle, when, and with which of the server's keys. `actor` None is the house itself."""

    actor: Actor | None
    now: datetime
    key: SigningKey
    keys: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is in a bundle. `missing`: photos whose bytes are not here, each with the reason."""

    finding_id: str
    number: str
    photos: int
    ops: int
    missing: list[Json]


def find(session: Session, actor: Actor | None, name: str) -> Finding:
    """A finding by its id or its number. Raises NotFound."""
    seen = select(Finding) if actor is None else finding_queries.visible(actor)
    found = session.scalar(seen.where(or_(Finding.id == name, Finding.number == name)))
    if found is None:
        raise NotFound("There is no such finding, or you may not see it.")
    return found


def write(session: Session, blobs: Blobs, finding: Finding, asked: Asked, file: IO[bytes]) -> Facts:
    """Write the bundle of a finding to a file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        bundle = _Bundle(opened, asked)
        subjects = _subjects(session, finding)
        shown = _photos(session, subjects)
        bundle.text(bundle_check.README, bundle_readme().format(number=finding.number, kid=asked.key.kid))
        bundle.json(bundle_check.KEYS, {"keys": list(asked.keys)})
        _records(session, bundle, finding, subjects, shown, asked)
        ops = _ops(session, bundle, subjects, asked)
        missing = [lack for sha256 in sorted(shown) if (lack := _photo(session, bundle, blobs, sha256, shown[sha256]))]
        made_by = None if asked.actor is None else {"id": asked.actor.user_id, "name": asked.actor.name}
        bundle.seal(
            {
                "format": bundle_check.FORMAT,
                "finding": {"id": finding.id, "number": finding.number},
                "made_at": moment(asked.now),
                "made_by": made_by,
                "server": {"version": VERSION, "epoch": SqlStore(session).epoch()},
                "missing": missing,
            }
        )
    return Facts(finding.id, finding.number, len(shown) - len(missing), ops, missing)


class _Bundle:
    """The zip under way, with the list of what is in it."""

    def __init__(self, opened: zipfile.ZipFile, asked: Asked) -> None:
        self.zip = opened
        self.asked = asked
        self.members: list[Json] = []
        self.time = asked.now.astimezone(CHINA).timetuple()[:6]

    def raw(self, name: str, data: bytes) -> None:
        self.zip.writestr(self._info(name, zipfile.ZIP_DEFLATED), data)
        self._list(name, len(data), hashlib.sha256(data).hexdigest())

    def text(self, name: str, text: str) -> None:
        self.raw(name, text.encode())

    def json(self, name: str, document: Json) -> None:
        self.text(name, json.dumps(document, ensure_ascii=False, indent=1) + "\n")

    def copy(self, name: str, source: IO[bytes]) -> None:
        """A file as it is; photos do not get smaller, so they are not compressed."""
        digest, size = hashlib.sha256(), 0
        with self.zip.open(self._info(name, zipfile.ZIP_STORED), "w", force_zip64=True) as member:
            while block := source.read(READ_BYTES):
                member.write(block)
                digest.update(block)
                size += len(block)
        self._list(name, size, digest.hexdigest())

    def seal(self, said: Json) -> None:
        """The list of all files, and the server's signature over it."""
        manifest = canonical({**said, "members": self.members})
        sealed = {"manifest": hashlib.sha256(manifest).hexdigest(), "finding": said["finding"]["id"]}
        self.zip.writestr(self._info(bundle_check.MANIFEST, zipfile.ZIP_DEFLATED), manifest)
        seal = self.asked.key.seal(receipts.BUNDLE, sealed)
        self.zip.writestr(self._info(bundle_check.SEAL, zipfile.ZIP_DEFLATED), seal)

    def _info(self, name: str, compression: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, cast(Any, self.time))
        info.compress_type = compression
        info.external_attr = 0o644 << 16
        return info

    def _list(self, name: str, size: int, sha256: str) -> None:
        self.members.append({"name": name, "size": size, "sha256": sha256})


# what belongs to it ------------------------------------------------------------------------------------------------
def _subjects(session: Session, finding: Finding) -> Subjects:
    comments = session.scalars(select(Comment.id).where(Comment.finding_id == finding.id).order_by(Comment.id))
    inspection = [finding.inspection_id] if finding.inspection_id else []
    return {"finding": [finding.id], "inspection": inspection, "comment": list(comments)}


def _photos(session: Session, subjects: Subjects) -> dict[str, bool]:
    """Every hash that they show, and whether its bytes are here and its author could see them."""
    found: dict[str, bool] = {}
    for kind, ids in subjects.items():
        for photos in rows.photos_of(session, kind, ids).values():
            for photo in photos:
                found[photo["sha256"]] = found.get(photo["sha256"], False) or bool(photo["stored"])
    return found


def _records(
    session: Session, bundle: _Bundle, finding: Finding, subjects: Subjects, shown: Mapping[str, bool], asked: Asked
) -> None:
    document = finding_queries.documents(session, [finding])[0]
    document["comments"] = finding_queries.comments(session, finding.id)
    document |= case_history.of(session, finding, asked.now)
    document["evidence_lacks"] = evidence_grounds.lacks(session, finding)
    bundle.json("records/finding.json", document)
    inspection = session.get(Inspection, finding.inspection_id) if finding.inspection_id else None
    if inspection is not None:
        bundle.json("records/inspection.json", inspection_queries.whole(session, inspection))
    mine = {(kind, id) for kind, ids in subjects.items() for id in ids}
    uses = [use for use in photo_uses.of(session, shown) if use.subject in mine]
    blobs = session.scalars(select(Blob).where(Blob.sha256.in_(shown)).order_by(Blob.sha256))
    files = [photo_evidence.of_bytes(blob) for blob in blobs if shown[blob.sha256]]
    bundle.json("records/photos.json", {"files": files, "uses": photo_evidence.documents(session, asked.actor, uses)})


def _photo(session: Session, bundle: _Bundle, blobs: Blobs, sha256: str, stored: bool) -> Json | None:
    """Put the original bytes in, or say why not."""
    if not stored:
        return {"sha256": sha256, "reason": "its bytes have not come"}
    blob = session.get_one(Blob, sha256)
    name = f"photos/{sha256}.{media_types.EXTENSIONS.get(blob.media_type or '', 'bin')}"
    try:
        if not blobs.verify(sha256):
            return {"sha256": sha256, "reason": "its bytes in the store are not those of its hash any more"}
        with blobs.open(sha256) as source:
            bundle.copy(name, source)
    except BlobMissing:
        return {"sha256": sha256, "reason": "its bytes are gone from the store"}
    return None


# ops, receipts, log --------------------------------------------------------------------------------------------------
def _ops(session: Session, bundle: _Bundle, subjects: Subjects, asked: Asked) -> int:
    ops = session.scalars(_ops_about(session, subjects)).all()
    logged = _logged(session, ops)
    epoch = SqlStore(session).epoch()
    index = [_op(bundle, op, logged[op.stream_id, op.n], asked.key, epoch) for op in ops]
    bundle.json(bundle_check.OPS, {"ops": index})
    bundle.json(bundle_check.STREAMS, _streams(session, {op.stream_id for op in ops}))
    for n, document in sorted(evidence.log_documents(session, [n for said in index for n in said["log"]]).items()):
        bundle.json(f"log/{n:012}.json", document)
    return len(ops)


def _ops_about(session: Session, subjects: Subjects) -> Any:
    """The ops that made or changed any of it: by the rows that they name."""
    ids = {id for some in subjects.values() for id in some}
    about = or_(*((Photo.subject_type == kind) & Photo.subject_id.in_(some) for kind, some in subjects.items()))
    ids |= set(session.scalars(select(Photo.id).where(about)))
    ids |= set(session.scalars(select(Conflict.id).where(Conflict.row_id.in_(ids))))
    return select(OpRecord).where(OpRecord.row_id.in_(ids)).order_by(OpRecord.stream_id, OpRecord.n)


def _logged(session: Session, ops: Sequence[OpRecord]) -> dict[tuple[str, int], list[LogPosition]]:
    """What was logged of each op, oldest first: that it was taken in, and what was decided of it later."""
    found: dict[tuple[str, int], list[LogPosition]] = {(op.stream_id, op.n): [] for op in ops}
    for stream in sorted({op.stream_id for op in ops}):
        ns = [op.n for op in ops if op.stream_id == stream]
        query = select(LogRecord.n, LogRecord.op_n, LogRecord.hash).where(
            LogRecord.stream_id == stream, LogRecord.op_n.in_(ns)
        )
        for row in session.execute(query.order_by(LogRecord.n)):
            found[stream, int(row.op_n)].append(LogPosition(row.n, row.hash))
    return found


def _op(bundle: _Bundle, op: OpRecord, logged: Sequence[LogPosition], key: SigningKey, epoch: str) -> Json:
    name = f"{op.stream_id}-{op.n:09}"
    bundle.raw(f"ops/{name}.json", op.body)
    newest = logged[-1] if logged else None
    receipt = Receipt(op.op_id, op.stream_id, op.n, op.sha256, op.status, op.seq, epoch, moment(op.received_at), newest)
    bundle.text(f"receipts/{name}.jws", receipts.sign(key, receipt))
    return {
        "file": f"ops/{name}.json",
        "id": op.op_id,
        "stream": op.stream_id,
        "n": op.n,
        "cmd": op.cmd,
        "sha256": op.sha256,
        "sig": op.sig,
        "received_at": moment(op.received_at),
        "clock_offset_s": op.skew_s,
        "receipt": f"receipts/{name}.jws",
        "log": [each.n for each in logged],
    }


def _streams(session: Session, ids: Collection[str]) -> Json:
    """Whose streams they are, and the public keys of their devices."""
    query = select(Stream, Device).join(Device, Device.id == Stream.device_id).where(Stream.id.in_(ids))
    found = session.execute(query.order_by(Stream.id)).all()
    names = rows.names_of(session, {stream.user_id for stream, _ in found})
    return {
        stream.id: {
            "public_key": stream.public_key,
            "author": {"id": stream.user_id, "name": names.get(stream.user_id)},
            "device": {"id": device.id, "name": device.name, "platform": device.platform, "app": device.app},
        }
        for stream, device in found
    }

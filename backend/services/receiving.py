"""The way of an upload's bytes, from a request's body to a stored blob.

It takes several transactions, since bytes are made durable between them; so it is handed the ways to begin one
(`reading`, `writing`), as it is handed the store, the clock and the limits. Every step that changes an upload is
taken under that upload's lock, in this order, so that a kill after any of them loses nothing acknowledged:

1. bytes at their offset, synced            (killed: the database does not count them, they are written again)
2. `received` by compare-and-set, committed (killed after the last byte: `finish` goes on at the next request)
3. the whole hashed and judged, brought to its place, durable there
4. blob, holder and their effects, committed; then the answer

Several hosts share no lock. There the compare-and-set of step 2 decides whose bytes count, steps 3 and 4 may be taken
twice, and whoever comes second finds everything done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend import blobs as blob_store
from backend import failpoints
from backend.blobs import BlobMissing, Blobs, Shelf, StagedBytesLost, sha256_of
from backend.config import Limits
from backend.models import Blob
from backend.services import audit, media, uploads
from backend.services.actor import Actor
from backend.services.errors import NotFound, TooLarge
from backend.services.media_errors import ChecksumWrong, FileEmpty, HashWrong, LengthExceeded, OffsetWrong
from backend.services.uploads import UploadState
from sync.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Creation:
    """What a client announces. `length` is None when it is deferred; `metadata` is the header as sent."""

    sha256: str
    length: int | None
    metadata: str


@dataclass(frozen=True, slots=True)
class Checksum:
    """The digest that a client states for the bytes of one request."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one request; `cut_off` when the body ended too early, `length` as in Upload-Length."""

    offset: int
    data: bytes
    cut_off: bool = False
    checksum: Checksum | None = None
    length: int | None = None

    def checked(self) -> Chunk:
        """This chunk, or ChecksumWrong; of bytes cut off nothing can be said, so none counts."""
        if self.checksum is None:
            return self
        found = hashlib.new(self.checksum.algorithm, self.data, usedforsecurity=False).digest()
        if self.cut_off or found != self.checksum.digest:
            raise ChecksumWrong("These bytes are not those of Upload-Checksum; none was kept. Send them again.")
        return self


Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes uploads in. See the module for what each step promises."""

    blobs: Blobs
    reading: Transaction
    writing: Transaction
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    limits: Limits

    def create(self, actor: Actor, creation: Creation) -> UploadState:
        """A new upload, complete at once when the caller need not send the bytes. Raises TooLarge, FileEmpty."""
        self._check_length(creation.length)
        with self.reading() as session:
            here = media.known_size(session, actor, self.blobs, creation.sha256)
            stored = here is not None and session.get_one(Blob, creation.sha256).status == "stored"
            held = media.is_holder(session, actor.user_id, creation.sha256)
        known = here is not None and here == creation.length
        now, upload_id = self.now(), self.new_id()
        with self.writing() as session:
            if known and stored and not held:
                media.hold(session, creation.sha256, actor.user_id, now)
            return uploads.create(
                session,
                id=upload_id,
                user_id=actor.user_id,
                sha256=creation.sha256,
                length=creation.length,
                metadata=creation.metadata,
                now=now,
                complete=known,
            )

    def state(self, actor: Actor, upload_id: str) -> UploadState:
        """How far an upload got; goes on with one whose last step a kill cut short. Raises NotFound, UploadExpired."""
        upload = self._own(actor, upload_id)
        if upload.completed or (not upload.whole and self._has_all(upload)):
            return upload
        with self.blobs.lock(upload_id):
            upload = self._mended(self._own(actor, upload_id))
            try:
                return self._finish(upload) if upload.whole and not upload.completed else upload
            except (HashWrong, OffsetWrong):
                return self._own(actor, upload_id)

    def peek(self, actor: Actor, upload_id: str) -> UploadState | None:
        """An upload as the database has it, ended or not; None when the caller has none of this id."""
        with self.reading() as session:
            try:
                return uploads.find(session, actor.user_id, upload_id)
            except NotFound:
                return None

    def append(self, actor: Actor, upload_id: str, chunk: Chunk) -> UploadState:
        """Take in the bytes of one request, and the whole when these were its last.

        Raises NotFound, UploadExpired, OffsetWrong, ChecksumWrong, LengthExceeded, TooLarge, FileEmpty, HashWrong.
        """
        chunk = chunk.checked()
        with self.blobs.lock(upload_id):
            upload = self._mended(self._own(actor, upload_id))
            if chunk.offset != upload.received:
                raise OffsetWrong(upload.received)
            upload = self._with_length(upload, chunk)
            if chunk.data:
                upload = self._take(upload, chunk)
            return self._finish(upload) if upload.whole and not upload.completed else upload

    def terminate(self, actor: Actor, upload_id: str) -> None:
        """Forget an upload and its partial bytes; whole bytes that were kept stay."""
        with self.blobs.lock(upload_id):
            with self.writing() as session:
                uploads.remove(session, uploads.find(session, actor.user_id, upload_id))
            self.blobs.discard(upload_id)

    def finish_interrupted(self) -> int:
        """Go on with uploads whose last step was cut short, without waiting for their device; returns how many."""
        with self.reading() as session:
            waiting = uploads.interrupted(session)
        for seen in waiting:
            with self.blobs.lock(seen.id):
                try:
                    with self.reading() as session:
                        upload = uploads.find(session, seen.user_id, seen.id)
                    if upload.whole and not upload.completed:
                        self._finish(upload)
                except (NotFound, HashWrong, OffsetWrong):  # terminated meanwhile, or it starts over
                    continue
        return len(waiting)

    def _own(self, actor: Actor, upload_id: str) -> UploadState:
        with self.reading() as session:
            upload = uploads.find(session, actor.user_id, upload_id)
        uploads.require_open(upload, self.now())
        return upload

    def _mended(self, upload: UploadState) -> UploadState:
        """Start over when staged bytes that were acknowledged are gone, as after a restore."""
        if upload.whole or self._has_all(upload):
            return upload
        return self._start_over(upload)

    def _has_all(self, upload: UploadState) -> bool:
        return self.blobs.staged_size(upload.id, upload.parts) >= upload.received

    def _with_length(self, upload: UploadState, chunk: Chunk) -> UploadState:
        if chunk.length is not None and upload.length is None:
            self._check_length(chunk.length)
            if chunk.length < upload.received:
                raise LengthExceeded(f"The server already has {upload.received} bytes of this upload.")
            with self.writing() as session:
                upload = uploads.state_length(session, upload, chunk.length)
        if chunk.length is not None and upload.length != chunk.length:
            raise LengthExceeded("This upload was announced with another length.")
        return upload

    def _take(self, upload: UploadState, chunk: Chunk) -> UploadState:
        received = upload.received + len(chunk.data)
        if upload.length is not None and received > upload.length:
            raise LengthExceeded(f"This upload has {upload.length} bytes; these would be more. None was kept.")
        self._check_length(received)
        try:
            part = self.blobs.stage(upload.id, upload.received, chunk.data, upload.parts)
        except StagedBytesLost:
            raise OffsetWrong(self._start_over(upload).received) from None
        failpoints.hit("patch-staged")
        with self.writing() as session:
            counted = uploads.advance(session, upload, received, self.now(), part)
        failpoints.hit("patch-counted")
        return counted

    def _finish(self, upload: UploadState) -> UploadState:
        """Hash the whole, judge it, keep it, write it down."""
        try:
            with self.blobs.open_staged(upload.id, upload.parts) as file:
                found = sha256_of(file)
                if found != upload.sha256 and upload.mismatches + 1 < uploads.MISMATCHES:
                    self._start_over(upload, mismatch=True)
                    raise HashWrong("The whole file is not the one of the stated sha256. Send it again from the start.")
                verdict = media.judge(file)
            self.blobs.keep_staged(upload.id, found, verdict.shelf, upload.parts)
        except (BlobMissing, blob_store.HashWrong):
            found, verdict = upload.sha256, self._judge_again(upload)
        finished = self._write_down(upload, found, verdict)
        with suppress(StoreUnavailable):  # the sweep finds them
            self.blobs.discard(upload.id)
        return finished

    def _judge_again(self, upload: UploadState) -> media.Verdict:
        """A kill came between rename and commit: the bytes are in their place, and no row speaks of them.

        Or another host has finished meanwhile: then the row does not start over, and OffsetWrong tells the end.
        With a row they may be somebody else's, and this upload's own are gone without ever having been hashed:
        then they are sent again, for a hash alone opens nothing.
        """
        with self.reading() as session:
            spoken_of = session.get(Blob, upload.sha256) is not None
        for shelf in Shelf:
            if not spoken_of and self.blobs.has(upload.sha256, shelf) and self.blobs.verify(upload.sha256, shelf):
                with self.blobs.open(upload.sha256, shelf) as file:
                    return media.judge(file)
        raise OffsetWrong(self._start_over(upload).received)

    def _write_down(self, upload: UploadState, found: str, verdict: media.Verdict) -> UploadState:
        now, other = self.now(), found != upload.sha256
        facts = {"claimed": upload.sha256} if other else {}
        with self.writing() as session:
            media.record(session, found, upload.received, verdict, upload.user_id, now, **facts)
            first = uploads.complete(session, upload, now, mismatch=other)
            if other and first:
                audit.record(session, now, upload.user_id, "media.hash-mismatch", found, claimed=upload.sha256)
            finished = uploads.find(session, upload.user_id, upload.id)
            failpoints.hit("upload-before-commit")
        failpoints.hit("upload-after-commit")
        return finished

    def _start_over(self, upload: UploadState, *, mismatch: bool = False) -> UploadState:
        with self.writing() as session:
            return uploads.start_over(session, upload, mismatch=mismatch)

    def _check_length(self, length: int | None) -> None:
        if length == 0:
            raise FileEmpty("A file without bytes is no evidence; nothing was kept.")
        if length is not None and length > self.limits.file_bytes:
            limit = self.limits.file_bytes
            raise TooLarge(f"A file may have {limit} bytes at most.", limit=limit)

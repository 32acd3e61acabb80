"""Scrubbing: stored bytes read again before somebody needs them, a bounded piece each run.

Bytes that are gone, or are not those of their hash any more, are put before a person (the attention queue), and count
as missing from then on, so that a device which still has them sends them again (I8). Bytes that are right again count
again, under a new `seq`: their device lets go of its own only when that is backed up.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.blobs import BlobMissing, Blobs, Shelf
from backend.models import Blob
from backend.services import audit, photos
from backend.sync_store import SqlStore

A_RUN = 500  # blobs
A_RUN_BYTES = 256 * 1024 * 1024  # every hour 6 GiB a day: 200,000 photos of 3 MB are read again every 100 days
AGAIN = 100  # lost ones that are looked for again in each run

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Reads in no transaction, and writes each finding in one of its own."""

    blobs: Blobs
    reading: Transaction
    writing: Transaction
    now: Callable[[], datetime]

    def run(self, after: str, most_bytes: int = A_RUN_BYTES) -> dict[str, Any]:
        """Check what follows a hash, within the bounds; `after` in the result is where the next run begins."""
        with self.reading() as session:
            lost = select(Blob.sha256, Blob.size, Blob.status, Blob.lost_at).where(Blob.lost_at.is_not(None))
            again = session.execute(lost.order_by(Blob.lost_at).limit(AGAIN)).all()
            kept = select(Blob.sha256, Blob.size, Blob.status, Blob.lost_at).where(Blob.lost_at.is_(None))
            rows = session.execute(kept.where(Blob.sha256 > after).order_by(Blob.sha256).limit(A_RUN)).all()
        checked = self._within(rows, most_bytes)
        found = [row.sha256 for row in again if self._good(row)]
        bad = [row.sha256 for row in checked if not self._good(row)]
        for sha256 in (*found, *bad):
            with self.writing() as session:
                note(session, sha256, self.now(), lost=sha256 in bad)
        at_the_end = len(checked) == len(rows) < A_RUN
        return {
            "checked": len(checked),
            "lost": bad,
            "found": found,
            "after": "" if at_the_end else checked[-1].sha256,
        }

    @staticmethod
    def _within(rows: Sequence[Any], most_bytes: int) -> Sequence[Any]:
        """The longest beginning that stays within the bytes; one row at least."""
        total = 0
        for index, row in enumerate(rows):
            total += row.size
            if total > most_bytes and index:
                return rows[:index]
        return rows

    def _good(self, row: Any) -> bool:
        shelf = Shelf.ORIGINALS if row.status == "stored" else Shelf.QUARANTINE
        try:
            return self.blobs.size(row.sha256, shelf) == row.size and self.blobs.verify(row.sha256, shelf)
        except BlobMissing:
            return False
        except OSError as error:
            if error.errno == errno.EIO:  # the disk cannot read it; any other fault is not this blob's
                return False
            raise


def note(session: Session, sha256: str, now: datetime, *, lost: bool) -> None:
    """Write down that bytes were lost, or are right again, and show so on what shows them. Takes the counter."""
    store = SqlStore(session, now)
    store.lock_counter()
    blob = session.get(Blob, sha256, populate_existing=True)
    if blob is None or (blob.lost_at is not None) == lost:
        return
    blob.lost_at = now if lost else None
    if not lost:
        blob.seq = store.next_seq()
    audit.record(session, now, None, "media.lost" if lost else "media.found", sha256)
    session.flush()
    photos.show_anew(session, store, sha256)

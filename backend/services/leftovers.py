"""Leftovers: bytes in the blob store that no row speaks of, and which of them may go.

Only staged bytes go: an upload without its row was given up, or ended unfinished, and its device was told so. Whole
bytes never go by themselves, though no row names them: after a restore of an older database they may be the only copy
of something that was acknowledged. They are listed for a person (`flask --app wsgi media unnamed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.blobs import Blobs, Lying, Shelf
from backend.models import Blob, Upload

SAFE_AGE = timedelta(days=1)  # whatever is younger may be somebody's work under way
LOOKED_UP = 400  # ids a query

Reading = Callable[[], AbstractContextManager[Session]]


def sweep(reading: Reading, blobs: Blobs, now: datetime) -> dict[str, int]:
    """Remove staged bytes of no upload, and half-written files of no name; returns how many of each.

    No lock is needed: an upload's row is there before its first byte, and once gone does not come again. The store is
    looked at first, the rows after it.
    """
    removed = 0
    for names in _old(blobs.staged(), now - SAFE_AGE):
        with reading() as session:
            open_ones = select(Upload.id).where(Upload.id.in_(names), Upload.completed_at.is_(None))
            known = set(session.scalars(open_ones))
        for name in names:
            if name not in known:
                blobs.discard(name)
                removed += 1
    return {"staged": removed, "passing": blobs.clear_passing(now - SAFE_AGE)}


def unnamed(reading: Reading, blobs: Blobs, before: datetime) -> Iterator[tuple[Shelf, str]]:
    """The whole bytes, placed before an instant, that neither a blob's row nor an upload under way names."""
    for shelf in Shelf:
        for hashes in _old(blobs.whole(shelf), before):
            with reading() as session:
                known = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(hashes))))
                waited_for = select(Upload.sha256).where(Upload.sha256.in_(hashes), Upload.completed_at.is_(None))
                known |= set(session.scalars(waited_for))
            yield from ((shelf, sha256) for sha256 in hashes if sha256 not in known)


def _old(lying: Iterator[Lying], before: datetime) -> Iterator[list[str]]:
    names = (one.name for one in lying if one.changed_at <= before)
    while some := list(islice(names, LOOKED_UP)):
        yield some

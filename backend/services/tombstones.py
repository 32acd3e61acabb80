"""Tombstones: the `leave` and `delete` entries that tell a device what to drop, and when they may go.

A device whose cursor is older than what is kept hears `cursor-expired` and pulls everything anew: the floor below
which that holds is raised in the commit that removes the first entry, so that no snapshot has the one without the
other. How old a `seq` is, the server's log knows: each op in it has its `seq`, each daily root its last entry.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, tuple_, update
from sqlalchemy.orm import Session

from backend.models import Counter, DailyRoot, Entry, LogRecord, SyncedRow
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync import log_chain

KEPT = timedelta(days=400)  # docs/sync-protocol.md: a cursor that is younger never expires
A_COMMIT = 1000
_TOMBSTONE = Entry.kind != "put"


def purge(session: Session, now: datetime, most: int) -> int:
    """Remove the oldest tombstones that are past their time, at most `most`; returns how many.

    Takes the counter, but only when there is something to do. Whoever gets `most` calls again, in another commit.
    """
    floor = floor_at(session, now)
    if floor == 0 or not session.scalar(select(exists().where(_TOMBSTONE, Entry.seq <= floor))):
        return 0
    SqlStore(session, now).lock_counter()
    session.execute(
        update(Counter)
        .where(Counter.tombstone_floor < floor)
        .values(tombstone_floor=floor)
        .execution_options(synchronize_session=False)
    )
    key = tuple_(Entry.scope, Entry.type, Entry.row_id)
    oldest = select(Entry.scope, Entry.type, Entry.row_id).where(_TOMBSTONE, Entry.seq <= floor).order_by(Entry.seq)
    gone = session.execute(
        delete(Entry)
        .where(key.in_(oldest.limit(most)))
        .returning(Entry.type, Entry.row_id, Entry.kind)
        .execution_options(synchronize_session=False)
    ).all()
    _forget_rows(session, {(one.type, one.row_id) for one in gone if one.kind == "delete"})
    return len(gone)


def floor_at(session: Session, now: datetime) -> int:
    """The highest `seq` that the log shows to have been drawn before the time that tombstones are kept; 0 for none.

    Only days under a signed root count. Where no op came for long this is too low, which keeps entries longer.
    """
    first_kept = (now - KEPT).astimezone(CHINA).date()
    end = session.scalar(
        select(DailyRoot.last_n).where(DailyRoot.day < first_kept).order_by(DailyRoot.day.desc()).limit(1)
    )
    if end is None:
        return 0
    op = (
        select(LogRecord.payload)
        .where(LogRecord.kind == log_chain.OP, LogRecord.n <= end)
        .order_by(LogRecord.n.desc())
        .limit(1)
    )
    payload = session.scalar(op)
    return 0 if payload is None else int(json.loads(payload)["seq"])


def _forget_rows(session: Session, rows: set[tuple[str, str]]) -> None:
    """Remove deleted rows of which no scope has an entry any more."""
    known = exists().where(Entry.type == SyncedRow.type, Entry.row_id == SyncedRow.row_id)
    wanted = sorted(rows)
    for start in range(0, len(wanted), 400):
        session.execute(
            delete(SyncedRow)
            .where(tuple_(SyncedRow.type, SyncedRow.row_id).in_(wanted[start : start + 400]))
            .where(SyncedRow.content.is_(None), ~known)
            .execution_options(synchronize_session=False)
        )

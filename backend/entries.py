"""The entries of rows as they stand: in which scopes a row is, or was, and since when. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Entry

SOME = 400  # ids in one statement

Before = dict[str, tuple[str, int]]  # by scope: the kind of a row's entry, and its seq


def entries_of(session: Session, type: str, row_ids: Sequence[str]) -> dict[str, Before]:
    """The entries of rows of a kind; empty for a row that was never told of."""
    found: dict[str, Before] = {row_id: {} for row_id in row_ids}
    for start in range(0, len(row_ids), SOME):
        known = Entry.type == type, Entry.row_id.in_(row_ids[start : start + SOME])
        for row in session.execute(select(Entry.row_id, Entry.scope, Entry.kind, Entry.seq).where(*known)):
            found[row.row_id][row.scope] = (row.kind, row.seq)
    return found

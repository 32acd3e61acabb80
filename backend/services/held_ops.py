"""Held ops told of: once a push, to the supervisors of the author's area.

Those that only wait for another op are not told of: most of them go through when that one comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Grant
from backend.services import cells, telling
from backend.services.actor import UNIT_PREFIX
from backend.sync_store import SqlStore
from sync.batch import Batch


def tell(session: Session, store: SqlStore, batch: Batch, results: Sequence[dict[str, Any]]) -> None:
    """Tell of the ops of a batch that were held now. One event for each area of the author's."""
    held = [
        stored
        for result in results
        if result["status"] == "held"
        and (stored := store.op_at(batch.stream, result["n"])) is not None
        and stored.waits_for is None
        and stored.context.received_at == batch.received_at  # else it was held before, and this is its replay
    ]
    if not held:
        return
    author = held[0].context.author_id
    for code in _areas(session, author):
        facts = {"count": len(held)}
        telling.tell(session, "op-held", batch.received_at, ("op", held[0].op.id), facts, cell=code)


def _areas(session: Session, author: str) -> list[str | None]:
    """The cells of somebody's grants, without those below another one; null for somebody without any."""
    granted = session.scalars(select(Grant.code).where(Grant.user_id == author).order_by(Grant.code))
    codes = {code for code in granted if not code.startswith(UNIT_PREFIX)}
    outer = [code for code in sorted(codes) if codes.isdisjoint(cells.lineage(code)[1:])]
    return list(outer) or [None]

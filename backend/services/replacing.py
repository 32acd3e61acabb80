"""Rows placed anew after a grid was put into force: by the version of their own time, in small commits.

Each row says under which activation it was placed (`placed_n`). Those placed under an earlier one are taken some at a
time, the counter first, so that phones go on pushing between; a run that is cut off goes on where it was. Where a row
lay before is kept. A cell that a person decided stays while it lives on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.models import Entry, Finding, FirePoint, FormerPlacement, Inspection, Site
from backend.services import cells, placing, publishing
from backend.services.grid_timeline import timeline
from backend.sync_store import SqlStore

JOB = "replace-cells"
A_COMMIT = 500

Row = Any  # a row of one of the kinds below


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rows that lie in cells: when each lay there, and how it is shown again with all that hangs on it."""

    model: type[Any]
    time: InstrumentedAttribute[Any] | None
    scopes: Callable[[Row], frozenset[str]]
    publish: Callable[[Session, SqlStore, Sequence[Row]], None]

    def instant(self, row: Row) -> datetime | None:
        return None if self.time is None else getattr(row, self.time.key)


KINDS: Mapping[str, Kind] = {
    "finding": Kind(Finding, Finding.found_at, publishing.finding_scopes, publishing.findings_and_what_hangs_on_them),
    "inspection": Kind(Inspection, Inspection.started_at, publishing.inspection_scopes, publishing.many_inspections),
    "site": Kind(Site, None, publishing.site_scopes, publishing.many_sites),
    "fire_point": Kind(FirePoint, FirePoint.first_at, publishing.fire_point_scopes, publishing.many_fire_points),
}


def waiting(session: Session) -> dict[str, int]:
    """How many rows of each kind are still to be looked at."""
    n = timeline(session).n
    return {
        name: session.scalar(select(func.count()).select_from(kind.model).where(kind.model.placed_n < n)) or 0
        for name, kind in KINDS.items()
    }


def some(session: Session, now: datetime, limit: int = A_COMMIT) -> dict[str, int]:
    """Look at the next rows; how many were looked at and how many moved. Nothing is left when none was looked at."""
    store = SqlStore(session, now, in_hurry=True)
    store.lock_counter()
    n = timeline(session).n
    for name, kind in KINDS.items():
        rows = session.scalars(
            select(kind.model).where(kind.model.placed_n < n).order_by(kind.model.placed_n, kind.model.id).limit(limit)
        ).all()
        if rows:
            return {"looked_at": len(rows), "moved": _again(session, store, name, kind, rows, n, now)}
    return {"looked_at": 0, "moved": 0}


def _again(session: Session, store: SqlStore, name: str, kind: Kind, rows: Sequence[Row], n: int, now: datetime) -> int:
    shown = _shown_in(session, name, [row.id for row in rows])
    with session.no_autoflush:
        for row in rows:
            _place(session, name, row, kind.instant(row), n, now)
            row.placed_n = n
    moved = [row for row in rows if kind.scopes(row) != shown.get(row.id, frozenset())]
    kind.publish(session, store, moved)
    store.settle()
    return len(moved)


def _shown_in(session: Session, name: str, ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """The scopes that rows are in now, as devices know them."""
    found: dict[str, set[str]] = {}
    entries = select(Entry.row_id, Entry.scope).where(Entry.type == name, Entry.row_id.in_(ids), Entry.kind == "put")
    for row_id, scope in session.execute(entries):
        found.setdefault(row_id, set()).add(scope)
    return {row_id: frozenset(scopes) for row_id, scopes in found.items()}


def _place(session: Session, name: str, row: Row, at: datetime | None, n: int, now: datetime) -> None:
    """Where a row lies by the version of its time; what it was before is kept where it is another."""
    if row.lon is None or row.lat is None:
        return
    before = row.cell_code
    assignment = next((cell for cell in row.cells if cell.scheme == "admin"), None) if name == "finding" else None
    if assignment is not None and assignment.method == placing.DECIDED and before in cells.grid(session, at):
        return
    was = (before, assignment and assignment.confidence, assignment and assignment.method)
    version_before = assignment.version_id if assignment is not None else None
    if name == "finding":
        placing.place_again(session, row, at)
    else:
        accuracy = row.reach_m if name == "fire_point" else (row.position or {}).get("accuracy_m")
        found = cells.locate(row.lon, row.lat, accuracy, at)
        row.cell_code = found.code
        if name == "fire_point":
            row.cell_confidence = found.confidence
    if row.cell_code != before:
        session.add(
            FormerPlacement(
                subject_type=name,
                subject_id=row.id,
                n=n,
                code=was[0],
                confidence=was[1],
                method=was[2],
                version_id=version_before,
                moved_to=row.cell_code,
                at=now,
            )
        )


def former(session: Session, subject_type: str, subject_id: str) -> list[dict[str, Any]]:
    """Where a row lay before each activation that moved it, the earliest first."""
    found = session.scalars(
        select(FormerPlacement)
        .where(FormerPlacement.subject_type == subject_type, FormerPlacement.subject_id == subject_id)
        .order_by(FormerPlacement.n)
    )
    return [
        {
            "code": each.code,
            "name": cells.name(each.code) if each.code else None,
            "confidence": each.confidence,
            "method": each.method,
            "version": each.version_id,
            "moved_to": each.moved_to,
            "at": each.at.isoformat(),
        }
        for each in found
    ]

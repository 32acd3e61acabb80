"""One person's data as a zip of JSON lines, for that person or whoever acts on their request (PIPL 45).

What a person wrote about others (sites, findings) is told by which and when: it is not theirs to take along.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Date, select
from sqlalchemy.orm import Session

from backend.models import Patrol, PatrolTrack, User
from backend.models.columns import UtcDateTime
from backend.services.personal_places import OWN, PLACES, SECRETS, Place

READ = 500


def write(session: Session, user: User, out: BinaryIO, now: datetime) -> dict[str, int]:
    """Write the zip; returns how many rows of each table are in it."""
    counts: dict[str, int] = {}
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for place in PLACES:
            counts[place.table] = _lines(archive, place.table, _rows(session, place, user.id))
        counts["patrol_track"] = _lines(archive, "patrol_track", _tracks(session, user.id))
        said = {"person": user.id, "made_at": now.isoformat(), "rows": counts, "left_out": sorted(SECRETS)}
        archive.writestr("index.json", json.dumps(said, ensure_ascii=False, indent=1))
    return counts


def _lines(archive: ZipFile, name: str, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    with archive.open(f"{name}.jsonl", "w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=_text).encode("utf-8", "replace") + b"\n")
            count += 1
    return count


def _rows(session: Session, place: Place, user_id: str) -> Iterator[dict[str, Any]]:
    table = place.model.__table__
    columns = [one for one in table.columns if one.name not in SECRETS and (place.kind == OWN or _which_and_when(one))]
    shown = [column.name for column in columns]
    query = select(*(columns or table.primary_key)).where(place.of(user_id)).order_by(*table.primary_key)
    for row in session.execute(query, execution_options={"yield_per": READ}):
        yield dict(zip(shown, row, strict=True))


def _which_and_when(column: Any) -> bool:
    return bool(column.primary_key) or isinstance(column.type, UtcDateTime | Date)


def _tracks(session: Session, user_id: str) -> Iterator[dict[str, Any]]:
    query = select(PatrolTrack).join(Patrol, Patrol.id == PatrolTrack.patrol_id).where(Patrol.author_id == user_id)
    for track in session.scalars(query.order_by(PatrolTrack.patrol_id), execution_options={"yield_per": 10}):
        yield {"patrol_id": track.patrol_id, "received_at": track.received_at, "body": track.body}


def _text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)

"""Files of fire points from satellites and offices, and pasted texts: looked at as a whole first, then taken in.

A look changes nothing, and one fault refuses the whole. Applying goes in small transactions, each sighting at most
once, and goes on after a kill. What a form looks like is `geo.fire_points`, taking in is `fire_register`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from backend.models import FireImport, FireImportRow
from backend.services import audit, cells, fire_detections, fire_register, import_maps, zones
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound, TooLarge
from backend.services.site_imports import ImportNotReady
from backend.services.texts import require_storable
from backend.sync_store import SqlStore
from geo.datum import parse_datum
from geo.errors import TableUnreadable
from geo.fault import Fault, counted
from geo.fire_points.detection import Detection, Source
from geo.fire_points.firms import parse_firms
from geo.fire_points.himawari import parse_himawari
from geo.fire_points.pasted import parse_pasted
from geo.fire_points.reading import Parsed
from geo.fire_points.report import PIXEL_M, Terms, parse_report
from geo.fire_points.table_files import table_rows
from geo.fire_points.verdict import burning_verdict
from geo.local_time import local_time
from geo.names import townships, villages

A_TIME = 200  # sightings taken in one transaction, so that phones go on pushing meanwhile
SHOWN = 500
READ_SHOWN = 50
MOST_BYTES = 30 * 1024 * 1024
BY_PEOPLE = (Source.VIDEO, Source.DRONE, Source.HOTLINE_12345, Source.HOTLINE_12369, Source.MESSAGE, Source.PATROL)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read. `form`: firms, himawari, report or pasted.

    `datum`: of a report or a text, which do not say; satellites' files are WGS-84. `source`: of a text. `year`: of a
    table's days without one. `sheet`: of a workbook. `pixel_m`: of a table's pixels.
    """

    form: str
    datum: str | None = None
    source: str = Source.MESSAGE.value
    year: int | None = None
    sheet: str | None = None
    pixel_m: float = PIXEL_M


def check(
    session: Session, actor: Actor, import_id: str, now: datetime, name: str, data: bytes, reading: Reading
) -> FireImport:
    """Look at a file and keep it with a report; nothing of it becomes a fire point yet.

    Raises TooLarge, TableUnreadable, DatumMissing, DatumUnknown, TextInvalid. The session is one that may write.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"A file of fire points may have {MOST_BYTES // 2**20} MiB at most.", limit=MOST_BYTES)
    parsed = _parsed(data, reading, now)
    staged = [fire_detections.packed(each) for each in parsed.detections]
    require_storable(staged, "file")
    detections, elsewhere = _in_our_cells(parsed.detections, reading)
    warnings = [*parsed.warnings, *elsewhere]
    found = FireImport(
        id=import_id,
        name=name[:200] or reading.form,
        form=reading.form,
        terms=asdict(reading),
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        by_id=actor.user_id,
        at=now,
        state="refused" if parsed.faults else "checked",
        report={
            **_foreseen(session, detections, "sent" if parsed.faults else "added"),
            "read": [_as_read(each) for each in detections[:READ_SHOWN]],
            "faults": len(parsed.faults),
            "warnings": len(warnings),
            "by_code": counted([*parsed.faults, *warnings]),
            "fault_list": [fault.as_dict() for fault in parsed.faults[:SHOWN]],
            "warning_list": [fault.as_dict() for fault in warnings[:SHOWN]],
        },
    )
    session.add(found)
    session.flush()
    if not parsed.faults and detections:
        _stage(session, import_id, detections)
    audit.record(
        session, now, actor.user_id, "fire-import.check", import_id, rows=len(detections), faults=len(parsed.faults)
    )
    return found


def _stage(session: Session, import_id: str, detections: Sequence[Detection]) -> None:
    packed = map(fire_detections.packed, detections)
    rows = [{"import_id": import_id, "n": n, "fields": each, "applied": False} for n, each in enumerate(packed)]
    session.execute(insert(FireImportRow), rows)


def _parsed(data: bytes, reading: Reading, now: datetime) -> Parsed:
    if reading.form == "report":
        datum = parse_datum(reading.datum)
        rows, epoch_1904 = table_rows(data, reading.sheet)
        return parse_report(rows, Terms(datum, reading.year, reading.pixel_m, epoch_1904=epoch_1904))
    text = _text(data)
    if reading.form == "firms":
        return parse_firms(text)
    if reading.form == "himawari":
        return parse_himawari(text)
    source = Source(reading.source)
    if source not in BY_PEOPLE:
        raise InputInvalid("A text comes from people: video, drone, 12345, 12369, message or patrol.", field="source")
    return parse_pasted(text, datum=parse_datum(reading.datum), received=now, source=source, names=_names())


def _names() -> Mapping[str, Any]:
    return {**townships(), **villages()}


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableUnreadable("the text is neither UTF-8 nor GBK", form="csv")


def _in_our_cells(detections: Sequence[Detection], reading: Reading) -> tuple[list[Detection], list[Fault]]:
    """A satellite's file covers more than our cells; what lies in none is left out, and counted."""
    if reading.form == "pasted":
        return list(detections), []
    ours = [each for each in detections if cells.locate(each.lon, each.lat, each.reach_m).code is not None]
    left = len(detections) - len(ours)
    kept = {id(each) for each in ours}
    at = next(((each.lon, each.lat) for each in detections if id(each) not in kept), None)
    detail = f"{left} rows lie in no cell and were left out"
    return ours, [Fault("outside-cells", None, detail, at, {"count": left})] if left else []


def _as_read(detection: Detection) -> dict[str, Any]:
    """What was read from a row, for somebody to compare with what was sent; CGCS2000 degrees, and their cell."""
    cell = cells.locate(detection.lon, detection.lat, detection.reach_m).code
    return {
        "row": detection.row,
        "at": detection.instant.isoformat(),
        "lon": detection.lon,
        "lat": detection.lat,
        "reach_m": detection.reach_m,
        "cell": cell,
        "cell_name": cells.name(cell) if cell is not None else None,
    }


def _foreseen(session: Session, detections: Sequence[Detection], change: str) -> dict[str, Any]:
    """What applying would do now; `change`: what it means on the map to be new."""
    known = fire_register.points_of_known(session, detections)
    new = {fire_detections.key_of(each): each for each in reversed(detections)}
    new = {key: each for key, each in reversed(new.items()) if key not in known}
    numbers = iter(range(len(new)))
    grouping = fire_register.grouped(session, list(new.values()), lambda: f"new-{next(numbers):06d}")
    zone_index = zones.index(session)
    verdicts = Counter(burning_verdict([each], zone_index)[0].outcome for each in new.values())
    return {
        "sightings": len(detections),
        "new": len(new),
        "known": len(detections) - len(new),
        "opened": len(grouping.opened),
        "joined": len(set(grouping.event_ids) - grouping.opened.keys()),
        "merged": len(grouping.merged),
        "map": import_maps.collection(
            _drawn(each, "same" if fire_detections.key_of(each) in known else change) for each in detections
        ),
        "by_source": dict(sorted(Counter(each.source.value for each in detections).items())),
        "by_zone": dict(sorted(verdicts.items())),
    }


def _drawn(detection: Detection, change: str) -> import_maps.Drawn:
    name = f"{detection.row} · {local_time(detection.instant):%m-%d %H:%M}"
    return import_maps.Drawn(change, str(detection.row), name, shapely.points(detection.lon, detection.lat))


def get(session: Session, actor: Actor, import_id: str) -> FireImport:
    """One's own import, or anybody's for an admin. Raises NotFound."""
    found = session.get(FireImport, import_id)
    if found is None or (found.by_id != actor.user_id and actor.role != "admin"):
        raise NotFound("There is no such import.")
    return found


def begin(session: Session, actor: Actor, import_id: str, now: datetime) -> FireImport:
    """Let a checked file be taken in. Raises NotFound, ImportNotReady."""
    found = get(session, actor, import_id)
    moved = update(FireImport).where(FireImport.id == import_id, FireImport.state == "checked").values(state="applying")
    if session.execute(moved).rowcount != 1:  # type: ignore[attr-defined]
        reasons = {"refused": "it has faults; mend them and send it again", "applied": "it was taken in already"}
        raise ImportNotReady(f"This file is not to be taken in: {reasons.get(found.state, 'it is being taken in')}.")
    session.refresh(found)
    audit.record(session, now, actor.user_id, "fire-import.apply", import_id)
    return found


def apply_some(session: Session, import_id: str, now: datetime, new_id: Callable[[], str], most: int = A_TIME) -> int:
    """Take the next sightings in; how many are left. One transaction, the counter first."""
    store = SqlStore(session, now, in_hurry=True)
    store.lock_counter()
    job = session.get_one(FireImport, import_id)
    if job.state != "applying":
        return 0
    waiting = select(FireImportRow).where(FireImportRow.import_id == import_id, FireImportRow.applied.is_(False))
    rows = session.scalars(waiting.order_by(FireImportRow.n).limit(most)).all()
    by = job.by_id if job.form == "pasted" else None
    sightings = [fire_register.Sighting(fire_detections.unpacked(row.fields), import_id, by) for row in rows]
    for row in rows:
        row.applied = True
    fire_register.take(session, store, sightings, now, new_id)
    store.settle()
    left: int = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    if left == 0:
        job.state, job.applied_at = "applied", now
    return left


def forget(session: Session, before: datetime) -> int:
    """Remove files that were looked at and never taken in, and the rows of those that were; how many files."""
    stale = select(FireImport.id).where(FireImport.at < before, FireImport.state.in_(("checked", "refused")))
    ids = list(session.scalars(stale))
    done = select(FireImport.id).where(FireImport.applied_at < before)
    session.execute(delete(FireImportRow).where(FireImportRow.import_id.in_(done)))
    session.execute(delete(FireImportRow).where(FireImportRow.import_id.in_(ids)))
    session.execute(delete(FireImport).where(FireImport.id.in_(ids)))
    return len(ids)


def document(found: FireImport) -> dict[str, Any]:
    """An import as the API shows it."""
    return {
        "id": found.id,
        "name": found.name,
        "form": found.form,
        "terms": found.terms,
        "sha256": found.sha256,
        "state": found.state,
        "at": found.at.isoformat(),
        "applied_at": found.applied_at.isoformat() if found.applied_at else None,
        "report": found.report,
    }

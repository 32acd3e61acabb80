"""Tables of sites from offices: looked at as a whole first, applied only when nothing in them is wrong.

A look changes nothing. Applying goes in small transactions, each row at most once, and goes on after a kill. Reading
a file is `spreadsheets`, what one row means is `site_rows`, writing a site is `site_register`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from backend import spreadsheets
from backend.models import Site, SiteImport, SiteImportRow
from backend.services import audit, import_maps, publishing, site_register, site_rows
from backend.services.actor import Actor
from backend.services.errors import NotFound, ServiceError
from backend.services.site_rows import Fault, Meant
from backend.sync_store import SqlStore
from geo.datum import Datum
from geo.distance import distance_m

A_TIME = 200  # rows written in one transaction, so that phones go on pushing meanwhile
MOVED_M = 1.0  # a site that lies further off is drawn with the place that it leaves
SHOWN = 500  # faults and warnings told one by one; the counts are of all


class ImportNotReady(ServiceError):
    """The table has faults, or was applied already."""

    code = "import-not-ready"


def check(
    session: Session, actor: Actor, import_id: str, now: datetime, name: str, data: bytes, datum: Datum
) -> SiteImport:
    """Look at a table and keep it with a report; nothing of it becomes a site yet.

    Raises TableUnreadable. The session is one that may write.
    """
    table = spreadsheets.read(data, name, site_rows.headings(), site_rows.REQUIRED)
    meant, faults, warnings = [], [], []
    for row in table.rows:
        read = site_rows.read(row, datum, table.columns, actor)
        faults += read.faults
        warnings += read.warnings
        if read.meant is not None:
            meant.append(read.meant)
    faults += _claimed_twice(meant, table.columns)
    known = _known(session, (each.code for each in meant))
    faults += [_fault(each, "site-outside-area", table.columns) for each in meant if _foreign(actor, known, each)]
    changed = {each.code for each in meant if each.code in known and _differs(known[each.code], each)}
    new = [each for each in meant if each.code not in known]
    report = {
        "rows": len(table.rows),
        "new": len(new),
        "changed": len(changed),
        "same": len(meant) - len(new) - len(changed),
        "map": import_maps.collection(_drawn(meant, known, changed)),
        "columns": dict(table.columns),
        "unknown_columns": list(table.unknown),
        "faults": len(faults),
        "warnings": len(warnings),
        "by_code": dict(sorted(Counter(fault.code for fault in [*faults, *warnings]).items())),
        "fault_list": [fault.document() for fault in sorted(faults, key=_by_line)[:SHOWN]],
        "warning_list": [fault.document() for fault in sorted(warnings, key=_by_line)[:SHOWN]],
    }
    found = SiteImport(
        id=import_id,
        name=name[:200],
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        datum=datum.value,
        by_id=actor.user_id,
        at=now,
        state="refused" if faults else "checked",
        report=report,
    )
    session.add(found)
    session.flush()
    if not faults:
        _stage(session, import_id, [each for each in meant if each.code in changed or each.code not in known])
    audit.record(session, now, actor.user_id, "site-import.check", import_id, rows=len(table.rows), faults=len(faults))
    return found


def _stage(session: Session, import_id: str, meant: Sequence[Meant]) -> None:
    rows = [
        {"import_id": import_id, "line": each.line, "code": each.code, "fields": each.fields, "applied": False}
        for each in meant
    ]
    if rows:
        session.execute(insert(SiteImportRow), rows)


def get(session: Session, actor: Actor, import_id: str) -> SiteImport:
    """One's own import, or anybody's for an admin. Raises NotFound."""
    found = session.get(SiteImport, import_id)
    if found is None or (found.by_id != actor.user_id and actor.role != "admin"):
        raise NotFound("There is no such import.")
    return found


def begin(session: Session, actor: Actor, import_id: str, now: datetime) -> SiteImport:
    """Let a checked table be applied. Raises NotFound, ImportNotReady."""
    found = get(session, actor, import_id)
    moved = update(SiteImport).where(SiteImport.id == import_id, SiteImport.state == "checked").values(state="applying")
    if session.execute(moved).rowcount != 1:  # type: ignore[attr-defined]
        reasons = {"refused": "it has faults; mend them and send it again", "applied": "it was applied already"}
        raise ImportNotReady(f"This table is not to be applied: {reasons.get(found.state, 'it is being applied')}.")
    session.refresh(found)
    audit.record(session, now, actor.user_id, "site-import.apply", import_id)
    return found


def apply_some(session: Session, import_id: str, now: datetime, new_id: Callable[[], str], most: int = A_TIME) -> int:
    """Write the next rows of a table; how many are left. One transaction, the counter first."""
    store = SqlStore(session, now, in_hurry=True)
    store.lock_counter()
    job = session.get_one(SiteImport, import_id)
    if job.state != "applying":
        return 0
    open_rows = select(SiteImportRow).where(SiteImportRow.import_id == import_id, SiteImportRow.applied.is_(False))
    rows = session.scalars(open_rows.order_by(SiteImportRow.line).limit(most)).all()
    known = _known(session, (row.code for row in rows))
    origin = f"import:{import_id}"
    new = [
        site_register.add(session, new_id(), now, {**row.fields, "origin": origin})
        for row in rows
        if row.code not in known
    ]
    session.flush()
    for site in new:
        site_register.note_added(session, site, now, job.by_id)
    changed = [
        known[row.code]
        for row in rows
        if row.code in known and site_register.rewrite(session, known[row.code], now, row.fields, job.by_id, origin)
    ]
    for row in rows:
        row.applied = True
    publishing.many_sites(session, store, [*new, *changed])
    store.settle()
    left: int = session.scalar(select(func.count()).select_from(open_rows.subquery())) or 0
    if left == 0:
        job.state, job.applied_at = "applied", now
    return left


def forget(session: Session, before: datetime) -> int:
    """Remove tables that were looked at and never applied, and the rows of those that were; how many tables.

    An applied table itself stays: it is where its sites come from.
    """
    stale = select(SiteImport.id).where(SiteImport.at < before, SiteImport.state.in_(("checked", "refused")))
    ids = list(session.scalars(stale))
    done = select(SiteImport.id).where(SiteImport.applied_at < before)
    session.execute(delete(SiteImportRow).where(SiteImportRow.import_id.in_(done)))
    session.execute(delete(SiteImportRow).where(SiteImportRow.import_id.in_(ids)))
    session.execute(delete(SiteImport).where(SiteImport.id.in_(ids)))
    return len(ids)


def _known(session: Session, codes: Iterable[str]) -> dict[str, Site]:
    wanted = list(dict.fromkeys(codes))
    found: dict[str, Site] = {}
    for start in range(0, len(wanted), 500):
        rows = session.scalars(select(Site).where(Site.code.in_(wanted[start : start + 500])))
        found.update({site.code: site for site in rows})
    return found


def _foreign(actor: Actor, known: Mapping[str, Site], meant: Meant) -> bool:
    site = known.get(meant.code)
    return site is not None and not site_rows.in_area(actor, site.cell_code)


def _drawn(meant: Sequence[Meant], known: Mapping[str, Site], changed: set[str]) -> list[import_maps.Drawn]:
    """Each row that has a place; of a site that moves, where it lies now too."""
    drawn = []
    for each in meant:
        if each.at is None:
            continue
        site = known.get(each.code)
        change = "added" if site is None else "changed" if each.code in changed else "same"
        before = None if site is None or site.lon is None or site.lat is None else (site.lon, site.lat)
        if before is not None and distance_m(before, each.at) <= MOVED_M:
            before = None
        name = str(each.fields.get("name", ""))
        drawn.append(import_maps.Drawn(change, each.code, name, shapely.points(each.at), before))
    return drawn


def _differs(site: Site, meant: Meant) -> bool:
    before = site_register.facts(site)
    said = {name: value for name, value in meant.fields.items() if name not in ("attributes", "cell")}
    attributes = {**before["attributes"], **meant.fields.get("attributes", {})}
    return bool(site_register.differences(before, {**before, **said, "attributes": attributes}))


def _claimed_twice(meant: Sequence[Meant], columns: Mapping[str, str]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for each in meant:
        line = first.setdefault(each.code, each.line)
        if line != each.line:
            faults.append(_fault(each, "code-duplicate", columns, f"line {line} has {each.code} too"))
    return faults


def _fault(each: Meant, code: str, columns: Mapping[str, str], detail: str = "") -> Fault:
    return Fault(each.line, "code", columns.get("code"), code, detail or each.code, each.at)


def _by_line(fault: Fault) -> tuple[int, str]:
    return fault.line, fault.code


def document(found: SiteImport) -> dict[str, Any]:
    """An import as the API shows it."""
    return {
        "id": found.id,
        "name": found.name,
        "sha256": found.sha256,
        "datum": found.datum,
        "state": found.state,
        "at": found.at.isoformat(),
        "applied_at": found.applied_at.isoformat() if found.applied_at else None,
        "report": found.report,
    }

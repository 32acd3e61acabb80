"""Tables that counties send (县区报表): looked at as a whole first, applied only as they were looked at.

A look changes nothing but keeps the file as it came. Applying looks again: where anything that the report said has
changed since, nothing is applied. Reading a file is `spreadsheets`, what a row means is `county_rows`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl.utils import get_column_letter
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend import spreadsheets
from backend.models import CountyTable, Finding, Office, Statement
from backend.services import audit, cells, county_rows, finding_queries, pages, statements, visibility
from backend.services.actor import Actor
from backend.services.county_rows import Meant
from backend.services.errors import InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.finding_filters import BEIJING
from backend.services.lifecycle import CLOSED
from backend.services.pages import Page, PageAsked
from backend.services.rows import instant
from backend.services.site_imports import ImportNotReady
from backend.services.site_rows import Fault
from backend.spreadsheets import Table, TableUnreadable
from backend.sync_store import SqlStore
from sync.canonical import fingerprint

MOST_ROWS = 1000
"""Rows of a table, which is applied in one transaction."""


class TableOvertaken(ServiceError):
    """What the table was compared with has changed since it was looked at."""

    code = "table-overtaken"


@dataclass(frozen=True, slots=True)
class Change:
    """What a table changes: which finding, in which line, from which statement (0 for none) to what."""

    finding_id: str
    number: str
    line: int
    before_n: int
    before: Mapping[str, str | None]
    after: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """As the report shows it: the fields that change, before and after."""
        after = {name: statements.text(value) for name, value in self.after.items()}
        return {
            "finding": self.finding_id,
            "number": self.number,
            "line": self.line,
            "n": self.before_n + 1,
            "fields": {name: [self.before[name], after[name]] for name in after if self.before[name] != after[name]},
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found."""

    report: dict[str, Any]
    changes: Sequence[Change]


def require_county(session: Session, actor: Actor, code: str) -> None:
    """Raise unless the actor speaks for a cell: an admin, or a handler of an office of that cell or above it.

    Raises InputInvalid for a code that no cell has, NotAllowed.
    """
    if cells.name(code) is None:
        raise InputInvalid("cell is no code of an administrative cell.", field="cell")
    if actor.role == "admin":
        return
    office = session.get(Office, actor.office_id) if actor.office_id else None
    if office is None or office.cell_code is None or office.cell_code not in cells.lineage(code):
        raise NotAllowed("A county's table is sent by an admin, or by a handler of an office of that county.")


def check(
    session: Session, actor: Actor, table_id: str, now: datetime, cell: str, name: str, data: bytes
) -> CountyTable:
    """Look at a table and keep it with a report; no statement is made yet.

    Raises TableUnreadable, InputInvalid, NotAllowed. The session is one that may write.
    """
    require_county(session, actor, cell)
    looked = _look(session, actor, cell, name, data, now)
    found = CountyTable(
        id=table_id,
        cell_code=cell,
        name=name[:200],
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        state="refused" if looked.report["faults"] else "checked",
        report=looked.report,
        by_id=actor.user_id,
        at=now,
    )
    session.add(found)
    session.flush()
    told = {name: looked.report[name] for name in ("rows", "faults", "changed", "new")}
    audit.record(session, now, actor.user_id, "county-table.check", table_id, cell=cell, sha256=found.sha256, **told)
    return found


def apply(session: Session, actor: Actor, table_id: str, now: datetime, sha256: str) -> CountyTable:
    """Let a table that was looked at become statements. `sha256`: the file that was looked at.

    One that was applied already is given back as it is. Raises NotFound, ImportNotReady, TableOvertaken.
    """
    SqlStore(session, now).lock_counter()
    found = session.get(CountyTable, get(session, actor, table_id).id, populate_existing=True)
    assert found is not None
    if found.sha256 != sha256:
        raise TableOvertaken("This is not the file that was looked at; its hash is another one.", sha256=found.sha256)
    if found.state == "applied":
        return found
    if found.state == "refused":
        raise ImportNotReady("This table is not to be applied: it has faults; mend them and send it again.")
    looked = _look(session, actor, found.cell_code, found.name, found.data, now)
    if looked.report["faults"] or looked.report["of"] != found.report["of"]:
        raise TableOvertaken("Findings or statements have changed since it was looked at; send it again and look.")
    if looked.changes:
        session.execute(insert(Statement), [_row(change, found, now) for change in looked.changes])
    found.state, found.applied_at, found.applied_by = "applied", now, actor.user_id
    session.flush()
    told = {"cell": found.cell_code, "sha256": sha256, "statements": len(looked.changes)}
    audit.record(session, now, actor.user_id, "county-table.apply", table_id, **told)
    return found


def _row(change: Change, table: CountyTable, now: datetime) -> dict[str, Any]:
    named = {"finding_id": change.finding_id, "n": change.before_n + 1, "table_id": table.id, "line": change.line}
    return {**named, "at": now, **change.after}


def _look(session: Session, actor: Actor, cell: str, name: str, data: bytes, now: datetime) -> Looked:
    table = spreadsheets.read(data, name, county_rows.HEADINGS, county_rows.REQUIRED)
    _require_readable(table)
    meant, faults, warnings = [], _header_faults(table), _merged_warnings(table)
    for row in table.rows:
        read = county_rows.read(row, table.columns, now.astimezone(BEIJING).date())
        faults += read.faults
        warnings += read.warnings
        if read.meant is not None:
            meant.append(read.meant)
    faults += _named_twice(meant, table.columns)
    known = _known(session, actor, (each.number for each in meant))
    inside = set(visibility.below([cell]))
    changes: list[Change] = []
    matched = same = 0
    held = statements.newest(session, [finding.id for finding in known.values()])
    for each in meant:
        finding = known.get(each.number)
        if finding is None:
            faults.append(_fault(each, "finding-unknown", table))
        elif finding.cell_code not in inside:
            faults.append(_fault(each, "finding-elsewhere", table, _where(finding)))
        else:
            matched += 1
            if finding.state in CLOSED:
                warnings.append(_fault(each, "finding-settled", table))
            change = _change(each, finding, held.get(finding.id))
            changes += [change] if change else []
            same += change is None
    report = {
        "rows": len(table.rows),
        "matched": matched,
        "new": sum(change.before_n == 0 for change in changes),
        "changed": sum(change.before_n > 0 for change in changes),
        "same": same,
        "columns": dict(table.columns),
        "unknown_columns": list(table.unknown),
        "faults": len(faults),
        "warnings": len(warnings),
        "by_code": dict(sorted(Counter(fault.code for fault in [*faults, *warnings]).items())),
        "fault_list": [fault.document() for fault in sorted(faults, key=_by_line)],
        "warning_list": [fault.document() for fault in sorted(warnings, key=_by_line)],
        "changes": [change.document() for change in changes],
    }
    return Looked({**report, "of": fingerprint(report["changes"])}, changes)


def _require_readable(table: Table) -> None:
    if len(table.rows) > MOST_ROWS:
        raise TableUnreadable(
            f"A county's table may have {MOST_ROWS} rows; this one has {len(table.rows)}. Send it in parts.",
            limit=MOST_ROWS,
        )
    if not set(table.columns) - set(county_rows.REQUIRED):
        wanted = [texts[0] for name, texts in county_rows.HEADINGS.items() if name not in county_rows.REQUIRED]
        raise TableUnreadable(f"The table has none of the columns {', '.join(wanted)}.", missing=wanted)


def _header_faults(table: Table) -> list[Fault]:
    """A heading over several columns, merged or written twice: which of them is meant is not guessed."""
    faults = []
    for name, more in table.repeated.items():
        letters = [table.columns[name], *more]
        detail = f"{county_rows.HEADINGS[name][0]}: {', '.join(letters)}"
        faults.append(Fault(table.heading_line, name, letters[0], "heading-repeated", detail))
    return faults


def _merged_warnings(table: Table) -> list[Fault]:
    """A merged range of the body is read as if each of its cells said the same; that is told."""
    return [
        Fault(span.min_row, "", get_column_letter(span.min_col), "cells-merged", span.coord) for span in table.merged
    ]


def _named_twice(meant: Sequence[Meant], columns: Mapping[str, str]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for each in meant:
        line = first.setdefault(each.number, each.line)
        if line != each.line:
            detail = f"{each.number}: {line}, {each.line}"
            faults.append(Fault(each.line, "number", columns.get("number"), "code-duplicate", detail))
    return faults


def _known(session: Session, actor: Actor, numbers: Iterable[str]) -> dict[str, Finding]:
    """The findings that the actor may see, by number."""
    wanted = list(dict.fromkeys(numbers))
    found: dict[str, Finding] = {}
    for start in range(0, len(wanted), 500):
        query = finding_queries.visible(actor).where(Finding.number.in_(wanted[start : start + 500]))
        found.update({finding.number: finding for finding in session.scalars(query)})
    return found


def _change(each: Meant, finding: Finding, held: Statement | None) -> Change | None:
    """What a row changes of what the county said before; None where it says the same, or nothing."""
    before = {name: getattr(held, name) if held else None for name in statements.FIELDS}
    after = {**before, **each.fields}
    if after == before:
        return None
    return Change(finding.id, finding.number, each.line, held.n if held else 0, statements.said(held), after)


def _fault(each: Meant, code: str, table: Table, more: str = "") -> Fault:
    return Fault(each.line, "number", table.columns.get("number"), code, f"{each.number} {more}".strip())


def _where(finding: Finding) -> str:
    return "" if finding.cell_code is None else cells.name(finding.cell_code) or finding.cell_code


def _by_line(fault: Fault) -> tuple[int, str]:
    return fault.line, fault.code


def get(session: Session, actor: Actor, table_id: str) -> CountyTable:
    """One's own table, or anybody's for an admin. Raises NotFound."""
    found = session.get(CountyTable, table_id)
    if found is None or (found.by_id != actor.user_id and actor.role != "admin"):
        raise NotFound("There is no such table, or it is not yours.")
    return found


def page(session: Session, actor: Actor, asked: PageAsked, cell: str | None) -> Page[CountyTable]:
    """The tables that came, the newest first: one's own, all for an admin. Raises PageCursorInvalid."""
    query = select(CountyTable)
    if actor.role != "admin":
        query = query.where(CountyTable.by_id == actor.user_id)
    if cell is not None:
        query = query.where(CountyTable.cell_code == cell)
    return pages.fetch(session, query, CountyTable.at, CountyTable.id, asked)


def document(found: CountyTable, *, whole: bool = True) -> dict[str, Any]:
    """A table as the API shows it; without the lists of the report where it is one of many."""
    lists = ("fault_list", "warning_list", "changes")
    report = found.report if whole else {name: said for name, said in found.report.items() if name not in lists}
    return {
        "id": found.id,
        "cell": found.cell_code,
        "name": found.name,
        "sha256": found.sha256,
        "state": found.state,
        "by": found.by_id,
        "at": instant(found.at),
        "applied_by": found.applied_by,
        "applied_at": instant(found.applied_at),
        "report": report,
    }

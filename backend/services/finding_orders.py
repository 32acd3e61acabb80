"""In which orders a list of findings can be read, and what each goes by.

Knows nothing of filters or rights. Every order is total: where the first key is level, the time of finding or the id
decides, so that each finding stands on exactly one page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists

from backend.models import Finding, FindingStanding, SyncedRow
from backend.services.pages import Key, Order

_FOUND = Key(Finding.found_at, datetime)
_ID = Key(Finding.id, str)
_RUNS = and_(FindingStanding.finding_id == Finding.id, FindingStanding.due_at.is_not(None))
_PUBLISHED = and_(SyncedRow.row_id == Finding.id, SyncedRow.type == "finding")


def _with_term(query: Select[Any]) -> Select[Any]:
    return query.join(FindingStanding, _RUNS)


def _without_term(query: Select[Any]) -> Select[Any]:
    return query.where(~exists().where(_RUNS))


def _published(query: Select[Any]) -> Select[Any]:
    return query.join(SyncedRow, _PUBLISHED)


def _unpublished(query: Select[Any]) -> Select[Any]:
    return query.where(~exists().where(_PUBLISHED))


NEWEST = Order("", (_FOUND, _ID))

SORTS: dict[str, Order] = {
    "newest": NEWEST,
    "oldest": Order("oldest", (Key(Finding.found_at, datetime, False), Key(Finding.id, str, False))),
    # The term that statistics count by: the office's own, else the item's; what is put aside waits until then.
    "deadline": Order(
        "deadline",
        (Key(FindingStanding.due_at, datetime, False), Key(Finding.id, str, False)),
        _with_term,
        Order("no-term", (_FOUND, _ID), _without_term),
    ),
    # The codes of severity happen to stand in the order of the alphabet (minor, moderate, serious), so that a plain
    # index serves; a test holds them to it.
    "severity": Order("severity", (Key(Finding.severity, str), _FOUND, _ID)),
    # Every change of a finding is published under the next number of the counter; what was loaded otherwise comes last.
    "changed": Order(
        "changed", (Key(SyncedRow.seq, int), _ID), _published, Order("unpublished", (_FOUND, _ID), _unpublished)
    ),
}
"""By name. `deadline` begins with what is longest overdue; where no term runs comes last, newest first."""

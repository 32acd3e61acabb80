"""Near-equal records from another stream of the same person, as a reinstalled app sends them.

Flagged, never dropped. What lies around a moment is read once for the records of a batch that are near in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend import write_behind
from backend.models import Finding, Inspection
from backend.services import under_way
from geo.distance import distance_m

SPAN = timedelta(minutes=2)
REACH_M = 50.0
MOST_SHOWN = 5
"""Two or three names help a person to compare; a burst of n equal records would otherwise write n² flags."""
_AHEAD = timedelta(hours=6)  # a batch is a stretch of a day: its records lie close to one another
_MOST_READ = 400


class _Other(NamedTuple):
    id: str
    number: str
    stream_id: str
    topic: str
    item: str | None
    found_at: datetime
    lon: float | None
    lat: float | None


class _Neighbours(NamedTuple):
    """A person's findings found between two moments, in the order of their numbers."""

    since: datetime
    until: datetime
    findings: Sequence[_Other]


_COLUMNS = [getattr(Finding, name) for name in _Other._fields]
_AROUND = (
    select(*_COLUMNS)
    .where(
        Finding.author_id == bindparam("author"),
        Finding.stream_id != bindparam("stream"),
        Finding.found_at.between(bindparam("since"), bindparam("until")),
    )
    .order_by(Finding.number)
)
_FEW_AROUND = _AROUND.limit(_MOST_READ)
_INSPECTIONS = select(Inspection.id).where(
    Inspection.author_id == bindparam("author"),
    Inspection.stream_id != bindparam("stream"),
    Inspection.checklist == bindparam("checklist"),
    Inspection.site_id.is_not_distinct_from(bindparam("site")),
    Inspection.started_at.between(bindparam("since"), bindparam("until")),
)


def of_finding(session: Session, finding: Finding) -> list[dict[str, Any]]:
    """Flags for a new finding: same author, topic and item, found within two minutes and 50 m, by another stream.

    The newest few are named; the last of the flags says how many more there are.
    """
    since, until = finding.found_at - SPAN, finding.found_at + SPAN
    near = [
        other
        for other in _others(session, finding, since, until)
        if (other.topic, other.item) == (finding.topic, finding.item)
        and since <= other.found_at <= until
        and other.id != finding.id
        and _near(finding, other)
    ]
    flags = [
        {"code": "possible-duplicate", "detail": other.number, "finding": other.id} for other in near[-MOST_SHOWN:]
    ]
    if len(near) > MOST_SHOWN:
        flags.append({"code": "possible-duplicate", "detail": f"+{len(near) - MOST_SHOWN}"})
    return flags


def note(session: Session, finding: Finding) -> None:
    """Let the findings that follow in this transaction see a new one, which may wait to be written."""
    key = ("made by", finding.author_id)
    made = under_way.noted(session, key)
    here = _Other(*(getattr(finding, name) for name in _Other._fields))
    streams = (made[1] if made else frozenset()) | {finding.stream_id}
    under_way.note(session, key, ((here, made[0] if made else None), streams))


def _others(session: Session, finding: Finding, since: datetime, until: datetime) -> Iterable[_Other]:
    """The author's findings of other streams between two moments, and perhaps more."""
    key = ("neighbours", finding.author_id, finding.stream_id)
    known: _Neighbours | None = under_way.noted(session, key)
    if known is None or not known.since <= since <= until <= known.until:
        who = {"author": finding.author_id, "stream": finding.stream_id}
        known = _read_ahead(session, who, since, until) if write_behind.of(session).in_hurry else None
        if known is None:
            return [_Other(*row) for row in session.execute(_AROUND, {**who, "since": since, "until": until})]
        under_way.note(session, key, known)
        under_way.note(session, ("made by", finding.author_id), None)  # what was made so far is in what was read
    return [*known.findings, *_made_meanwhile(session, finding)]


def _read_ahead(session: Session, who: dict[str, str], since: datetime, until: datetime) -> _Neighbours | None:
    """What lies around, for the records that follow too; None where there is too much of it."""
    since, until = since - _AHEAD, until + _AHEAD
    found = session.execute(_FEW_AROUND, {**who, "since": since, "until": until}).all()
    return None if len(found) == _MOST_READ else _Neighbours(since, until, [_Other(*row) for row in found])


def _made_meanwhile(session: Session, finding: Finding) -> list[_Other]:
    """Those of other streams that this transaction made since: held ops that it released."""
    made = under_way.noted(session, ("made by", finding.author_id))
    found: list[_Other] = []
    if made is None or made[1] == {finding.stream_id}:
        return found
    step = made[0]
    while step is not None:
        other, step = step
        if other.stream_id != finding.stream_id:
            found.append(other)
    return found[::-1]


def _near(one: Finding, other: _Other) -> bool:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return one.lon is None and other.lon is None
    return distance_m((one.lon, one.lat), (other.lon, other.lat)) <= REACH_M


def of_inspection(session: Session, inspection: Inspection) -> list[dict[str, Any]]:
    """Flags for a new inspection: same author, checklist and site, begun within two minutes, by another stream."""
    key = ("inspections by", inspection.author_id)
    streams = (under_way.noted(session, key) or frozenset()) | {inspection.stream_id}
    under_way.note(session, key, streams)
    if len(streams) > 1:  # those of other streams that this transaction made may wait to be written
        write_behind.of(session).settle()
    about = {
        "author": inspection.author_id,
        "stream": inspection.stream_id,
        "checklist": inspection.checklist,
        "site": inspection.site_id,
        "since": inspection.started_at - SPAN,
        "until": inspection.started_at + SPAN,
    }
    others = session.connection().execute(_INSPECTIONS, about).scalars()
    return [{"code": "possible-duplicate", "detail": other} for other in others]

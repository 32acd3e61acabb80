"""The rows of a period, made from findings: which are in it, how each stands, and every fact that its list prints.

Reads only, in the snapshot of the session that it is handed. Which period carries over from which is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from backend.models import Blob, CaseStep, Finding, Period, PeriodRow, PeriodVersion, Site
from backend.services import campaigns, cells, checklists, given_by, rows, statements, visibility
from backend.services.period_standing import Moved, Standing, outcome_of, stands, stands_again, state_at

A_QUERY = 500
BEFORE = ("before", "scene")


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in a period; what `models.PeriodRow` keeps of it."""

    finding_id: str
    n: int
    state: str
    origin: str
    outcome: str
    late: bool
    unit: str
    facts: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """As the API shows it, and as it is hashed."""
        return {
            "n": self.n,
            "finding": self.finding_id,
            "state": self.state,
            "origin": self.origin,
            "outcome": self.outcome,
            "late": self.late,
            "unit": self.unit,
            "facts": self.facts,
        }


def kept(session: Session, period_id: str, version: int) -> list[Row]:
    """The rows of a version, as they were frozen."""
    found = session.scalars(
        select(PeriodRow).where(PeriodRow.period_id == period_id, PeriodRow.version == version).order_by(PeriodRow.n)
    )
    return [
        Row(row.finding_id, row.n, row.state, row.origin, row.outcome, row.late, row.unit, row.facts) for row in found
    ]


def of_period(session: Session, period: Period, before: Period | None) -> list[Row]:
    """The rows that a period has now, the oldest finding first; `before` is the period that it carries over from.

    Steps count by when they were taken, up to the cut-off. A finding of before the last cut-off that the server heard
    of after it is late (迟报).
    """
    carried = _open_at_the_end(session, before) if before else set()
    seen = set(session.scalars(_seen_before(period))) if before else set()
    found = _candidates(session, period, before, carried)
    moved = _steps(session, [finding.id for finding in found])
    in_scope = {finding.id for finding in found}
    found += _by_id(session, carried - in_scope)
    moved |= _steps(session, carried - in_scope)
    standing: dict[str, tuple[Standing, str, bool]] = {}
    for finding in found:
        steps = moved.get(finding.id, [])
        state = state_at(steps, finding.state, period.cut_off)
        was_there = finding.id in carried or (before is None and _open_at_start(finding, steps, period))
        was_seen = finding.id in seen or (before is None and _from_before(finding, period))
        how = stands(state, in_scope=finding.id in in_scope, carried=was_there, seen=was_seen)
        if how is not None:
            late = how.origin == "new" and before is not None and _is_late(finding, before.cut_off)
            standing[finding.id] = (how, state, late)
    return _rows(session, [finding for finding in found if finding.id in standing], standing)


def again(session: Session, period: Period, last: Sequence[Row]) -> list[Row]:
    """The rows of a reissue: the findings of the last version, with what is known of them today.

    What came in with this period and was rejected, merged or placed elsewhere since is left out. Nothing is taken in:
    what came later belongs to the next period.
    """
    by_id = {row.finding_id: row for row in last}
    found = _by_id(session, by_id)
    inside = _in_scope(session, period, by_id)
    moved = _steps(session, by_id)
    standing: dict[str, tuple[Standing, str, bool]] = {}
    for finding in found:
        state = state_at(moved.get(finding.id, []), finding.state, period.cut_off)
        row = by_id[finding.id]
        stays = finding.id in inside and finding.state != "rejected"
        how = stands_again(row.origin, state, in_scope=finding.id in inside, stays=stays)
        if how is not None:
            standing[finding.id] = (how, state, row.late)
    return _rows(session, [finding for finding in found if finding.id in standing], standing)


# which findings ----------------------------------------------------------------------------------------------------
def scope(session: Session, period: Period) -> list[ColumnElement[bool]]:
    """What makes a finding one of the series: its cell, and where the series is narrowed its campaign and topic."""
    wanted = [visibility.within(period.cell_code, Finding.cell_code)]
    if period.topic is not None:
        wanted.append(Finding.topic == period.topic)
    if period.campaign_id is not None:
        wanted += campaigns.conditions(session, period.campaign_id)
    return wanted


def _candidates(session: Session, period: Period, before: Period | None, carried: Collection[str]) -> list[Finding]:
    query = select(Finding).where(*scope(session, period), Finding.found_at <= period.cut_off)
    if before is not None:
        moved_since = exists().where(CaseStep.finding_id == Finding.id, CaseStep.received_at > before.cut_off)
        query = query.where(or_(Finding.id.not_in(_seen_before(period)), moved_since))
    found = list(session.scalars(query))
    have = {finding.id for finding in found}
    missing = set(carried) - have  # carried over, and nothing has happened to it since
    inside = _in_scope(session, period, missing)
    return found + _by_id(session, inside)


def _in_scope(session: Session, period: Period, ids: Iterable[str]) -> set[str]:
    query = select(Finding.id).where(*scope(session, period))
    return {each for some in in_parts(ids) for each in session.scalars(query.where(Finding.id.in_(some)))}


def _seen_before(period: Period) -> Select[str]:
    """The findings that the newest versions of the series' earlier periods have."""
    return (
        select(PeriodRow.finding_id)
        .join(Period, (Period.id == PeriodRow.period_id) & (Period.version == PeriodRow.version))
        .where(Period.series == period.series, Period.cut_off < period.cut_off)
    )


def _open_at_the_end(session: Session, before: Period) -> set[str]:
    query = select(PeriodRow.finding_id).where(
        PeriodRow.period_id == before.id, PeriodRow.version == before.version, PeriodRow.outcome == "open"
    )
    return set(session.scalars(query))


def _from_before(finding: Finding, period: Period) -> bool:
    """Whether a finding is older than the first period of a series."""
    return period.starts_at is not None and finding.found_at <= period.starts_at


def _open_at_start(finding: Finding, steps: Sequence[Moved], period: Period) -> bool:
    if period.starts_at is None or not _from_before(finding, period):
        return False
    return outcome_of(state_at(steps, finding.state, period.starts_at), True) == "open"


def _is_late(finding: Finding, last_cut_off: datetime) -> bool:
    return finding.found_at <= last_cut_off < finding.received_at


def _by_id(session: Session, ids: Iterable[str]) -> list[Finding]:
    return [each for some in in_parts(ids) for each in session.scalars(select(Finding).where(Finding.id.in_(some)))]


def _steps(session: Session, ids: Iterable[str]) -> dict[str, list[Moved]]:
    found: dict[str, list[Moved]] = defaultdict(list)
    for some in in_parts(ids):
        query = select(CaseStep.finding_id, CaseStep.at, CaseStep.start, CaseStep.to)
        for finding_id, at, start, to in session.execute(
            query.where(CaseStep.finding_id.in_(some)).order_by(CaseStep.finding_id, CaseStep.n)
        ):
            found[finding_id].append(Moved(at, start, to))
    return found


# what each says ----------------------------------------------------------------------------------------------------
def _rows(session: Session, found: Iterable[Finding], standing: Mapping[str, tuple[Standing, str, bool]]) -> list[Row]:
    made: list[Row] = []
    ordered = sorted(found, key=lambda finding: (finding.found_at, finding.number))
    for start in range(0, len(ordered), A_QUERY):
        batch = ordered[start : start + A_QUERY]
        facts = _Facts(session, batch)
        for finding in batch:
            how, state, late = standing[finding.id]
            said = facts.of(finding)
            unit = said["office"] or said["supervising_department"] or said["district"]
            made.append(Row(finding.id, len(made) + 1, state, how.origin, how.outcome, late, unit, said))
    return made


class _Facts:
    """What the list says of some findings, fetched together."""

    def __init__(self, session: Session, batch: Sequence[Finding]) -> None:
        self.session = session
        ids = [finding.id for finding in batch]
        wanted = {finding.site_id for finding in batch if finding.site_id is not None}
        sites = session.scalars(select(Site).where(Site.id.in_(wanted))) if wanted else ()
        self.sites = {site.id: site for site in sites}
        self.papers = given_by.papers(session, ids)
        self.statements = statements.newest(session, ids)
        self.photos = rows.photos_of(session, "finding", ids)
        hashes = {photo["sha256"] for each in self.photos.values() for photo in each if photo["stored"]}
        self.kinds: dict[str, str | None] = {}
        for some in in_parts(hashes):
            kinds = session.execute(select(Blob.sha256, Blob.media_type).where(Blob.sha256.in_(some))).all()
            self.kinds.update(dict(kinds))

    def of(self, finding: Finding) -> dict[str, Any]:
        site, case = self.sites.get(finding.site_id or ""), finding.case
        places = _names_by_level(finding.cell_code)
        return {
            "number": finding.number,
            "district": places.get("county") or next(iter(places.values()), ""),
            "township": places.get("township"),
            "cell": finding.cell_code,
            "site": site and site.name,
            "address": site and site.address,
            "topic": finding.topic,
            "severity": finding.severity,
            "item": self._item(finding),
            "description": finding.description,
            "requirement": finding.requirement,
            "rectification_kind": finding.rectification_kind,
            "found_at": _instant(finding.found_at),
            "deadline_at": _instant(finding.deadline_at),
            "office": case.office.name if case and case.office else None,
            "responsible_unit": site and site.responsible_unit,
            "responsible_person": site and site.responsible_person,
            "phone": site and site.phone,
            "supervising_department": (site and site.supervising_department) or finding.lead_department,
            "closed_at": _instant(case.closed_at) if case else None,
            "on_the_spot": bool(case and case.on_the_spot),
            "papers": self.papers.get(finding.id, []),
            "statement": statements.said(self.statements.get(finding.id)),
            "lon": finding.lon,
            "lat": finding.lat,
            "before": self._photos(finding.id, BEFORE),
            "after": self._photos(finding.id, ("after",)),
        }

    def _item(self, finding: Finding) -> str | None:
        text = checklists.item_words(self.session, finding.checklist, finding.checklist_version).get(finding.item or "")
        return text.zh if text else finding.item

    def _photos(self, finding_id: str, roles: Sequence[str]) -> dict[str, Any]:
        wanted = sorted(
            (photo for photo in self.photos[finding_id] if photo["role"] in roles),
            key=lambda photo: roles.index(photo["role"]),
        )
        stored = list(dict.fromkeys(photo["sha256"] for photo in wanted if photo["stored"]))
        missing = {photo["sha256"] for photo in wanted} - set(stored)
        shown = [{"sha256": sha256, "media_type": self.kinds.get(sha256)} for sha256 in stored]
        return {"photos": shown, "not_stored": len(missing)}


def _names_by_level(code: str | None) -> dict[str, str]:
    """The names of a cell and those above it by level, nearest first; a code that the grid lost stands for itself."""
    if code is None:
        return {}
    grid = cells.grid()
    if code not in grid:
        return {"": cells.name(code) or code}
    return {grid[each].level: grid[each].name for each in cells.lineage(code)}


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def in_parts(ids: Iterable[str]) -> Iterable[list[str]]:
    """Ids in order, as many at a time as one statement takes."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), A_QUERY):
        yield wanted[start : start + A_QUERY]


def versions(session: Session, period_id: str) -> Sequence[PeriodVersion]:
    """Every version that was issued, the first one first."""
    query = select(PeriodVersion).where(PeriodVersion.period_id == period_id)
    return session.scalars(query.order_by(PeriodVersion.version)).all()

"""Overdue findings: the system proposes the next rung of the ladder, a person issues or dismisses it.

Nothing escalates by itself. A proposal falls away with its ground (`open_proposals`); what was decided stays for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from backend.models import Finding, Hop, Supervision
from backend.services import (
    audit,
    case_history,
    case_steps,
    cells,
    finding_queries,
    finding_rights,
    hops,
    numbering,
    pages,
    rows,
    telling,
    visibility,
)
from backend.services.actor import Actor
from backend.services.case_errors import NoteMissing, StepNotYours
from backend.services.case_steps import Asked
from backend.services.errors import NotFound, ServiceError
from backend.services.pages import Page, PageAsked
from backend.services.supervision_ladder import LADDERS, Rung, next_rung
from backend.sync_store import SqlStore

Late = tuple[datetime, str]
SOME = 500  # stays in a commit


class SupervisionDecided(ServiceError):
    """Somebody has issued or dismissed it, or its ground is gone; extras say which."""

    code = "supervision-decided"


def overdue(session: Session, now: datetime, after: Late | None, limit: int) -> list[Late]:
    """Stays whose term is over, by term and id; what is parked is not late."""
    query = select(Hop.due_at, Hop.id).where(*_late(now)).order_by(Hop.due_at, Hop.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(Hop.due_at, Hop.id) > after)
    return [(row.due_at, row.id) for row in session.execute(query)]


def _late(now: datetime) -> tuple[Any, ...]:
    return (Hop.ended_at.is_(None), Hop.due_at < now, or_(Hop.parked_until.is_(None), Hop.parked_until <= now))


def ready(session: Session, hop_ids: Sequence[str], now: datetime) -> list[tuple[Hop, Finding, Rung]]:
    """Those of some stays for which a rung is to be proposed now."""
    query = select(Hop, Finding).join(Finding, Finding.id == Hop.finding_id).where(Hop.id.in_(hop_ids), *_late(now))
    late = [(hop, finding) for hop, finding in session.execute(query)]
    said: dict[tuple[str, datetime], list[tuple[str, datetime | None]]] = {}
    for each in session.scalars(select(Supervision).where(Supervision.hop_id.in_(hop_ids))):
        said.setdefault((each.hop_id, each.due_at), []).append((each.level, each.decided_at))
    found = []
    for hop, finding in late:
        assert hop.due_at is not None
        after = next_rung(finding.severity, said.get((hop.id, hop.due_at), ()), hop.due_at)
        if after is not None and after[1] <= now:
            found.append((hop, finding, after[0]))
    return found


def propose(session: Session, hop_ids: Sequence[str], now: datetime, new_id: Callable[[], str]) -> int:
    """Propose the next rung for those of some stays that are due for one; how many there are."""
    SqlStore(session, now).lock_counter()
    found = ready(session, hop_ids, now)
    for hop, finding, rung in found:
        proposal = Supervision(
            id=new_id(),
            finding_id=finding.id,
            hop_id=hop.id,
            level=rung.level,
            state="proposed",
            due_at=hop.due_at,
            office_id=hop.office_id,
            cell_code=finding.cell_code,
            proposed_at=now,
        )
        session.add(proposal)
        session.flush()
        _tell(session, "overdue-proposed", proposal, finding, now)
    return len(found)


def issue(session: Session, actor: Actor, proposal_id: str, signer: str, now: datetime) -> Supervision:
    """Issue a proposal with a number, signed by a named person. Raises NotFound, SupervisionDecided, StepNotYours."""
    proposal, finding = _to_decide(session, actor, proposal_id, now)
    proposal.number = numbering.supervision_number(session, finding.cell_code, proposal.level, now)
    proposal.signer = signer.strip()
    _decide(session, actor, proposal, "issued", now)
    details = {name: getattr(proposal, name) for name in ("level", "number", "signer")}
    action = next(rung.action for rung in LADDERS[finding.severity] if rung.level == proposal.level)
    case = case_steps.case_of(session, finding)
    asked = Asked(str(uuid5(UUID(proposal.id), "step")), actor, now, now, details=details)
    case_steps.write(session, finding, case, action, finding.state, asked)
    _tell(session, "overdue-issued", proposal, finding, now)
    return proposal


def dismiss(session: Session, actor: Actor, proposal_id: str, reason: str, now: datetime) -> Supervision:
    """Put a proposal aside, with a reason. Raises NotFound, SupervisionDecided, StepNotYours, NoteMissing."""
    if not reason.strip():
        raise NoteMissing("Say why.", field="reason")
    proposal, _ = _to_decide(session, actor, proposal_id, now)
    proposal.reason = reason
    _decide(session, actor, proposal, "dismissed", now)
    return proposal


def _to_decide(session: Session, actor: Actor, proposal_id: str, now: datetime) -> tuple[Supervision, Finding]:
    SqlStore(session, now, by=actor.user_id).lock_counter()
    proposal = one(session, actor, proposal_id)
    finding = session.get_one(Finding, proposal.finding_id)
    if actor.role not in ("supervisor", "admin") or not finding_rights.covers(actor, finding):
        raise StepNotYours("A supervisor of its area decides on this.")
    if proposal.state != "proposed":
        shown = documents(session, [proposal], now)[0]
        kept = {name: shown[name] for name in ("state", "number", "decided_by", "decided_at")}
        raise SupervisionDecided("Somebody has decided on this already, or it has fallen away.", **kept)
    return proposal, finding


def _decide(session: Session, actor: Actor, proposal: Supervision, state: str, now: datetime) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, actor.user_id, now
    proposal.rev += 1
    session.flush()
    audit.record(session, now, actor.user_id, f"supervision.{state}", proposal.id, level=proposal.level)


def _tell(session: Session, kind: str, proposal: Supervision, finding: Finding, now: datetime) -> None:
    facts = {
        "due": rows.instant(proposal.due_at),
        "level": proposal.level,
        "office": telling.office_name(session, proposal.office_id),
    }
    if proposal.number is not None:
        telling.of_finding(session, kind, now, finding, {**facts, "serial": proposal.number}, office=proposal.office_id)
    else:
        telling.of_finding(session, kind, now, finding, facts)


# reading --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SupervisionFilters:
    """Null means: not narrowed by this."""

    cell: str | None = None
    office: str | None = None
    level: str | None = None
    state: str | None = None
    finding: str | None = None


def page(session: Session, actor: Actor, filters: SupervisionFilters, asked: PageAsked) -> Page[Supervision]:
    """The proposals for the findings that an actor may see, the newest first. Raises FilterInvalid."""
    query = select(Supervision).join(Finding, Finding.id == Supervision.finding_id)
    query = query.where(finding_queries.visible_to(actor))
    for column, wanted in (
        (Supervision.office_id, filters.office),
        (Supervision.level, filters.level),
        (Supervision.state, filters.state),
        (Supervision.finding_id, filters.finding),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.cell is not None:
        query = query.where(visibility.within(filters.cell, Supervision.cell_code))
    return pages.fetch(session, query, Supervision.proposed_at, Supervision.id, asked)


def one(session: Session, actor: Actor, proposal_id: str) -> Supervision:
    """One proposal. Raises NotFound."""
    query = select(Supervision).join(Finding, Finding.id == Supervision.finding_id)
    found = session.scalar(query.where(Supervision.id == proposal_id, finding_queries.visible_to(actor)))
    if found is None:
        raise NotFound("There is no such proposal, or you may not see it.")
    return found


def documents(session: Session, proposals: Sequence[Supervision], now: datetime) -> list[dict[str, Any]]:
    """Proposals as the API shows them; a constant number of statements."""
    findings = _by_id(session, Finding, (each.finding_id for each in proposals))
    stays = _by_id(session, Hop, (each.hop_id for each in proposals))
    names = rows.names_of(session, {each.decided_by for each in proposals if each.decided_by is not None})
    return [_document(each, findings[each.finding_id], stays[each.hop_id], names, now) for each in proposals]


def _by_id(session: Session, model: Any, ids: Iterable[str]) -> dict[str, Any]:
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(set(ids))))}


def _document(each: Supervision, finding: Finding, hop: Hop, names: Any, now: datetime) -> dict[str, Any]:
    cell = each.cell_code
    return {
        "id": each.id,
        "finding": {name: getattr(finding, name) for name in ("id", "number", "topic", "severity", "state")},
        "hop": hop.n,
        "office": hop.office and case_history.shown_office(hop.office),
        "cell": None if cell is None else {"code": cell, "name": cells.name(cell)},
        "level": each.level,
        "state": each.state,
        "due_at": rows.instant(each.due_at),
        "late_days": hops.late_by_days(hop, now),
        "proposed_at": rows.instant(each.proposed_at),
        "decided_at": rows.instant(each.decided_at),
        "decided_by": None if each.decided_by is None else {"id": each.decided_by, "name": names.get(each.decided_by)},
        "reason": each.reason,
        "number": each.number,
        "signer": each.signer,
        "rev": each.rev,
    }

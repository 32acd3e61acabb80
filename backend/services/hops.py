"""A finding's stays with offices: given, signed for, passed on, asked back, given more time, parked, answered.

Each office has a term of its own, so that lateness is told per hop. One hop of a finding is open at a time; the
database holds that. What is done here is written down as a step by `case_steps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.models import Case, Finding, Hop, HopExtension, Office, UnitLink
from backend.services import checklists, deadlines, open_proposals, rows, telling, working_time
from backend.services.case_errors import HopClosed, NoteMissing, OfficeUnknown, RequestOpen
from backend.services.event_kinds import KINDS
from checklists.model import Deadline

DECIDED_WITHIN = Deadline(1, "working_days", "setting")
"""The dispatcher decides on a return within a working day."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who acts, when, the id for what is made, and when the server heard of it."""

    user_id: str
    at: datetime
    id: str
    heard: datetime


def of(session: Session, finding_id: str) -> Sequence[Hop]:
    """All hops of a finding, in their order."""
    return session.scalars(select(Hop).where(Hop.finding_id == finding_id).order_by(Hop.n)).all()


def find_open(session: Session, finding_id: str) -> Hop | None:
    """The hop that is open, if one is."""
    return session.scalar(select(Hop).where(Hop.finding_id == finding_id, Hop.ended_at.is_(None)))


def open_hop(session: Session, finding_id: str) -> Hop:
    """The hop that is open. Raises HopClosed."""
    found = find_open(session, finding_id)
    if found is None:
        raise HopClosed("No office has this finding now.")
    return found


def office(session: Session, office_id: str) -> Office:
    """An office that can be given something. Raises OfficeUnknown."""
    found = session.get(Office, office_id)
    if found is None or not found.active:
        raise OfficeUnknown("There is no such office, or it is closed.")
    return found


def give(
    session: Session, finding: Finding, case: Case, office_id: str | None, due: datetime | None, kind: str, by: Stamp
) -> Hop:
    """Open a hop. Its term is `due`, else the item's own deadline counted from now, else that of the severity."""
    if office_id is not None:
        office(session, office_id)
    assumed = False
    if due is None:
        due, assumed = deadlines.of_dispatch(finding, checklists.deadline_of(session, finding), by.at)
    n = session.scalar(select(func.max(Hop.n)).where(Hop.finding_id == finding.id)) or 0
    hop = Hop(
        id=by.id,
        finding_id=finding.id,
        n=n + 1,
        kind=kind,
        office_id=office_id,
        given_by=by.user_id,
        given_at=by.at,
        due_at=due,
        due_assumed=assumed,
    )
    session.add(hop)
    if finding.state != "returned":  # done once more by the same office, whose unit may go on with its link
        _end_unit_links(session, finding, by)
    case.office_id, case.parked_until = office_id, None
    if office_id is not None and office_id not in case.offices:
        case.offices = [*case.offices, office_id]
    _set_due(finding, case, due)
    session.flush()
    _tell(session, "hop-given", finding, hop, by)
    return hop


def sign_for(session: Session, finding: Finding, by: Stamp) -> None:
    """The office has taken note of it (签收)."""
    hop = open_hop(session, finding.id)
    hop.signed_by, hop.signed_at = by.user_id, by.at
    hop.rev += 1


def end(session: Session, finding: Finding, case: Case, outcome: str, by: Stamp) -> None:
    """Close the open hop; more time that was still asked for in it falls away. Raises HopClosed."""
    hop = open_hop(session, finding.id)
    hop.ended_at, hop.outcome = by.at, outcome
    hop.rev += 1
    case.parked_until = None
    waiting = _waiting(session, hop)
    if waiting is not None:
        waiting.withdrawn_at = by.at
    session.flush()
    open_proposals.lapse(session, finding, outcome, by.heard)
    if outcome == "returned":
        _tell(session, "return-granted", finding, hop, by)


def pass_on(session: Session, finding: Finding, case: Case, office_id: str, by: Stamp) -> Hop:
    """Give it on to another office (转办), which keeps the term."""
    before = open_hop(session, finding.id)
    if office_id == before.office_id:
        raise OfficeUnknown("It is with this office already.")
    office(session, office_id)
    end(session, finding, case, "passed", by)
    return give(session, finding, case, office_id, before.due_at, "pass", by)


def ask_return(session: Session, finding: Finding, reason: str, by: Stamp) -> Hop:
    """Ask to be rid of it; the dispatcher decides by `return_due_at`. Raises RequestOpen, NoteMissing."""
    hop = open_hop(session, finding.id)
    if hop.return_asked_at is not None:
        raise RequestOpen("A return was asked for already; the dispatcher has not answered yet.")
    _require_reason(reason)
    hop.return_asked_by, hop.return_asked_at, hop.return_reason = by.user_id, by.at, reason
    hop.return_due_at = deadlines.due(by.at, DECIDED_WITHIN)
    hop.rev += 1
    _tell(session, "return-asked", finding, hop, by, due=hop.return_due_at)
    return hop


def refuse_return(session: Session, finding: Finding, by: Stamp) -> Hop:
    """The office keeps it. What was asked stays in the steps. Raises RequestOpen."""
    hop = open_hop(session, finding.id)
    if hop.return_asked_at is None:
        raise RequestOpen("Nobody has asked to return it.")
    hop.return_asked_by = hop.return_asked_at = hop.return_reason = hop.return_due_at = None
    hop.rev += 1
    _tell(session, "return-refused", finding, hop, by)
    return hop


def ask_extension(session: Session, finding: Finding, until: datetime, reason: str, by: Stamp) -> HopExtension:
    """Ask for more time. Raises RequestOpen, NoteMissing."""
    hop = open_hop(session, finding.id)
    if _waiting(session, hop) is not None:
        raise RequestOpen("More time was asked for already; wait for the answer.")
    _require_reason(reason)
    asked = select(func.count()).select_from(HopExtension).where(HopExtension.hop_id == hop.id)
    extension = HopExtension(
        id=by.id,
        hop_id=hop.id,
        n=(session.scalar(asked) or 0) + 1,
        asked_by=by.user_id,
        asked_at=by.at,
        reason=reason,
        wanted_until=until,
        due_before=hop.due_at,
    )
    session.add(extension)
    session.flush()
    _tell(session, "extension-asked", finding, hop, by, until=until)
    return extension


def decide_extension(
    session: Session, finding: Finding, case: Case, until: datetime | None, note: str | None, by: Stamp
) -> HopExtension:
    """Grant more time until an instant, or none. Raises RequestOpen."""
    hop = open_hop(session, finding.id)
    extension = _waiting(session, hop)
    if extension is None:
        raise RequestOpen("Nobody has asked for more time.")
    extension.granted, extension.granted_until = until is not None, until
    extension.decided_by, extension.decided_at, extension.decision_note = by.user_id, by.at, note
    if until is not None:
        hop.due_at, hop.due_assumed = until, False
        hop.rev += 1
        _set_due(finding, case, until)
        open_proposals.lapse(session, finding, "extended", by.heard)
        _tell(session, "extension-granted", finding, hop, by, until=until)
    else:
        _tell(session, "extension-refused", finding, hop, by)
    return extension


def park(session: Session, finding: Finding, case: Case, until: datetime, reason: str, by: Stamp) -> Hop:
    """Put it aside until an instant (挂账): it is not late meanwhile, and its term moves there when it lies before."""
    hop = open_hop(session, finding.id)
    _require_reason(reason)
    hop.parked_at, hop.parked_by, hop.parked_until, hop.park_reason = by.at, by.user_id, until, reason
    hop.rev += 1
    case.parked_until = until
    if hop.due_at is None or hop.due_at < until:
        hop.due_at = until
        _set_due(finding, case, until)
    open_proposals.lapse(session, finding, "parked", by.heard)
    return hop


def extensions(session: Session, hop_ids: Sequence[str]) -> Sequence[HopExtension]:
    return session.scalars(
        select(HopExtension).where(HopExtension.hop_id.in_(hop_ids)).order_by(HopExtension.asked_at, HopExtension.n)
    ).all()


def late_by_days(hop: Hop, now: datetime) -> int:
    """Whole days (Chinese calendar) that an office was or is late; a parked hop is not late."""
    if hop.due_at is None or (hop.parked_until is not None and hop.ended_at is None and now <= hop.parked_until):
        return 0
    end_ = hop.ended_at or now
    if end_ <= hop.due_at:
        return 0
    return max(1, (end_.astimezone(working_time.CHINA).date() - hop.due_at.astimezone(working_time.CHINA).date()).days)


def _waiting(session: Session, hop: Hop) -> HopExtension | None:
    unanswered = (HopExtension.decided_at.is_(None), HopExtension.withdrawn_at.is_(None))
    return session.scalar(select(HopExtension).where(HopExtension.hop_id == hop.id, *unanswered))


def _end_unit_links(session: Session, finding: Finding, by: Stamp) -> None:
    """Whom an office before asked to put it right is not heard by this one's leave."""
    still = (UnitLink.finding_id == finding.id, UnitLink.ended_at.is_(None))
    session.execute(update(UnitLink).where(*still).values(ended_at=by.at, ended_by=by.user_id, ending="moved"))


def _tell(
    session: Session,
    kind: str,
    finding: Finding,
    hop: Hop,
    by: Stamp,
    due: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Tell the office of a hop, or, of what it asks for, those who decide."""
    facts = {"due": rows.instant(due or hop.due_at), "office": telling.office_name(session, hop.office_id)}
    if until is not None:
        facts["until"] = rows.instant(until)
    office = hop.office_id if KINDS[kind].role is None else None
    telling.of_finding(session, kind, by.heard, finding, facts, office=office)


def _set_due(finding: Finding, case: Case, due: datetime | None) -> None:
    case.due_at = due
    finding.deadline_at = due


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise NoteMissing("Say why.")

"""Steps of a finding's case, taken: judged by the table of `lifecycle`, carried out, and written down for ever.

For ops and the API alike. Whoever calls this holds the counter's lock and has found that the finding is in the state
that the step starts from; publishing is done here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Case, CaseStep, Finding
from backend.services import (
    case_tasks,
    evidence_grounds,
    field_history,
    finding_rights,
    hops,
    lifecycle,
    look_backs,
    on_the_spot,
    publishing,
)
from backend.services.actor import Actor
from backend.services.case_errors import NoteMissing, NotEvidence, RecheckerIsRectifier, StepNotYours
from backend.services.hops import Stamp
from backend.services.lifecycle import Step
from backend.sync_store import SqlStore

AFTER = frozenset({"reply", "recheck", "close", "close-at-once", "holds"})
"""Steps whose photos show the place as it is afterwards."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to be done: `at` is when it was done on the spot, `received_at` when the server heard.

    `approved_by` is the supervisor who let a held op through. `office` and `due` are for giving it to somebody.
    """

    id: str
    who: Actor
    at: datetime
    received_at: datetime
    note: str | None = None
    photos: Sequence[str] = ()
    position: Mapping[str, Any] | None = None
    office: str | None = None
    due: datetime | None = None
    approved_by: str | None = None
    op_id: str | None = None
    stream_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.who.user_id, self.at, self.id, self.received_at)


def photo_role(step: Step | None) -> str:
    """In what role the photos of a step are shown."""
    return "after" if step is not None and step.action in AFTER else "scene"


def take(session: Session, store: SqlStore, finding: Finding, step: Step, asked: Asked) -> CaseStep:
    """Take a step: the finding's state, its case and hops, the history, and what devices mirror.

    Raises StepNotYours, NoteMissing, AfterPhotoMissing, RecheckerIsRectifier, NotEvidence, OfficeUnknown, HopClosed.
    """
    case = case_of(session, finding)
    _require(session, finding, case, step, asked)
    _carry_out(session, finding, case, step, asked)
    finding.state = step.to
    finding.rev += 1
    field_history.write(
        session,
        ("finding", finding.id),
        finding.rev,
        {"state": step.to},
        author_id=asked.who.user_id,
        stream_id=asked.stream_id,
        op_id=asked.op_id,
        at=asked.received_at,
    )
    written = write(session, finding, case, step.action, step.start, asked)
    _keep_tasks(session, store, finding, step.start, asked)
    publishing.finding(session, store, finding)
    return written


def decide_state(session: Session, store: SqlStore, finding: Finding, before: str, asked: Asked) -> None:
    """Write down that a decided conflict has moved the finding; its hops and tasks are to agree with its state."""
    case = case_of(session, finding)
    is_open = hops.find_open(session, finding.id) is not None
    with_office = finding.state in lifecycle.WITH_OFFICE
    if is_open and not with_office:
        hops.end(session, finding, case, "withdrawn", asked.stamp)
    elif with_office and not is_open:
        hops.give(session, finding, case, case.office_id, None, "dispatch", asked.stamp)
    write(session, finding, case, "decide", before, asked)
    _keep_tasks(session, store, finding, before, asked)


def _keep_tasks(session: Session, store: SqlStore, finding: Finding, start: str, asked: Asked) -> None:
    case_tasks.after(session, store, finding, start, asked)
    look_backs.after(session, store, finding, start, asked)


def write(session: Session, finding: Finding, case: Case, action: str, start: str, asked: Asked) -> CaseStep:
    """Write down what was done, as the finding's next step."""
    last = session.scalar(select(func.max(CaseStep.n)).where(CaseStep.finding_id == finding.id)) or 0
    step = CaseStep(
        id=asked.id,
        finding_id=finding.id,
        n=last + 1,
        action=action,
        start=start,
        to=finding.state,
        by_id=asked.who.user_id,
        role=asked.who.role,
        approved_by=asked.approved_by,
        office_id=case.office_id,
        at=asked.at,
        received_at=asked.received_at,
        note=asked.note,
        photos=list(asked.photos),
        position=dict(asked.position) if asked.position else None,
        details=dict(asked.details),
        op_id=asked.op_id,
    )
    session.add(step)
    session.flush()
    return step


def case_of(session: Session, finding: Finding) -> Case:
    """The finding's case, begun when there is none yet."""
    case = session.get(Case, finding.id)
    if case is None:
        case = Case(finding_id=finding.id, offices=[], due_at=finding.deadline_at)
        session.add(case)
        session.flush()
        session.expire(finding, ["case"])
    return case


def _require(session: Session, finding: Finding, case: Case, step: Step, asked: Asked) -> None:
    """Judge a step by what it needs. A supervisor's approval stands for roles and reasons, never for other eyes."""
    approved = asked.approved_by is not None
    if not approved and not (asked.who.role in step.roles and finding_rights.may_act(asked.who, finding)):
        raise StepNotYours("Another role or another office takes this step.", roles=sorted(step.roles))
    if lifecycle.NOTE in step.needs and not approved and not (asked.note or "").strip():
        raise NoteMissing("Say why.", field="note")
    if lifecycle.AT_ONCE in step.needs and not approved:
        on_the_spot.require(session, finding)
    if lifecycle.OTHER_EYES in step.needs and case.rectified_by == asked.who.user_id:
        raise RecheckerIsRectifier("Whoever said that it was put right does not check it; somebody else does.")
    if lifecycle.EVIDENCE in step.needs and (lacks := evidence_grounds.lacks(session, finding)):
        raise NotEvidence("A lead is no ground for a penalty.", lacks=lacks)


def _carry_out(session: Session, finding: Finding, case: Case, step: Step, asked: Asked) -> None:
    who, at = asked.who.user_id, asked.at
    match step.action:
        case "dispatch":
            hops.give(session, finding, case, asked.office, asked.due, "dispatch", asked.stamp)
        case "redo":
            hops.give(session, finding, case, case.office_id, asked.due, "dispatch", asked.stamp)
        case "sign-for":
            hops.sign_for(session, finding, asked.stamp)
        case "take-back":
            hop = hops.find_open(session, finding.id)
            asked_back = hop is not None and hop.return_asked_at is not None
            hops.end(session, finding, case, "returned" if asked_back else "withdrawn", asked.stamp)
            case.office_id = None
        case "reply":
            hops.end(session, finding, case, "replied", asked.stamp)
            case.rectified_by, case.rectified_at = who, at
        case "recheck":
            case.rechecked_by, case.rechecked_at = who, at
        case "send-back":
            case.times_returned += 1
        case "close" | "holds":
            case.closed_by, case.closed_at = who, at
        case "close-at-once":
            case.on_the_spot, finding.rectification_kind = True, "immediate"
            case.rectified_by, case.rectified_at, case.closed_by, case.closed_at = who, at, who, at
        case "reopen":
            case.times_reopened += 1
            case.closed_by = case.closed_at = case.rectified_by = case.rectified_at = None
        case "transfer" if step.start == "rectifying":
            hops.end(session, finding, case, "transferred", asked.stamp)

"""What people do with a finding's case at the console: steps, and the dealings with the office that has it.

Each function takes the counter first, reads the finding anew under it, and publishes what changed; of two people at
once the second hears what the first has done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Case, CaseStep, Finding
from backend.services import (
    audit,
    case_steps,
    field_history,
    finding_queries,
    finding_rights,
    hops,
    lifecycle,
    photos,
    publishing,
    rows,
)
from backend.services.actor import Actor
from backend.services.case_errors import OfficeUnknown, StateChanged, StepNotYours, StepUnknown
from backend.services.case_steps import Asked
from backend.services.errors import InputInvalid
from backend.sync_store import SqlStore
from sync.store import OpContext

OFFICE_ROLES = ("supervisor", "admin")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says beside the step: a reason, photos and documents by hash, an office, a term."""

    note: str | None = None
    photos: Sequence[str] = ()
    documents: Sequence[str] = ()
    office: str | None = None
    due: datetime | None = None


def step(
    session: Session, actor: Actor, finding_id: str, start: str, to: str, wish: Wish, now: datetime, id: str
) -> Finding:
    """Take a step of the life cycle. Raises NotFound, StepUnknown, StateChanged and what `case_steps.take` raises."""
    store, finding = _locked(session, actor, finding_id, now)
    found = lifecycle.step(start, to)
    if found is None:
        raise StepUnknown(f"There is no step from {start} to {to}.")
    if finding.state != start:
        raise StateChanged("Somebody took a step meanwhile; look at it again.", **_as_it_is(session, finding))
    if found.action == "dispatch" and wish.office is None:
        raise OfficeUnknown("Say which office it is given to.", field="office")
    _show(session, actor, finding, wish.photos, case_steps.photo_role(found), now, id)
    _show(session, actor, finding, wish.documents, "document", now, id)
    asked = _asked(actor, wish, now, id)
    case_steps.take(session, store, finding, found, asked)
    audit.record(session, now, actor.user_id, f"finding.{found.action}", finding.id)
    return finding


def pass_on(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Give it on to another office (转办)."""
    if wish.office is None:
        raise OfficeUnknown("Say which office it is given to.", field="office")
    office = wish.office
    return _deal(
        session,
        actor,
        finding_id,
        "pass-on",
        wish,
        now,
        id,
        lambda f, c, a: hops.pass_on(session, f, c, office, a.stamp),
    )


def ask_return(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Ask to be rid of it (退回). It is taken back by the step to `registered`, or kept by `refuse_return`."""
    reason = wish.note or ""
    return _deal(
        session, actor, finding_id, "ask-return", wish, now, id,
        lambda f, c, a: hops.ask_return(session, f, reason, a.stamp),
    )  # fmt: skip


def refuse_return(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """The office keeps it."""
    actor.require_role(*OFFICE_ROLES)
    return _deal(
        session, actor, finding_id, "refuse-return", wish, now, id,
        lambda f, c, a: hops.refuse_return(session, f, a.stamp),
    )  # fmt: skip


def ask_extension(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Ask for more time (申请延期), until `wish.due`."""
    until, reason = _later(wish.due, now), wish.note or ""
    return _deal(
        session, actor, finding_id, "ask-extension", wish, now, id,
        lambda f, c, a: hops.ask_extension(session, f, until, reason, a.stamp),
    )  # fmt: skip


def decide_extension(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Grant more time until `wish.due`; without one, refuse it."""
    actor.require_role(*OFFICE_ROLES)
    until = None if wish.due is None else _later(wish.due, now)
    action = "refuse-extension" if until is None else "grant-extension"
    return _deal(
        session, actor, finding_id, action, wish, now, id,
        lambda f, c, a: hops.decide_extension(session, f, c, until, wish.note, a.stamp),
    )  # fmt: skip


def park(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Put it aside (挂账) until `wish.due`."""
    until, reason = _later(wish.due, now), wish.note or ""
    return _deal(
        session, actor, finding_id, "park", wish, now, id,
        lambda f, c, a: hops.park(session, f, c, until, reason, a.stamp),
    )  # fmt: skip


def merge(session: Session, actor: Actor, finding_id: str, into: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Say that a finding is the same as another one; both keep their histories. Raises InputInvalid."""
    actor.require_role(*OFFICE_ROLES)
    store, finding = _locked(session, actor, finding_id, now)
    target = finding_queries.one(session, actor, into)
    if finding.id == target.id or target.merged_into is not None:
        raise InputInvalid("A finding is merged into another one that stands by itself.", field="into")
    if finding.state not in ("submitted", "verified", "registered"):
        raise StateChanged("Only what no office has yet can be merged.", **_as_it_is(session, finding))
    if not (finding_rights.covers(actor, finding) and finding_rights.covers(actor, target)):
        raise StepNotYours("Both findings must lie in your area.")
    start, finding.merged_into = finding.state, target.id
    _move(session, store, finding, "rejected", "merge", start, wish, actor, now, id, {"into": target.id})
    target.flags = [*target.flags, {"code": "merged-from", "detail": finding.number, "finding": finding.id}]
    publishing.finding(session, store, target)
    return finding


def unmerge(session: Session, actor: Actor, finding_id: str, wish: Wish, now: datetime, id: str) -> Finding:
    """Take a merge back: the finding is again in the state that it was merged in. Raises StateChanged."""
    actor.require_role(*OFFICE_ROLES)
    store, finding = _locked(session, actor, finding_id, now)
    if finding.merged_into is None:
        raise StateChanged("This finding is not merged into another.", **_as_it_is(session, finding))
    if not finding_rights.covers(actor, finding):
        raise StepNotYours("The finding lies outside your area.")
    last = (
        select(CaseStep)
        .where(CaseStep.finding_id == finding.id, CaseStep.action == "merge")
        .order_by(CaseStep.n.desc())
    )
    before = session.scalars(last.limit(1)).one()
    target, finding.merged_into = session.get_one(Finding, finding.merged_into), None
    _move(session, store, finding, before.start, "unmerge", finding.state, wish, actor, now, id, {"from": target.id})
    target.flags = [flag for flag in target.flags if flag.get("finding") != finding.id or flag["code"] != "merged-from"]
    publishing.finding(session, store, target)
    return finding


def may_take(actor: Actor, finding: Finding) -> list[dict[str, Any]]:
    """The steps that an actor may take with a finding now, and what each needs."""
    if not finding_rights.may_act(actor, finding):
        return []
    return [
        {"action": each.action, "to": each.to, "needs": sorted(each.needs)}
        for each in lifecycle.steps_from(finding.state, actor.role)
    ]


def _deal(
    session: Session,
    actor: Actor,
    finding_id: str,
    action: str,
    wish: Wish,
    now: datetime,
    id: str,
    do: Callable[[Finding, Case, Asked], object],
) -> Finding:
    """Something between the offices that leaves the state as it is: done, written down, published."""
    store, finding = _locked(session, actor, finding_id, now)
    if actor.role not in ("handler", *OFFICE_ROLES) or not finding_rights.covers(actor, finding):
        raise StepNotYours("Another role or another office does this.")
    _show(session, actor, finding, wish.photos, "scene", now, id)
    _show(session, actor, finding, wish.documents, "document", now, id)
    case, asked = case_steps.case_of(session, finding), _asked(actor, wish, now, id)
    do(finding, case, asked)
    case_steps.write(session, finding, case, action, finding.state, asked)
    audit.record(session, now, actor.user_id, f"finding.{action}", finding.id)
    publishing.finding(session, store, finding)
    return finding


def _move(
    session: Session,
    store: SqlStore,
    finding: Finding,
    to: str,
    action: str,
    start: str,
    wish: Wish,
    actor: Actor,
    now: datetime,
    id: str,
    details: dict[str, Any],
) -> None:
    finding.state = to
    finding.rev += 1
    field_history.write(
        session,
        ("finding", finding.id),
        finding.rev,
        {"state": to},
        author_id=actor.user_id,
        stream_id=None,
        op_id=None,
        at=now,
    )
    asked = Asked(id, actor, now, now, note=wish.note, details=details)
    case_steps.write(session, finding, case_steps.case_of(session, finding), action, start, asked)
    audit.record(session, now, actor.user_id, f"finding.{action}", finding.id, **details)
    publishing.finding(session, store, finding)


def _asked(actor: Actor, wish: Wish, now: datetime, id: str) -> Asked:
    details = {"documents": list(wish.documents)} if wish.documents else {}
    return Asked(id, actor, now, now, wish.note, tuple(wish.photos), None, wish.office, wish.due, details=details)


def _locked(session: Session, actor: Actor, finding_id: str, now: datetime) -> tuple[SqlStore, Finding]:
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    return store, finding_queries.one(session, actor, finding_id)


def _show(
    session: Session, actor: Actor, finding: Finding, hashes: Sequence[str], role: str, now: datetime, id: str
) -> None:
    """Show photos on the finding that the actor has brought or may see."""
    photos.hold_if_seen(session, actor, hashes)
    photos.mention(session, OpContext(id, actor.user_id, now, None), ("finding", finding.id), hashes, role)


def _as_it_is(session: Session, finding: Finding) -> dict[str, Any]:
    """The state now, and the step that brought it there."""
    newest = select(CaseStep).where(CaseStep.finding_id == finding.id).order_by(CaseStep.n.desc()).limit(1)
    last = session.scalar(newest)
    if last is None:
        return {"state": finding.state, "last": None}
    name = rows.names_of(session, [last.by_id]).get(last.by_id)
    return {
        "state": finding.state,
        "last": {"action": last.action, "by": {"id": last.by_id, "name": name}, "at": rows.instant(last.at)},
    }


def _later(until: datetime | None, now: datetime) -> datetime:
    if until is None or until <= now:
        raise InputInvalid("Say until when: an instant that is still to come.", field="due_at")
    return until

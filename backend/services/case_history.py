"""A finding's case read: its steps, its stays with offices, what its responsible unit replied. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import CaseStep, Finding, Hop, HopExtension, Office, UnitLink, UnitReply
from backend.services import hops, rows


def of(session: Session, finding: Finding, now: datetime) -> dict[str, Any]:
    """`steps`, `hops` and `unit_replies` of a finding, oldest first; lateness as of now."""
    steps = session.scalars(select(CaseStep).where(CaseStep.finding_id == finding.id).order_by(CaseStep.n)).all()
    stays = hops.of(session, finding.id)
    asked = hops.extensions(session, [hop.id for hop in stays])
    people: list[str | None] = [person for step in steps for person in (step.by_id, step.approved_by)]
    for hop in stays:
        people += [hop.given_by, hop.signed_by, hop.return_asked_by, hop.parked_by]
    people += [person for each in asked for person in (each.asked_by, each.decided_by)]
    names = rows.names_of(session, {person for person in people if person is not None})
    offices = _offices(session, [step.office_id for step in steps])
    return {
        "steps": [_step(step, names, offices) for step in steps],
        "unit_replies": unit_replies(session, finding.id),
        "hops": [_hop(hop, [each for each in asked if each.hop_id == hop.id], names, now) for hop in stays],
    }


def _offices(session: Session, ids: Sequence[str | None]) -> dict[str, Any]:
    wanted = {each for each in ids if each is not None}
    found = session.scalars(select(Office).where(Office.id.in_(wanted))) if wanted else ()
    return {office.id: shown_office(office) for office in found}


def unit_replies(session: Session, finding_id: str) -> list[dict[str, Any]]:
    """What the responsible unit replied by its links; `unit` is whom the link was made out to."""
    found = session.execute(
        select(UnitReply, UnitLink.name)
        .join(UnitLink, UnitLink.id == UnitReply.link_id)
        .where(UnitReply.finding_id == finding_id)
        .order_by(UnitReply.received_at, UnitReply.id)
    ).all()
    return [
        {
            "id": reply.id,
            "hop": reply.hop_id,
            "unit": unit,
            "said_by": reply.said_by,
            "done": reply.done,
            "photos": reply.photos,
            "received_at": rows.instant(reply.received_at),
        }
        for reply, unit in found
    ]


def shown_office(office: Office) -> dict[str, Any]:
    """An office as a finding names it."""
    return {"id": office.id, "code": office.code, "name": office.name}


def _person(user_id: str | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    return None if user_id is None else {"id": user_id, "name": names.get(user_id)}


def _step(step: CaseStep, names: Mapping[str, str], offices: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": step.id,
        "n": step.n,
        "action": step.action,
        "from": step.start,
        "to": step.to,
        "by": _person(step.by_id, names),
        "role": step.role,
        "approved_by": _person(step.approved_by, names),
        "office": offices.get(step.office_id or ""),
        "at": rows.instant(step.at),
        "received_at": rows.instant(step.received_at),
        "note": step.note,
        "photos": step.photos,
        "position": step.position,
        "details": step.details,
    }


def _hop(hop: Hop, asked: Sequence[HopExtension], names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    returning = {
        "by": _person(hop.return_asked_by, names),
        "at": rows.instant(hop.return_asked_at),
        "reason": hop.return_reason,
        "due_at": rows.instant(hop.return_due_at),
    }
    parked = {
        "by": _person(hop.parked_by, names),
        "at": rows.instant(hop.parked_at),
        "until": rows.instant(hop.parked_until),
        "reason": hop.park_reason,
    }
    return {
        "id": hop.id,
        "n": hop.n,
        "kind": hop.kind,
        "office": hop.office and shown_office(hop.office),
        "given_by": _person(hop.given_by, names),
        "given_at": rows.instant(hop.given_at),
        "due_at": rows.instant(hop.due_at),
        "due_assumed": hop.due_assumed,
        "signed_by": _person(hop.signed_by, names),
        "signed_at": rows.instant(hop.signed_at),
        "return": returning if hop.return_asked_at else None,
        "parked": parked if hop.parked_at else None,
        "extensions": [_extension(each, names) for each in asked],
        "ended_at": rows.instant(hop.ended_at),
        "outcome": hop.outcome,
        "late_days": hops.late_by_days(hop, now),
    }


def _extension(each: HopExtension, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "n": each.n,
        "by": _person(each.asked_by, names),
        "at": rows.instant(each.asked_at),
        "reason": each.reason,
        "wanted_until": rows.instant(each.wanted_until),
        "due_before": rows.instant(each.due_before),
        "state": _standing(each),
        "withdrawn_at": rows.instant(each.withdrawn_at),
        "decided_by": _person(each.decided_by, names),
        "decided_at": rows.instant(each.decided_at),
        "granted": each.granted,
        "granted_until": rows.instant(each.granted_until),
        "note": each.decision_note,
    }


def _standing(each: HopExtension) -> str:
    if each.withdrawn_at is not None:
        return "withdrawn"
    return "waiting" if each.granted is None else "granted" if each.granted else "refused"

"""The responsible unit's one-time link (责任单位): made for one finding by the office that has it, good until its term.

A link shows its own finding, no more of it than what is to be put right, and takes one reply (`unit_replies`). Only the
token's hash is kept. It is good while the office that made it has the finding to rectify and until that office's term:
there are no days of grace, and more time for the office is more time for the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import images
from backend.models import Blob, Case, CaseStep, Finding, Site, UnitLink, UnitPhoto
from backend.services import audit, finding_queries, finding_rights, lifecycle, rows, tokens
from backend.services.actor import Actor
from backend.services.case_errors import StepNotYours
from backend.services.errors import InputInvalid, LinkInvalid, NotFound, ServiceError
from backend.sync_store import SqlStore

OPEN = lifecycle.WITH_OFFICE | {"returned"}
"""States in which an office has a finding to rectify."""
MOST_SHOWN = 12
_BEFORE = ("before", "scene")


class UnitLinkNotNow(ServiceError):
    """No office has the finding to rectify now, or its term is over."""

    code = "unit-link-not-now"


class UnitLinkUsed(ServiceError):
    """The unit has replied by this link already."""

    code = "unit-link-used"


class UnitLinkEnded(ServiceError):
    """Revoked, replaced by a newer one, or the finding is not with that office any more; `reason` says which."""

    code = "unit-link-ended"


class UnitLinkExpired(ServiceError):
    """The office's term, until which the link was good, is over."""

    code = "unit-link-expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """A link that is good now, with its finding and the case that says until when."""

    link: UnitLink
    finding: Finding
    case: Case


# for the office ---------------------------------------------------------------------------------------------------
def make(
    session: Session, actor: Actor, finding_id: str, link_id: str, name: str | None, now: datetime
) -> tuple[UnitLink, str, datetime]:
    """A new link, its token, which is told once, and until when it is good; it ends the one before.

    Without a name it is made out to the site's responsible unit. Raises NotFound, StepNotYours, UnitLinkNotNow,
    InputInvalid.
    """
    finding, case = _locked(session, actor, finding_id, now)
    if case is None or finding.state not in OPEN:
        raise UnitLinkNotNow("A link is made while an office has the finding to rectify.", state=finding.state)
    if case.due_at is None or case.due_at < now:
        raise UnitLinkNotNow("The office's term is over; grant more time first.", due_at=rows.instant(case.due_at))
    before = _open_link(session, finding.id)
    if before is not None:
        _end(session, before, "replaced", actor.user_id, now)
    token = tokens.new_token()
    link = UnitLink(
        id=link_id,
        finding_id=finding.id,
        office_id=case.office_id,
        token_sha256=tokens.digest(token),
        name=name or _responsible(session, finding),
        made_by=actor.user_id,
        made_at=now,
    )
    session.add(link)
    session.flush()
    audit.record(session, now, actor.user_id, "unit-link.make", link.id, finding=finding.id)
    return link, token, case.due_at


def revoke(session: Session, actor: Actor, finding_id: str, now: datetime) -> None:
    """End the link that is open. Raises NotFound, StepNotYours."""
    finding, _ = _locked(session, actor, finding_id, now)
    link = _open_link(session, finding.id)
    if link is None:
        raise NotFound("No link of this finding is open.")
    _end(session, link, "revoked", actor.user_id, now)


def listing(session: Session, actor: Actor, finding_id: str, now: datetime) -> list[dict[str, Any]]:
    """The links of a finding, newest first, without their tokens. Raises NotFound."""
    finding = finding_queries.one(session, actor, finding_id)
    links = session.scalars(
        select(UnitLink).where(UnitLink.finding_id == finding.id).order_by(UnitLink.made_at.desc(), UnitLink.id.desc())
    ).all()
    names = rows.names_of(session, {link.made_by for link in links})
    return [_document(link, finding, names.get(link.made_by), now) for link in links]


def _document(link: UnitLink, finding: Finding, maker: str | None, now: datetime) -> dict[str, Any]:
    state = link.ending or fault(link, finding, finding.case, now) or "open"
    return {
        "id": link.id,
        "name": link.name,
        "made_by": {"id": link.made_by, "name": maker},
        "made_at": rows.instant(link.made_at),
        "opened_at": rows.instant(link.opened_at),
        "ended_at": rows.instant(link.ended_at),
        "state": state,
        "expires_at": rows.instant(finding.case.due_at) if state == "open" and finding.case else None,
    }


def _locked(session: Session, actor: Actor, finding_id: str, now: datetime) -> tuple[Finding, Case | None]:
    SqlStore(session, now, by=actor.user_id).lock_counter()
    finding = finding_queries.one(session, actor, finding_id)
    if not finding_rights.covers(actor, finding):
        raise StepNotYours("Another office has this finding.")
    return finding, finding.case


def _open_link(session: Session, finding_id: str) -> UnitLink | None:
    return session.scalar(select(UnitLink).where(UnitLink.finding_id == finding_id, UnitLink.ended_at.is_(None)))


def _end(session: Session, link: UnitLink, ending: str, by: str, now: datetime) -> None:
    link.ended_at, link.ended_by, link.ending = now, by, ending
    session.flush()
    action = "unit-link.revoke" if ending == "revoked" else "unit-link.replace"
    audit.record(session, now, by, action, link.id, finding=link.finding_id)


def _responsible(session: Session, finding: Finding) -> str:
    site = session.get(Site, finding.site_id) if finding.site_id is not None else None
    if site is None or not (site.responsible_unit or "").strip():
        raise InputInvalid("Say which unit the link is for; the finding's site names none.", field="name")
    return str(site.responsible_unit)


# for the unit -----------------------------------------------------------------------------------------------------
def find(session: Session, token: str) -> UnitLink:
    """The link of a token, in whatever state. Raises LinkInvalid."""
    link = session.scalar(select(UnitLink).where(UnitLink.token_sha256 == tokens.digest(token)))
    if link is None:
        raise LinkInvalid("This link is not valid; open it again from the notice, or ask for a new one.")
    return link


def fault(link: UnitLink, finding: Finding, case: Case | None, now: datetime) -> str | None:
    """Why a link that was not ended is of no use now: `moved` or `expired`; None where it is good."""
    if case is None or finding.state not in OPEN or case.office_id != link.office_id:
        return "moved"
    return "expired" if case.due_at is None or case.due_at < now else None


def require(session: Session, token: str, now: datetime) -> Standing:
    """A link that is good now. Raises LinkInvalid, UnitLinkUsed, UnitLinkEnded, UnitLinkExpired."""
    link = find(session, token)
    finding = session.get_one(Finding, link.finding_id)
    reason = link.ending or fault(link, finding, finding.case, now)
    if reason == "used":
        raise UnitLinkUsed("This link was used already; to say more, ask the office for a new one.")
    if reason == "expired":
        raise UnitLinkExpired("The time for this is over; turn to the office that sent the notice.")
    if reason is not None or finding.case is None:
        raise UnitLinkEnded("This link is not valid any more; ask the office for a new one.", reason=reason)
    return Standing(link, finding, finding.case)


def opened(session: Session, token: str, now: datetime) -> None:
    """Note when a link was first opened."""
    link = find(session, token)
    first = update(UnitLink).where(UnitLink.id == link.id, UnitLink.opened_at.is_(None)).values(opened_at=now)
    if session.execute(first).rowcount == 1:  # type: ignore[attr-defined]
        audit.record(session, now, None, "unit-link.open", link.id, finding=link.finding_id)


def shown(session: Session, standing: Standing) -> dict[str, Any]:
    """What the unit sees: what was found, what is asked of it on what ground, by when; nothing else of the finding."""
    finding, link, office = standing.finding, standing.link, standing.case.office
    received = select(UnitPhoto.sha256).where(UnitPhoto.link_id == link.id).order_by(UnitPhoto.received_at)
    return {
        "id": link.id,
        "number": finding.number,
        "found": finding.description,
        "requirement": finding.requirement,
        "clause": finding.basis,
        "due_at": rows.instant(standing.case.due_at),
        "unit": link.name,
        "office": office.name if office is not None else None,
        "photos": before_photos(session, finding),
        "received": list(session.scalars(received)),
    }


def before_photos(session: Session, finding: Finding) -> list[str]:
    """The hashes of the stored pictures that show what was found: none of the steps', no scan, no signature."""
    photos = rows.photos_of(session, "finding", [finding.id])[finding.id]
    steps: Sequence[list[Any]] = session.scalars(select(CaseStep.photos).where(CaseStep.finding_id == finding.id)).all()
    later = {sha256 for step in steps for sha256 in step}
    wanted = [each["sha256"] for each in photos if each["stored"] and each["role"] in _BEFORE]
    pictures = select(Blob.sha256).where(Blob.sha256.in_(wanted), Blob.media_type.in_(list(images.FORMATS)))
    shown_ones = set(session.scalars(pictures)) - later
    return [sha256 for sha256 in dict.fromkeys(wanted) if sha256 in shown_ones][:MOST_SHOWN]


def before_photo(session: Session, standing: Standing, sha256: str) -> str | None:
    """The media type of one of those pictures. Raises NotFound for any other bytes."""
    if sha256 not in before_photos(session, standing.finding):
        raise NotFound("There is no such photo of this finding.")
    return session.get_one(Blob, sha256).media_type

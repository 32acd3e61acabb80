"""Enforcement certificates (执法证): whose, by whom issued, on which days valid. Admins keep them; none is deleted.

An administrative penalty needs two officers who hold valid ones (行政处罚法 42). Whether the paper itself is genuine is
for whoever enters it to see to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from unicodedata import normalize

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from backend.models import Certificate, Inspection, User
from backend.services import audit, pages
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotFound
from backend.services.pages import Page, PageAsked
from backend.services.site_register import RevisionStale
from backend.services.working_time import CHINA

SOON = timedelta(days=30)
OFFICERS_UNCERTIFIED = "officers-uncertified"
"""Why an inspection is no ground for a penalty: two of its officers are not known to have held a certificate then."""


def day_of(at: datetime) -> date:
    """The day of an instant, as certificates count them."""
    return at.astimezone(CHINA).date()


def valid_on(on: date) -> ColumnElement[bool]:
    """The condition that a certificate holds on a day."""
    kept = or_(Certificate.withdrawn_on.is_(None), Certificate.withdrawn_on > on)
    return and_(Certificate.valid_from <= on, Certificate.valid_to >= on, kept)


def held_on(certificate: Certificate, on: date) -> bool:
    """`valid_on` of a certificate that is at hand."""
    withdrawn = certificate.withdrawn_on
    return certificate.valid_from <= on <= certificate.valid_to and (withdrawn is None or withdrawn > on)


def valid(session: Session, user_id: str, on: date) -> bool:
    """Whether a person is an officer with a valid certificate on a day of Asia/Shanghai."""
    held = select(Certificate.id).where(Certificate.user_id == user_id, valid_on(on))
    return session.scalar(held.limit(1)) is not None


def with_two_officers(session: Session, inspections: Sequence[Inspection]) -> set[str]:
    """Ids of those inspections that two different officers made who held certificates that day, as the register knows.

    An officer is found by the certificate's number; where the device named a person too, it must be that one's. One
    statement, however many they are.
    """
    named = {each.id: _numbers_named(each) for each in inspections}
    numbers = {number for those in named.values() for number in those}
    found = session.scalars(select(Certificate).where(Certificate.plain_number.in_(numbers))).all() if numbers else []
    holders = {
        each.id: {
            one.user_id
            for one in found
            if one.plain_number in named[each.id]
            and held_on(one, day_of(each.started_at))
            and named[each.id][one.plain_number].get("user") in (None, one.user_id)
        }
        for each in inspections
    }
    return {id for id, those in holders.items() if len(those) >= 2}


def _numbers_named(inspection: Inspection) -> dict[str, Mapping[str, Any]]:
    named = [each for each in inspection.details.get("officers") or () if isinstance(each, Mapping)]
    return {plain(number): each for each in named if isinstance(number := each.get("certificate_no"), str)}


def plain(number: str) -> str:
    """A number as it is compared: width, case and spaces make none different."""
    return "".join(normalize("NFKC", number).casefold().split())


def listing(
    session: Session, user_id: str | None, until: date | None, today: date, asked: PageAsked
) -> Page[Certificate]:
    """Certificates, newest first; `until`: only those valid today that run out by then."""
    query: Select[Any] = select(Certificate)
    if user_id is not None:
        query = query.where(Certificate.user_id == user_id)
    if until is not None:
        query = query.join(User, User.id == Certificate.user_id).where(
            User.active, valid_on(today), Certificate.valid_to <= until
        )
    return pages.fetch(session, query, Certificate.created_at, Certificate.id, asked)


def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> Certificate:
    """Enter a certificate. Raises AlreadyExists, InputInvalid."""
    user = session.get(User, fields["user_id"])
    if user is None:
        raise InputInvalid("There is no such user.", field="user")
    _check(session, fields, None)
    made = Certificate(id=id, created_at=now, plain_number=plain(fields["number"]), **fields)
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "certificate.create", made.id, user=made.user_id)
    return made


def change(
    session: Session, actor: Actor, certificate_id: str, rev: int, fields: Mapping[str, Any], now: datetime
) -> Certificate:
    """Change or withdraw a certificate, from the revision that was read.

    Raises NotFound, RevisionStale, AlreadyExists, InputInvalid.
    """
    found = session.get(Certificate, certificate_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such certificate.")
    if found.rev != rev:
        raise RevisionStale("Somebody changed this certificate meanwhile; look at it again.", rev=found.rev)
    _check(session, fields, found)
    for name, value in fields.items():
        setattr(found, name, value)
    found.plain_number = plain(found.number)
    found.rev += 1
    audit.record(session, now, actor.user_id, "certificate.change", found.id, fields=sorted(fields))
    session.flush()
    return found


def shown(certificate: Certificate, today: date) -> dict[str, Any]:
    """A certificate as the API shows one; `valid` today, `days_left` until it runs out."""
    return {
        "id": certificate.id,
        "number": certificate.number,
        "issuer": certificate.issuer,
        "user": certificate.user_id,
        "display_name": certificate.holder.display_name,
        "valid_from": certificate.valid_from,
        "valid_to": certificate.valid_to,
        "withdrawn_on": certificate.withdrawn_on,
        "valid": held_on(certificate, today),
        "days_left": (certificate.valid_to - today).days,
        "rev": certificate.rev,
    }


def holders(on: date) -> Select[Any]:
    """The ids of those who hold a valid certificate on a day, as a query to narrow others by."""
    return select(Certificate.user_id).where(valid_on(on))


def _check(session: Session, fields: Mapping[str, Any], known: Certificate | None) -> None:
    begins = fields.get("valid_from", known and known.valid_from)
    ends = fields.get("valid_to", known and known.valid_to)
    if begins is not None and ends is not None and begins > ends:
        raise InputInvalid("The certificate ends before it begins.", field="valid_to")
    if "number" not in fields:
        return
    if not plain(fields["number"]):
        raise InputInvalid("A certificate has a number.", field="number")
    same = select(Certificate.id).where(
        Certificate.plain_number == plain(fields["number"]), Certificate.id != (known.id if known else "")
    )
    if session.scalar(same) is not None:
        raise AlreadyExists("There is already a certificate with this number.", field="number")

"""Erasing what is personal of somebody who has left, as far as the law on evidence allows.

The account stays, closed, as a pseudonym: what the person did names its id. PIPL 47 lets what must be kept be kept,
and then only stored: the whole course of enforcement is recorded and filed (行政处罚法 47), so a name stays where a
signed step or a record of the field needs it. What signs in or reaches the person goes in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Device, LoginToken, Patrol, PatrolTrack, RecoveryCode, RosterEntry, SecondFactor, User
from backend.services import accounts, audit, county_mentions, lockout
from backend.services.actor import Actor
from backend.services.county_mentions import Mention
from backend.services.errors import NotFound, ServiceError
from backend.services.personal_places import PLACES
from backend.services.site_register import RevisionStale

ALWAYS = ("phone", "login", "password", "second_factor", "sign_ins", "device_names", "duty_phones", "tracks")
"""What goes whatever must stay."""
SENT = "sent"
"""Why a county's file stays as it came: it is what the county sent."""
SHOWN = 200


class ErasureRefused(ServiceError):
    """Nothing may be erased now; extras list why."""

    code = "erasure-refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes, what stays and why (table, rows, reason), what forbids it all, and where counties name the person.

    Counties' files stay as they came; of them alone no name stays on the account.
    """

    erased: tuple[str, ...]
    kept: tuple[Mapping[str, Any], ...]
    refused: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()

    def shown(self) -> dict[str, Any]:
        return {
            "erased": list(self.erased),
            "kept": [dict(each) for each in self.kept],
            "refused": list(self.refused),
            "statements": [each.document() for each in self.mentions[:SHOWN]],
        }


def plan(session: Session, actor: Actor, user_id: str) -> Plan:
    """What an erasure would do. Raises NotFound."""
    user = accounts.by_id(session, user_id)
    grounds = (("account-active", user.active), ("oneself", actor.user_id == user_id))
    refused = [reason for reason, holds in grounds if holds]
    kept = [
        {"what": place.table, "rows": rows, "why": place.name_needed}
        for place in PLACES
        if place.name_needed is not None
        and (rows := session.scalar(select(func.count()).select_from(place.model).where(place.of(user_id))))
    ]
    erased = ALWAYS if kept else (*ALWAYS, "name")
    mentions = county_mentions.of_person(session, user)
    if mentions:
        erased = (*erased, "statements")
        kept.append({"what": "county_table_file", "rows": county_mentions.files(mentions), "why": SENT})
    return Plan(erased, tuple(kept), tuple(refused), tuple(mentions))


def erase(session: Session, actor: Actor, user_id: str, rev: int, reason: str, now: datetime) -> Plan:
    """Erase, from the revision that was read. Again, later, it takes what need not stay any more.

    Raises NotFound, RevisionStale, ErasureRefused.
    """
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("There is no such user.")
    if user.rev != rev:
        raise RevisionStale("Somebody changed this account meanwhile; look at it again.", rev=user.rev)
    found = plan(session, actor, user_id)
    if found.refused:
        raise ErasureRefused("This person's data cannot be erased now.", reasons=list(found.refused))
    lockout.clear(session, user.name)
    user.phone, user.password_hash, user.must_change_password = None, None, False
    user.name = pseudonym(user_id)
    if "name" in found.erased:
        user.display_name = f"{catalogue.label(catalogue.DEFAULT, 'people', 'former')} {user_id[-6:]}"
    for model in (LoginToken, RecoveryCode, SecondFactor):
        session.execute(delete(model).where(model.user_id == user_id))
    session.execute(update(Device).where(Device.user_id == user_id).values(name=user.name))
    session.execute(update(RosterEntry).where(RosterEntry.user_id == user_id).values(phone=None))
    walked = select(Patrol.id).where(Patrol.author_id == user_id)
    session.execute(update(PatrolTrack).where(PatrolTrack.patrol_id.in_(walked)).values(expires_at=now))
    county_mentions.clear(session, found.mentions)
    user.erased_at = now
    user.rev += 1
    kept = {str(each["what"]): each["rows"] for each in found.kept}
    told = {"erased": list(found.erased), "kept": kept, "reason": reason}
    audit.record(session, now, actor.user_id, "user.erase", user_id, **told)
    session.flush()
    return found


def pseudonym(user_id: str) -> str:
    """The name that an account has afterwards: always the same, and nobody's."""
    return f"former-{user_id[-12:]}"

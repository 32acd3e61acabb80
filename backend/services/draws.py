"""Double-random draws (双随机): freezes the lists, draws, keeps everything, and draws again to prove it.

The draw itself is `double_random`, which knows no database. What was drawn is told to admins only: a visit that is
known beforehand is no spot check.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Draw, Grant, Site, User
from backend.services import audit, cells, certificates, pages
from backend.services.actor import Actor
from backend.services.double_random import ALGORITHM, CLASSES, Candidate, Lists, Officer, draw
from backend.services.errors import InputInvalid, NotFound, ServiceError
from backend.services.visibility import below
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync.canonical import canonical

CLASS_ATTRIBUTE = "inspection_class"
COUNTY_DIGITS = 6


class DrawNotReproduced(ServiceError):
    """Stored bytes or the draw done again differ from what was recorded."""

    code = "draw-not-reproduced"


@dataclass(frozen=True, slots=True)
class DrawAsked:
    """A draw over an area's sites. `conflicts`: declared pairs of an officer's and a site's id; a seed may be given."""

    area: str
    rates: Mapping[str, int]
    officers_per_site: int = 2
    certificate_needed: bool = True
    conflicts: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    seed: str | None = None
    reason: str | None = None


def make(
    session: Session, actor: Actor, draw_id: str, now: datetime, asked: DrawAsked, new_seed: Callable[[], str]
) -> Draw:
    """Draw for the quarter (by China's calendar) that `now` lies in. Raises NotAllowed, InputInvalid.

    The lists are frozen before a seed is made, and rounds of one area and quarter follow one another.
    """
    actor.require_role("admin")
    if cells.name(asked.area) is None:
        raise InputInvalid("area is no code of an administrative cell.", field="area")
    SqlStore(session, now).lock_counter()
    quarter = quarter_of(now)
    round_ = _next_round(session, asked, quarter)
    lists = _freeze(session, now, asked)
    seed, origin = (asked.seed, "given") if asked.seed is not None else (new_seed(), "made")
    inputs, result = canonical(lists.document()), canonical(draw(lists, seed))
    made = Draw(
        id=draw_id,
        area=asked.area,
        quarter=quarter,
        round=round_,
        reason=asked.reason,
        algorithm=ALGORITHM,
        seed=seed,
        seed_origin=origin,
        inputs=inputs,
        inputs_sha256=_sha256(inputs),
        result=result,
        result_sha256=_sha256(result),
        by_id=actor.user_id,
        at=now,
    )
    session.add(made)
    audit.record(
        session, now, actor.user_id, "draw.make", draw_id, inputs=made.inputs_sha256, result=made.result_sha256
    )
    session.flush()
    return made


def get(session: Session, draw_id: str) -> Draw:
    """A draw. Raises NotFound."""
    found = session.get(Draw, draw_id)
    if found is None:
        raise NotFound("There is no such draw.")
    return found


def listed(session: Session, asked: pages.PageAsked) -> pages.Page[Draw]:
    """Draws, the newest first. Raises PageCursorInvalid."""
    return pages.fetch(session, select(Draw), Draw.at, Draw.id, asked)


def replay(session: Session, draw_id: str) -> bytes:
    """Draw again from what is stored and return the result's bytes. Raises NotFound, DrawNotReproduced.

    Nothing but the draw's own row is read: sites and people may have changed since.
    """
    kept = get(session, draw_id)
    if kept.algorithm != ALGORITHM:
        raise DrawNotReproduced(f"This draw was made by {kept.algorithm}; this server knows {ALGORITHM}.")
    if _sha256(kept.inputs) != kept.inputs_sha256:
        raise DrawNotReproduced("The stored lists are not those that were hashed.")
    result = canonical(draw(Lists.of(json.loads(kept.inputs)), kept.seed))
    if result != kept.result or _sha256(result) != kept.result_sha256:
        raise DrawNotReproduced("The stored lists and seed give another result than the stored one.")
    return result


def document(kept: Draw, *, whole: bool) -> dict[str, Any]:
    """A draw as the API tells it; `whole` adds the frozen lists and the result."""
    names = ("id", "area", "quarter", "round", "reason", "algorithm", "seed", "seed_origin", "inputs_sha256")
    told: dict[str, Any] = {name: getattr(kept, name) for name in names}
    told |= {"result_sha256": kept.result_sha256, "by": kept.by_id, "at": kept.at.isoformat()}
    if whole:
        told |= {"inputs": json.loads(kept.inputs), "result": json.loads(kept.result)}
    return told


def names(session: Session, kept: Draw) -> dict[str, str]:
    """What the drawn sites and officers are called today, by their ids; they are no part of what was drawn."""
    visits = json.loads(kept.result)["visits"]
    site_ids = {visit["site"] for visit in visits}
    officer_ids = {officer for visit in visits for officer in visit["officers"]}
    places = session.execute(select(Site.id, Site.name).where(Site.id.in_(site_ids)))
    people = session.execute(select(User.id, User.display_name).where(User.id.in_(officer_ids)))
    return {str(id): str(name) for found in (places, people) for id, name in found}


def quarter_of(now: datetime) -> str:
    """The quarter of an instant by China's calendar, as 2026Q4."""
    local = now.astimezone(CHINA)
    return f"{local.year}Q{(local.month + 2) // 3}"


def _next_round(session: Session, asked: DrawAsked, quarter: str) -> int:
    query = select(func.max(Draw.round)).where(Draw.area == asked.area, Draw.quarter == quarter)
    last = session.scalar(query) or 0
    if last and asked.reason is None:
        raise InputInvalid(f"{quarter} was drawn for this area already; say why it is drawn again.", field="reason")
    return last + 1


def _freeze(session: Session, now: datetime, asked: DrawAsked) -> Lists:
    query = select(Site.id, Site.cell_code, Site.attributes).where(
        Site.status == "active", Site.cell_code.in_(below([asked.area]))
    )
    sites = tuple(_candidate(row.id, row.cell_code, row.attributes) for row in session.execute(query))
    officers = _officers(session, now, asked.certificate_needed)
    if not sites:
        raise InputInvalid("No active site lies in this area.", field="area")
    if not officers:
        raise InputInvalid("No active inspector may be drawn; certificates may be missing or past.", field="area")
    _require_known(session, asked.conflicts)
    return Lists(sites, officers, dict(asked.rates), asked.officers_per_site, asked.conflicts)


def _candidate(site_id: str, cell: str, attributes: Mapping[str, Any]) -> Candidate:
    lineage = cells.lineage(cell)
    county = next((code for code in lineage if len(code) == COUNTY_DIGITS), cell)
    site_class = attributes.get(CLASS_ATTRIBUTE)
    return Candidate(site_id, site_class if site_class in CLASSES else "general", county, tuple(lineage))


def _officers(session: Session, now: datetime, certificate_needed: bool) -> tuple[Officer, ...]:
    query = select(User.id, Grant.code).join(Grant, Grant.user_id == User.id)
    query = query.where(User.role == "inspector", User.active)
    if certificate_needed:
        query = query.where(User.id.in_(certificates.holders(certificates.day_of(now))))
    found: dict[str, list[str]] = {}
    for user_id, code in session.execute(query):
        found.setdefault(user_id, []).append(code)
    return tuple(Officer(user_id, tuple(codes)) for user_id, codes in found.items())


def _require_known(session: Session, conflicts: frozenset[tuple[str, str]]) -> None:
    """A declared conflict that names nobody would bar nobody, silently."""
    for user_id, site_id in sorted(conflicts):
        if session.get(User, user_id) is None or session.get(Site, site_id) is None:
            raise InputInvalid(
                "A declared conflict names a person or a site that is not known.",
                field="conflicts",
                user=user_id,
                site=site_id,
            )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

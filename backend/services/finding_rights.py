"""Who may act on a finding: its author, whoever has a grant on its cell or above, and the office that has it now."""

from __future__ import annotations

from backend.models import Finding, FirePoint
from backend.services import cells, units
from backend.services.actor import Actor
from sync.errors import OpHeld
from sync.store import OpContext


def may_act(who: Actor, finding: Finding) -> bool:
    if finding.author_id == who.user_id:
        return True
    return covers(who, finding)


def covers(who: Actor, finding: Finding | FirePoint) -> bool:
    """True when the finding (or fire point) lies within the grants; unassigned ones are the city's and the admins'."""
    if who.role == "handler":
        return isinstance(finding, Finding) and handles(who, finding)
    at = finding.found_at if isinstance(finding, Finding) else finding.first_at
    if who.units and not who.units.isdisjoint(units.of(finding.cell_code, finding.lon, finding.lat, at)):
        return True
    if finding.cell_code is None:
        return who.sees_unassigned()
    return who.covers(cells.lineage(finding.cell_code))


def handles(who: Actor, finding: Finding) -> bool:
    """True when the finding is with the actor's own office now."""
    return who.office_id is not None and finding.case is not None and finding.case.office_id == who.office_id


def require(who: Actor, finding: Finding, context: OpContext) -> None:
    """Raise OpHeld where the right is lost; a supervisor who lets the op through has decided that."""
    if not (context.approved or may_act(who, finding)):
        raise OpHeld("right-lost", "The finding is outside the author's grants; a supervisor decides.")

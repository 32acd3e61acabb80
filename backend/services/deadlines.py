"""When rectification is due: by an item's own deadline, or by a finding's severity where it stands on no item."""

from __future__ import annotations

from datetime import datetime

from backend.models import Finding
from backend.services import working_time
from backend.services.working_time import Term
from checklists.model import Deadline

BY_SEVERITY = {
    "serious": Deadline(1, "working_days", "setting"),
    "moderate": Deadline(3, "working_days", "setting"),
    "minor": Deadline(7, "working_days", "setting"),
}
"""No plan gives these: a house setting for findings outside of any checklist."""


def term(start: datetime, deadline: Deadline) -> Term:
    """The term that a deadline gives from `start`; days end at midnight of the last one."""
    if deadline.unit == "working_hours":
        return working_time.after_hours(start, deadline.amount)
    return working_time.after_days(start, deadline.amount, working=deadline.unit == "working_days")


def due(start: datetime, deadline: Deadline) -> datetime:
    """The instant by which a finding found at `start` must be rectified."""
    return term(start, deadline).at


def of_dispatch(finding: Finding, deadline: Deadline | None, now: datetime) -> Term:
    """The term of an office that is given a finding now: the item's deadline counted from now, else by severity."""
    return term(now, deadline or BY_SEVERITY[finding.severity])

"""The rule that a finding breaks, written onto it: version, basis, what is asked, who leads."""

from __future__ import annotations

from backend.models import Finding
from backend.services import checklists
from checklists.model import Item, Pack

_UNITS = {"working_hours": "个工作小时", "working_days": "个工作日", "days": "日"}


def put(finding: Finding, pack: Pack, item: Item) -> None:
    """Write the duty that a finding breaks onto it: version, basis, requirement, lead department."""
    finding.item = item.code
    finding.checklist, finding.checklist_version = pack.code, pack.version
    finding.basis = checklists.basis_of(pack, item)
    finding.requirement = _requirement(item)
    finding.lead_department = checklists.department_names(pack, item) or None
    if item.rectification is not None:
        finding.rectification_kind = item.rectification.kind


def take(finding: Finding) -> None:
    """A finding that names no item any more stands on no rule."""
    finding.item = finding.checklist = finding.checklist_version = None
    finding.basis = finding.requirement = finding.lead_department = finding.rectification_kind = None


def _requirement(item: Item) -> str | None:
    """What is asked of the responsible unit, as offices write it."""
    if item.rectification is None:
        return None
    deadline = item.rectification.deadline
    span = f"{deadline.amount}{_UNITS[deadline.unit]}内"
    return f"立即改正，{span}反馈" if item.rectification.kind == "immediate" else f"{span}整改到位并反馈"

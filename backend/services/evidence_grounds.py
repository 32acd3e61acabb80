"""Is a finding evidence or a lead? Its inspection's grade, and officers whose certificates are known and held that day.

The grade is by the form of the record (checklists.grading), given once and mirrored by devices. The certificates are
looked up whenever it matters: one that is entered late counts, one that was not valid on the day never does.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.models import Finding, Inspection
from backend.services import certificates

NO_INSPECTION = "no-administrative-inspection"


def lacks(session: Session, finding: Finding) -> list[str]:
    """Why a finding is a lead and no ground for a penalty; empty for evidence. Two officers: 行政处罚法 42."""
    inspection = session.get(Inspection, finding.inspection_id) if finding.inspection_id else None
    if inspection is None:
        return [NO_INSPECTION]
    if inspection.grade_reasons:
        return list(inspection.grade_reasons)
    return [] if certificates.two_officers(session, inspection) else [certificates.OFFICERS_UNCERTIFIED]

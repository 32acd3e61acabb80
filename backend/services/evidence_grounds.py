"""Is a finding evidence or a lead? Its inspection's grade, and officers whose certificates are known and held that day.

The grade is by the form of the record (checklists.grading), given once and mirrored by devices. The certificates are
looked up whenever it matters: one that is entered late counts, one that was not valid on the day never does.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding, Inspection
from backend.services import certificates

NO_INSPECTION = "no-administrative-inspection"


def lacks(session: Session, finding: Finding) -> list[str]:
    """Why a finding is a lead and no ground for a penalty; empty for evidence. Two officers: 行政处罚法 42."""
    return lacks_of(session, [finding])[finding.id]


def lacks_of(session: Session, findings: Sequence[Finding]) -> dict[str, list[str]]:
    """`lacks` of several, by id: two statements, however many they are."""
    wanted = {finding.inspection_id for finding in findings if finding.inspection_id}
    read = session.scalars(select(Inspection).where(Inspection.id.in_(wanted))) if wanted else ()
    inspections = {each.id: each for each in read}
    formal = [each for each in inspections.values() if not each.grade_reasons]
    certified = certificates.with_two_officers(session, formal)

    def reasons(inspection: Inspection | None) -> list[str]:
        if inspection is None:
            return [NO_INSPECTION]
        if inspection.grade_reasons:
            return list(inspection.grade_reasons)
        return [] if inspection.id in certified else [certificates.OFFICERS_UNCERTIFIED]

    return {finding.id: reasons(inspections.get(finding.inspection_id or "")) for finding in findings}

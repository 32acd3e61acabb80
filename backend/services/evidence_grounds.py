"""Is a finding evidence or a lead? Its inspection's grade, and officers whose certificates are known and held that day.

The grade is by the form of the record (checklists.grading), given once and mirrored by devices. The certificates are
looked up whenever it matters: one that is entered late counts, one that was not valid on the day never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Certificate, Finding, Inspection

NO_INSPECTION = "no-administrative-inspection"
CERTIFICATES = "certificates-not-valid"
OFFICERS = 2
"""行政处罚法 42: two officers with the qualification."""


def lacks(session: Session, finding: Finding) -> list[str]:
    """Why a finding is a lead and no ground for a penalty; empty for evidence."""
    inspection = session.get(Inspection, finding.inspection_id) if finding.inspection_id else None
    if inspection is None:
        return [NO_INSPECTION]
    if finding.grade != "evidence":
        return list(inspection.grade_reasons)
    return [] if len(certified(session, inspection)) >= OFFICERS else [CERTIFICATES]


def certified(session: Session, inspection: Inspection) -> set[str]:
    """The people among an inspection's officers whose certificate, as they named it, was valid all the while."""
    named = _named(inspection.details.get("officers") or ())
    holders = {}
    query = select(Certificate).where(Certificate.user_id.in_([user for user, _ in named if user]))
    for certificate in session.scalars(query):
        if _valid(certificate, inspection.started_at, inspection.finished_at):
            holders[certificate.user_id, _plain(certificate.certificate_no)] = certificate
    return {user for user, number in named if (user, number) in holders}


def _named(officers: Sequence[Any]) -> list[tuple[str, str]]:
    people = [each for each in officers if isinstance(each, Mapping)]
    return [(str(each.get("user") or ""), _plain(str(each.get("certificate_no") or ""))) for each in people]


def _plain(number: str) -> str:
    """Width, case and spaces do not make a number different."""
    return "".join(normalize("NFKC", number).casefold().split())


def _valid(certificate: Certificate, since: datetime, until: datetime) -> bool:
    return certificate.valid_from <= since and until <= certificate.valid_to

"""By what findings were given out (交办文号/期号): the papers issued about them and the periods that first listed them.

Reads only: two statements, however many findings.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import IssuedPaper, Paper, PaperFinding, Period, PeriodRow


def papers(session: Session, ids: Collection[str]) -> dict[str, list[str]]:
    """The numbers of the papers about each finding, the oldest first; a revoked paper gives nothing out."""
    query = (
        select(PaperFinding.finding_id, IssuedPaper.number)
        .join(IssuedPaper, IssuedPaper.paper_id == PaperFinding.paper_id)
        .join(Paper, Paper.id == PaperFinding.paper_id)
        .where(PaperFinding.finding_id.in_(ids), Paper.state == "issued")
        .order_by(IssuedPaper.at, IssuedPaper.number)
    )
    found: dict[str, list[str]] = {}
    for finding_id, number in session.execute(query):
        found.setdefault(finding_id, []).append(number)
    return found


def periods(session: Session, ids: Collection[str], language: str) -> dict[str, list[str]]:
    """Of each series the period that listed a finding first, in words with its document number, the oldest first."""
    query = (
        select(PeriodRow.finding_id, Period.series, Period.year, Period.number, Period.document_no)
        .join(Period, (Period.id == PeriodRow.period_id) & (Period.version == PeriodRow.version))
        .where(PeriodRow.finding_id.in_(ids))
        .order_by(Period.cut_off, Period.id)
    )
    first: dict[tuple[str, str], str] = {}
    for finding_id, series, year, number, document_no in session.execute(query):
        said = catalogue.label(language, "given_by", "period").format(year=year, number=number, document_no=document_no)
        first.setdefault((finding_id, series), said)
    found: dict[str, list[str]] = {}
    for (finding_id, _), said in first.items():
        found.setdefault(finding_id, []).append(said)
    return found

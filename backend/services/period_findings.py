"""The findings of a frozen period (第N期) as a filter of lists and figures: exactly those that its newest version has.

How each stood when it was frozen, the period's own rows say; a list that is narrowed by a period tells how they stand.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backend.models import Finding, Period, PeriodRow
from backend.services.visibility import FilterInvalid
from geo.local_time import local_time


def conditions(session: Session, period_id: str) -> list[ColumnElement[bool]]:
    """What makes a finding one of a period. Raises FilterInvalid for one that is unknown, or still open."""
    return [Finding.id.in_(_ids(_frozen(session, period_id)))]


def days(session: Session, period_id: str) -> tuple[date, date]:
    """The days in China from the oldest finding of a period, which may have been carried over, to its cut-off.

    Raises FilterInvalid.
    """
    period = _frozen(session, period_id)
    oldest = session.scalar(select(func.min(Finding.found_at)).where(Finding.id.in_(_ids(period))))
    last = local_time(period.cut_off).date()
    return (local_time(oldest).date() if oldest is not None else last), last


def _ids(period: Period) -> Select[str]:
    mine = (PeriodRow.period_id == period.id, PeriodRow.version == period.version)
    return select(PeriodRow.finding_id).where(*mine)


def _frozen(session: Session, period_id: str) -> Period:
    found = session.get(Period, period_id)
    if found is None:
        raise FilterInvalid("period is no id of a period.", field="period")
    if found.state == "open":
        raise FilterInvalid("This period is still open: it has its findings once it is frozen.", field="period")
    return found

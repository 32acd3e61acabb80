"""Numbers that people write on paper: one series a city and day, without gaps, drawn under the counter's lock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend import write_behind
from backend.bulk import Bulk
from backend.models import NumberSeries
from backend.services.working_time import CHINA

_SERIES = Bulk(NumberSeries, "replace")
_LAST = select(NumberSeries.last).where(NumberSeries.series == bindparam("wanted"))
CITY_PREFIX = {"4502": "LZ", "4508": "GG"}


def finding_number(session: Session, cell_code: str | None, received_at: datetime) -> str:
    """`LZ-20261122-0001`: city (QT outside both), day of receipt in China, and a running number."""
    prefix = CITY_PREFIX.get((cell_code or "")[:4], "QT")
    series = f"{prefix}-{received_at.astimezone(CHINA):%Y%m%d}"
    return f"{series}-{_next(session, series):04d}"


def proposal_number(session: Session, received_at: datetime) -> str:
    """`TB-20261122-0001`: the code of a site that somebody proposed (提报), until a supervisor gives it another."""
    series = f"TB-{received_at.astimezone(CHINA):%Y%m%d}"
    return f"{series}-{_next(session, series):04d}"


def fire_number(session: Session, cell_code: str | None, received_at: datetime) -> str:
    """`LZ-HD-20261122-0001`: a fire point (火点), by the day that it became known."""
    prefix = CITY_PREFIX.get((cell_code or "")[:4], "QT")
    series = f"{prefix}-HD-{received_at.astimezone(CHINA):%Y%m%d}"
    return f"{series}-{_next(session, series):04d}"


SUPERVISION = {"reminder": "TX", "urging": "CB", "letter": "DB"}


def supervision_number(session: Session, cell_code: str | None, level: str, at: datetime) -> str:
    """`LZ-DB-2026-0001`: 提醒 (TX), 催办 (CB) and 督办函 (DB), each by city and year."""
    prefix = CITY_PREFIX.get((cell_code or "")[:4], "QT")
    series = f"{prefix}-{SUPERVISION[level]}-{at.astimezone(CHINA):%Y}"
    return f"{series}-{_next(session, series):04d}"


def event_number(session: Session) -> int:
    """The next number of what people are told; it never begins anew."""
    return _next(session, "feed")


def last_event(session: Session) -> int:
    """The number of the newest event; 0 before the first."""
    return session.scalar(select(NumberSeries.last).where(NumberSeries.series == "feed")) or 0


def _next(session: Session, series: str) -> int:
    """The number after the last; the series is read once a transaction."""
    behind = write_behind.of(session)
    last = behind.notes.get(("series", series))
    if last is None:
        last = behind.connection.execute(_LAST, {"wanted": series}).scalar() or 0
    behind.notes.put(("series", series), last + 1)
    behind.add(_SERIES, [(series, last + 1)])
    return int(last) + 1

"""Periods (第N期) of the list: opened, frozen once, issued again with a reason when something was wrong.

Freezing takes the counter first, so that nobody writes meanwhile and all rows are of one snapshot. A frozen version is
never changed; what is printed from it comes from its own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Period, PeriodRow, PeriodVersion
from backend.services import audit, campaigns, cells, pages, period_rows, visibility
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotFound, ServiceError
from backend.services.pages import Page, PageAsked
from backend.services.period_rows import Row
from backend.services.period_standing import counts
from backend.services.rows import instant
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync.canonical import fingerprint

ROWS_A_STATEMENT = 500


class PeriodNotReady(ServiceError):
    """The period is not in the state that this needs; the sentence says what comes first."""

    code = "period-not-ready"


class PeriodFrozen(ServiceError):
    """It was frozen with another document number or signer; `document_no` and `signer` are those."""

    code = "period-frozen"


class PeriodChanged(ServiceError):
    """Somebody has issued it again meanwhile; `version` is the newest now."""

    code = "period-changed"


def create(session: Session, actor: Actor, period_id: str, now: datetime, said: Mapping[str, Any]) -> Period:
    """Open the next period of a series. Raises InputInvalid, AlreadyExists, PeriodNotReady, NotFound.

    `said`: cell, topic, campaign, cut_off, and optionally year, number, starts_at (of the first one), document_no,
    signer.
    """
    actor.require_role("admin")
    if cells.name(said["cell"]) is None:
        raise InputInvalid("cell is no code of an administrative cell.", field="cell")
    if said.get("topic") is not None and said["topic"] not in catalogue.codes("topic"):
        raise InputInvalid("topic is none of the known ones.", field="topic", allowed=list(catalogue.codes("topic")))
    if said.get("campaign") is not None:
        campaigns.get(session, actor, said["campaign"])
    SqlStore(session, now).lock_counter()
    series = "/".join((said["cell"], said.get("campaign") or "", said.get("topic") or ""))
    last = _last(session, series)
    year, number = _numbered(session, series, said)
    starts_at = _start(last, said)
    period = Period(
        id=period_id,
        series=series,
        cell_code=said["cell"],
        campaign_id=said.get("campaign"),
        topic=said.get("topic"),
        year=year,
        number=number,
        document_no=said.get("document_no"),
        signer=said.get("signer"),
        starts_at=starts_at,
        cut_off=said["cut_off"],
        state="open",
        version=0,
        created_by=actor.user_id,
        created_at=now,
    )
    session.add(period)
    session.flush()
    audit.record(session, now, actor.user_id, "period.create", period.id, series=series, year=year, number=number)
    return period


def _last(session: Session, series: str) -> Period | None:
    return session.scalars(
        select(Period).where(Period.series == series).order_by(Period.cut_off.desc()).limit(1)
    ).first()


def _numbered(session: Session, series: str, said: Mapping[str, Any]) -> tuple[int, int]:
    """The year (of the cut-off in China, unless another is said) and the number within it."""
    year = said.get("year") or said["cut_off"].astimezone(CHINA).year
    newest = session.scalar(select(func.max(Period.number)).where(Period.series == series, Period.year == year)) or 0
    number = said.get("number") or newest + 1
    if number <= newest:
        raise AlreadyExists(f"Of {year} there is a period {newest} already; the next is {newest + 1}.", field="number")
    return year, number


def _start(last: Period | None, said: Mapping[str, Any]) -> datetime | None:
    cut_off: datetime = said["cut_off"]
    starts_at: datetime | None = said.get("starts_at")
    if last is not None:
        if last.state == "open":
            raise PeriodNotReady(f"Period {last.number} of this series is still open; freeze it first.", period=last.id)
        if starts_at is not None and starts_at != last.cut_off:
            raise InputInvalid("A period starts where the one before was cut off.", field="starts_at")
        starts_at = last.cut_off
    if starts_at is not None and cut_off <= starts_at:
        raise InputInvalid("The cut-off must lie after the start, which is the last cut-off.", field="cut_off")
    return starts_at


def freeze(
    session: Session, actor: Actor, period_id: str, now: datetime, document_no: str | None, signer: str | None
) -> Period:
    """Take the one snapshot of an open period. A frozen one is given back as it is, to whoever says the same as when
    it was frozen, or nothing. Raises NotFound, PeriodNotReady, PeriodFrozen, InputInvalid.
    """
    actor.require_role("admin")
    SqlStore(session, now).lock_counter()
    period = _fresh(session, period_id)
    if period.state != "open":
        _require_same(version_of(session, period, 1), document_no, signer)
        return period
    if now < period.cut_off:
        raise PeriodNotReady(
            "The cut-off is still to come; a period is frozen after it.", cut_off=instant(period.cut_off)
        )
    period.document_no = document_no or period.document_no
    period.signer = signer or period.signer
    before = before_of(session, period)
    rows = period_rows.of_period(session, period, before)
    _issue(session, actor, period, before, rows, now, None)
    period.state = "frozen"
    audit.record(session, now, actor.user_id, "period.freeze", period.id, rows=len(rows))
    return period


def _require_same(frozen: PeriodVersion, document_no: str | None, signer: str | None) -> None:
    """Raise PeriodFrozen when somebody believes to freeze with what it was not frozen with."""
    if document_no in (None, frozen.document_no) and signer in (None, frozen.signer):
        return
    raise PeriodFrozen(
        f"This period was frozen as {frozen.document_no}, signed by {frozen.signer}; nothing was changed. "
        "A correction is a reissue, with its reason.",
        document_no=frozen.document_no,
        signer=frozen.signer,
    )


def reissue(
    session: Session,
    actor: Actor,
    period_id: str,
    now: datetime,
    seen: int,
    reason: str,
    document_no: str | None,
    signer: str | None,
) -> Period:
    """Issue a frozen period anew, with a reason; every version stays. `seen`: the version that was looked at.

    Raises NotFound, PeriodNotReady, PeriodChanged, InputInvalid.
    """
    actor.require_role("admin")
    SqlStore(session, now).lock_counter()
    period = _fresh(session, period_id)
    if period.state == "open":
        raise PeriodNotReady("An open period is frozen, not issued again.")
    if period.version != seen:
        raise PeriodChanged("Somebody has issued it again meanwhile; look at it again.", version=period.version)
    if not reason.strip():
        raise InputInvalid("Say why it is issued again.", field="reason")
    period.document_no = document_no or period.document_no
    period.signer = signer or period.signer
    rows = period_rows.again(session, period, period_rows.kept(session, period.id, period.version))
    _issue(session, actor, period, before_of(session, period), rows, now, reason)
    period.state = "reissued"
    audit.record(session, now, actor.user_id, "period.reissue", period.id, version=period.version, rows=len(rows))
    return period


def _issue(
    session: Session,
    actor: Actor,
    period: Period,
    before: Period | None,
    rows: Sequence[Row],
    now: datetime,
    reason: str | None,
) -> None:
    for name, value in (("document_no", period.document_no), ("signer", period.signer)):
        if not (value or "").strip():
            raise InputInvalid("What is issued has a document number and a signer.", field=name)
    version = PeriodVersion(
        period_id=period.id,
        version=period.version + 1,
        document_no=period.document_no,
        signer=period.signer,
        reason=reason,
        before_id=before.id if before else None,
        before_version=before.version if before else None,
        counts=counts((row.unit, row.origin, row.outcome, row.late) for row in rows),
        rows=len(rows),
        sha256=fingerprint([row.document() for row in rows]),
        by_id=actor.user_id,
        at=now,
    )
    session.add(version)
    session.flush()
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        session.execute(
            insert(PeriodRow),
            [
                {
                    "period_id": period.id,
                    "version": version.version,
                    "finding_id": row.finding_id,
                    "n": row.n,
                    "state": row.state,
                    "origin": row.origin,
                    "outcome": row.outcome,
                    "late": row.late,
                    "unit": row.unit,
                    "facts": row.facts,
                }
                for row in rows[start : start + ROWS_A_STATEMENT]
            ],
        )
    period.version = version.version


def before_of(session: Session, period: Period) -> Period | None:
    """The period of the series that this one carries over from."""
    query = select(Period).where(Period.series == period.series, Period.cut_off < period.cut_off)
    return session.scalars(query.order_by(Period.cut_off.desc()).limit(1)).first()


def page(session: Session, actor: Actor, asked: PageAsked, cell: str | None = None) -> Page[Period]:
    """The periods of the actor's area, the newest cut-off first. Raises PageCursorInvalid."""
    query = select(Period).where(visibility.seen_by(actor, Period.cell_code))
    if cell is not None:
        query = query.where(Period.cell_code == cell)
    return pages.fetch(session, query, Period.cut_off, Period.id, asked)


def get(session: Session, actor: Actor, period_id: str) -> Period:
    """A period of the actor's area. Raises NotFound."""
    found = session.get(Period, period_id)
    if found is None or not actor.covers(cells.lineage(found.cell_code)):
        raise NotFound("There is no such period, or it is not of your area.")
    return found


def version_of(session: Session, period: Period, version: int | None) -> PeriodVersion:
    """One version, the newest when none is named. Raises NotFound."""
    found = session.get(PeriodVersion, (period.id, version if version is not None else period.version))
    if found is None:
        raise NotFound("This period has no such version.")
    return found


def rows_of(session: Session, period: Period, version: int | None) -> list[Row]:
    """The rows of a version; of an open period those that it would have now. Raises NotFound."""
    if period.state == "open" and version is None:
        return period_rows.of_period(session, period, before_of(session, period))
    return period_rows.kept(session, period.id, version_of(session, period, version).version)


def document(session: Session, period: Period) -> dict[str, Any]:
    """A period as the API shows it, with its versions. `stale`: the period that it rests on was issued again since."""
    versions = period_rows.versions(session, period.id)
    return {
        "id": period.id,
        "cell": period.cell_code,
        "campaign": period.campaign_id,
        "topic": period.topic,
        "year": period.year,
        "number": period.number,
        "document_no": period.document_no,
        "signer": period.signer,
        "starts_at": instant(period.starts_at),
        "cut_off": instant(period.cut_off),
        "state": period.state,
        "version": period.version,
        "stale": _is_stale(session, versions[-1]) if versions else False,
        "versions": [_version(each) for each in versions],
    }


def _is_stale(session: Session, newest: PeriodVersion) -> bool:
    before = session.get(Period, newest.before_id) if newest.before_id else None
    return before is not None and before.version != newest.before_version


def _version(version: PeriodVersion) -> dict[str, Any]:
    rests_on = {"period": version.before_id, "version": version.before_version} if version.before_id else None
    return {
        "version": version.version,
        "document_no": version.document_no,
        "signer": version.signer,
        "reason": version.reason,
        "rests_on": rests_on,
        "counts": {"all": version.counts[""], "units": _units(version.counts)},
        "rows": version.rows,
        "sha256": version.sha256,
        "by": version.by_id,
        "at": instant(version.at),
    }


def _units(sums: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [{"unit": unit, **sums[unit]} for unit in sorted(sums) if unit]


def _fresh(session: Session, period_id: str) -> Period:
    """A period as it is now that the counter is held. Raises NotFound."""
    found = session.get(Period, period_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such period.")
    return found

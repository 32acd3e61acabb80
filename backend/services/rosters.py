"""Duty rosters: who is on duty where and when, from tables or one by one; nothing of a table with a fault is taken.

Phones are told to people only, on request, and each such look is in the audit trail; devices mirror the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import spreadsheets
from backend.models import Campaign, RosterEntry, User
from backend.models.campaign import DUTIES
from backend.services import audit, campaigns, cells, rows
from backend.services.actor import Actor
from backend.services.campaigns import CampaignNotReady
from backend.services.errors import NotFound
from backend.services.site_rows import Fault
from backend.services.working_time import CHINA
from backend.spreadsheets import Table
from backend.sync_store import SqlStore
from sync.store import Row

MOST_ROWS = 2_000
MOST_HOURS = 48
HEADINGS = {
    "cell": ("网格编码", "辖区编码", "行政区划代码", "Cell code"),
    "place": ("地点", "值守地点", "巡查区域", "Place"),
    "day": ("日期", "值班日期", "Day"),
    "start": ("开始", "开始时间", "上岗时间", "Start"),
    "end": ("结束", "结束时间", "下岗时间", "End"),
    "name": ("姓名", "值班人员", "值班人", "Name"),
    "phone": ("电话", "联系电话", "手机", "Phone"),
    "duty": ("职责", "岗位", "Duty"),
    "account": ("账号", "用户名", "Account"),
}
REQUIRED = ("cell", "day", "start", "end", "name")
DUTY_WORDS = {
    "patrol": ("巡查", "巡逻", "网格员", "patrol", ""),
    "leader": ("带班", "带班领导", "网格长", "leader"),
    "liaison": ("联络", "联络员", "值班", "liaison"),
    "driver": ("司机", "驾驶员", "driver"),
}
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_TIME = re.compile(r"(?:.* )?(\d{1,2})[:：时点](\d{1,2})?分?(?::\d{2})?")


@dataclass(frozen=True, slots=True)
class Meant:
    """One line of a table: somebody on duty."""

    line: int
    cell: str
    place: str | None
    starts_at: datetime
    ends_at: datetime
    name: str
    phone: str | None
    duty: str
    user_id: str | None

    @property
    def key(self) -> tuple[str, datetime, str, str]:
        return self.cell, self.starts_at, self.name, self.duty


@dataclass(slots=True)
class Read:
    """A table looked at."""

    rows: int = 0
    meant: list[Meant] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    new: int = 0
    same: int = 0
    changed: int = 0

    def report(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "faults": len(self.faults),
            "fault_list": [fault.document() for fault in self.faults[:500]],
        }


def take_in(
    session: Session,
    actor: Actor,
    campaign_id: str,
    name: str,
    data: bytes,
    now: datetime,
    new_id: Callable[[], str],
    *,
    dry_run: bool,
) -> Read:
    """Read a table and enter it, all of it or nothing; a row that is there already is left or changed.

    With `dry_run` or any fault nothing is entered. Raises NotFound, NotAllowed, CampaignNotReady, TableUnreadable.
    """
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    campaign = campaigns.get(session, actor, campaign_id)
    campaigns.require_office(actor, campaign)
    if campaign.state == "ended":
        raise CampaignNotReady("This campaign has ended.")
    read = _read(session, campaign, spreadsheets.read(data, name, HEADINGS, REQUIRED))
    known = {
        (each.cell_code, each.starts_at, each.name, each.duty): each
        for each in session.scalars(select(RosterEntry).where(RosterEntry.campaign_id == campaign.id))
    }
    for meant in read.meant:
        entry = known.get(meant.key)
        if entry is None:
            read.new += 1
        elif _facts(entry) == (meant.place, meant.ends_at, meant.phone, meant.user_id, None):
            read.same += 1
            continue
        else:
            read.changed += 1
        if not read.faults and not dry_run:
            _enter(session, store, campaign, entry, meant, new_id)
    if not read.faults and not dry_run:
        audit.record(session, now, actor.user_id, "roster.import", campaign.id, new=read.new, changed=read.changed)
    return read


def _facts(entry: RosterEntry) -> tuple[Any, ...]:
    return entry.place, entry.ends_at, entry.phone, entry.user_id, entry.cancelled_at


def _enter(
    session: Session,
    store: SqlStore,
    campaign: Campaign,
    entry: RosterEntry | None,
    meant: Meant,
    new_id: Callable[[], str],
) -> None:
    if entry is None:
        entry = RosterEntry(
            id=new_id(),
            campaign_id=campaign.id,
            cell_code=meant.cell,
            starts_at=meant.starts_at,
            name=meant.name,
            duty=meant.duty,
            rev=0,
        )
        session.add(entry)
    entry.place, entry.ends_at, entry.phone, entry.user_id = meant.place, meant.ends_at, meant.phone, meant.user_id
    entry.cancelled_at = None
    _tell(session, store, entry)


def cancel(session: Session, actor: Actor, entry_id: str, now: datetime) -> RosterEntry:
    """Take somebody off the roster. Raises NotFound, NotAllowed."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    entry = session.get(RosterEntry, entry_id)
    if entry is None:
        raise NotFound("There is no such entry in a roster.")
    campaigns.require_office(actor, campaigns.get(session, actor, entry.campaign_id))
    if entry.cancelled_at is None:
        entry.cancelled_at = now
        audit.record(session, now, actor.user_id, "roster.cancel", entry.id)
        _tell(session, store, entry)
    return entry


def _tell(session: Session, store: SqlStore, entry: RosterEntry) -> None:
    entry.rev += 1
    session.flush()
    own = {f"user:{entry.user_id}"} if entry.user_id else set()
    scopes = frozenset(cells.scopes(entry.cell_code) | own)
    store.publish(Row("roster_entry", entry.id, entry.rev, row_document(entry), scopes))


def of(session: Session, actor: Actor, campaign_id: str, now: datetime) -> list[dict[str, Any]]:
    """A campaign's roster with phones, for its office; the look is written down."""
    campaign = campaigns.get(session, actor, campaign_id)
    campaigns.require_office(actor, campaign)
    found = session.scalars(
        select(RosterEntry)
        .where(RosterEntry.campaign_id == campaign.id)
        .order_by(RosterEntry.starts_at, RosterEntry.cell_code, RosterEntry.name)
    ).all()
    audit.record(session, now, actor.user_id, "roster.read", campaign.id, entries=len(found))
    return [document(entry) for entry in found]


def on_duty(session: Session, actor: Actor, cell: str, at: datetime, now: datetime) -> list[dict[str, Any]]:
    """Who is on duty for a cell at an instant, nearest first, with phones; for those whose area it is.

    The look is written down. Raises NotFound for a cell that is not in the actor's area.
    """
    line = cells.lineage(cell)
    if not actor.covers(line):
        raise NotFound("There is no such cell in your area.")
    found = _holding(session, line, at)
    found.sort(key=lambda entry: (line.index(entry.cell_code), entry.duty != "patrol", entry.name))
    audit.record(session, now, actor.user_id, "roster.read", cell, entries=len(found))
    return [document(entry) for entry in found]


def inspector_on_duty(session: Session, cell: str, at: datetime) -> str | None:
    """The one account on patrol nearest to a cell at an instant; None where nobody is, or several are."""
    line = cells.lineage(cell)
    found = [entry for entry in _holding(session, line, at) if entry.user_id and entry.duty == "patrol"]
    for code in line:
        here = {entry.user_id for entry in found if entry.cell_code == code}
        if here:
            return here.pop() if len(here) == 1 else None
    return None


def _holding(session: Session, line: Sequence[str], at: datetime) -> list[RosterEntry]:
    query = (
        select(RosterEntry)
        .join(Campaign, Campaign.id == RosterEntry.campaign_id)
        .where(
            Campaign.state == "running",
            RosterEntry.cell_code.in_(line),
            RosterEntry.cancelled_at.is_(None),
            RosterEntry.starts_at <= at,
            RosterEntry.ends_at > at,
        )
    )
    return list(session.scalars(query))


def document(entry: RosterEntry) -> dict[str, Any]:
    """An entry for people, with the phone."""
    return row_document(entry) | {"phone": entry.phone}


def row_document(entry: RosterEntry) -> dict[str, Any]:
    """The `roster_entry` row that devices mirror: without the phone."""
    return {
        "id": entry.id,
        "campaign": entry.campaign_id,
        "cell": entry.cell_code,
        "cell_name": cells.name(entry.cell_code),
        "place": entry.place,
        "starts_at": rows.instant(entry.starts_at),
        "ends_at": rows.instant(entry.ends_at),
        "user": entry.user_id,
        "name": entry.name,
        "duty": entry.duty,
        "cancelled": entry.cancelled_at is not None,
        "rev": entry.rev,
    }


# reading a table ---------------------------------------------------------------------------------------------------
def _read(session: Session, campaign: Campaign, table: Table) -> Read:
    read = Read(rows=len(table.rows))
    if len(table.rows) > MOST_ROWS:
        raise spreadsheets.TableUnreadable(f"A roster may have {MOST_ROWS} rows at most.", limit=MOST_ROWS)
    accounts = {row.name: row.id for row in session.execute(select(User.name, User.id).where(User.active))}
    seen: dict[tuple[str, datetime, str, str], int] = {}
    for row in table.rows:
        meant = _meant(row.line, row.values, table, campaign, accounts, read.faults)
        if meant is None:
            continue
        first = seen.setdefault(meant.key, row.line)
        if first != row.line:
            read.faults.append(Fault(row.line, "name", table.columns.get("name"), "code-duplicate", f"{first}"))
        else:
            read.meant.append(meant)
    return read


def _meant(
    line: int, said: Any, table: Table, campaign: Campaign, accounts: dict[str, str], faults: list[Fault]
) -> Meant | None:
    before = len(faults)

    def fault(column: str, code: str, detail: str) -> None:
        faults.append(Fault(line, column, table.columns.get(column), code, detail))

    for column in REQUIRED:
        if not said.get(column):
            fault(column, "cell-empty", "")
    cell, account = said.get("cell", ""), said.get("account", "")
    if cell and cells.name(cell) is None:
        fault("cell", "cell-unknown", cell)
    elif cell and set(cells.lineage(cell)).isdisjoint(campaign.cells):
        fault("cell", "site-outside-area", cell)
    if account and account not in accounts:
        fault("account", "account-unknown", account)
    duty = _duty(said.get("duty", ""))
    if duty is None:
        fault("duty", "value-invalid", said["duty"])
    start = _instant(said.get("day", ""), said.get("start", ""), campaign)
    end = _instant(said.get("day", ""), said.get("end", ""), campaign)
    if said.get("day") and said.get("start") and start is None:
        fault("start", "time-invalid", f"{said['day']} {said['start']}")
    if said.get("day") and said.get("end") and end is None:
        fault("end", "time-invalid", f"{said['day']} {said['end']}")
    if len(faults) > before or start is None or end is None or duty is None:
        return None
    ends_at = end if end > start else end + timedelta(days=1)  # over midnight
    if not campaigns.span(campaign)[0] <= start < campaigns.span(campaign)[1]:
        fault("day", "outside-campaign", said["day"])
        return None
    name, phone = said["name"][:80], said.get("phone") or None
    place = said.get("place") or None
    return Meant(
        line, cell, place and place[:200], start, ends_at, name, phone and phone[:40], duty, accounts.get(account)
    )


def _duty(word: str) -> str | None:
    for duty, words in DUTY_WORDS.items():
        if word.casefold() in words:
            return duty
    return word if word in DUTIES else "other" if len(word) <= 40 else None


def _instant(day: str, at: str, campaign: Campaign) -> datetime | None:
    """A day (2026-11-25, 2026/11/25, 11月25日; a date that Excel keeps) and a time of day in China."""
    found, clock = _DAY.fullmatch(day.split(" ")[0]), _TIME.fullmatch(at)
    if found is None or clock is None:
        return None
    month, number = int(found[2]), int(found[3])
    hour, minute = int(clock[1]), int(clock[2] or 0)
    try:
        year = int(found[1]) if found[1] else _year(month, number, campaign)
        whole = datetime.combine(date(year, month, number), time(hour % 24, minute), CHINA)
    except ValueError:
        return None
    return whole + timedelta(days=hour // 24) if hour <= 24 else None


def _year(month: int, number: int, campaign: Campaign) -> int:
    """The year of a day without one: the first in which it lies within the campaign."""
    for year in range(campaign.first_day.year, campaign.last_day.year + 1):
        if campaign.first_day <= date(year, month, number) <= campaign.last_day:
            return year
    return campaign.first_day.year

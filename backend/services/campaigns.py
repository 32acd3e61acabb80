"""Campaigns: what is ordered where and when, its life, and what came of it, by cell and never by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.models import Campaign, Finding, FirePoint, Inspection, RosterEntry
from backend.services import audit, campaign_hours, cells, rows, visibility
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.site_register import RevisionStale
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from sync.store import Row

FIELDS = (
    "name", "topic", "document_no", "issuing_body", "first_day", "last_day", "cells", "seasons", "hours",
    "checklists", "asks_for_tracks", "note",
)  # fmt: skip


class CampaignNotReady(ServiceError):
    """The campaign is not in the state that this needs."""

    code = "campaign-not-ready"


def create(session: Session, actor: Actor, fields: Mapping[str, Any], now: datetime, id: str) -> Campaign:
    """A new campaign, a draft. Raises AlreadyExists, InputInvalid, NotAllowed."""
    if session.scalar(select(Campaign.id).where(Campaign.code == fields["code"])) is not None:
        raise AlreadyExists("There is already a campaign with this code.", field="code")
    made = Campaign(id=id, created_by=actor.user_id, created_at=now, state="draft", rev=1, **fields)
    _require_sound(actor, made)
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "campaign.create", made.id, code=made.code)
    return made


def change(
    session: Session, actor: Actor, campaign_id: str, rev: int, fields: Mapping[str, Any], now: datetime
) -> Campaign:
    """Change a campaign that has not ended, from the revision that was read. Raises RevisionStale and more."""
    store, found = _locked(session, actor, campaign_id, now)
    if found.rev != rev:
        raise RevisionStale("Somebody changed this campaign meanwhile; look at it again.", rev=found.rev)
    if found.state == "ended":
        raise CampaignNotReady("This campaign has ended.")
    for name, value in fields.items():
        setattr(found, name, value)
    _require_sound(actor, found)
    return _changed(session, store, actor, found, "campaign.change", now)


def start(session: Session, actor: Actor, campaign_id: str, now: datetime) -> Campaign:
    """Let it run: devices of its cells are told. Raises CampaignNotReady."""
    store, found = _locked(session, actor, campaign_id, now)
    if found.state != "draft":
        raise CampaignNotReady("Only a draft is started.")
    found.state = "running"
    return _changed(session, store, actor, found, "campaign.start", now)


def end(session: Session, actor: Actor, campaign_id: str, now: datetime) -> Campaign:
    """End it, for good. Raises CampaignNotReady."""
    store, found = _locked(session, actor, campaign_id, now)
    if found.state != "running":
        raise CampaignNotReady("Only a running campaign is ended.")
    found.state, found.ended_at = "ended", now
    return _changed(session, store, actor, found, "campaign.end", now)


def expect_rain(session: Session, actor: Actor, campaign_id: str, until: datetime | None, now: datetime) -> Campaign:
    """Say that rain is expected until an instant, or not any more."""
    store, found = _locked(session, actor, campaign_id, now)
    found.rain_until = until
    return _changed(session, store, actor, found, "campaign.rain", now)


def listing(session: Session, actor: Actor) -> Sequence[Campaign]:
    """The campaigns that touch the actor's area, the newest first; drafts for the offices alone."""
    found = session.scalars(select(Campaign).order_by(Campaign.first_day.desc(), Campaign.code)).all()
    return [each for each in found if _sees(actor, each)]


def get(session: Session, actor: Actor, campaign_id: str) -> Campaign:
    """One campaign. Raises NotFound."""
    found = session.get(Campaign, campaign_id)
    if found is None or not _sees(actor, found):
        raise NotFound("There is no such campaign, or you may not see it.")
    return found


def by_code(session: Session, code: str) -> Campaign:
    """One campaign by its code. Raises NotFound."""
    found = session.scalar(select(Campaign).where(Campaign.code == code))
    if found is None:
        raise NotFound(f"There is no campaign {code}.")
    return found


def require_office(actor: Actor, found: Campaign) -> None:
    """Raise NotAllowed unless the actor is an office above every cell of the campaign."""
    if actor.role not in ("supervisor", "admin") or not all(actor.covers(cells.lineage(code)) for code in found.cells):
        raise NotAllowed("A campaign is kept by a supervisor of all of its cells.")


def span(found: Campaign) -> tuple[datetime, datetime]:
    """Its first instant and the first after it."""
    first = datetime.combine(found.first_day, time(), CHINA)
    return first, datetime.combine(found.last_day + timedelta(days=1), time(), CHINA)


def running_at(session: Session, cell: str, at: datetime) -> list[Campaign]:
    """The campaigns that run in a cell at an instant, whatever their hours."""
    line = set(cells.lineage(cell))
    found = session.scalars(select(Campaign).where(Campaign.state != "draft").order_by(Campaign.code)).all()
    return [
        each
        for each in found
        if not line.isdisjoint(each.cells)
        and span(each)[0] <= at < span(each)[1]
        and (each.ended_at is None or at < each.ended_at)
    ]


def tracks_wanted(session: Session, user_id: str, cell: str, at: datetime) -> Campaign | None:
    """The campaign for which a person's track may be kept: one that asks for tracks, and the person is on duty in it.

    On duty is who stands in the roster at that instant for the cell, one above it or one below it.
    """
    for each in running_at(session, cell, at):
        if not each.asks_for_tracks:
            continue
        duty = select(RosterEntry.cell_code).where(
            RosterEntry.campaign_id == each.id,
            RosterEntry.user_id == user_id,
            RosterEntry.cancelled_at.is_(None),
            RosterEntry.starts_at <= at,
            RosterEntry.ends_at > at,
        )
        near = set(cells.lineage(cell)) | set(cells.descendants(cell))
        if any(code in near for code in session.scalars(duty)):
            return each
    return None


def in_hours(found: Campaign, at: datetime, place: tuple[float, float] | None) -> bool:
    """Whether an instant lies in the campaign's seasons and hours, at a place."""
    return campaign_hours.holds(found.seasons, found.hours, at, place, found.rain_until)


def conditions(session: Session, campaign_id: str) -> list[ColumnElement[bool]]:
    """What makes a finding one of a campaign: its cells, days and topic. Raises FilterInvalid."""
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise visibility.FilterInvalid("campaign is no id of a campaign.", field="campaign")
    first, after = span(found)
    return [
        Finding.cell_code.in_(visibility.below(found.cells)),
        Finding.found_at >= first,
        Finding.found_at < after,
        Finding.topic == found.topic,
    ]


def statistics(session: Session, actor: Actor, campaign_id: str) -> dict[str, Any]:
    """What came of it: findings by state, inspections and fire points, by cell of the level below; never by person."""
    found = get(session, actor, campaign_id)
    first, after = span(found)
    below = visibility.below(found.cells)
    findings = session.execute(
        select(Finding.cell_code, Finding.state, func.count())
        .where(*conditions(session, campaign_id))
        .group_by(Finding.cell_code, Finding.state)
    )
    inspections = session.execute(
        select(Inspection.cell_code, func.count())
        .where(Inspection.cell_code.in_(below), Inspection.started_at >= first, Inspection.started_at < after)
        .group_by(Inspection.cell_code)
    )
    fires = session.execute(
        select(FirePoint.cell_code, FirePoint.state, func.count())
        .where(FirePoint.cell_code.in_(below), FirePoint.first_at >= first, FirePoint.first_at < after)
        .where(FirePoint.merged_into.is_(None))
        .group_by(FirePoint.cell_code, FirePoint.state)
    )
    told: dict[str, dict[str, Any]] = {}
    for code, state, n in findings:
        _of(told, found, code)["findings"][state] = _of(told, found, code)["findings"].get(state, 0) + n
    for code, n in inspections:
        _of(told, found, code)["inspections"] += n
    for code, state, n in fires:
        _of(told, found, code)["fire_points"][state] = _of(told, found, code)["fire_points"].get(state, 0) + n
    return {"campaign": found.id, "cells": [told[code] for code in sorted(told)]}


def _of(told: dict[str, dict[str, Any]], found: Campaign, code: str | None) -> dict[str, Any]:
    """The line of the cell directly below one of the campaign's, or of that itself, which a code lies in."""
    assert code is not None  # what lies in no cell lies in no campaign
    line = cells.lineage(code)
    at = next(i for i, each in enumerate(line) if each in found.cells)
    shown = line[at - 1] if at else line[0]
    empty: dict[str, Any] = {"findings": {}, "inspections": 0, "fire_points": {}}
    return told.setdefault(shown, {"cell": shown, "name": cells.name(shown), **empty})


def document(found: Campaign) -> dict[str, Any]:
    """A campaign as the API and devices see it."""
    return {
        "id": found.id,
        "code": found.code,
        "name": found.name,
        "topic": found.topic,
        "document_no": found.document_no,
        "issuing_body": found.issuing_body,
        "first_day": found.first_day.isoformat(),
        "last_day": found.last_day.isoformat(),
        "cells": found.cells,
        "seasons": found.seasons,
        "hours": found.hours,
        "checklists": found.checklists,
        "asks_for_tracks": found.asks_for_tracks,
        "rain_until": rows.instant(found.rain_until),
        "state": found.state,
        "note": found.note,
        "ended_at": rows.instant(found.ended_at),
        "rev": found.rev,
    }


def _sees(actor: Actor, found: Campaign) -> bool:
    if actor.role == "admin" or found.created_by == actor.user_id:
        return True
    if found.state == "draft" and actor.role != "supervisor":
        return False
    own = {code for grant in actor.grants for code in cells.lineage(grant)}
    return any(code in own or not actor.grants.isdisjoint(cells.lineage(code)) for code in found.cells)


def _require_sound(actor: Actor, found: Campaign) -> None:
    if not found.cells:
        raise InputInvalid("A campaign names its cells.", field="cells")
    cells.require_known(found.cells)
    campaign_hours.require_known(found.seasons, found.hours)
    if found.first_day > found.last_day:
        raise InputInvalid("The last day lies before the first.", field="last_day")
    require_office(actor, found)


def _locked(session: Session, actor: Actor, campaign_id: str, now: datetime) -> tuple[SqlStore, Campaign]:
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    found = get(session, actor, campaign_id)
    require_office(actor, found)
    return store, found


def _changed(session: Session, store: SqlStore, actor: Actor, found: Campaign, action: str, now: datetime) -> Campaign:
    found.rev += 1
    session.flush()
    audit.record(session, now, actor.user_id, action, found.id, rev=found.rev)
    if found.state != "draft":
        store.publish(Row("campaign", found.id, found.rev, document(found), frozenset({"global"})))
    return found

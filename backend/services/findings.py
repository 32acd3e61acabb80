"""Findings: how one comes to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session

from backend.bulk import Bulk
from backend.models import Finding, FindingCell
from backend.services import (
    checklists,
    deadlines,
    duplicates,
    field_history,
    finding_fields,
    numbering,
    photos,
    place_decisions,
    publishing,
    under_way,
)
from backend.services.actor import Actor
from backend.services.placing import Placed
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpRefused
from sync.store import OpContext, Store

_FINDINGS, _CELLS = Bulk(Finding), Bulk(FindingCell)
FIRST_STATE = "submitted"


def create(
    session: Session,
    store: Store,
    finding: Finding,
    placed: Placed,
    who: Actor,
    context: OpContext,
    hashes: Sequence[str],
) -> Outcome:
    """Store a new finding where it lies, with its number and deadline, and link photos that came before it.

    Raises OpRefused `row-exists` when its id is taken.
    """
    feed = cast(SqlStore, store)
    if under_way.find(session, Finding, finding.id) is not None:
        raise OpRefused("row-exists", "There is already a finding with this id; the first one stands.")
    finding.number = numbering.finding_number(session, placed.cell_code, context.received_at)
    finding.state, finding.rev = FIRST_STATE, 1
    finding.author_id, finding.stream_id = who.user_id, context.stream
    finding.received_at = context.received_at
    finding.position, finding.lon, finding.lat = placed.position, placed.lon, placed.lat
    finding.accuracy_m, finding.cell_code, finding.placed_n = placed.accuracy_m, placed.cell_code, placed.n
    finding.square = placed.square
    cells = placed.cells()
    for cell in cells:
        cell.finding_id = finding.id
    finding.cells = cells
    _put_deadline(session, finding)
    finding.flags = [*finding.flags, *duplicates.of_finding(session, finding)]
    under_way.add(session, _FINDINGS, [finding])
    under_way.add(session, _CELLS, finding.cells)
    under_way.remember(session, finding)
    duplicates.note(session, finding)
    field_history.write(
        session,
        ("finding", finding.id),
        1,
        {**finding_fields.current(finding), "state": finding.state},
        author_id=who.user_id,
        stream_id=context.stream,
        op_id=None,
        at=context.received_at,
    )
    photos.hold_if_seen(session, who, hashes)
    photos.mention(session, context, ("finding", finding.id), hashes, "scene")
    for photo in photos.waiting_for(session, ("finding", finding.id)):
        photos.check(session, photo)
    publishing.finding(session, feed, under_way.find(session, Finding, finding.id) or finding)
    place_decisions.tell_who_is_asked(session, finding, (), context.received_at)
    return Outcome(rev=1, created=(finding.id,))


def _put_deadline(session: Session, finding: Finding) -> None:
    """Due by the item's own deadline, counted from when it was found, or from receipt where that lies in the future."""
    deadline = checklists.deadline_of(session, finding)
    if deadline is not None:
        finding.deadline_at = deadlines.due(min(finding.found_at, finding.received_at), deadline)

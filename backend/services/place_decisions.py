"""现场确权: whose ground a finding lies on, decided by people where the circle does not say.

Asked is the supervisor of the candidate that holds the largest share of the accuracy circle; who declines passes it to
the next, and after the last to whoever stands above all candidates. Each word is kept. Whoever calls the writing
functions holds the counter's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from backend.models import Finding, FindingCell, PlaceStep
from backend.services import audit, cells, field_history, placing, publishing, rows, visibility
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.placing import DECIDED
from backend.sync_store import SqlStore
from geo.locate import DOUBTFUL

MOST = 500
REACH_DEGREES = 0.05  # about 5 km, the largest circle that anything is placed with
ROLES = ("supervisor", "admin")


class PlaceNotYours(NotAllowed):
    """Only who supervises a cell claims or declines for it."""

    code = "place-not-yours"


class PlaceReasonMissing(ServiceError):
    """A cell that the circle does not touch, and every refusal, needs a reason."""

    code = "place-reason-missing"


class PlaceTaken(ServiceError):
    """Somebody decided on it since the caller looked; extras say where it lies now."""

    code = "place-taken"


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says of a finding's place. `cell` null: not ours."""

    id: str
    who: Actor
    at: datetime
    received_at: datetime
    cell: str | None
    note: str | None
    op_id: str | None = None
    stream_id: str | None = None
    approved: bool = False


def candidates(finding: Finding) -> list[tuple[str, float]]:
    """The cells that the circle touches, with their shares, the largest first."""
    admin = assignment(finding)
    return [] if admin is None else [(each["code"], each["share"]) for each in admin.candidates]


def assignment(finding: Finding) -> FindingCell | None:
    return next((cell for cell in finding.cells if cell.scheme == "admin"), None)


def asked(finding: Finding, declined: Sequence[str | None]) -> str | None:
    """The cell whose supervisor is asked now; null: whoever sees what lies in no cell."""
    open_ = [code for code, _ in candidates(finding) if code not in declined]
    return open_[0] if open_ else _above_all([code for code, _ in candidates(finding)])


def _above_all(codes: Sequence[str]) -> str | None:
    lines = [cells.lineage(code)[1:] for code in codes]
    return next((code for code in lines[0] if all(code in line for line in lines)), None) if lines else None


def require(finding: Finding, word: Word, declined: Sequence[str | None]) -> None:
    """Judge a word. Raises PlaceNotYours, PlaceReasonMissing, InputInvalid."""
    who, current = word.who, finding.cell_code
    if not word.approved and who.role not in ROLES:
        raise PlaceNotYours("Only supervisors decide whose ground it is.")
    if word.cell is None:
        _require_asked(finding, word, declined)
        _require_reason(word)
        return
    if word.cell not in cells.grid(at=finding.found_at):
        raise InputInvalid("No cell of that time has this code.", field="cell")
    now = assignment(finding)
    settled = now is not None and now.method == DECIDED
    own = [word.cell, current] if settled else [word.cell]
    if not word.approved and not all(who.covers(cells.lineage(code)) for code in own if code is not None):
        raise PlaceNotYours("You claim only for your own area, and take nothing back that another was given.")
    if word.cell not in dict(candidates(finding)):
        _require_reason(word)


def _require_asked(finding: Finding, word: Word, declined: Sequence[str | None]) -> None:
    if word.approved:
        return
    now = asked(finding, declined)
    mine = word.who.sees_unassigned() if now is None else word.who.covers(cells.lineage(now))
    if not mine:
        raise PlaceNotYours("Another one is asked now.")


def _require_reason(word: Word) -> None:
    if not word.approved and not (word.note or "").strip():
        raise PlaceReasonMissing("Say why.", field="note")


def declined_by(session: Session, finding_id: str) -> list[str | None]:
    """The candidates that were declined since the last decision."""
    said = session.execute(
        select(PlaceStep.action, PlaceStep.asked).where(PlaceStep.finding_id == finding_id).order_by(PlaceStep.n)
    ).all()
    found: list[str | None] = []
    for action, code in said:
        found = [*found, code] if action == "decline" else []
    return found


def decline(session: Session, store: SqlStore, finding: Finding, word: Word) -> None:
    """Not ours: the next one is asked. Raises what `require` raises."""
    declined = declined_by(session, finding.id)
    require(finding, word, declined)
    _write(session, finding, word, "decline", asked(finding, declined))
    publishing.finding(session, store, finding)


def claim(session: Session, store: SqlStore, finding: Finding, word: Word) -> None:
    """This cell it is: the finding moves there with all that hangs on it. Raises what `require` raises."""
    declined = declined_by(session, finding.id)
    require(finding, word, declined)
    now_asked = asked(finding, declined)
    assert word.cell is not None
    finding.rev += 1
    set_cell(session, finding, word.cell)
    field_history.write(
        session,
        ("finding", finding.id),
        finding.rev,
        {"cell": word.cell},
        author_id=word.who.user_id,
        stream_id=word.stream_id,
        op_id=word.op_id,
        at=word.received_at,
    )
    _write(session, finding, word, "claim", now_asked)
    publishing.finding_and_what_hangs_on_it(session, store, finding)


def set_cell(session: Session, finding: Finding, code: str) -> None:
    """Let a finding lie in a cell by a person's word; its share of the circle stays its confidence."""
    placing.decide(session, finding, code, dict(candidates(finding)).get(code, 0.0))


def _write(session: Session, finding: Finding, word: Word, action: str, now_asked: str | None) -> None:
    last = session.scalar(select(func.max(PlaceStep.n)).where(PlaceStep.finding_id == finding.id)) or 0
    session.add(
        PlaceStep(
            id=word.id,
            finding_id=finding.id,
            n=last + 1,
            action=action,
            asked=now_asked,
            code=word.cell,
            by_id=word.who.user_id,
            at=word.at,
            received_at=word.received_at,
            note=word.note,
            op_id=word.op_id,
        )
    )
    session.flush()


def history(session: Session, finding_id: str) -> list[dict[str, Any]]:
    """Who was asked and what was said, the earliest first."""
    said = session.scalars(select(PlaceStep).where(PlaceStep.finding_id == finding_id).order_by(PlaceStep.n)).all()
    names = rows.names_of(session, {step.by_id for step in said})
    return [
        {
            "action": step.action,
            "asked": _named(step.asked),
            "cell": _named(step.code),
            "by": {"id": step.by_id, "name": names.get(step.by_id)},
            "at": rows.instant(step.at),
            "note": step.note,
        }
        for step in said
    ]


def _named(code: str | None) -> dict[str, str | None] | None:
    return None if code is None else {"code": code, "name": cells.name(code)}


def queue(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The findings whose place waits for this actor, the newest first; at most 500 are looked at."""
    admin = (FindingCell.finding_id == Finding.id, FindingCell.scheme == "admin")
    doubtful = select(FindingCell.finding_id).where(
        *admin, FindingCell.confidence < DOUBTFUL, FindingCell.method != DECIDED
    )
    nowhere = Finding.cell_code.is_(None) & Finding.lon.is_not(None)
    waiting = select(Finding).where(doubtful.exists() | nowhere, Finding.state != "rejected")
    if actor.role != "admin":
        own = visibility.seen_by(actor, Finding.cell_code)
        waiting = waiting.where(or_(own, _near(session, actor)))
    found = session.scalars(waiting.order_by(Finding.found_at.desc(), Finding.id).limit(MOST)).all()
    return [shown for each in found if (shown := _waiting(session, actor, each)) is not None]


def _near(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Within a circle's reach of the ground that an actor has; a cell without a shape has that of the one above."""
    grid = cells.grid(session)
    boxes = []
    for code in actor.grants:
        line = [code, *grid.ancestors(code)] if code in grid else []
        shape = next((shape for each in line if (shape := grid[each].geometry) is not None), None)
        if shape is not None:
            west, south, east, north = shape.bounds
            boxes.append(
                and_(
                    Finding.lon.between(west - REACH_DEGREES, east + REACH_DEGREES),
                    Finding.lat.between(south - REACH_DEGREES, north + REACH_DEGREES),
                )
            )
    return or_(false(), *boxes)


def _waiting(session: Session, actor: Actor, finding: Finding) -> dict[str, Any] | None:
    now_asked = asked(finding, declined_by(session, finding.id))
    mine = actor.sees_unassigned() if now_asked is None else actor.covers(cells.lineage(now_asked))
    if not mine:
        return None
    return {
        "finding": finding.id,
        "number": finding.number,
        "topic": finding.topic,
        "description": finding.description,
        "found_at": rows.instant(finding.found_at),
        "location": rows.location(finding.lon, finding.lat),
        "accuracy_m": finding.accuracy_m,
        "cell": _named(finding.cell_code),
        "asked": _named(now_asked),
        "candidates": [{"code": code, "name": cells.name(code), "share": share} for code, share in candidates(finding)],
        "said": history(session, finding.id),
    }


def say(session: Session, actor: Actor, finding_id: str, rev: int, word: Word, now: datetime) -> Finding:
    """What a supervisor says at the console, of the revision that was seen. Raises NotFound, PlaceTaken, and more."""
    store = SqlStore(session, now, by=actor.user_id)
    store.lock_counter()
    finding = session.get(Finding, finding_id)
    if finding is None:
        raise NotFound("There is no such finding.")
    changed = [each for each in field_history.of(session, ("finding", finding.id)) if each.field == "cell"]
    if any(each.rev > rev for each in changed) and finding.cell_code != word.cell:
        raise PlaceTaken("Somebody decided on this place meanwhile; look at it again.", cell=_named(finding.cell_code))
    (decline if word.cell is None else claim)(session, store, finding, word)
    audit.record(session, now, actor.user_id, "finding.place", finding.id, cell=word.cell)
    return finding

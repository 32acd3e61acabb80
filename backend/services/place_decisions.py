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

from backend.models import FieldWrite, Finding, FindingCell, PlaceStep
from backend.models.finding import DOUBTFUL_CELL
from backend.services import audit, cells, field_history, placing, publishing, rows, telling, visibility
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.placing import DECIDED
from backend.sync_store import SqlStore
from geo.locate import DOUBTFUL

MOST = 500
MOST_READ = 5_000
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
    """The cell whose supervisor is asked now; null: whoever sees what lies in no cell.

    The candidates by their shares, then the cells above them all, the nearest first.
    """
    codes = [code for code, _ in candidates(finding)]
    return next((code for code in [*codes, *_above_all(codes)] if code not in declined), None)


def _above_all(codes: Sequence[str]) -> list[str]:
    lines = [cells.lineage(code)[1:] for code in codes]
    return [code for code in lines[0] if all(code in line for line in lines)] if lines else []


def is_settled(finding: Finding) -> bool:
    """Whether somebody has decided where it lies."""
    now = assignment(finding)
    return now is not None and now.method == DECIDED


def is_doubtful(finding: Finding) -> bool:
    """Whether people are asked: the circle does not say, and nobody has decided."""
    now = assignment(finding)
    return now is None or (now.confidence < DOUBTFUL and now.method != DECIDED)


def concerns(who: Actor, finding: Finding) -> bool:
    """Whether a finding is somebody's to speak of: it lies in the own area, or it is doubtful and may do so."""
    if _covers(who, finding.cell_code):
        return True
    return is_doubtful(finding) and any(_covers(who, code) for code, _ in candidates(finding))


def _touches(who: Actor, finding: Finding) -> bool:
    """Whether it lies in the own area, or its circle touches that."""
    return any(_covers(who, code) for code in (finding.cell_code, *(code for code, _ in candidates(finding))))


def _covers(who: Actor, code: str | None) -> bool:
    return who.sees_unassigned() if code is None else who.covers(cells.lineage(code))


def require(finding: Finding, word: Word, declined: Sequence[str | None]) -> None:
    """Judge a word. Raises PlaceNotYours, PlaceTaken, PlaceReasonMissing, InputInvalid.

    Who may: a supervisor of the cell that it lies in now, and, of a doubtful one, of a cell that its circle touches.
    What was decided is changed by who supervises both cells, and refused by nobody.
    """
    who = word.who
    if not word.approved and (who.role not in ROLES or not concerns(who, finding)):
        raise PlaceNotYours("Only supervisors whose ground it may be decide.")
    if word.cell is None:
        if is_settled(finding):
            raise PlaceTaken("This place was decided; who supervises both cells may decide anew.")
        if not word.approved and not _covers(who, asked(finding, declined)):
            raise PlaceNotYours("Another one is asked now.")
        _require_reason(word)
        return
    if word.cell not in cells.grid(at=finding.found_at):
        raise InputInvalid("No cell of that time has this code.", field="cell")
    own = [word.cell] if is_doubtful(finding) else [word.cell, finding.cell_code]
    if not word.approved and not all(_covers(who, code) for code in own):
        raise PlaceNotYours("You claim only for your own area, and take nothing that is another's.")
    if word.cell not in dict(candidates(finding)):
        _require_reason(word)


def _require_reason(word: Word) -> None:
    if not word.approved and not (word.note or "").strip():
        raise PlaceReasonMissing("Say why.", field="note")


def declined_by(session: Session, finding_id: str) -> list[str | None]:
    """What was declined since the last decision, or since the position was corrected."""
    moved = select(func.max(FieldWrite.at)).where(
        FieldWrite.row_type == "finding", FieldWrite.row_id == finding_id, FieldWrite.field == "position"
    )
    since = session.scalar(moved)
    said = session.execute(
        select(PlaceStep.action, PlaceStep.asked, PlaceStep.received_at)
        .where(PlaceStep.finding_id == finding_id)
        .order_by(PlaceStep.n)
    ).all()
    found: list[str | None] = []
    for action, code, at in said:
        found = [*found, code] if action == "decline" and (since is None or at >= since) else []
    return found


def decline(session: Session, store: SqlStore, finding: Finding, word: Word) -> None:
    """Not ours: the next one is asked. Raises what `require` raises."""
    declined = declined_by(session, finding.id)
    require(finding, word, declined)
    now_asked = asked(finding, declined)
    _write(session, finding, word, "decline", now_asked, as_it_was(finding))
    tell_who_is_asked(session, finding, [*declined, now_asked], word.received_at)
    publishing.finding(session, store, finding)


def tell_who_is_asked(session: Session, finding: Finding, declined: Sequence[str | None], at: datetime) -> None:
    """Tell the supervisor who is to decide now, if somebody is."""
    if is_doubtful(finding):
        telling.of_finding(session, "place-doubtful", at, finding, cell=asked(finding, declined))


def claim(session: Session, store: SqlStore, finding: Finding, word: Word) -> None:
    """This cell it is: the finding moves there with all that hangs on it. Raises what `require` raises."""
    declined = declined_by(session, finding.id)
    require(finding, word, declined)
    now_asked, before = asked(finding, declined), as_it_was(finding)
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
    _write(session, finding, word, "claim", now_asked, before)
    publishing.finding_and_what_hangs_on_it(session, store, finding)


def set_cell(session: Session, finding: Finding, code: str) -> None:
    """Let a finding lie in a cell by a person's word; its share of the circle stays its confidence."""
    placing.decide(session, finding, code, dict(candidates(finding)).get(code, 0.0))


def note_decided(session: Session, finding: Finding, before: dict[str, Any], word: Word) -> None:
    """Write down that the cell came of a conflict that somebody decided."""
    _write(session, finding, word, "claim", None, before)


def as_it_was(finding: Finding) -> dict[str, Any]:
    """Where it lies, by which version, how and how surely."""
    now = assignment(finding)
    return {
        "code": finding.cell_code,
        "confidence": now.confidence if now is not None else None,
        "method": now.method if now is not None else None,
        "version": now.version_id if now is not None else None,
    }


def _write(
    session: Session, finding: Finding, word: Word, action: str, now_asked: str | None, before: dict[str, Any]
) -> None:
    last = session.scalar(select(func.max(PlaceStep.n)).where(PlaceStep.finding_id == finding.id)) or 0
    session.add(
        PlaceStep(
            id=word.id,
            finding_id=finding.id,
            n=last + 1,
            action=action,
            asked=now_asked,
            code=word.cell,
            before=before,
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
            "before": step.before,
            "by": {"id": step.by_id, "name": names.get(step.by_id)},
            "at": rows.instant(step.at),
            "note": step.note,
        }
        for step in said
    ]


def _named(code: str | None) -> dict[str, str | None] | None:
    return None if code is None else {"code": code, "name": cells.name(code)}


def queue(session: Session, actor: Actor) -> tuple[list[dict[str, Any]], bool]:
    """The findings whose place waits for this actor, the newest first, and whether there are more than are told."""
    admin = FindingCell.scheme == "admin"
    doubtful = select(FindingCell.finding_id).where(admin, DOUBTFUL_CELL, FindingCell.method != DECIDED)
    waiting = select(Finding).where(Finding.id.in_(doubtful) | Finding.cell_code.is_(None), Finding.state != "rejected")
    if actor.role != "admin":
        waiting = waiting.where(or_(visibility.seen_by(actor, Finding.cell_code), _near(session, actor)))
    found: list[dict[str, Any]] = []
    for finding in session.scalars(waiting.order_by(Finding.found_at.desc(), Finding.id).limit(MOST_READ)):
        shown = _waiting(session, actor, finding)
        if shown is not None and len(found) == MOST:
            return found, True
        found += [shown] if shown is not None else []
    return found, False


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
    if not _covers(actor, now_asked):
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
    if finding is None or not (_touches(actor, finding) or _is_visible(session, actor, finding_id)):
        raise NotFound("There is no such finding, or you may not see it.")
    changed = [each for each in field_history.of(session, ("finding", finding.id)) if each.field == "cell"]
    if any(each.rev > rev for each in changed) and finding.cell_code != word.cell:
        raise PlaceTaken("Somebody decided on this place meanwhile; look at it again.", cell=_named(finding.cell_code))
    (decline if word.cell is None else claim)(session, store, finding, word)
    audit.record(session, now, actor.user_id, "finding.place", finding.id, cell=word.cell)
    return finding


def _is_visible(session: Session, actor: Actor, finding_id: str) -> bool:
    seen = visibility.seen_by(actor, Finding.cell_code, Finding.author_id)
    return session.scalar(select(Finding.id).where(Finding.id == finding_id, seen)) is not None

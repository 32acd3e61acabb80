"""Exports that people ask for: what may be asked, whose they are, how far they are, and when they go.

The rows only; the files are `backend.export_files`, and what is in them is `export_kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Select, Update, func, or_, select, update
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Export, Job, User
from backend.services import accounts, audit, pages
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound
from backend.services.export_errors import (
    ExportFailed,
    ExportGone,
    ExportNotReady,
    ExportRightsChanged,
    ExportSeqPassed,
    ExportsWaiting,
    ExportTooLarge,
    ExportUnsupported,
)
from backend.services.export_kinds import KINDS
from backend.services.finding_filters import BEIJING
from backend.services.list_rows import Facts
from backend.services.pages import Page, PageAsked
from backend.services.rows import instant
from backend.services.visibility import FilterInvalid
from backend.sync_store import SqlStore

MOST_WAITING = 5
UNDER_WAY = ("queued", "running")
Key = tuple[str, int]
"""An export's id, and which attempt at it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `filters` are those in force, as text; `seq` where it must be made at that one."""

    kind: str
    format: str
    filters: Mapping[str, str]
    language: str
    as_of: date
    seq: int | None = None


def wish(said: Mapping[str, Any], now: datetime) -> Wish:
    """What was asked for (kind, format, filters, language, as_of, seq), checked and in its one form.

    Raises ExportUnsupported, FilterInvalid, TextInvalid, InputInvalid.
    """
    kind, format, filters = said["kind"], said["format"], said["filters"]
    known = KINDS.get(kind)
    if known is None:
        raise ExportUnsupported(f"kind is one of {', '.join(KINDS)}.", field="kind", allowed=list(KINDS))
    if format not in known.formats:
        allowed = list(known.formats)
        raise ExportUnsupported(f"A {kind} comes as {', '.join(allowed)}.", field="format", allowed=allowed)
    for name, value in filters.items():
        if name not in known.names:
            names = list(known.names)
            raise FilterInvalid(f"A {kind} is narrowed by {', '.join(names)}.", field="filters", allowed=names)
        if not isinstance(value, str):
            raise FilterInvalid(f"{name} is a text, as in the query of the list.", field=name)
    today = now.astimezone(BEIJING).date()
    as_of = said["as_of"] or today
    if as_of > today:
        raise InputInvalid("as_of is today or a day before.", field="as_of")
    return Wish(kind, format, known.stated(known.parse(filters)), said["language"], as_of, said["seq"])


def check(session: Session, actor: Actor, wish: Wish, limit: int) -> None:
    """Refuse at once what the job would refuse. Raises FilterInvalid, ExportTooLarge, ExportSeqPassed."""
    count_rows(session, actor, wish.kind, wish.filters, limit)
    if wish.seq is not None:
        _require_seq(SqlStore(session).head(), wish.seq)


def same_at(session: Session, actor: Actor, wish: Wish, now: datetime) -> Export | None:
    """The person's own file of the same wish at the same seq, where there is one already."""
    if wish.seq is None:
        return None
    found = session.scalars(
        select(Export)
        .where(
            Export.asked_by == actor.user_id,
            Export.kind == wish.kind,
            Export.format == wish.format,
            Export.language == wish.language,
            Export.as_of == wish.as_of,
            Export.state == "done",
            Export.seq == wish.seq,
            Export.epoch == SqlStore(session).epoch(),
            Export.kept_until > now,
        )
        .order_by(Export.asked_at.desc())
    )
    same = (each for each in found if each.filters == wish.filters and each.rights == _rights(actor))
    return next(same, None)


def ask(session: Session, actor: Actor, id: str, wish: Wish, now: datetime) -> Export:
    """Write down what somebody asks for, with the rights of this moment. Raises ExportsWaiting."""
    mine = select(func.count()).where(Export.asked_by == actor.user_id, Export.state.in_(UNDER_WAY))
    if (session.scalar(mine) or 0) >= MOST_WAITING:
        raise ExportsWaiting(f"You have {MOST_WAITING} exports under way; wait for one, or delete it.")
    export = Export(
        id=id,
        kind=wish.kind,
        format=wish.format,
        filters=dict(wish.filters),
        language=wish.language,
        as_of=wish.as_of,
        wanted_seq=wish.seq,
        asked_by=actor.user_id,
        asked_at=now,
        rights=_rights(actor),
        state="queued",
        attempt=0,
        rows_done=0,
    )
    session.add(export)
    said = {name: value for name, value in wish.filters.items() if name != "text"}
    audit.record(session, now, actor.user_id, "export.ask", id, kind=wish.kind, format=wish.format, filters=said)
    session.flush()
    return export


def count_rows(session: Session, actor: Actor, kind: str, filters: Mapping[str, str], limit: int) -> int:
    """How many rows a kind has with these filters. Raises FilterInvalid, ExportTooLarge, and what a kind refuses."""
    known = KINDS[kind]
    if known.require is not None:
        known.require(session, actor, known.parse(filters))
    rows = known.rows(actor, known.parse(filters))
    if known.limit is None:
        return _count(session, rows)
    most = known.limit * limit
    found = _count(session, rows.limit(most + 1))
    if found > most:
        narrowing = [name for name in known.names if name not in filters]
        detail = f"A {kind} has at most {most} rows. Narrow it, best by cell and by days, and ask for several."
        raise ExportTooLarge(detail, limit=most, narrow_by=narrowing)
    return found


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def listing(session: Session, actor: Actor, asked: PageAsked) -> Page[Export]:
    """One's own exports, newest first; an admin sees all. Raises PageCursorInvalid."""
    return pages.fetch(session, _visible(actor), Export.asked_at, Export.id, asked)


def get(session: Session, actor: Actor, export_id: str) -> Export:
    """One export. Raises NotFound, also for somebody else's."""
    found = session.scalar(_visible(actor).where(Export.id == export_id))
    if found is None:
        raise NotFound("There is no such export, or it is not yours.")
    return found


def ready(session: Session, actor: Actor, export_id: str, now: datetime) -> Export:
    """One whose file can be had. Raises NotFound, ExportNotReady, ExportFailed, ExportGone, ExportRightsChanged."""
    export = get(session, actor, export_id)
    if export.state in UNDER_WAY:
        raise ExportNotReady("The file is still being made.", state=export.state, rows_done=export.rows_done)
    if export.state == "failed":
        raise ExportFailed("This export came to nothing; ask for it anew.", reason=export.error_code)
    if export.state == "expired" or (export.kept_until is not None and export.kept_until <= now):
        raise ExportGone("Its time is over; ask for it anew.")
    if export.asked_by == actor.user_id:
        maker(session, export)
    return export


def note_fetch(session: Session, actor: Actor, export: Export, now: datetime) -> None:
    """Every look at a file is in the audit trail."""
    audit.record(
        session, now, actor.user_id, "export.fetch", export.id, kind=export.kind, seq=export.seq, sha256=export.sha256
    )


def forget(session: Session, actor: Actor, export_id: str, now: datetime) -> Key:
    """Take an export back, whatever its state; its file is the caller's to remove after the commit. Raises NotFound."""
    export = get(session, actor, export_id)
    key = (export.id, export.attempt)
    session.delete(export)
    audit.record(session, now, actor.user_id, "export.delete", export_id, kind=export.kind, state=export.state)
    return key


def document(export: Export) -> dict[str, Any]:
    """An export as the API shows it."""
    failed = export.error_code and {"code": export.error_code, "detail": export.error_detail}
    return {
        "id": export.id,
        "kind": export.kind,
        "format": export.format,
        "filters": export.filters,
        "language": export.language,
        "as_of": export.as_of.isoformat(),
        "wanted_seq": export.wanted_seq,
        "asked_by": export.asked_by,
        "asked_at": instant(export.asked_at),
        "state": export.state,
        "progress": {"done": export.rows_done, "total": export.rows_total},
        "seq": export.seq,
        "epoch": export.epoch,
        "sha256": export.sha256,
        "bytes": export.bytes,
        "file_name": export.file_name,
        "error": failed or None,
        "finished_at": instant(export.finished_at),
        "kept_until": instant(export.kept_until),
    }


def maker(session: Session, export: Export) -> Actor:
    """Who asked, with the rights of then. Raises ExportRightsChanged when the person has them no longer."""
    user = session.get(User, export.asked_by)
    now = accounts.actor_of(user) if user is not None and user.active else None
    then = export.rights
    if (
        now is None
        or (now.role, now.office_id) != (then["role"], then["office"])
        or not now.grants >= {*then["grants"]}
    ):
        raise ExportRightsChanged("Since it was asked for, the asker's account or rights were taken back.")
    return Actor(now.user_id, now.name, then["role"], frozenset(then["grants"]), office_id=then["office"])


def start(session: Session, export_id: str) -> Export | None:
    """Begin it, or begin it again after an attempt that was cut off; None when there is nothing to do."""
    export = session.get(Export, export_id, with_for_update=True)
    if export is None or export.state not in UNDER_WAY:
        return None
    export.state, export.attempt, export.rows_done, export.rows_total = "running", export.attempt + 1, 0, None
    session.flush()
    return export


def begin(session: Session, export: Export, limit: int) -> tuple[Actor, Facts, int]:
    """For whom it is made, of what in this snapshot, and how many rows. Raises as `check` does."""
    actor, store = maker(session, export), SqlStore(session)
    head = store.head()
    if export.wanted_seq is not None:
        _require_seq(head, export.wanted_seq)
    total = count_rows(session, actor, export.kind, export.filters, limit)
    return actor, Facts(head, store.epoch(), dict(export.filters), export.language), total


def note_progress(session: Session, key: Key, done: int, total: int) -> bool:
    """Say how far an attempt is; False when it was taken back or overtaken."""
    return _changed(session, _running(key).values(rows_done=done, rows_total=total))


def finish(
    session: Session, export: Export, facts: Facts, sha256: str, size: int, now: datetime, kept: timedelta
) -> bool:
    """Note the file that an attempt has placed; False when it was taken back or overtaken, and the file is nobody's."""
    done = _running((export.id, export.attempt)).values(
        state="done",
        rows_done=facts.rows,
        rows_total=facts.rows,
        seq=facts.seq,
        epoch=facts.epoch,
        sha256=sha256,
        bytes=size,
        file_name=file_name(export, facts.seq),
        error_code=None,
        error_detail=None,
        finished_at=now,
        kept_until=now + kept,
    )
    if not _changed(session, done):
        return False
    audit.record(
        session, now, export.asked_by, "export.made", export.id, kind=export.kind, seq=facts.seq, rows=facts.rows,
        sha256=sha256,
    )  # fmt: skip
    return True


def fail(session: Session, key: Key, code: str, detail: str, now: datetime) -> bool:
    """Note that there will be no file, and why; False when it was taken back or overtaken."""
    failed = {"state": "failed", "error_code": code, "error_detail": detail, "finished_at": now}
    return _changed(session, _running(key).values(**failed))


def sweep(session: Session, now: datetime) -> int:
    """End those whose time is over, and those whose job was given up; returns how many."""
    over = update(Export).where(Export.state == "done", Export.kept_until <= now).values(state="expired")
    given_up = select(Job.id).where(Job.state == "failed")
    lost = (
        update(Export)
        .where(Export.state.in_(UNDER_WAY), Export.id.in_(given_up))
        .values(state="failed", error_code=ExportFailed.code, error_detail="It was cut off too often.", finished_at=now)
    )
    return sum(
        cast(CursorResult[Any], session.execute(each.execution_options(synchronize_session=False))).rowcount
        for each in (over, lost)
    )


def unwanted(session: Session, keys: Iterable[Key]) -> list[Key]:
    """Which of some files are nobody's: of no export, of another attempt, or of one that is over."""
    asked = sorted(set(keys))
    kept: set[Key] = set()
    for first in range(0, len(asked), 500):
        ids = [export_id for export_id, _ in asked[first : first + 500]]
        rows = select(Export.id, Export.attempt).where(
            Export.id.in_(ids), or_(Export.state == "running", Export.state == "done")
        )
        kept |= {(export_id, attempt) for export_id, attempt in session.execute(rows)}
    return [key for key in asked if key not in kept]


def file_name(export: Export, seq: int) -> str:
    """What the file is called where it is saved: title, day and seq."""
    ending, _ = KINDS[export.kind].formats[export.format]
    title = catalogue.label(export.language, "export_kind", export.kind)
    return f"{title}-{export.as_of.isoformat()}-seq{seq}.{ending}"


def _visible(actor: Actor) -> Select[Export]:
    every = select(Export)
    return every if actor.role == "admin" else every.where(Export.asked_by == actor.user_id)


def _rights(actor: Actor) -> dict[str, Any]:
    return {"role": actor.role, "grants": sorted(actor.grants), "office": actor.office_id}


def _require_seq(head: int, wanted: int) -> None:
    if head != wanted:
        raise ExportSeqPassed(f"The data are at seq {head}, no longer or not yet at {wanted}.", head=head)


def _running(key: Key) -> Update:
    return update(Export).where(Export.id == key[0], Export.attempt == key[1], Export.state == "running")


def _changed(session: Session, change: Update) -> bool:
    done = session.execute(change.execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount == 1

"""What became of each finding of a list: offices, terms, rechecks, close-out. The rows of the ledger and its kin.

Read in batches from case, hops and steps. Lateness is counted up to the beginning of a stated day, so that a list comes
out the same again whenever it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Case, CaseStep, Hop, HopExtension
from backend.services import given_by, hops, lifecycle, rows, statements
from backend.services.actor import Actor
from backend.services.finding_filters import BEIJING, Filters
from backend.services.list_rows import ListRow, Source

RECHECKED = {"close": "passed", "send-back": "failed"}
"""What a step says of the recheck before it."""
LOOKED_BACK = {"look-back": "under_way", "holds": "holds", "reopen": "relapsed"}
NO_CASE = Case()
"""Of a finding that no office has begun with: nothing is known."""
_TELLING = (*RECHECKED, *LOOKED_BACK)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What a row's columns are taken from; see exports/columns.yaml. `days_late` is null where no term is set."""

    base: ListRow
    sent_datum: str | None
    office: str | None
    dispatched_at: datetime | None
    due_at: datetime | None
    extensions: str
    done_at: datetime | None
    days_late: int | None
    rechecked_by: str | None
    rechecked_at: datetime | None
    recheck: str | None
    penalty: str
    document: str
    leader: str | None
    contact: tuple[str, ...]
    phone: str
    progress: str
    closed: str
    closed_at: datetime | None
    closed_by: str | None
    look_back: str | None


def beginning(day: date) -> datetime:
    """The instant at which a day begins in Beijing."""
    return datetime.combine(day, time(), BEIJING)


def is_open(state: str) -> bool:
    """Whether something is still to be done about a finding in this state."""
    return state not in lifecycle.CLOSED


def case_rows(
    source: Source, actor: Actor, filters: Filters, as_of: date, seen: Callable[[int], object]
) -> Iterator[CaseRow]:
    """All rows, newest first; `seen` hears after each how many there were. Raises FilterInvalid."""
    n = 0
    for batch in source.batches(actor, filters):
        told = _Told(source.session, batch, source.language)
        for row in batch:
            yield told.row(row, beginning(as_of))
            n += 1
            seen(n)


class _Told:
    """What happened to the findings of a batch and what was said of them: seven queries."""

    def __init__(self, session: Session, batch: Sequence[ListRow], language: str) -> None:
        self.language = language
        ids = [row.finding.id for row in batch]
        self.dispatched: dict[str, datetime] = {}
        self.extended: dict[str, list[HopExtension]] = {}
        self.steps: dict[str, list[str]] = {}
        finding_of: dict[str, str] = {}
        for hop in session.scalars(select(Hop).where(Hop.finding_id.in_(ids)).order_by(Hop.finding_id, Hop.n)):
            finding_of[hop.id] = hop.finding_id
            if hop.kind == "dispatch":
                self.dispatched[hop.finding_id] = hop.given_at
        for each in hops.extensions(session, list(finding_of)) if finding_of else ():
            self.extended.setdefault(finding_of[each.hop_id], []).append(each)
        steps = select(CaseStep.finding_id, CaseStep.action).where(
            CaseStep.finding_id.in_(ids), CaseStep.action.in_(_TELLING)
        )
        for finding_id, action in session.execute(steps.order_by(CaseStep.finding_id, CaseStep.n)):
            self.steps.setdefault(finding_id, []).append(action)
        self.said = statements.newest(session, ids)
        self.papers = given_by.papers(session, ids)
        self.periods = given_by.periods(session, ids, language)
        cases = [row.finding.case for row in batch if row.finding.case is not None]
        people = {who for case in cases for who in (case.rechecked_by, case.closed_by) if who is not None}
        self.names = rows.names_of(session, people)

    def row(self, row: ListRow, until: datetime) -> CaseRow:
        finding, case, site = row.finding, row.finding.case, row.site
        phone, said = site.phone if site else None, statements.said(self.said.get(finding.id))
        actions = self.steps.get(finding.id, [])
        so_far = case or NO_CASE
        closed = finding.state in ("closed", "look_back")
        return CaseRow(
            base=row,
            sent_datum=(finding.position or {}).get("datum"),
            office=so_far.office.name if so_far.office else None,
            dispatched_at=self.dispatched.get(finding.id),
            due_at=finding.deadline_at,
            extensions=self._extensions(self.extended.get(finding.id, [])),
            done_at=so_far.rectified_at,
            days_late=days_late(finding.state, finding.deadline_at, case, until),
            rechecked_by=self._name(so_far.rechecked_by),
            rechecked_at=so_far.rechecked_at,
            recheck=_last(actions, RECHECKED) if so_far.rechecked_at else None,
            penalty="yes" if finding.state == "penalty_transfer" else "no",
            document="\n".join((*self.papers.get(finding.id, ()), *self.periods.get(finding.id, ()))),
            leader=said["leader"],
            contact=tuple(statements.contact(said, site.responsible_person if site else None, phone)),
            phone=" ".join(statements.contact(said, None, phone)),
            progress="\n".join((self._state(finding.state), *statements.told(said, self.language))),
            closed="yes" if closed else "no",
            closed_at=so_far.closed_at,
            closed_by=self._name(so_far.closed_by),
            look_back=_last(actions, LOOKED_BACK),
        )

    def _state(self, state: str) -> str:
        return catalogue.label(self.language, "state", state)

    def _name(self, user_id: str | None) -> str | None:
        return None if user_id is None else self.names.get(user_id)

    def _extensions(self, asked: Sequence[HopExtension]) -> str:
        """One line each time that more time was asked for, and what came of it."""
        said = []
        for each in asked:
            code = "waiting" if each.granted is None else "granted" if each.granted else "refused"
            until = each.granted_until if each.granted and each.granted_until else each.wanted_until
            text = catalogue.label(self.language, "extension", code)
            said.append(text.format(until=until.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")))
        return "\n".join(said)


def days_late(state: str, due: datetime | None, case: Case | None, until: datetime) -> int | None:
    """Whole days (Chinese calendar) by which it was put right too late, or is late at `until`; null without a term.

    As for an office's own hop: what is parked is not late, and neither is what was turned down.
    """
    if due is None or state == "rejected":
        return None
    done = (case.rectified_at or case.closed_at) if case else None
    if done is None:
        if not is_open(state) or (case and case.parked_until is not None and until <= case.parked_until):
            return 0
        done = until
    if done <= due:
        return 0
    return max(1, (done.astimezone(BEIJING).date() - due.astimezone(BEIJING).date()).days)


def _last(actions: Sequence[str], meaning: dict[str, str]) -> str | None:
    return next((meaning[action] for action in reversed(actions) if action in meaning), None)

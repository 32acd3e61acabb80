"""`inspection.submit`: answers to a checklist, read by the version that the inspector used.

Failed duties become findings, missed encouragements advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid5

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.bulk import Bulk
from backend.models import Finding, Inspection, Site
from backend.services import (
    checklists,
    duplicates,
    finding_rules,
    findings,
    judging,
    photos,
    placing,
    publishing,
    tasks,
    under_way,
)
from backend.services.actor import Actor
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.placing import Placed
from backend.services.tasks import Word
from backend.sync_store import SqlStore
from checklists import grading
from checklists.engine import Judgement, Verdict
from checklists.model import Pack
from geo.errors import GeoError
from geo.position import Position, parse_position
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused
from sync.ops import Op, is_sha256
from sync.store import OpContext, Store

_INSPECTIONS = Bulk(Inspection)


class AnswerArguments(arguments.Arguments):
    """What the record needs of an answer; the checklist engine reads the rest."""

    item = arguments.text(80)
    photos = arguments.hashes()
    position = arguments.Place(load_default=None, allow_none=True)
    finding = arguments.Uuid(load_default=None, allow_none=True)


class SubmitArguments(arguments.Arguments):
    checklist = arguments.text(60)
    checklist_version = arguments.text(20)
    mode = fields.String(required=True, validate=validate.OneOf(("patrol", "administrative")))
    approval_no = arguments.optional_text(80)
    officers = fields.List(fields.Dict(), load_default=list, allow_none=True, validate=validate.Length(max=20))
    site = arguments.Uuid(load_default=None, allow_none=True)
    task = arguments.Uuid(load_default=None, allow_none=True)
    started_at = arguments.Instant(required=True)
    finished_at = arguments.Instant(required=True)
    position = arguments.Place(load_default=None, allow_none=True)
    answers = fields.List(fields.Nested(AnswerArguments), required=True, validate=validate.Length(max=500))
    representative = fields.Dict(load_default=None, allow_none=True)
    signature = fields.Dict(load_default=None, allow_none=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    args: dict[str, Any]
    placed: Placed | None
    row: str

    def names(self) -> Iterable[str]:
        """See sync.commands.Foreseen: photos, and the findings that failed duties may become."""
        for answer in self.args["answers"]:
            yield from answer["photos"] or ()
            yield answer["finding"] or judging.finding_id(self.row, answer["item"])
        signature = (self.args["signature"] or {}).get("sha256")
        if isinstance(signature, str):
            yield signature


class InspectionSubmit:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> Prepared:
        args = arguments.read(SubmitArguments, op)
        assert op.row is not None
        started_at = corrected(args["started_at"], context)[0]
        placed = placing.place(args["position"], None, started_at) if args["position"] is not None else None
        return Prepared(args, placed, op.row)

    def apply(self, op: Op, context: OpContext, prepared: Prepared, store: Store) -> Outcome:
        assert op.row is not None
        args = prepared.args
        pack = checklists.pinned(self.session, args["checklist"], args["checklist_version"])
        if pack is None:
            raise OpHeld(
                "checklist-version-unknown",
                f"This server does not have {args['checklist']}@{args['checklist_version']} yet.",
            )
        if under_way.find(self.session, Inspection, op.row) is not None:
            raise OpRefused("row-exists", "There is already an inspection with this id; the first one stands.")
        site = self.session.get(Site, args["site"]) if args["site"] else None
        started_at = corrected(args["started_at"], context)[0]
        if prepared.placed is not None:
            placed = placing.under_lock(prepared.placed, args["position"], started_at)
        else:
            placed = placing.place(None, _point(site), started_at)
        who = author(self.session, context.author_id)
        place = (placed.lon, placed.lat) if placed.lon is not None and placed.lat is not None else _point(site)
        there = judging.zones_there(self.session, pack, place, placed.accuracy_m, args["finished_at"])
        judgement = judging.judge(
            self.session,
            pack,
            op.args["answers"],
            args["finished_at"],
            author_id=who.user_id,
            cell=placed.cell_code,
            site=site,
            there=there,
            positioned=placed.lon is not None,
        )
        inspection = self._inspection(op, context, args, placed, judgement, who)
        if there is not None:
            inspection.details = {**inspection.details, "zones": there._asdict()}
        inspection.flags = [
            *inspection.flags,
            *self._retired(inspection),
            *duplicates.of_inspection(self.session, inspection),
            *self._finish_task(op, context, args["task"], inspection, who, cast(SqlStore, store)),
        ]
        under_way.add(self.session, _INSPECTIONS, [inspection])
        under_way.remember(self.session, inspection)
        self._mention_all(op, context, args, who)
        created = [inspection.id]
        for verdict in judgement.findings:
            created.append(self._finding(context, store, inspection, pack, verdict, op, placed, who))
        under_way.note(self.session, ("findings of", inspection.id), created[1:])
        publishing.inspection(self.session, cast(SqlStore, store), inspection)
        return Outcome(rev=1, created=tuple(created))

    def _finish_task(
        self, op: Op, context: OpContext, task_id: str | None, inspection: Inspection, who: Actor, store: SqlStore
    ) -> list[dict[str, Any]]:
        """The task that an inspection names is done by it; flags where it is not the inspector's."""
        if task_id is None:
            return []
        evidence = [{"type": "inspection", "id": inspection.id}]
        step, at = str(uuid5(UUID(op.id), "task")), inspection.finished_at
        word = Word(step, who, at, context.received_at, evidence=evidence, op_id=op.id)
        flag = tasks.finish_by_inspection(self.session, store, task_id, word)
        return [] if flag is None else [{"code": flag, "detail": task_id}]

    def _inspection(
        self, op: Op, context: OpContext, args: dict[str, Any], placed: Placed, judgement: Judgement, who: Actor
    ) -> Inspection:
        assert op.row is not None
        grade = grading.grade(
            args["mode"], args["approval_no"], args["officers"], args["representative"], args["signature"]
        )
        started_at, clock_flags = corrected(args["started_at"], context)
        return Inspection(
            id=op.row,
            rev=1,
            checklist=args["checklist"],
            checklist_version=args["checklist_version"],
            mode=args["mode"],
            grade=grade.grade,
            grade_reasons=list(grade.reasons),
            site_id=args["site"],
            task_id=args["task"],
            author_id=who.user_id,
            stream_id=context.stream,
            started_at=started_at,
            finished_at=corrected(args["finished_at"], context)[0],
            received_at=context.received_at,
            position=placed.position,
            lon=placed.lon,
            lat=placed.lat,
            cell_code=placed.cell_code,
            placed_n=placed.n,
            details={
                name: op.args.get(name) for name in ("approval_no", "officers", "cell", "representative", "signature")
            },
            answers=op.args["answers"],
            advice=[
                {"item": one.item.code, "text": one.description, "requirement": one.item.text.zh}
                for one in judgement.advice
            ],
            flags=[
                *placed.flags,
                *clock_flags,
                *placing.rights_flags(who, placed),
                *({"code": flag, "detail": one.item.code} for one in judgement.verdicts for flag in one.flags),
                *({"code": "item-unanswered", "detail": item.code} for item in judgement.unanswered),
            ],
        )

    def _retired(self, inspection: Inspection) -> list[dict[str, Any]]:
        """A version that was retired by then is said: a phone that was long away may still have used it."""
        pinned = (inspection.checklist, inspection.checklist_version)
        if not checklists.retired_before(self.session, *pinned, inspection.started_at):
            return []
        return [{"code": "checklist-retired", "detail": "@".join(pinned)}]

    def _mention_all(self, op: Op, context: OpContext, args: dict[str, Any], who: Actor) -> None:
        """All hashes of the record: those of the answers, and the signature's."""
        named = [sha256 for answer in args["answers"] for sha256 in answer["photos"] or []]
        photos.hold_if_seen(self.session, who, named)
        assert op.row is not None
        subject = ("inspection", op.row)
        photos.mention(self.session, context, subject, named, "scene")
        signature = (args["signature"] or {}).get("sha256")
        if isinstance(signature, str) and is_sha256(signature):
            photos.mention(self.session, context, subject, [signature], "signature")

    def _finding(
        self,
        context: OpContext,
        store: Store,
        inspection: Inspection,
        pack: Pack,
        verdict: Verdict,
        op: Op,
        placed: Placed,
        who: Actor,
    ) -> str:
        """The finding that a failed duty becomes, where its answer says or else where the inspection was."""
        answer = verdict.answer
        if answer.position is not None:
            own = placing.place(_answer_position(answer.position), None, inspection.finished_at)
        elif placed.position is not None:
            own = placing.under_lock(placed, parse_position(placed.position), inspection.finished_at)
        else:
            own = placed
        finding = Finding(
            id=answer.finding or judging.finding_id(inspection.id, verdict.item.code),
            inspection_id=inspection.id,
            site_id=inspection.site_id,
            topic=pack.topic,
            description=verdict.description or "",
            severity=verdict.severity or "moderate",
            grade=inspection.grade,
            source="inspection",
            found_at=inspection.finished_at,
            found_at_sent=str(op.args["finished_at"]),
            flags=[
                *own.flags,
                *(flag for flag in inspection.flags if flag["code"] in ("device-clock-off", "time-in-future")),
                *({"code": flag, "detail": ""} for flag in verdict.flags),
                *placing.rights_flags(who, own),
            ],
        )
        finding_rules.put(finding, pack, verdict.item)
        findings.create(self.session, store, finding, own, who, context, answer.photos)
        return finding.id


def _answer_position(raw: object) -> Position:
    try:
        return parse_position(raw)
    except GeoError as error:
        raise OpRefused(error.code, str(error), **error.extras) from None


def _point(site: Site | None) -> tuple[float, float] | None:
    return (site.lon, site.lat) if site and site.lon is not None and site.lat is not None else None

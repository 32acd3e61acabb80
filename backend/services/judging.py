"""An inspection judged by the version that it names: which items apply where it was, and what its evidence lacks.

Photos and what is said of them may come long after the answers; whatever rests on them is judged again then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import write_behind
from backend.models import Finding, Inspection, Photo, Site
from backend.services import answer_media, cells, checklists, publishing, under_way, zones
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from checklists import engine
from checklists.engine import Judgement
from checklists.errors import ChecklistError
from checklists.model import Pack
from checklists.selection import Context
from geo.errors import GeoError
from geo.zones.holding import ZonesThere, holding
from sync.errors import OpRefused

LACKING = "evidence-lacking"


def finding_id(inspection_id: str, item: str) -> str:
    """UUIDv5(inspection, item): a failed duty becomes one finding, whoever makes it."""
    return str(uuid5(UUID(inspection_id), item))


def zones_there(
    session: Session, pack: Pack, place: tuple[float, float] | None, accuracy_m: float | None, at: datetime
) -> ZonesThere | None:
    """What the zones in force say of a canonical place; None where the pack asks of none, or nobody keeps any there."""
    wanted = {kind for item in pack.items for kind in item.applies.zones}
    if not wanted or place is None:
        return None
    code = cells.locate(*place, 0.0, at).code
    if code is None or zones.cities(session).isdisjoint(cells.lineage(code)):
        return None
    index = zones.index(session)
    try:
        verdicts = index.rules_at(*place, at, accuracy_m or 0.0)
    except GeoError:
        return None
    return holding(verdicts, {zone.kind.subject for zone in index.zones}, wanted)


def judge(
    session: Session,
    pack: Pack,
    answers: Sequence[Any],
    finished_at: datetime,
    *,
    author_id: str,
    cell: str | None,
    site: Site | None,
    there: ZonesThere | None,
    positioned: bool,
) -> Judgement:
    """Judge answers. `cell` is where the inspection was. Raises OpRefused with the checklist's own codes."""
    context = Context(
        day=finished_at.astimezone(CHINA).date(),
        unit=cell or (site.cell_code if site else None),
        site_kinds=(site.kind,) if site else (),
        attributes=site.attributes if site else {},
        zones=there.hold if there is not None else None,
        doubtful_zones=there.doubtful if there is not None else (),
    )
    media = answer_media.known(session, author_id, [each for each in answers if isinstance(each, Mapping)])
    try:
        gate = answer_media.gate_of(site)
        return engine.judge(pack, answers, context, media=media, gate=gate, positioned=positioned)
    except ChecklistError as error:
        raise OpRefused(error.code, str(error), **error.extras) from None


def photo_came(session: Session, store: SqlStore, photo: Photo) -> None:
    """A photo record may fill what its inspection lacked, or show that what was there does not do."""
    inspection_id = photo.subject_id if photo.subject_type == "inspection" else None
    if photo.subject_type == "finding":
        finding = under_way.find(session, Finding, photo.subject_id)
        inspection_id = finding.inspection_id if finding is not None else None
    inspection = under_way.find(session, Inspection, inspection_id) if inspection_id is not None else None
    if inspection is None:
        return
    pack = checklists.pinned(session, inspection.checklist, inspection.checklist_version)
    if pack is not None and (_lacks(inspection.flags) or _tells(pack, inspection, photo)):
        _again(session, store, pack, inspection)


def _lacks(flags: Sequence[Mapping[str, Any]]) -> bool:
    return any(flag["code"] == LACKING for flag in flags)


def _tells(pack: Pack, inspection: Inspection, photo: Photo) -> bool:
    """Whether what is said of a photo bears on the answer that names it: kinds other than photos, and wanted spots."""
    named = [answer for answer in inspection.answers if photo.sha256 in (answer.get("photos") or ())]
    asked = [each for answer in named if (item := pack.by_code.get(answer["item"])) for each in item.evidence]
    return any(each.offsets_m or each.kind not in ("photo", "position", "number") for each in asked)


def _again(session: Session, store: SqlStore, pack: Pack, inspection: Inspection) -> None:
    """Judge the evidence of a stored inspection anew; publish what it changes."""
    answers = _with_later_photos(session, inspection)
    site = session.get(Site, inspection.site_id) if inspection.site_id else None
    said = inspection.details.get("zones")
    judgement = judge(
        session,
        pack,
        answers,
        inspection.finished_at,
        author_id=inspection.author_id,
        cell=inspection.cell_code,
        site=site,
        there=ZonesThere(tuple(said["hold"]), tuple(said["doubtful"])) if said else None,
        positioned=inspection.lon is not None,
    )
    lacking = {verdict.item.code: LACKING in verdict.flags for verdict in judgement.verdicts}
    flags = _reflagged(inspection.flags, [code for code, lacks in lacking.items() if lacks])
    if flags == inspection.flags:
        return
    write_behind.of(session).settle()
    stored = session.get_one(Inspection, inspection.id)
    stored.flags = flags
    stored.rev += 1
    publishing.inspection(session, store, stored)
    for finding in session.scalars(select(Finding).where(Finding.inspection_id == stored.id)):
        wanted = _reflagged(finding.flags, [""] if lacking.get(finding.item or "") else [])
        if wanted != finding.flags:
            finding.flags = wanted
            publishing.finding(session, store, finding)


def _reflagged(flags: Sequence[dict[str, Any]], lacking: Sequence[str]) -> list[dict[str, Any]]:
    """The flags with what lacks now, those that were there before in their place."""
    kept = [flag for flag in flags if flag["code"] != LACKING or flag["detail"] in lacking]
    there = {flag["detail"] for flag in kept if flag["code"] == LACKING}
    return [*kept, *({"code": LACKING, "detail": detail} for detail in lacking if detail not in there)]


def _with_later_photos(session: Session, inspection: Inspection) -> list[dict[str, Any]]:
    """The answers, each with the photos that were recorded for its finding since."""
    of_item = {
        answer["item"]: answer.get("finding") or finding_id(inspection.id, answer["item"])
        for answer in inspection.answers
    }
    later: dict[str, list[str]] = {}
    recorded = select(Photo.subject_id, Photo.sha256).where(
        Photo.subject_type == "finding",
        Photo.subject_id.in_(list(of_item.values())),
        Photo.author_id == inspection.author_id,
        Photo.role != "after",
    )
    for subject, sha256 in session.execute(recorded.order_by(Photo.captured_at, Photo.id)):
        later.setdefault(subject, []).append(sha256)
    return [
        {
            **answer,
            "photos": list(dict.fromkeys([*(answer.get("photos") or []), *later.get(of_item[answer["item"]], [])])),
        }
        for answer in inspection.answers
    ]

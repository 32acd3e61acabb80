"""Rating plates of sites: judged by a job each hour or when asked, kept with their reasons, every change kept for ever.

What is kept is what everybody is shown: the plate hangs at the gate since an instant, whoever looks and whenever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, case, cast, func, select
from sqlalchemy.orm import Session

from backend.models import Case, FindingStanding, Site, SitePlate, SitePlateChange
from backend.services import cells, hundreds, pages, plate_rules, rows, sites, visibility
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.pages import Page, PageAsked
from backend.services.plate_rules import Scheme
from backend.services.sites import require_area
from backend.services.working_time import CHINA

A_COMMIT = 200
SHOWN = 200


def judge_some(
    session: Session, own: Path | None, now: datetime, new_id: Callable[[], str], after: str
) -> tuple[int, str | None]:
    """Judge the next sites after an id; how many plates changed, and the last id (none when there are no more)."""
    kinds = {kind for scheme in plate_rules.schemes(own) for kind in scheme["site_kinds"]}
    wanted = select(Site).where(Site.status == "active", Site.kind.in_(sorted(kinds)), Site.id > after)
    found = session.scalars(wanted.order_by(Site.id).limit(A_COMMIT).with_for_update()).all()
    return judge(session, found, own, now, new_id), found[-1].id if found else None


def judge(session: Session, found: Sequence[Site], own: Path | None, now: datetime, new_id: Callable[[], str]) -> int:
    """Judge some sites, whose rows are locked; returns how many plates changed."""
    all_schemes = plate_rules.schemes(own)
    by_scheme: dict[str, list[Site]] = {}
    for site in found:
        lineage = cells.lineage(site.cell_code) if site.cell_code else []
        scheme = plate_rules.scheme_of(all_schemes, site.kind, lineage)
        if scheme is not None:
            by_scheme.setdefault(scheme["code"], []).append(site)
    changed = 0
    for scheme in all_schemes:
        some = by_scheme.get(scheme["code"], [])
        facts = facts_of(session, some, scheme, now)
        changed += sum(_keep(session, site, scheme, facts[site.id], now, new_id) for site in some)
    return changed


def facts_of(
    session: Session, found: Sequence[Site], scheme: Scheme, now: datetime
) -> dict[str, dict[str, int | bool | None]]:
    """What the rules are told of each site, by its id."""
    counted = _counted(session, [site.id for site in found], scheme, now)
    inspected = _inspected(session, [site.id for site in found])
    told = {}
    for site in found:
        numbers, last_closed = counted.get(site.id, ((0,) * 5, None))
        open_, open_serious, overdue, overdue_serious, relapses = numbers
        seen = inspected.get(site.id)
        told[site.id] = {
            "open": open_,
            "open_serious": open_serious,
            "overdue": overdue,
            "overdue_serious": overdue_serious,
            "relapses": relapses,
            "clear_days": 0 if open_ else _days(last_closed or site.created_at, now),
            "holds": seen.holds if seen else None,
            "inspected_days_ago": _days(seen.finished_at, now) if seen else None,
        }
    return told


def of_site(session: Session, actor: Actor, site_id: str, own: Path | None) -> dict[str, Any]:
    """The plate of a site, and the newest 200 changes of it. Raises NotFound."""
    site = sites.get(session, actor, site_id)
    kept = session.get(SitePlate, site.id)
    if kept is None:
        raise NotFound("This site has no plate: no scheme is meant for it, or it was not judged yet.")
    changes = select(SitePlateChange).where(SitePlateChange.site_id == site.id).order_by(SitePlateChange.n.desc())
    all_schemes = plate_rules.schemes(own)
    return {
        **document(kept, site, all_schemes),
        "history": [_change(each, all_schemes) for each in session.scalars(changes.limit(SHOWN))],
    }


def judge_now(
    session: Session, actor: Actor, site_id: str, own: Path | None, now: datetime, new_id: Callable[[], str]
) -> dict[str, Any]:
    """Judge a site of the actor's area at once, as the hourly job would. Raises NotFound, NotAllowed."""
    actor.require_role("supervisor", "admin")
    site = sites.get(session, actor, site_id)
    require_area(actor, site.cell_code)
    session.refresh(site, with_for_update=True)
    judge(session, [site], own, now, new_id)
    session.flush()
    return of_site(session, actor, site_id, own)


def page(
    session: Session, actor: Actor, plate: str | None, cell: str | None, own: Path | None, asked: PageAsked
) -> tuple[Page[SitePlate], list[dict[str, Any]]]:
    """Plates of the sites that an actor sees, the last changed first. Raises FilterInvalid, PageCursorInvalid."""
    seen = visibility.seen_by(actor, Site.cell_code, Site.author_id)
    query = select(SitePlate).join(Site, Site.id == SitePlate.site_id).where(seen, Site.status == "active")
    if plate is not None:
        query = query.where(SitePlate.plate == plate)
    if cell is not None:
        query = query.where(visibility.within(cell, Site.cell_code))
    found = pages.fetch(session, query, SitePlate.since, SitePlate.site_id, asked)
    ids = [each.site_id for each in found.rows]
    known = {site.id: site for site in session.scalars(select(Site).where(Site.id.in_(ids)))}
    all_schemes = plate_rules.schemes(own)
    return found, [document(each, known[each.site_id], all_schemes) for each in found.rows]


def document(kept: SitePlate, site: Site, all_schemes: Sequence[Scheme]) -> dict[str, Any]:
    """A plate as the API shows one."""
    return {
        "site": {"id": site.id, "code": site.code, "name": site.name, "kind": site.kind, "cell": site.cell_code},
        "plate": kept.plate,
        "since": rows.instant(kept.since),
        "judged_at": rows.instant(kept.judged_at),
        "scheme": kept.scheme,
        "reasons": plate_rules.words(all_schemes, kept.scheme, kept.reasons),
        "facts": kept.facts,
    }


def _change(each: SitePlateChange, all_schemes: Sequence[Scheme]) -> dict[str, Any]:
    return {
        "at": rows.instant(each.at),
        "from": each.before,
        "to": each.after,
        "scheme": each.scheme,
        "reasons": plate_rules.words(all_schemes, each.scheme, each.reasons),
        "facts": each.facts,
    }


def _keep(
    session: Session, site: Site, scheme: Scheme, facts: Mapping[str, Any], now: datetime, new_id: Callable[[], str]
) -> bool:
    """Keep what was judged; a new plate, also the first, is a change. Whether the plate is another one now."""
    judged = plate_rules.judge(scheme, facts)
    kept = session.get(SitePlate, site.id)
    before = kept.plate if kept is not None else None
    if kept is None:
        kept = SitePlate(site_id=site.id, since=now)
        session.add(kept)
    kept.plate, kept.scheme, kept.reasons = judged.plate, scheme["code"], list(judged.reasons)
    kept.facts, kept.judged_at = dict(facts), now
    if judged.plate == before:
        return False
    kept.since = now
    last = select(func.max(SitePlateChange.n)).where(SitePlateChange.site_id == site.id)
    session.add(
        SitePlateChange(
            id=new_id(),
            site_id=site.id,
            n=(session.scalar(last) or 0) + 1,
            at=now,
            before=before,
            after=judged.plate,
            scheme=scheme["code"],
            reasons=list(judged.reasons),
            facts=dict(facts),
        )
    )
    return True


def _counted(
    session: Session, ids: Sequence[str], scheme: Scheme, now: datetime
) -> dict[str, tuple[tuple[int, ...], datetime | None]]:
    """By site: open, of these serious, overdue, of these serious, relapses; and when the last was closed out."""
    standing = FindingStanding
    serious = case((standing.severity == "serious", 1), else_=0)
    overdue = case((standing.due_at < now, 1), else_=0)
    since = (now - timedelta(days=scheme["relapse_days"])).astimezone(CHINA).date().isoformat()
    again = case((standing.reopened > 0, standing.reopened), else_=standing.repeated)
    relapses = case((standing.day >= since, again), else_=0)
    sums = (standing.open, standing.open * serious, overdue, overdue * serious, relapses)
    query = (
        select(standing.site_id, func.max(Case.closed_at), *(cast(func.sum(each), Integer) for each in sums))
        .outerjoin(Case, Case.finding_id == standing.finding_id)
        .where(standing.site_id.in_(ids), standing.found == 1)
        .group_by(standing.site_id)
    )
    return {str(site): (tuple(int(n) for n in numbers), closed) for site, closed, *numbers in session.execute(query)}


def _inspected(session: Session, ids: Sequence[str]) -> dict[str, hundreds.SiteVerdict]:
    """By site: the latest inspection by a checklist with a set of items that must all hold."""
    found: dict[str, hundreds.SiteVerdict] = {}
    for chosen in hundreds.sets():
        for each in hundreds.verdicts(session, chosen, [Site.id.in_(ids)]):
            before = found.get(each.site.id)
            if before is None or before.finished_at < each.finished_at:
                found[each.site.id] = each
    return found


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now.astimezone(CHINA).date() - since.astimezone(CHINA).date()).days)

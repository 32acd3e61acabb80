"""What stands on a paper, in the words of papers: findings as lines of a table, days and terms in Chinese.

Papers are Chinese whatever the language of the console.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding, Site
from backend.services import cells, checklists
from backend.services.working_time import CHINA

DRAFT = "草稿"
UNNUMBERED = "（草稿，未编号）"
TEXTS = ("addressee", "copies", "basis", "requirement", "remark", "contact", "phone")


def drafters(said: Mapping[str, Any], office_phone: str | None) -> dict[str, str]:
    """What the drafter wrote; what was left out is empty, and the phone the office's own."""
    texts = {name: said.get(name) or "" for name in TEXTS}
    due = said.get("due")
    return {
        **texts,
        "phone": texts["phone"] or office_phone or "",
        "due": minute(datetime.fromisoformat(due)) if due else "",
    }


def findings(session: Session, ids: Sequence[str]) -> list[dict[str, str]]:
    """Findings as a paper lists them, in the order given."""
    found = {each.id: each for each in session.scalars(select(Finding).where(Finding.id.in_(ids)))}
    wanted = {each.site_id for each in found.values() if each.site_id is not None}
    sites = {each.id: each for each in session.scalars(select(Site).where(Site.id.in_(wanted)))} if wanted else {}
    return [_line(session, n, found[each], sites.get(found[each].site_id or "")) for n, each in enumerate(ids, start=1)]


def _line(session: Session, n: int, finding: Finding, site: Site | None) -> dict[str, str]:
    names = [cells.name(code) or code for code in cells.lineage(finding.cell_code)] if finding.cell_code else []
    district = "".join(reversed(names[:-1])) if len(names) > 1 else "".join(names)
    items = checklists.item_words(session, finding.checklist, finding.checklist_version)
    item = items.get(finding.item or "")
    place = [site.name, site.address] if site else [district]
    return {
        "n": str(n),
        "number": finding.number,
        "found_at": minute(finding.found_at),
        "district": district,
        "place": "\n".join(text for text in place if text),
        "problem": "\n".join(text for text in (item.zh if item else None, finding.description) if text),
        "requirement": finding.requirement or "",
        "due": minute(finding.deadline_at) if finding.deadline_at else "",
        "responsible_unit": (site and site.responsible_unit) or "",
        "supervising_department": (site and site.supervising_department) or finding.lead_department or "",
    }


def day(at: datetime) -> str:
    """2026年11月25日, in China."""
    local = at.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def minute(at: datetime) -> str:
    """2026年11月25日18时, with the minutes where there are any."""
    local = at.astimezone(CHINA)
    return f"{day(at)}{local.hour}时" + (f"{local.minute:02d}分" if local.minute else "")

"""Published checklist versions: loaded once, offered to devices, read by the version that an inspection pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.models import ChecklistVersion, Finding
from backend.services import checklist_life
from backend.services.errors import NotFound
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from checklists import library
from checklists.model import Deadline, Item, Pack, Text, pack_from

Words = Mapping[str, Text]
_ALL = select(ChecklistVersion.code, ChecklistVersion.version, ChecklistVersion.sha256)
_PINNED = select(ChecklistVersion.sha256).where(
    ChecklistVersion.code == bindparam("wanted"), ChecklistVersion.version == bindparam("number")
)
_BODY = select(ChecklistVersion.body).where(ChecklistVersion.sha256 == bindparam("wanted"))


def install(
    session: Session,
    store: SqlStore,
    now: datetime,
    new_id: Callable[[], str],
    packs: library.Library | None = None,
) -> list[str]:
    """Store each shipped version that is not there yet and tell devices of it; returns `code@version` of the new ones.

    A version that has been retired in what is shipped is retired here too. The counter must be locked.
    """
    known = {tuple(row) for row in session.execute(select(ChecklistVersion.code, ChecklistVersion.version))}
    added = []
    for (code, number), published in (library.shipped() if packs is None else packs).items():
        if (code, number) in known:
            if (since := _retired_at(published.retired_on)) is not None and since <= now:
                checklist_life.retire(session, store, code, number, since, by=None)
            continue
        version = ChecklistVersion(
            id=new_id(),
            code=code,
            version=number,
            title_zh=published.pack.title.zh,
            title_en=published.pack.title.en,
            sha256=published.sha256,
            body=published.data,
            published_at=now,
            retired_at=_retired_at(published.retired_on),
        )
        session.add(version)
        checklist_life.tell(session, store, version)
        added.append(f"{code}@{number}")
    return added


def _retired_at(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, CHINA)


def retired_before(session: Session, code: str, number: str, moment: datetime) -> bool:
    """Was the version already retired when an inspection with it began?"""
    named = (ChecklistVersion.code == code, ChecklistVersion.version == number)
    retired_at = session.scalar(select(ChecklistVersion.retired_at).where(*named))
    return retired_at is not None and retired_at <= moment


def pinned(session: Session, code: str, number: str) -> Pack | None:
    """The pack of one version, or None when this server does not have it."""
    sha256 = session.connection().execute(_PINNED, {"wanted": code, "number": number}).scalar()
    return _parsed(session, sha256) if sha256 else None


def deadline_of(session: Session, finding: Finding) -> Deadline | None:
    """The deadline of the item that a finding breaks, by the version that it names."""
    if finding.checklist is None or finding.item is None or finding.checklist_version is None:
        return None
    pack = pinned(session, finding.checklist, finding.checklist_version)
    item = pack.by_code.get(finding.item) if pack else None
    return item.rectification.deadline if item is not None and item.rectification is not None else None


_packs: dict[str, Pack] = {}


def _parsed(session: Session, sha256: str) -> Pack:
    if sha256 not in _packs:
        body = session.connection().execute(_BODY, {"wanted": sha256}).scalar_one()
        _packs[sha256] = pack_from(orjson.loads(body))
    return _packs[sha256]


def published(session: Session) -> Sequence[ChecklistVersion]:
    """Every version ever published, by code, the oldest first."""
    order = (ChecklistVersion.code, ChecklistVersion.published_at, ChecklistVersion.version)
    return session.scalars(select(ChecklistVersion).order_by(*order)).all()


def body(session: Session, sha256: str) -> bytes:
    """The exact bytes of a version. Raises NotFound."""
    found = session.scalar(select(ChecklistVersion.body).where(ChecklistVersion.sha256 == sha256))
    if found is None:
        raise NotFound("There is no checklist version with this hash.")
    return found


def item_words(session: Session, code: str | None, version: str | None) -> Words:
    """The questions of one version by item code; none for a version that this server does not have."""
    pack = pinned(session, code, version) if code and version else None
    return {item.code: item.text for item in pack.items} if pack else {}


def newest_with_item(session: Session, item_code: str) -> tuple[Pack, Item] | None:
    """The newest version that has an item, for findings that name an item outside an inspection."""
    rows = session.connection().execute(_ALL).all()
    for row in sorted(rows, key=lambda row: library.order(row.version), reverse=True):
        pack = _parsed(session, row.sha256)
        if item_code in pack.by_code:
            return pack, pack.by_code[item_code]
    return None


def basis_of(pack: Pack, item: Item) -> str:
    """The documents and clauses that an item stands on, as the ledger's 依据 column writes them."""
    named = [f"{_title(pack, source.id)}{_clause(source.clause)}" for source in item.sources]
    named += [f"{_title(pack, law.id)}第{law.article}条" for law in item.legal_basis]
    return "；".join(named)


def _title(pack: Pack, document_id: str) -> str:
    """A standard by its number, anything else by its title in title marks."""
    entry = pack.tables.get("documents", {}).get(document_id) or {}
    if entry.get("kind") == "standard" and entry.get("number"):
        return str(entry["number"])
    return f"《{entry.get('zh', document_id)}》"


def _clause(clause: str) -> str:
    """A number stands apart from the title; a Chinese clause follows its title marks."""
    return f" {clause}" if clause[:1].isascii() else clause


def department_names(pack: Pack, item: Item) -> str:
    """The lead departments of an item, in Chinese."""
    table = pack.tables.get("departments", {})
    return "、".join(str(table[code].get("zh", code)) if code in table else code for code in item.leads)

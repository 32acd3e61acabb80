"""A checklist's life: a draft is imported, published once and for ever, and one day retired.

Knows no file format (checklists.pack_yaml, checklists.xlsform). Publishing and retiring tell devices: the counter must
be locked first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import ChecklistDraft, ChecklistVersion
from backend.services import audit
from backend.services.errors import AlreadyExists, InputInvalid, NotFound
from backend.services.rows import checklist_document
from backend.sync_store import SqlStore
from checklists import diff, library, schema, versions
from sync.store import Row

Pack = Mapping[str, Any]
_CODE, _VERSION = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}"), re.compile(r"[0-9]{4}\.[0-9]{1,15}")


def save_draft(
    session: Session, pack: Pack, now: datetime, new_id: Callable[[], str], by: str | None
) -> ChecklistDraft:
    """Keep a valid pack as a draft, in place of an earlier draft of this version.

    Raises PackInvalid, and AlreadyExists when the version is published: what is published never changes.
    """
    data = {**pack, "status": "draft"}
    schema.validate(data)
    code, version = str(data["code"]), str(data["version"])
    if _version(session, code, version) is not None:
        raise AlreadyExists(f"{code}@{version} is published and never changes; raise the version.")
    draft = _draft(session, code, version)
    if draft is None:
        draft = ChecklistDraft(id=new_id(), code=code, version=version)
        session.add(draft)
    draft.body, draft.author_id, draft.changed_at = versions.canonical(data), by, now
    session.flush()
    audit.record(session, now, by, "checklist.draft", draft.id, checklist=versions.pin(code, version))
    return draft


def drafts(session: Session) -> Sequence[ChecklistDraft]:
    """All drafts, by code and version."""
    return session.scalars(select(ChecklistDraft).order_by(ChecklistDraft.code, ChecklistDraft.version)).all()


def discard(session: Session, code: str, version: str, now: datetime, by: str | None) -> None:
    """Forget a draft. Raises NotFound."""
    draft = _require_draft(session, code, version)
    session.delete(draft)
    audit.record(session, now, by, "checklist.discard", draft.id, checklist=versions.pin(code, version))


def publish(
    session: Session, store: SqlStore, code: str, version: str, now: datetime, by: str | None
) -> ChecklistVersion:
    """Publish a draft: its bytes and hash are settled and devices are told. The draft is gone afterwards.

    Raises NotFound, PackInvalid, and InputInvalid unless the version is the newest of its checklist.
    """
    draft = _require_draft(session, code, version)
    data = {**orjson.loads(draft.body), "status": "published"}
    schema.validate(data)
    numbers = session.scalars(select(ChecklistVersion.version).where(ChecklistVersion.code == code)).all()
    newest = max(numbers, key=library.order, default=None)
    if newest is not None and library.order(newest) >= library.order(version):
        raise InputInvalid(f"{code}@{newest} is published already; a new version has a higher number.")
    published = ChecklistVersion(
        id=draft.id,
        code=code,
        version=version,
        title_zh=data["title"]["zh"],
        title_en=data["title"]["en"],
        sha256=versions.content_hash(data),
        body=versions.canonical(data),
        published_at=now,
    )
    session.delete(draft)
    session.add(published)
    tell(session, store, published)
    audit.record(session, now, by, "checklist.publish", draft.id, checklist=versions.pin(code, version))
    return published


def retire(
    session: Session, store: SqlStore, code: str, version: str, now: datetime, by: str | None
) -> ChecklistVersion:
    """Offer a version for no new inspection; what was recorded with it is read for ever. Twice is once.

    Raises NotFound.
    """
    found = _version(session, code, version)
    if found is None:
        raise NotFound(f"There is no published checklist {code}@{version}.")
    if found.retired_at is None:
        found.retired_at = now
        tell(session, store, found)
        audit.record(session, now, by, "checklist.retire", found.id, checklist=versions.pin(code, version))
    return found


def tell(session: Session, store: SqlStore, version: ChecklistVersion) -> None:
    """Tell devices of a version as it now stands."""
    session.flush()
    rev = 1 if version.retired_at is None else 2
    store.publish(Row("checklist", version.id, rev, checklist_document(version), frozenset({"global"})))


def whole(session: Session, code: str, version: str) -> Pack:
    """The pack of a published version, or else of a draft. Raises NotFound."""
    found = _version(session, code, version) or _draft(session, code, version)
    if found is None:
        raise NotFound(f"There is no checklist {code}@{version}.")
    pack: Pack = orjson.loads(found.body)
    return pack


def difference(session: Session, old: tuple[str, str], new: tuple[str, str], language: str) -> list[diff.Change]:
    """What changed between two versions or drafts, in words. Raises NotFound."""
    return diff.compare(whole(session, *old), whole(session, *new), language)


def pinned(name: str) -> tuple[str, str]:
    """`code@version` taken apart. Raises InputInvalid."""
    code, _, version = name.partition("@")
    if not _CODE.fullmatch(code) or not _VERSION.fullmatch(version):
        raise InputInvalid(f"A checklist version is written code@version, not {name[:100]!r}.")
    return code, version


def _version(session: Session, code: str, version: str) -> ChecklistVersion | None:
    if not _CODE.fullmatch(code) or not _VERSION.fullmatch(version):
        return None
    named = (ChecklistVersion.code == code, ChecklistVersion.version == version)
    return session.scalar(select(ChecklistVersion).where(*named))


def _draft(session: Session, code: str, version: str) -> ChecklistDraft | None:
    if not _CODE.fullmatch(code) or not _VERSION.fullmatch(version):
        return None
    named = (ChecklistDraft.code == code, ChecklistDraft.version == version)
    return session.scalar(select(ChecklistDraft).where(*named))


def _require_draft(session: Session, code: str, version: str) -> ChecklistDraft:
    found = _draft(session, code, version)
    if found is None:
        raise NotFound(f"There is no draft {code}@{version}.")
    return found

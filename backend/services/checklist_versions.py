"""Published checklist versions read: their list, their exact bytes, and the words of their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import ChecklistVersion
from backend.services import checklists
from backend.services.errors import NotFound
from checklists.model import Text

Words = Mapping[str, Text]


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
    pack = checklists.pinned(session, code, version) if code and version else None
    return {item.code: item.text for item in pack.items} if pack else {}

"""Templates of papers that offices bring: looked at, numbered by version, kept for good; else the house's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.exports import docx_templates
from backend.exports.paper_forms import house_template
from backend.exports.paper_kinds import fields, lists
from backend.models import Office, PaperTemplate
from backend.services import audit, paper_offices
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.rows import instant
from backend.sync_store import SqlStore


@dataclass(frozen=True, slots=True)
class InForce:
    """The template that a paper is filled from; `id` is null for the house's own."""

    id: str | None
    data: bytes
    sha256: str


def bring(
    session: Session, actor: Actor, template_id: str, now: datetime, office_id: str, kind: str, name: str, data: bytes
) -> PaperTemplate:
    """Replace an office's template of a kind from now on; earlier versions stay.

    Raises PaperNotOffered, InputInvalid, NotTheIssuer, NotFound, TemplateInvalid, TemplateFieldUnknown.
    """
    found = paper_offices.offered(kind)
    if session.get(Office, office_id) is None:
        raise NotFound("There is no such office.")
    if actor.role != "admin":
        paper_offices.require_issuer(session, actor, found, office_id)
    named = docx_templates.check(data, fields(), lists())
    SqlStore(session, now).lock_counter()
    last = session.scalar(
        select(func.max(PaperTemplate.version)).where(PaperTemplate.office_id == office_id, PaperTemplate.kind == kind)
    )
    made = PaperTemplate(
        id=template_id,
        office_id=office_id,
        kind=kind,
        version=(last or 0) + 1,
        name=name[:200],
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        fields=named,
        by_id=actor.user_id,
        at=now,
    )
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "paper-template.bring", made.id, paper=kind, sha256=made.sha256)
    return made


def in_force(session: Session, office_id: str, kind: str) -> InForce:
    """The office's newest template of a kind, else the house's own."""
    query = select(PaperTemplate).where(PaperTemplate.office_id == office_id, PaperTemplate.kind == kind)
    found = session.scalars(query.order_by(PaperTemplate.version.desc()).limit(1)).first()
    if found is not None:
        return InForce(found.id, found.data, found.sha256)
    data = house_template(kind)
    return InForce(None, data, hashlib.sha256(data).hexdigest())


def listing(session: Session, office_id: str) -> Sequence[PaperTemplate]:
    """Every version of an office's templates, the newest of each kind first."""
    query = select(PaperTemplate).where(PaperTemplate.office_id == office_id)
    return session.scalars(query.order_by(PaperTemplate.kind, PaperTemplate.version.desc())).all()


def get(session: Session, template_id: str) -> PaperTemplate:
    """One version. Raises NotFound."""
    found = session.get(PaperTemplate, template_id)
    if found is None:
        raise NotFound("There is no such template.")
    return found


def document(template: PaperTemplate) -> dict[str, Any]:
    """A template as the API shows it, without its bytes."""
    return {
        "id": template.id,
        "office": template.office_id,
        "kind": template.kind,
        "version": template.version,
        "name": template.name,
        "sha256": template.sha256,
        "fields": template.fields,
        "by": template.by_id,
        "at": instant(template.at),
    }

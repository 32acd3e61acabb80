"""Which office issues which kinds of papers, under which word; admins say so.

The kinds of one body go together: an office is a 大气办, or a housing authority, and issues no other body's papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from backend.exports.paper_kinds import Kind, bodies, kinds
from backend.models import IssuedPaper, Office, PaperIssuer
from backend.services import audit
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotFound
from backend.services.paper_errors import NotTheIssuer, PaperNotOffered


def offered(code: str) -> Kind:
    """A kind that is made here. Raises InputInvalid, PaperNotOffered."""
    kind = kinds().get(code)
    if kind is None:
        raise InputInvalid("There is no such kind of paper.", field="kind", allowed=sorted(kinds()))
    if kind.refused:
        raise PaperNotOffered(kind.refused["en"], reason=dict(kind.refused), kind=code)
    return kind


def documents() -> list[dict[str, Any]]:
    """Every kind of paper, its body, and why it is not offered where it is not."""
    return [
        {
            "kind": kind.code,
            "name": {"zh-CN": kind.zh, "en": kind.en},
            "body": kind.body,
            "body_name": {"zh-CN": bodies()[kind.body]["zh"], "en": bodies()[kind.body]["en"]},
            "word": kind.word or None,
            "offered": not kind.refused,
            "reason": dict(kind.refused) if kind.refused else None,
            "needs": list(kind.needs),
        }
        for kind in kinds().values()
    ]


def of_office(session: Session, office_id: str) -> Sequence[PaperIssuer]:
    """What an office issues. Raises NotFound."""
    if session.get(Office, office_id) is None:
        raise NotFound("There is no such office.")
    query = select(PaperIssuer).where(PaperIssuer.office_id == office_id).order_by(PaperIssuer.kind)
    return session.scalars(query).all()


def assign(
    session: Session, actor: Actor, office_id: str, words: Mapping[str, str], now: datetime
) -> Sequence[PaperIssuer]:
    """Say what an office issues from now on, each kind under its word; none takes the right away.

    Raises NotFound, InputInvalid, PaperNotOffered, AlreadyExists.
    """
    actor.require_role("admin")
    before = {each.kind: each.word for each in of_office(session, office_id)}
    found = [offered(code) for code in words]
    if len({kind.body for kind in found}) > 1:
        raise InputInvalid("An office issues the papers of one body only.", field="papers")
    for code, word in words.items():
        _require_free(session, office_id, code, word)
    if len(set(words.values())) != len(words):
        raise InputInvalid("Each kind of paper is numbered under a word of its own.", field="papers")
    session.execute(delete(PaperIssuer).where(PaperIssuer.office_id == office_id))
    session.flush()
    session.add_all(PaperIssuer(office_id=office_id, kind=code, word=word) for code, word in words.items())
    session.flush()
    audit.record(session, now, actor.user_id, "paper-issuer.assign", office_id, before=before, after=dict(words))
    return of_office(session, office_id)


def _require_free(session: Session, office_id: str, code: str, word: str) -> None:
    """Raise AlreadyExists when another office numbers under a word, or another series ever did."""
    held = select(PaperIssuer.kind).where(PaperIssuer.word == word, PaperIssuer.office_id != office_id)
    used = select(IssuedPaper.kind).where(
        IssuedPaper.number.startswith(f"{word}〔", autoescape=True),
        or_(IssuedPaper.office_id != office_id, IssuedPaper.kind != code),
    )
    if session.scalar(held.limit(1)) is not None or session.scalar(used.limit(1)) is not None:
        raise AlreadyExists("Another series is numbered under this word already.", field="papers", word=word)


def require_issuer(session: Session, actor: Actor, kind: Kind, office_id: str | None) -> PaperIssuer:
    """The right of the actor's own office to issue a kind. Raises NotTheIssuer."""
    found = session.get(PaperIssuer, (actor.office_id, kind.code)) if actor.office_id else None
    if found is None or (office_id is not None and office_id != actor.office_id):
        raise NotTheIssuer(
            f"{kind.zh} is issued by people of an office that an admin has named for it ({bodies()[kind.body]['zh']}).",
            kind=kind.code,
            body=kind.body,
        )
    return found


def document(issuer: PaperIssuer) -> dict[str, Any]:
    """A right to issue, as the API shows it."""
    return {"kind": issuer.kind, "word": issuer.word}

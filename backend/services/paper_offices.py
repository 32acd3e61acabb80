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
from backend.services.working_time import CHINA


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
    session: Session,
    actor: Actor,
    office_id: str,
    words: Mapping[str, str],
    now: datetime,
    first: Mapping[str, int] | None = None,
) -> Sequence[PaperIssuer]:
    """Say what an office issues from now on, each kind under its word; none takes the right away.

    `first`: of some kinds, the number with which this year's series begins; left out it stays as it was.
    Raises NotFound, InputInvalid, PaperNotOffered, AlreadyExists.
    """
    actor.require_role("admin")
    held = of_office(session, office_id)
    before = {each.kind: each.word for each in held}
    begins = {each.kind: (each.first_year, each.first_n) for each in held}
    for code, n in (first or {}).items():
        begins[code] = (_require_not_begun(session, office_id, code, n, now), n)
    found = [offered(code) for code in words]
    if len({kind.body for kind in found}) > 1:
        raise InputInvalid("An office issues the papers of one body only.", field="papers")
    for code, word in words.items():
        _require_free(session, office_id, code, word)
    if len(set(words.values())) != len(words):
        raise InputInvalid("Each kind of paper is numbered under a word of its own.", field="papers")
    session.execute(delete(PaperIssuer).where(PaperIssuer.office_id == office_id))
    session.flush()
    for code, word in words.items():
        year, begin = begins.get(code, (None, None))
        session.add(PaperIssuer(office_id=office_id, kind=code, word=word, first_year=year, first_n=begin))
    session.flush()
    audit.record(
        session,
        now,
        actor.user_id,
        "paper-issuer.assign",
        office_id,
        before=before,
        after=dict(words),
        first=dict(first or {}),
    )
    return of_office(session, office_id)


def _require_not_begun(session: Session, office_id: str, code: str, first: int, now: datetime) -> int:
    """This year, whose series has not begun yet, or has with the same number. Raises AlreadyExists."""
    year = now.astimezone(CHINA).year
    begun = session.scalar(
        select(IssuedPaper.first_n).where(
            IssuedPaper.office_id == office_id, IssuedPaper.kind == code, IssuedPaper.year == year, IssuedPaper.n == 1
        )
    )
    if begun not in (None, first):
        raise AlreadyExists(
            f"The series of {year} has begun already, with number {begun}.", field="papers", first_n=begun
        )
    return year


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
    return {"kind": issuer.kind, "word": issuer.word, "first_year": issuer.first_year, "first_n": issuer.first_n}

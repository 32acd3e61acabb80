"""Papers (公文): drafted, issued under a number for good, revoked with a reason.

A paper moves no finding: it says what the office says. Issued bytes are kept as they were and handed out as they are;
what a draft shows is made anew each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from backend.exports import docx_templates
from backend.exports.paper_kinds import lists
from backend.models import Finding, IssuedPaper, Office, Paper, PaperFinding, PaperRevocation
from backend.services import audit, finding_queries, finding_rights, pages, paper_offices, paper_templates, paper_words
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound
from backend.services.pages import Page, PageAsked
from backend.services.paper_errors import PaperSettled
from backend.services.rows import instant
from backend.services.site_register import RevisionStale
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore

MOST_FINDINGS = 100


def draft(session: Session, actor: Actor, paper_id: str, now: datetime, kind: str, said: Mapping[str, Any]) -> Paper:
    """Begin a paper of the actor's own office about findings that lie in the actor's area or with the office.

    Raises InputInvalid, PaperNotOffered, NotTheIssuer, NotFound.
    """
    found = paper_offices.offered(kind)
    issuer = paper_offices.require_issuer(session, actor, found, None)
    paper = Paper(
        id=paper_id,
        kind=kind,
        office_id=issuer.office_id,
        said={name: value for name, value in said.items() if name != "findings"},
        state="draft",
        rev=1,
        created_by=actor.user_id,
        created_at=now,
    )
    session.add(paper)
    session.flush()
    _name_findings(session, actor, paper, said["findings"])
    audit.record(session, now, actor.user_id, "paper.draft", paper.id, paper=kind)
    return paper


def change(session: Session, actor: Actor, paper_id: str, now: datetime, rev: int, said: Mapping[str, Any]) -> Paper:
    """Write a draft anew. Raises NotFound, NotTheIssuer, PaperSettled, RevisionStale, InputInvalid."""
    paper = _own_draft(session, actor, paper_id, now, rev)
    paper.said = {name: value for name, value in said.items() if name != "findings"}
    paper.rev += 1
    session.execute(delete(PaperFinding).where(PaperFinding.paper_id == paper.id))
    _name_findings(session, actor, paper, said["findings"])
    audit.record(session, now, actor.user_id, "paper.change", paper.id, rev=paper.rev)
    return paper


def discard(session: Session, actor: Actor, paper_id: str, now: datetime) -> None:
    """Throw a draft away, which no number was given to. Raises NotFound, NotTheIssuer, PaperSettled."""
    paper = _own_draft(session, actor, paper_id, now, None)
    session.execute(delete(PaperFinding).where(PaperFinding.paper_id == paper.id))
    session.delete(paper)
    audit.record(session, now, actor.user_id, "paper.discard", paper_id, paper=paper.kind)


def issue(session: Session, actor: Actor, paper_id: str, now: datetime, rev: int, signer: str) -> Paper:
    """Give a draft its number and keep its bytes. One that was issued already is given back as it is.

    Numbers are drawn under the counter's lock and only with the paper itself, so a series has no gaps.
    Raises NotFound, NotTheIssuer, PaperSettled, RevisionStale, InputInvalid, TemplateInvalid.
    """
    SqlStore(session, now).lock_counter()
    paper = _own(session, actor, paper_id)
    if paper.state == "issued":
        return paper
    _require_draft(paper, rev)
    kind = paper_offices.offered(paper.kind)
    for name in kind.needs:
        if not paper.said.get(name):
            raise InputInvalid(f"{kind.zh} cannot be issued without this.", field=name)
    issuer = paper_offices.require_issuer(session, actor, kind, paper.office_id)
    year = now.astimezone(CHINA).year
    last = _last_of_series(session, paper, year)
    n = (last.n if last else 0) + 1
    first = last.first_n if last else (issuer.first_n or 1) if issuer.first_year == year else 1
    number = f"{issuer.word}〔{year}〕{first + n - 1}号"
    template = paper_templates.in_force(session, paper.office_id, paper.kind)
    filled = _context(session, paper, number=number, signer=signer, date=paper_words.day(now))
    data = docx_templates.fill(template.data, filled, lists())
    session.add(
        IssuedPaper(
            paper_id=paper.id,
            office_id=paper.office_id,
            kind=paper.kind,
            year=year,
            n=n,
            previous_n=last.n if last else None,
            first_n=first,
            number=number,
            signer=signer,
            filled=filled,
            template_id=template.id,
            template_sha256=template.sha256,
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            by_id=actor.user_id,
            at=now,
        )
    )
    paper.state = "issued"
    paper.rev += 1
    session.flush()
    audit.record(session, now, actor.user_id, "paper.issue", paper.id, number=number, signer=signer)
    return paper


def _last_of_series(session: Session, paper: Paper, year: int) -> IssuedPaper | None:
    series = select(IssuedPaper).where(
        IssuedPaper.office_id == paper.office_id, IssuedPaper.kind == paper.kind, IssuedPaper.year == year
    )
    return session.scalars(series.order_by(IssuedPaper.n.desc()).limit(1)).first()


def revoke(session: Session, actor: Actor, paper_id: str, now: datetime, reason: str) -> Paper:
    """Revoke an issued paper; its bytes and its number stay.

    Raises NotFound, NotTheIssuer, PaperSettled, InputInvalid.
    """
    SqlStore(session, now).lock_counter()
    paper = _own(session, actor, paper_id)
    if paper.state != "issued":
        raise PaperSettled("Only an issued paper is revoked, and once.", state=paper.state)
    if not reason.strip():
        raise InputInvalid("Say why it is revoked.", field="reason")
    session.add(PaperRevocation(paper_id=paper.id, reason=reason, by_id=actor.user_id, at=now))
    paper.state = "revoked"
    paper.rev += 1
    session.flush()
    audit.record(session, now, actor.user_id, "paper.revoke", paper.id)
    return paper


def get(session: Session, actor: Actor, paper_id: str) -> Paper:
    """A paper of the own office; an issued one also for whoever may see all of its findings. Raises NotFound."""
    paper = session.get(Paper, paper_id)
    if paper is None or not _may_see(session, actor, paper):
        raise NotFound("There is no such paper, or you may not see it.")
    return paper


def page(
    session: Session, actor: Actor, asked: PageAsked, kind: str | None, state: str | None, finding_id: str | None
) -> Page[Paper]:
    """Papers of the own office (all, for an admin), the newest first; with a finding those about it.

    Raises NotFound for a finding that the actor may not see, PageCursorInvalid.
    """
    query = select(Paper)
    if finding_id is not None:
        finding_queries.one(session, actor, finding_id)
        query = query.where(Paper.id.in_(select(PaperFinding.paper_id).where(PaperFinding.finding_id == finding_id)))
    if actor.role != "admin":
        own = Paper.office_id == actor.office_id
        query = query.where(or_(own, Paper.state != "draft") if finding_id is not None else own)
    if kind is not None:
        query = query.where(Paper.kind == kind)
    if state is not None:
        query = query.where(Paper.state == state)
    found = pages.fetch(session, query, Paper.created_at, Paper.id, asked)
    seen = [paper for paper in found.rows if _may_see(session, actor, paper)]
    return Page(seen, found.next_cursor, found.total)


def data_of(session: Session, paper: Paper) -> bytes:
    """The bytes that were issued; of a draft a preview, unnumbered and marked on every page. Raises TemplateInvalid."""
    issued = session.get(IssuedPaper, paper.id)
    if issued is not None:
        return issued.data
    template = paper_templates.in_force(session, paper.office_id, paper.kind)
    context = _context(session, paper, number=paper_words.UNNUMBERED, signer="", date="")
    return docx_templates.fill(template.data, context, lists(), draft=paper_words.DRAFT)


def document(session: Session, paper: Paper) -> dict[str, Any]:
    """A paper as the API shows it."""
    issued, revoked = session.get(IssuedPaper, paper.id), session.get(PaperRevocation, paper.id)
    return {
        "id": paper.id,
        "kind": paper.kind,
        "office": paper.office_id,
        "state": paper.state,
        "rev": paper.rev,
        "said": paper.said,
        "findings": _finding_ids(session, paper),
        "created_by": paper.created_by,
        "created_at": instant(paper.created_at),
        "issued": issued and _issued(issued),
        "revoked": revoked and {"reason": revoked.reason, "by": revoked.by_id, "at": instant(revoked.at)},
    }


def _issued(issued: IssuedPaper) -> dict[str, Any]:
    return {
        "number": issued.number,
        "year": issued.year,
        "n": issued.first_n + issued.n - 1,
        "signer": issued.signer,
        "template": issued.template_id,
        "template_sha256": issued.template_sha256,
        "sha256": issued.sha256,
        "by": issued.by_id,
        "at": instant(issued.at),
    }


def _context(session: Session, paper: Paper, *, number: str, signer: str, date: str) -> dict[str, Any]:
    """All that a template may name."""
    office = session.get_one(Office, paper.office_id)
    ids = _finding_ids(session, paper)
    listed = paper_words.findings(session, ids)
    return {
        **paper_words.drafters(paper.said, office.phone),
        "number": number,
        "office": office.name,
        "signer": signer,
        "date": date,
        "count": str(len(listed)),
        "findings": listed,
        "attachments": [{"n": n, "name": name} for n, name in enumerate(paper.said.get("attachments") or (), start=1)],
    }


def _name_findings(session: Session, actor: Actor, paper: Paper, ids: Sequence[str]) -> None:
    wanted = list(dict.fromkeys(ids))
    for finding_id in wanted:
        finding = finding_queries.one(session, actor, finding_id)
        if not finding_rights.covers(actor, finding):
            raise InputInvalid("A finding lies outside your area.", field="findings", finding=finding_id)
    rows = [{"paper_id": paper.id, "finding_id": each, "n": n} for n, each in enumerate(wanted, start=1)]
    session.execute(insert(PaperFinding), rows)


def _finding_ids(session: Session, paper: Paper) -> list[str]:
    query = select(PaperFinding.finding_id).where(PaperFinding.paper_id == paper.id).order_by(PaperFinding.n)
    return list(session.scalars(query))


def _may_see(session: Session, actor: Actor, paper: Paper) -> bool:
    if actor.role == "admin" or paper.office_id == actor.office_id:
        return True
    if paper.state == "draft":
        return False
    named = select(PaperFinding.finding_id).where(PaperFinding.paper_id == paper.id)
    hidden = select(func.count()).select_from(Finding).where(Finding.id.in_(named), ~finding_queries.visible_to(actor))
    return session.scalar(hidden) == 0


def _own(session: Session, actor: Actor, paper_id: str) -> Paper:
    """A paper of the actor's own office, as it is now. Raises NotFound, NotTheIssuer."""
    paper = session.get(Paper, paper_id, populate_existing=True)
    if paper is None or not _may_see(session, actor, paper):
        raise NotFound("There is no such paper, or you may not see it.")
    paper_offices.require_issuer(session, actor, paper_offices.offered(paper.kind), paper.office_id)
    return paper


def _own_draft(session: Session, actor: Actor, paper_id: str, now: datetime, rev: int | None) -> Paper:
    SqlStore(session, now).lock_counter()
    paper = _own(session, actor, paper_id)
    _require_draft(paper, rev)
    return paper


def _require_draft(paper: Paper, rev: int | None) -> None:
    if paper.state != "draft":
        raise PaperSettled("This paper was issued; it can be revoked, and another one drafted.", state=paper.state)
    if rev is not None and paper.rev != rev:
        raise RevisionStale("Somebody changed this draft meanwhile; look at it again.", rev=paper.rev)

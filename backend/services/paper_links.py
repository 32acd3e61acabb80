"""The responsible units' links on paper: a sheet of QR codes that goes with an issued paper (整改通知书, 交办单).

Issued bytes never change and a token is kept as its hash alone, so no code stands in the paper itself: a sheet is made
anew each time it is asked for, with new links, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports import link_sheet
from backend.exports.link_sheet import Block
from backend.models import Finding, PaperFinding
from backend.services import audit, papers, qr, unit_links
from backend.services.actor import Actor
from backend.services.case_errors import StepNotYours
from backend.services.errors import InputInvalid
from backend.services.paper_errors import PaperSettled
from backend.services.unit_links import UnitLinkNotNow
from geo.local_time import local_time

MOST_OF_PROBLEM = 80
"""Characters of a finding's text that stand on the sheet, so that the unit sees which code is whose."""


def sheet(
    session: Session,
    actor: Actor,
    paper_id: str,
    address: Callable[[str], str],
    new_id: Callable[[], str],
    now: datetime,
) -> tuple[bytes, str]:
    """The sheet of an issued paper as a Word file, and the paper's number; `address` makes a link of a token.

    It has a new link for each finding of which the actor may make one now, which ends the one before; of the others
    it says why there is none. Raises NotFound, PaperSettled, and why there is none where there is none at all.
    """
    paper = papers.get(session, actor, paper_id)
    issued = papers.document(session, paper)["issued"]
    if paper.state != "issued" or issued is None:
        raise PaperSettled("QR codes go with a paper that is issued and not revoked.", state=paper.state)
    query = select(Finding).join(PaperFinding, PaperFinding.finding_id == Finding.id)
    found = session.scalars(query.where(PaperFinding.paper_id == paper_id).order_by(PaperFinding.n)).all()
    blocks = _blocks(session, actor, found, address, new_id, now)
    title = catalogue.label("zh-CN", "link_sheet", "title").format(number=issued["number"])
    made = sum(block.png is not None for block in blocks)
    audit.record(session, now, actor.user_id, "paper.links", paper_id, links=made)
    return link_sheet.write(title, blocks), issued["number"]


def _blocks(
    session: Session,
    actor: Actor,
    found: Sequence[Finding],
    address: Callable[[str], str],
    new_id: Callable[[], str],
    now: datetime,
) -> list[Block]:
    blocks = []
    why: Exception | None = None
    for finding in found:
        said = finding.description
        problem = said if len(said) <= MOST_OF_PROBLEM else f"{said[: MOST_OF_PROBLEM - 1]}…"
        try:
            with session.begin_nested():  # one that comes to nothing leaves the link before as it is
                link, token, until = unit_links.make(session, actor, finding.id, new_id(), None, now)
        except (StepNotYours, UnitLinkNotNow, InputInvalid) as error:
            why = error
            blocks.append(Block(finding.number, [problem, catalogue.label("zh-CN", "link_sheet", "none")]))
        else:
            term = catalogue.label("zh-CN", "link_sheet", "until").format(time=f"{local_time(until):%Y-%m-%d %H:%M}")
            blocks.append(Block(finding.number, [problem, link.name, term], qr.png(address(token))))
    if why is not None and all(block.png is None for block in blocks):
        raise why
    return blocks

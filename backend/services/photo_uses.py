"""Where bytes are used: each subject that shows a hash, in what roles, by whom, and what belongs together.

A matter is what one and the same photo may be used for as often as one likes: an inspection with the findings that it
made, a finding with its comments. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Comment, Finding, Mention, Photo

PAPERS = frozenset({"document", "signature"})


@dataclass(slots=True)
class Use:
    """One subject showing one hash. `first_at`: when the server first heard of it. `photos`: the records of it."""

    sha256: str
    subject_type: str
    subject_id: str
    first_at: datetime
    author_id: str
    roles: set[str]
    matter: tuple[str, str] = ("", "")
    photos: list[Photo] = field(default_factory=list)

    @property
    def subject(self) -> tuple[str, str]:
        return self.subject_type, self.subject_id

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Earlier uses first; the same for whoever asks."""
        return self.first_at, self.subject_id, self.sha256

    @property
    def is_paper(self) -> bool:
        """Forms and signatures look alike by their nature."""
        return self.roles <= PAPERS


def of(session: Session, hashes: Collection[str]) -> list[Use]:
    """All uses of some hashes, earlier ones first."""
    found: dict[tuple[str, str, str], Use] = {}
    named = session.scalars(select(Mention).where(Mention.sha256.in_(hashes)))
    for each in sorted(named, key=lambda one: (one.named_at, one.stream_id)):
        key = (each.sha256, each.subject_type, each.subject_id)
        use = found.setdefault(key, Use(*key, each.named_at, each.author_id, set()))
        use.roles.add(each.role)
    records = session.scalars(select(Photo).where(Photo.sha256.in_(hashes)).order_by(Photo.received_at, Photo.id))
    for photo in records:
        key = (photo.sha256, photo.subject_type, photo.subject_id)
        use = found.setdefault(key, Use(*key, photo.received_at, photo.author_id, set()))
        use.roles.add(photo.role)
        use.photos.append(photo)
    _give_matters(session, found.values())
    return sorted(found.values(), key=lambda use: use.order)


def _give_matters(session: Session, uses: Iterable[Use]) -> None:
    kept = list(uses)
    comments = {use.subject_id for use in kept if use.subject_type == "comment"}
    of_comment = {}
    if comments:
        query = select(Comment.id, Comment.finding_id).where(Comment.id.in_(comments))
        of_comment = {row.id: row.finding_id for row in session.execute(query)}
    findings = {use.subject_id for use in kept if use.subject_type == "finding"} | set(of_comment.values())
    inspections: dict[str, str | None] = {}
    if findings:
        found = select(Finding.id, Finding.inspection_id).where(Finding.id.in_(findings))
        inspections = {row.id: row.inspection_id for row in session.execute(found)}
    for use in kept:
        kind, id = use.subject
        if kind == "comment" and id in of_comment:
            kind, id = "finding", of_comment[id]
        if kind == "finding" and (inspection := inspections.get(id)) is not None:
            kind, id = "inspection", inspection
        use.matter = (kind, id)

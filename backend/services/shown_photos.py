"""The photos that a row shows: for rows that this transaction made from its notes, for any other from the database.

Nothing is stored of a hash that the database has never heard of, and a subject of which it has never heard shows what
this transaction said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from backend import foreknowledge
from backend.models import Photo
from backend.services import rows, under_way

Subject = tuple[str, str]


def recorded(session: Session, photo: Photo) -> None:
    """Note a new photo record."""
    key = ("photos of", photo.subject_type, photo.subject_id)
    under_way.note(session, key, (*(under_way.noted(session, key) or ()), photo))


def named(session: Session, subject: Subject, stream: str, hashes: Iterable[str], role: str) -> None:
    """Note hashes that an op named for a subject; what was named before stands."""
    key = ("named for", *subject)
    before = under_way.noted(session, key) or {}
    new = {(sha256, stream): role for sha256 in hashes}
    if new:
        under_way.note(session, key, {**new, **before})


def records(session: Session, subject: Subject) -> Sequence[Photo] | None:
    """The photo records of a subject that the database has never heard of; None for any other."""
    if not foreknowledge.is_stranger(session, subject[1]):
        return None
    found: Sequence[Photo] = under_way.noted(session, ("photos of", *subject)) or ()
    return found


def of(session: Session, subject: Subject) -> list[rows.Document]:
    """As `rows.photos_of`, for one subject."""
    known = records(session, subject)
    if known is None:
        return rows.photos_of(session, subject[0], [subject[1]])[subject[1]]
    mentioned: dict[tuple[str, str], str] = under_way.noted(session, ("named for", *subject)) or {}
    hashes = {photo.sha256 for photo in known}
    if not foreknowledge.all_strangers(session, hashes | {sha256 for sha256, _ in mentioned}):
        return rows.photos_of(session, subject[0], [subject[1]])[subject[1]]
    in_order = sorted(known, key=lambda photo: (photo.captured_at, photo.id))
    said: list[tuple[str | None, str, str]] = [(photo.id, photo.sha256, photo.role) for photo in in_order]
    for (sha256, _), role in sorted(mentioned.items()):
        if sha256 not in hashes:
            hashes.add(sha256)
            said.append((None, sha256, rows.shown_role(role)))
    return [{"id": id, "sha256": sha256, "role": role, "stored": False} for id, sha256, role in said]

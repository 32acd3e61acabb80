"""Publishing: each kind of row rendered anew and entered in the scopes where it belongs.

One place says which scopes a row is in; the counter must be locked by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.extensions import Base
from backend.models import Comment, Conflict, Finding, FirePoint, Inspection, Patrol, Site
from backend.services import cells, fire_points, patrol_rows, rows, shown_photos, under_way, units
from backend.services.authors import shown_name
from backend.sync_store import SqlStore
from sync.store import Row

SOME = 400  # rows rendered by one set of statements


def finding(session: Session, store: SqlStore, row: Finding) -> int:
    session.flush()
    photos = shown_photos.of(session, ("finding", row.id))
    author = shown_name(session, row.author_id)
    scopes = _kept(session, ("finding", row.id), finding_scopes(row))
    return store.publish(Row("finding", row.id, row.rev, rows.finding_document(row, photos, author), scopes))


def many_findings(session: Session, store: SqlStore, found: Sequence[Finding]) -> None:
    """`finding` for many, in a few statements."""
    _many(session, store, "finding", found, _finding_documents, finding_scopes)


def _finding_documents(session: Session, found: Sequence[Finding]) -> list[rows.Document]:
    photos = rows.photos_of(session, "finding", [row.id for row in found])
    return [rows.finding_document(row, photos[row.id], shown_name(session, row.author_id)) for row in found]


def _kept(session: Session, subject: tuple[str, str], scopes: frozenset[str]) -> frozenset[str]:
    """The scopes, after lists were told of the units among them."""
    units.keep(session, subject, _units_among(scopes))
    return scopes


def _units_among(scopes: frozenset[str]) -> list[str]:
    return [scope.removeprefix("unit:") for scope in scopes if scope.startswith("unit:")]


def finding_scopes(row: Finding) -> frozenset[str]:
    """A finding is under its cell and each ancestor, in its management units, with its author, and with every office
    that was given it."""
    offices = {f"office:{office}" for office in row.case.offices} if row.case else set()
    inside = units.scopes(units.of(row.cell_code, row.lon, row.lat, row.found_at))
    return frozenset(cells.scopes(row.cell_code) | inside | {f"user:{row.author_id}"} | offices)


def inspection(session: Session, store: SqlStore, row: Inspection) -> int:
    session.flush()
    found = under_way.noted(session, ("findings of", row.id))
    if found is None:
        found = session.scalars(
            select(Finding.id).where(Finding.inspection_id == row.id).order_by(Finding.number)
        ).all()
    author = shown_name(session, row.author_id)
    document = rows.inspection_document(row, found, author)
    scopes = _kept(session, ("inspection", row.id), inspection_scopes(row))
    return store.publish(Row("inspection", row.id, row.rev, document, scopes))


def many_inspections(session: Session, store: SqlStore, found: Sequence[Inspection]) -> None:
    """`inspection` for many, in a few statements."""
    _many(session, store, "inspection", found, _inspection_documents, inspection_scopes)


def _inspection_documents(session: Session, found: Sequence[Inspection]) -> list[rows.Document]:
    became: dict[str | None, list[str]] = {}
    of_these = Finding.inspection_id.in_([row.id for row in found])
    query = select(Finding.inspection_id, Finding.id).where(of_these).order_by(Finding.number)
    for inspection_id, finding_id in session.execute(query):
        became.setdefault(inspection_id, []).append(finding_id)
    return [rows.inspection_document(row, became.get(row.id, ()), shown_name(session, row.author_id)) for row in found]


def inspection_scopes(row: Inspection) -> frozenset[str]:
    inside = units.scopes(units.of(row.cell_code, row.lon, row.lat, row.started_at))
    return frozenset(cells.scopes(row.cell_code) | inside | {f"user:{row.author_id}"})


def comment(session: Session, store: SqlStore, row: Comment) -> int:
    """A comment is where its finding is."""
    session.flush()
    photos = shown_photos.of(session, ("comment", row.id))
    author = shown_name(session, row.author_id)
    subject = session.get_one(Finding, row.finding_id)
    scopes = finding_scopes(subject) | {f"user:{row.author_id}"}
    return store.publish(Row("comment", row.id, row.rev, rows.comment_document(row, photos, author), scopes))


def conflict(session: Session, store: SqlStore, row: Conflict) -> int:
    """A conflict is where its subject is, and with whoever lost."""
    session.flush()
    author = shown_name(session, row.author_id)
    if row.row_type == "fire_point":
        scopes = fire_point_scopes(session.get_one(FirePoint, row.row_id)) | {f"user:{row.author_id}"}
    else:
        scopes = finding_scopes(session.get_one(Finding, row.row_id)) | {f"user:{row.author_id}"}
    return store.publish(Row("conflict", row.id, row.rev, rows.conflict_document(row, author), scopes))


def finding_and_what_hangs_on_it(session: Session, store: SqlStore, row: Finding) -> None:
    """A finding that may have moved, with its comments and conflicts, which are where it is."""
    findings_and_what_hangs_on_them(session, store, [row])


def findings_and_what_hangs_on_them(session: Session, store: SqlStore, found: Sequence[Finding]) -> None:
    """The same of many."""
    many_findings(session, store, found)
    ids = [row.id for row in found]
    comments = select(Comment).where(Comment.finding_id.in_(ids)).order_by(Comment.id)
    for one in session.scalars(comments).all():
        comment(session, store, one)
    about = select(Conflict).where(Conflict.row_type == "finding", Conflict.row_id.in_(ids)).order_by(Conflict.id)
    for each in session.scalars(about).all():
        conflict(session, store, each)


def site(session: Session, store: SqlStore, row: Site) -> int:
    session.flush()
    document = rows.site_documents(session, [row])[0]
    scopes = _kept(session, ("site", row.id), site_scopes(row))
    return store.publish(Row("site", row.id, row.rev, document, scopes))


def many_sites(session: Session, store: SqlStore, found: Sequence[Site]) -> None:
    """`site` for a table's rows, in a few statements."""
    _many(session, store, "site", found, rows.site_documents, site_scopes)


def site_scopes(row: Site) -> frozenset[str]:
    """A site is under its cell and each ancestor, and with whoever proposed it."""
    inside = units.scopes(units.of(row.cell_code, row.lon, row.lat, None))
    return frozenset(cells.scopes(row.cell_code) | inside | ({f"user:{row.author_id}"} if row.author_id else set()))


def fire_point(session: Session, store: SqlStore, row: FirePoint) -> int:
    session.flush()
    scopes = _kept(session, ("fire_point", row.id), fire_point_scopes(row))
    return store.publish(Row("fire_point", row.id, row.rev, fire_points.document(session, row), scopes))


def many_fire_points(session: Session, store: SqlStore, found: Sequence[FirePoint]) -> None:
    """`fire_point` for a file's rows, in a few statements."""
    _many(session, store, "fire_point", found, fire_points.documents, fire_point_scopes)


def fire_point_scopes(row: FirePoint) -> frozenset[str]:
    """A fire point is under its cell and each ancestor, with who reported it, and with whoever is sent there."""
    people = {f"user:{user}" for user in (row.reporter_id, row.assignee_id) if user is not None}
    inside = units.scopes(units.of(row.cell_code, row.lon, row.lat, row.first_at))
    return frozenset(cells.scopes(row.cell_code) | inside | people)


def _many(
    session: Session,
    store: SqlStore,
    kind: str,
    found: Sequence[Any],
    documents: Callable[[Session, Sequence[Any]], list[rows.Document]],
    scopes_of: Callable[[Any], frozenset[str]],
) -> None:
    """Everything is read before the first is written, so that a transaction in a hurry writes all of them together."""
    session.flush()
    shown: list[rows.Document] = []
    for start in range(0, len(found), SOME):
        shown += documents(session, found[start : start + SOME])
    scopes = {row.id: scopes_of(row) for row in found}
    units.keep_many(session, kind, {row_id: _units_among(each) for row_id, each in scopes.items()})
    store.look_up(kind, list(scopes))
    for row, document in zip(found, shown, strict=True):
        store.publish(Row(kind, row.id, row.rev, document, scopes[row.id]))


def patrol(session: Session, store: SqlStore, row: Patrol) -> int:
    session.flush()
    document = patrol_rows.document(session, row)
    return store.publish(Row("patrol", row.id, row.rev, document, patrol_rows.scopes_of(row)))


_BY_TYPE: dict[str, tuple[type[Base], Callable[..., int]]] = {
    "finding": (Finding, finding),
    "inspection": (Inspection, inspection),
    "comment": (Comment, comment),
    "site": (Site, site),
    "fire_point": (FirePoint, fire_point),
    "patrol": (Patrol, patrol),
}


def republish(session: Session, store: SqlStore, subject: tuple[str, str]) -> None:
    """Publish a subject again after something that it shows changed; one that has not arrived is left."""
    kind = _BY_TYPE.get(subject[0])
    row = under_way.find(session, kind[0], subject[1]) if kind else None
    if kind is not None and row is not None:
        kind[1](session, store, row)

"""Fingerprints kept, and pictures like one found by them: by index, so that it hardly matters how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend import fingerprints
from backend.fingerprints import Detail, Fingerprint, Likeness, Sketch
from backend.models import PhotoPrint, PhotoSketch

MOST_CANDIDATES = 50
_WHOLE = 0


def keep(session: Session, sha256: str, fingerprint: Fingerprint) -> None:
    """Store a fingerprint; one that is there stays."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    sketch = {"sha256": sha256, **fingerprint.sketch._asdict()}
    session.execute(dialect.insert(PhotoSketch).on_conflict_do_nothing(), [sketch])
    rows = [_row(sha256, n, detail) for n, detail in _hashes(fingerprint)]
    if rows:
        session.execute(dialect.insert(PhotoPrint).on_conflict_do_nothing(), rows)


def kept(session: Session, hashes: Collection[str]) -> dict[str, Fingerprint]:
    """The fingerprints that are stored of some bytes."""
    prints: dict[str, dict[int, Detail]] = defaultdict(dict)
    for row in session.scalars(select(PhotoPrint).where(PhotoPrint.sha256.in_(hashes))):
        hash = fingerprints.joined((row.first, row.second, row.third))
        prints[row.sha256][row.n] = Detail(hash, row.x, row.y, row.r)
    found = {}
    for sketch in session.scalars(select(PhotoSketch).where(PhotoSketch.sha256.in_(hashes))):
        details = prints[sketch.sha256]
        whole = details.pop(_WHOLE, None)
        found[sketch.sha256] = Fingerprint(
            None if whole is None else whole.hash,
            tuple(details[n] for n in sorted(details)),
            Sketch(sketch.width, sketch.height, sketch.grey),
        )
    return found


def similar(session: Session, sha256: str, fingerprint: Fingerprint) -> dict[str, Likeness]:
    """Other bytes that show the same picture, or a part of it, or of which this one is a part."""
    candidates = _candidates(session, sha256, fingerprint)
    found = {}
    for other, its in kept(session, candidates).items():
        likeness = fingerprints.likeness(fingerprint, its)
        if likeness is not None:
            found[other] = likeness
    return found


def _candidates(session: Session, sha256: str, fingerprint: Fingerprint) -> list[str]:
    """Those that share the most hashes, each within NEAR_BITS; a whole is compared with wholes alone."""
    own = [(n == _WHOLE, detail.hash) for n, detail in _hashes(fingerprint)]
    votes: dict[str, int] = defaultdict(int)
    for other, n, hash in near(session, [hash for _, hash in own]):
        if other != sha256 and any(
            (n == _WHOLE) == whole and (hash ^ mine).bit_count() <= fingerprints.NEAR_BITS for whole, mine in own
        ):
            votes[other] += 1
    return sorted(votes, key=lambda each: (-votes[each], each))[:MOST_CANDIDATES]


def near(session: Session, hashes: Collection[int]) -> Iterator[tuple[str, int, int]]:
    """Stored hashes (bytes, number, hash) that share a band, but for a bit, with one of these: all within NEAR_BITS."""
    columns = (PhotoPrint.first, PhotoPrint.second, PhotoPrint.third)
    seen = set()
    for index, column in enumerate(columns):
        wanted = {near for hash in hashes for near in fingerprints.neighbours(fingerprints.bands(hash)[index])}
        query = select(PhotoPrint.sha256, PhotoPrint.n, *columns).where(column.in_(sorted(wanted)))
        for row in session.execute(query):
            if (row.sha256, row.n) not in seen:
                seen.add((row.sha256, row.n))
                yield row.sha256, row.n, fingerprints.joined((row.first, row.second, row.third))


def _hashes(fingerprint: Fingerprint) -> Iterator[tuple[int, Detail]]:
    if fingerprint.whole is not None:
        yield _WHOLE, Detail(fingerprint.whole, 0.0, 0.0, 0.0)
    yield from enumerate(fingerprint.details, _WHOLE + 1)


def _row(sha256: str, n: int, detail: Detail) -> dict[str, object]:
    first, second, third = fingerprints.bands(detail.hash)
    place = {"x": detail.x, "y": detail.y, "r": detail.r}
    return {"sha256": sha256, "n": n, "first": first, "second": second, "third": third, **place}

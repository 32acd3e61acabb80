"""Fingerprints kept, and pictures like one found by them: by index, so that it hardly matters how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend import fingerprints
from backend.fingerprints import Detail, Fingerprint, Likeness, Sketch
from backend.models import PhotoPrint, PhotoSketch

MOST_CANDIDATES = 50
_WHOLE = 0
_BANDS = (PhotoPrint.first, PhotoPrint.second, PhotoPrint.third)
_WANTED = bindparam("wanted", type_=Integer, expanding=True, literal_execute=True)  # hundreds of numbers: as text
_BY_BAND = [select(PhotoPrint.sha256, PhotoPrint.n, *_BANDS).where(column.in_(_WANTED)) for column in _BANDS]


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
    """Those that share the most hashes; a whole is compared with wholes alone."""
    own = list(_hashes(fingerprint))
    votes: dict[str, int] = defaultdict(int)
    for other, n, index in near(session, [detail.hash for _, detail in own]):
        if other != sha256 and (n == _WHOLE) == (own[index][0] == _WHOLE):
            votes[other] += 1
    return sorted(votes, key=lambda each: (-votes[each], each))[:MOST_CANDIDATES]


def near(session: Session, hashes: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """All stored hashes within NEAR_BITS of one of these: whose bytes, their number, and the index of that one.

    Asks for what shares a band but for a bit, and compares that.
    """
    found: dict[tuple[str, int], int] = {}
    for index, query in enumerate(_BY_BAND):
        wanted = {near for hash in hashes for near in fingerprints.neighbours(fingerprints.bands(hash)[index])}
        for sha256, n, first, second, third in session.execute(query, {"wanted": sorted(wanted)}):
            found[sha256, n] = fingerprints.joined((first, second, third))
    keys = list(found)
    apart = np.bitwise_xor.outer(np.array(list(found.values()), np.uint64), np.array(hashes, np.uint64))
    for row, index in np.argwhere(np.bitwise_count(apart) <= fingerprints.NEAR_BITS).tolist():
        yield *keys[row], index


def _hashes(fingerprint: Fingerprint) -> Iterator[tuple[int, Detail]]:
    if fingerprint.whole is not None:
        yield _WHOLE, Detail(fingerprint.whole, 0.0, 0.0, 0.0)
    yield from enumerate(fingerprint.details, _WHOLE + 1)


def _row(sha256: str, n: int, detail: Detail) -> dict[str, object]:
    first, second, third = fingerprints.bands(detail.hash)
    place = {"x": detail.x, "y": detail.y, "r": detail.r}
    return {"sha256": sha256, "n": n, "first": first, "second": second, "third": third, **place}

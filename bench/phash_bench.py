"""Looking for a picture among 100,000, as a ratio to a bare numpy scan (XOR, popcount) of the same hashes in memory.

    python -m bench.phash_bench [--hashes 100000] [--lookups 100000] [--database sqlite] [--json FILE]

One look-up finds all hashes that differ in at most five bits. Ours asks the database by three indexed bands and their
one-bit neighbours, a picture's 17 hashes at a time as a look does; the scan has everything in memory, and reads all of
it each time. Both must find the same, every planted match among it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from sqlalchemy import func, insert, select, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from backend.extensions import db
from backend.fingerprints import BITS, DETAILS, NEAR_BITS, bands
from backend.models import PhotoPrint
from backend.services import photo_prints
from backend.transactions import reading, writing
from bench.installation import DATABASES, installation

TOGETHER = DETAILS + 1
PLANTED = 10
"""One look-up in ten is of a hash that is there but for up to five bits."""


def hashes(random: np.random.Generator, count: int) -> np.ndarray:
    """Hashes as pictures give them: half of the 63 bits are set, since each is told from the median."""
    ranks = random.random((count, BITS)).argsort(1)
    bits = np.concatenate([np.zeros((count, 1), bool), ranks < BITS // 2], 1)
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def asked(random: np.random.Generator, stored: np.ndarray, count: int) -> np.ndarray:
    """What is looked for: every tenth is a stored one with up to five bits turned."""
    wanted = hashes(random, count)
    for index in range(0, count, PLANTED):
        flips = random.choice(BITS, random.integers(0, NEAR_BITS + 1), replace=False)
        wanted[index] = stored[random.integers(0, len(stored))] ^ np.uint64(sum(1 << int(bit) for bit in flips))
    return wanted


def fill(stored: np.ndarray) -> None:
    """The hashes as rows, 17 a picture."""
    for start in range(0, len(stored), 10_000):
        rows = []
        for index, hash in enumerate(stored[start : start + 10_000].tolist(), start):
            first, second, third = bands(hash)
            row = {"sha256": f"{index // TOGETHER:064x}", "n": index % TOGETHER, "x": 0.0, "y": 0.0, "r": 0.0}
            rows.append({**row, "first": first, "second": second, "third": third})
        with writing() as session:
            session.execute(insert(PhotoPrint), rows)
    with writing() as session:
        session.execute(text("ANALYZE"))  # as the databases do by themselves in time


def ours(wanted: np.ndarray) -> tuple[float, int]:
    """Seconds, and how many pairs were found."""
    found = 0
    start = perf_counter()
    with reading() as session:
        for first in range(0, len(wanted), TOGETHER):
            together = [int(hash) for hash in wanted[first : first + TOGETHER]]
            found += sum(1 for _ in photo_prints.near(session, together))
    return perf_counter() - start, found


def bare(stored: np.ndarray, wanted: np.ndarray) -> tuple[float, int]:
    found = 0
    start = perf_counter()
    for hash in wanted:
        found += int((np.bitwise_count(stored ^ hash) <= NEAR_BITS).sum())
    return perf_counter() - start, found


def measure(count: int, lookups: int, database: str) -> dict[str, object]:
    random = np.random.default_rng(7)
    stored = hashes(random, count)
    wanted = asked(random, stored, lookups)
    with installation(database) as place, place.app.app_context():
        fill(stored)
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(PhotoPrint)) == count
        our_s, our_found = ours(wanted)
        db.session.remove()
    bare_s, bare_found = bare(stored, wanted)
    assert our_found == bare_found >= lookups // PLANTED, (our_found, bare_found)
    return {
        "bench": "phash",
        "reference": "numpy XOR and popcount over all hashes in memory",
        "database": database,
        "hashes": count,
        "lookups": lookups,
        "found": our_found,
        "ours_us": round(our_s / lookups * 1e6, 1),
        "reference_us": round(bare_s / lookups * 1e6, 1),
        "ratio": round(our_s / bare_s, 3),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hashes", default="100000")
    parser.add_argument("--lookups", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite", choices=DATABASES)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    rows = [measure(int(count), chosen.lookups, chosen.database) for count in chosen.hashes.split(",")]
    for row in rows:
        print(
            f"{row['lookups']} look-ups among {row['hashes']} hashes on {row['database']}: {row['ours_us']} µs each, "
            f"numpy scan {row['reference_us']} µs, ratio {row['ratio']}; {row['found']} pairs found by both"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

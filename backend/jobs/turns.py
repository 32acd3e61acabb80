"""Bulk work takes turns with phones: between two commits it rests, so that whoever waits for the lock gets it.

SQLite wakes nobody who waits for its lock, each looks again after up to 100 ms: work that takes the lock again at once
keeps it for good, and a phone's push waited 16 s for 3,000 findings to be placed anew. PostgreSQL has a queue, and the
rest is what keeps half of the time for phones there too.
"""

from __future__ import annotations

import time

SHORT_S = 0.02  # what takes no longer than this is the last of a job, or all of it
LEAST_S = 0.12  # longer than SQLite's longest sleep between two looks


def rest_s(worked_s: float) -> float:
    """How long to rest after a commit that took so long: as long again, and long enough to be noticed."""
    return 0.0 if worked_s < SHORT_S else max(worked_s, LEAST_S)


def rest(worked_s: float) -> None:
    """Let others have the lock."""
    time.sleep(rest_s(worked_s))

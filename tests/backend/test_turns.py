"""Bulk work leaves the database's lock to others between its commits."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from backend.jobs import turns

ROUNDS = 20


def test_whoever_waits_for_sqlites_lock_gets_it_between_two_commits(tmp_path: Path) -> None:
    """Without the rest all the rounds go by first: SQLite wakes nobody."""
    file = tmp_path / "one.sqlite3"
    bulk = sqlite3.connect(file, isolation_level=None)
    bulk.execute("PRAGMA journal_mode=WAL")
    held, served = threading.Event(), threading.Event()

    def phone() -> None:
        connection = sqlite3.connect(file, isolation_level=None, timeout=60)
        held.wait()
        connection.execute("BEGIN IMMEDIATE")
        served.set()
        connection.execute("COMMIT")
        connection.close()

    waiting = threading.Thread(target=phone)
    waiting.start()
    rounds = 0
    while not served.is_set() and rounds < ROUNDS:
        rounds += 1
        begun = perf_counter()
        bulk.execute("BEGIN IMMEDIATE")
        held.set()
        while perf_counter() - begun < 2 * turns.SHORT_S:
            sum(range(1000))
        bulk.execute("COMMIT")
        turns.rest(perf_counter() - begun)
    waiting.join()
    bulk.close()
    assert rounds < ROUNDS


@given(st.floats(0, 100))
def test_bulk_work_has_half_of_the_time_at_most(worked: float) -> None:
    assert turns.rest_s(worked) >= worked or worked < turns.SHORT_S

"""Cursors: opaque, small, and nobody's garbage crashes the server."""

from __future__ import annotations

import base64
import contextlib
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import CursorExpired, CursorInvalid, EpochChanged
from sync.memory_store import MemoryDatabase
from sync.pull import Cursor, pull, read_cursor
from sync.store import Row

EPOCH = "0b0f5a0e-9d4b-4c53-9c0e-5f8a3e1f7a11"


@given(st.dictionaries(st.text(max_size=20), st.integers(0, 2**62 - 1), max_size=20), st.integers(0, 2**62 - 1))
def test_a_cursor_comes_back_as_it_went(positions: dict[str, int], since: int) -> None:
    assert read_cursor(Cursor(EPOCH, positions, since).encode()) == Cursor(EPOCH, positions, since)


@pytest.mark.parametrize("distinct", [1, 2, 8, 66])
def test_a_cursor_of_64_villages_stays_under_2_kib_even_when_all_positions_differ(distinct: int) -> None:
    """Guards the packing: as plain JSON the worst case has 2.9 KiB."""
    chance = random.Random(1)
    codes = [f"area:4502{chance.randrange(10**8):08d}" for _ in range(64)]
    scopes = ["global", f"user:{EPOCH}", *codes]
    positions = {scope: 10**10 + chance.randrange(10**9) if i < distinct else 7 for i, scope in enumerate(scopes)}
    assert len(Cursor(EPOCH, positions, 10**10).encode()) < 2048


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(raw)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "%%%",
        "é",
        "A" * 5000,
        packed(b"[]"),
        packed(b"{}"),
        packed(b'["e", 0, 1, ["a"], {"b": -1}]'),
        packed(b'["e", 0, true, ["a"], {}]'),
        packed(b'["e", 0, 1.5, ["a"], {}]'),
        packed(b'[1, 0, 1, ["a"], {}]'),
        packed(b'["e", 0, 1, null, {}]'),
        packed(b'["e", 0, 1, [], []]'),
        packed(b'["e", null, 1, ["a"], {}]'),
        packed(b'["e", -1, 1, ["a"], {}]'),
        packed(b'["e", 1, ["a"], {}]'),
        packed(b"[" * 9000),
        packed(b" " * 1_000_000),
        packed(b'["e", 0, 1, [], {}]')[:-4],
    ],
)
def test_garbage_is_an_invalid_cursor(text: str) -> None:
    with pytest.raises(CursorInvalid):
        read_cursor(text)


@given(st.text(max_size=50))
def test_no_text_crashes_the_reader(text: str) -> None:
    with contextlib.suppress(CursorInvalid):
        read_cursor(text)


def at(position: int, epoch: str = "e1", since: int | None = None) -> Cursor:
    return Cursor(epoch, {"global": position}, position if since is None else since)


def test_another_epoch_an_old_and_a_future_position_are_told_apart() -> None:
    database = MemoryDatabase()
    database.tables.counter, database.tombstone_floor = 100, 50
    with database.transaction() as store:
        with pytest.raises(EpochChanged):
            pull(store, ["global"], at(60, "other"), 10, 1000)
        with pytest.raises(CursorExpired):
            pull(store, ["global"], at(49), 10, 1000)
        with pytest.raises(CursorInvalid):
            pull(store, ["global"], at(101), 10, 1000)
        with pytest.raises(CursorInvalid):
            pull(store, ["global"], at(60, since=101), 10, 1000)
        assert pull(store, ["global"], at(50), 10, 1000).complete
        assert pull(store, ["global"], at(0), 10, 1000).complete  # a position of 0 never expires


def test_a_pull_from_the_start_does_not_expire_on_its_way_through_rows_older_than_the_tombstones_kept() -> None:
    """Guards `since`: by its positions alone the second page's cursor would be older than anything that is kept."""
    database = MemoryDatabase()
    with database.transaction() as store:
        store.lock_counter()
        for i in range(3):
            store.publish(Row("row", str(i), 1, {}, frozenset({"global"})))
    database.tables.counter = database.tombstone_floor = 100
    with database.transaction() as store:
        first = pull(store, ["global"], None, 1, 1000)
        second = pull(store, ["global"], read_cursor(first.cursor), 1, 1000)
        assert [key.id for key in (*first.entries, *second.entries)] == ["0", "1"]
        database.tables.counter = database.tombstone_floor = 101
        with pytest.raises(CursorExpired):  # but what left meanwhile may be forgotten by now
            pull(store, ["global"], read_cursor(second.cursor), 1, 1000)

"""Pages: whatever was published arrives, whatever the page size, and no page ends inside a `seq`."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync import digest
from sync.device_ports import Json, MemoryStorage
from sync.errors import CursorExpired
from sync.memory_store import MemoryDatabase
from sync.mirror import Mirror
from sync.pull import Page, entry_json, pull, read_cursor
from sync.store import Row

SCOPES = ["global", "user:w", "area:1", "area:2", "area:3"]
SCOPE_SETS = st.frozensets(st.sampled_from(SCOPES), min_size=1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 6), SCOPE_SETS),
        st.tuples(st.just("withdraw"), st.integers(0, 6)),
        st.tuples(st.just("pull"), st.integers(1, 4), st.integers(1, 700)),
        st.tuples(st.just("see"), SCOPE_SETS),
    ),
    max_size=40,
)
SEEN = frozenset(SCOPES[:1])
LITTLE = st.one_of(  # so few rows and such small pages that a page, a withdrawal and a purge often meet
    st.tuples(st.just("publish"), st.integers(0, 2), st.sampled_from([SEEN, frozenset(SCOPES[:2])])),
    st.tuples(st.just("withdraw"), st.integers(0, 2)),
    st.tuples(st.just("pull"), st.just(1), st.just(700)),
    st.tuples(st.just("see"), st.sampled_from([SEEN, frozenset(SCOPES[:2])])),
    st.tuples(st.just("purge"), st.integers(0, 2)),
)


def as_wire(page: Page) -> Json:
    digests = page.digests and {scope: {"n": n, "x": x.hex()} for scope, (n, x) in page.digests.items()}
    return {
        "cursor": page.cursor,
        "complete": page.complete,
        "scopes": {"added": page.added, "removed": page.removed},
        "entries": [entry_json(key, page.rows) for key in page.entries],
        "digests": digests,
    }


class Puller:
    """A device's mirror against a server in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database
        self.storage = MemoryStorage()
        self.mirror = Mirror(self.storage)
        self.cursor: str | None = None
        self.expired = 0
        self.sees = frozenset(SCOPES[:3])

    def page(self, limit: int, most_bytes: int) -> Json:
        with self.database.transaction() as store:
            read = read_cursor(self.cursor) if self.cursor else None
            try:
                page = pull(store, self.sees, read, limit, most_bytes)
            except CursorExpired:
                self.expired += 1
                self.cursor = read = None
                self.storage.write(self.mirror.clearing())
                page = pull(store, self.sees, None, limit, most_bytes)
        seqs = [key.seq for key in page.entries]
        assert seqs == sorted(seqs)
        whole = {
            (entry.scope, entry.seq)
            for entry in self.database.tables.entries.values()
            if seqs and entry.seq == seqs[-1] and entry.scope in self.sees
        }
        positions = read.positions if read else {}
        whole = {(scope, seq) for scope, seq in whole if positions.get(scope, 0) < seq}
        assert {(key.scope, key.seq) for key in page.entries if key.seq == (seqs or [0])[-1]} >= {
            pair for pair in whole if positions.get(pair[0], 0) > 0
        }
        wire = as_wire(page)
        self.storage.write(self.mirror.changes(wire))
        self.cursor = page.cursor
        return wire

    def all_of_it(self, limit: int = 3) -> Json:
        for _ in range(1000):
            wire = self.page(limit, 10**6)
            if wire["complete"]:
                return wire
        raise AssertionError("pages never end")


def purge(database: MemoryDatabase, upto: int) -> None:
    """What a server does with tombstones that are old enough: the floor and the entries in one transaction."""
    kept = {key: entry for key, entry in database.tables.entries.items() if entry.kind == "put" or entry.seq > upto}
    database.tables.entries = kept
    database.tombstone_floor = max(database.tombstone_floor, upto)


def expected(database: MemoryDatabase, sees: frozenset[str]) -> dict[str, dict[str, int]]:
    """By row, the `seq` in each scope seen: counted from the entries, one by one."""
    rows: dict[str, dict[str, int]] = {}
    for entry in database.tables.entries.values():
        if entry.kind == "put" and entry.scope in sees:
            rows.setdefault(f"{entry.type}|{entry.id}", {})[entry.scope] = entry.seq
    return rows


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_a_mirror_equals_the_server_after_any_history(steps: list[tuple[Any, ...]]) -> None:
    """I3 and I5; the digests equal a recount on both sides."""
    live(steps)


MISSED = [("publish", 0, SEEN), ("pull", 1, 700), ("publish", 1, SEEN), ("withdraw", 0), ("pull", 1, 700), ("purge", 0)]


@settings(max_examples=400, deadline=None)
@example(MISSED)
@given(st.lists(LITTLE, min_size=6, max_size=25))
def test_a_mirror_equals_the_server_whenever_tombstones_are_purged(steps: list[tuple[Any, ...]]) -> None:
    """Guards `since`: what it says is never too much (I5), and a pull from the start never expires for nothing (I9)."""
    live(steps)


def live(steps: list[tuple[Any, ...]]) -> None:
    database = MemoryDatabase()
    puller = Puller(database)
    for step in steps:
        with database.transaction() as store:
            store.lock_counter()
            if step[0] == "publish":
                seq = database.tables.counter + 1
                store.publish(Row("row", str(step[1]), 1, {"id": str(step[1]), "at": seq}, step[2]))
            elif step[0] == "withdraw":
                store.withdraw("row", str(step[1]))
        if step[0] == "pull":
            puller.page(step[1], step[2])
        elif step[0] == "see":
            puller.sees = step[1]
        elif step[0] == "purge":
            purge(database, max(0, database.tables.counter - step[1]))
    expired = puller.expired
    last = puller.all_of_it()
    assert puller.expired <= expired + 1  # one new start is enough while nothing more is purged
    kept = {key: value["scopes"] for key, value in puller.storage.items("mirror")}
    assert kept == expected(database, puller.sees)
    for key, value in puller.storage.items("mirror"):
        assert value["row"] == database.tables.rows["row", key.split("|")[1]][1]
    assert puller.mirror.differing(last["digests"]) == []
    for scope in SCOPES:
        entries = [e for e in database.tables.entries.values() if e.scope == scope and e.kind == "put"]
        recount = digest.of_scope((e.type, e.id, e.seq) for e in entries)
        assert database.tables.digests.get(scope, (0, digest.EMPTY)) == recount


def filled(rows: int, scopes: frozenset[str] = frozenset({"global"}), size: int = 10) -> MemoryDatabase:
    database = MemoryDatabase()
    with database.transaction() as store:
        store.lock_counter()
        for i in range(rows):
            store.publish(Row("row", str(i), 1, {"text": "土" * size}, scopes))
    return database


def test_every_page_size_brings_every_row_once() -> None:
    for limit in (1, 2, 7, 500):
        puller = Puller(filled(20))
        seen: list[str] = []
        while True:
            wire = puller.page(limit, 10**6)
            seen += [entry["id"] for entry in wire["entries"]]
            assert len(wire["entries"]) <= limit
            if wire["complete"]:
                break
        assert seen == [str(i) for i in range(20)]


def test_a_row_in_more_scopes_than_the_page_is_long_comes_whole() -> None:
    """Guards the way out of pull._page when one `seq` fills a page."""
    puller = Puller(filled(3, frozenset(SCOPES[:3])))
    wire = puller.page(1, 10**6)
    assert len(wire["entries"]) == 3
    assert not wire["complete"]


def test_a_page_is_measured_in_bytes_and_has_one_row_at_least() -> None:
    """Guards the encoding in pull._bytes_of: a Chinese character has three bytes."""
    puller = Puller(filled(10, size=1000))
    assert len(puller.page(500, 10_000)["entries"]) == 3
    assert len(puller.page(500, 10)["entries"]) == 1


def test_a_complete_pull_moves_every_position_to_the_head() -> None:
    database = filled(5)
    database.tables.counter = 70  # numbers that a transaction reserved and left over
    puller = Puller(database)
    puller.all_of_it()
    assert puller.cursor is not None
    assert set(read_cursor(puller.cursor).positions.values()) == {70}
    assert puller.page(500, 10**6)["entries"] == []


def test_scopes_won_and_lost_are_named_once_and_a_won_one_starts_from_the_beginning() -> None:
    database = filled(3, frozenset({"area:3"}))
    puller = Puller(database)
    assert puller.all_of_it()["scopes"] == {"added": sorted(SCOPES[:3]), "removed": []}
    puller.sees = frozenset({"area:3", "global"})
    wire = puller.page(500, 10**6)
    assert wire["scopes"] == {"added": ["area:3"], "removed": ["area:1", "user:w"]}
    assert len(wire["entries"]) == 3
    assert puller.page(500, 10**6)["scopes"] == {"added": [], "removed": []}


def test_a_scope_asked_for_again_is_sent_from_the_start() -> None:
    puller = Puller(filled(3))
    puller.all_of_it()
    assert puller.cursor is not None
    with puller.database.transaction() as store:
        page = pull(store, puller.sees, read_cursor(puller.cursor), 500, 10**6, again=["global", "unknown"])
    assert [key.id for key in page.entries] == ["0", "1", "2"]


def test_leaving_a_scope_is_no_deletion() -> None:
    database = filled(1, frozenset({"area:1", "area:2"}))
    puller = Puller(database)
    puller.sees = frozenset({"area:1"})
    puller.all_of_it()
    with database.transaction() as store:
        store.lock_counter()
        store.publish(Row("row", "0", 2, {}, frozenset({"area:2"})))
    (entry,) = puller.all_of_it()["entries"]
    assert (entry["kind"], entry["scope"]) == ("leave", "area:1")
    assert puller.mirror.row("row", "0") is None
    with database.transaction() as store:
        store.lock_counter()
        store.withdraw("row", "0")
    assert [entry["kind"] for entry in puller.all_of_it()["entries"]] == ["delete"]

"""The mirror: a set of scopes per row; an older `seq` never overwrites a newer one."""

from __future__ import annotations

from typing import Any

import pytest

from sync.device_ports import MemoryStorage
from sync.mirror import Mirror


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(MemoryStorage())


def take(mirror: Mirror, *entries: tuple[Any, ...], removed: tuple[str, ...] = ()) -> None:
    wire = [
        {"scope": scope, "kind": kind, "type": "row", "id": id, "seq": seq, "rev": seq, "row": {"at": seq}}
        for scope, kind, id, seq in entries
    ]
    mirror.storage.write(mirror.changes({"scopes": {"added": [], "removed": list(removed)}, "entries": wire}))


def test_a_row_goes_when_it_is_in_no_scope_any_more(mirror: Mirror) -> None:
    take(mirror, ("a", "put", "1", 5), ("b", "put", "1", 5))
    take(mirror, ("a", "leave", "1", 6))
    assert mirror.row("row", "1") == {"at": 5}
    take(mirror, ("b", "delete", "1", 7))
    assert mirror.row("row", "1") is None


def test_an_older_seq_never_overwrites_a_newer_one(mirror: Mirror) -> None:
    """Guards both comparisons of mirror._entered: within a scope, and from another scope."""
    take(mirror, ("a", "put", "1", 9))
    take(mirror, ("a", "put", "1", 5), ("b", "put", "1", 4))
    assert mirror.row("row", "1") == {"at": 9}
    assert mirror.rev("row", "1") == 9
    take(mirror, ("a", "leave", "1", 8))
    assert mirror.row("row", "1") == {"at": 9}


def test_a_lost_scope_takes_its_rows_unless_they_are_in_another(mirror: Mirror) -> None:
    take(mirror, ("a", "put", "1", 1), ("b", "put", "1", 1), ("a", "put", "2", 2))
    take(mirror, removed=("a",))
    assert mirror.row("row", "1") is not None
    assert mirror.row("row", "2") is None


def test_a_page_that_takes_a_scope_away_and_brings_its_row_under_another_keeps_the_row(mirror: Mirror) -> None:
    take(mirror, ("a", "put", "1", 1))
    take(mirror, ("b", "put", "1", 2), removed=("a",))
    assert mirror.row("row", "1") == {"at": 2}


def test_a_mirror_that_differs_names_the_scopes(mirror: Mirror) -> None:
    take(mirror, ("a", "put", "1", 1))
    said = mirror.digests()
    assert mirror.differing(said) == []
    assert mirror.differing({**said, "b": {"n": 0, "x": "00" * 16}}) == []
    assert mirror.differing({**said, "b": {"n": 1, "x": "00" * 16}}) == ["b"]
    take(mirror, ("a", "put", "2", 2))
    assert mirror.differing(said) == ["a"]


def test_clearing_empties_the_mirror_and_nothing_else(mirror: Mirror) -> None:
    mirror.storage.write([("outbox", "x", {"n": 1})])
    take(mirror, ("a", "put", "1", 1))
    mirror.storage.write(mirror.clearing())
    assert list(mirror.storage.items("mirror")) == []
    assert list(mirror.storage.items("outbox")) != []

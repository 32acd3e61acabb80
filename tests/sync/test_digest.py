"""Digests by hand, and as sums that any order and any detour leave the same."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from sync import digest

ENTRIES = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers(1, 10**9)), unique=True)


def test_the_digest_is_the_one_of_the_contract() -> None:
    one = hashlib.sha256(b"finding|x|9001").digest()[:16]
    assert digest.of_scope([("finding", "x", 9001)]) == (1, one)
    assert digest.of_scope([]) == (0, bytes(16))


@given(ENTRIES, st.randoms())
def test_order_does_not_matter(entries: list[tuple[str, str, int]], chance: object) -> None:
    shuffled = sorted(entries, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert digest.of_scope(shuffled) == digest.of_scope(entries)


@given(ENTRIES, st.tuples(st.text(), st.text(), st.integers(1)))
def test_what_is_entered_and_taken_out_leaves_no_trace(
    entries: list[tuple[str, str, int]], one: tuple[str, str, int]
) -> None:
    _, x = digest.of_scope(entries)
    assert digest.xor(digest.xor(x, digest.of_entry(*one)), digest.of_entry(*one)) == x

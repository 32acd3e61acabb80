"""The server's log: any change is found, and proofs hold for what was logged and for nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import log_chain, merkle
from sync.log_chain import ChainBroken, LogEntry, Proof

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)

payloads = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3)


@st.composite
def logs(draw: st.DrawFn, least: int = 1) -> list[LogEntry]:
    entries: list[LogEntry] = []
    for n, payload in enumerate(draw(st.lists(payloads, min_size=least, max_size=20)), 1):
        prev = entries[-1].hash if entries else None
        entries.append(log_chain.link(n, NOON + timedelta(seconds=n), log_chain.OP, payload, prev))
    return entries


def held(entries: list[LogEntry]) -> bool:
    try:
        return list(log_chain.check(entries)) == entries
    except ChainBroken:
        return False


@given(logs())
def test_a_log_as_written_holds(entries: list[LogEntry]) -> None:
    assert held(entries)


@given(logs(), st.data())
def test_a_change_of_any_field_of_any_entry_is_found_there(entries: list[LogEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    true = entries[at]
    changed = data.draw(
        st.sampled_from(
            [
                replace(true, at=log_chain.moment(NOON - timedelta(days=1))),
                replace(true, kind=log_chain.DECISION),
                replace(true, payload=true.payload + " "),
                replace(true, prev="0" * 64),
                replace(true, hash="0" * 64),
                replace(true, n=true.n + 1),
            ]
        )
    )
    entries[at] = changed
    with pytest.raises(ChainBroken) as broken:
        list(log_chain.check(entries))
    assert broken.value.n in (true.n, changed.n)


@given(logs(least=2), st.data())
def test_an_entry_made_anew_with_its_hash_breaks_the_next_one(entries: list[LogEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    true = entries[at]
    entries[at] = log_chain.link(true.n, NOON, true.kind, {"forged": True}, true.prev)
    with pytest.raises(ChainBroken) as broken:
        list(log_chain.check(entries))
    assert broken.value.n == true.n + 1


@given(logs(least=3), st.data())
def test_an_entry_left_out_or_moved_is_found(entries: list[LogEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    assert not held(entries[:at] + entries[at + 1 :])
    assert not held([*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]])


# roots and proofs ----------------------------------------------------------------------------------------------
@given(logs(), st.data())
def test_every_entry_has_a_proof_that_holds_for_it_alone(entries: list[LogEntry], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(entries) - 1))
    under = entries[start:]
    root, hashes = log_chain.root_of(under), [entry.hash for entry in under]
    for entry in under:
        proof = log_chain.proof(hashes, under[0].n, entry.n)
        assert log_chain.verify_proof(entry.hash, proof, root)
        assert not log_chain.verify_proof("0" * 64, proof, root)
        assert not log_chain.verify_proof(entry.hash, proof, "0" * 64)
        assert not log_chain.verify_proof(entry.hash, replace(proof, path=(*proof.path, "0" * 64)), root)
        assert not log_chain.verify_proof(entry.hash, replace(proof, last_n=proof.n - 1), root)
        if proof.path:
            assert not log_chain.verify_proof(entry.hash, replace(proof, path=proof.path[1:]), root)
            assert not log_chain.verify_proof(entry.hash, replace(proof, path=("no hex", *proof.path[1:])), root)
        for other in under:
            if other.n != entry.n:
                assert not log_chain.verify_proof(other.hash, proof, root)
                assert not log_chain.verify_proof(entry.hash, replace(proof, n=other.n), root)


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_streamed_root_is_the_recursive_one_of_rfc_6962(entries: list[bytes]) -> None:
    def by_the_book(some: list[bytes]) -> bytes:
        if not some:
            return hashlib.sha256().digest()
        if len(some) == 1:
            return hashlib.sha256(b"\x00" + some[0]).digest()
        half = 1
        while half * 2 < len(some):
            half *= 2
        return hashlib.sha256(b"\x01" + by_the_book(some[:half]) + by_the_book(some[half:])).digest()

    assert merkle.root(iter(entries)) == by_the_book(entries)


def test_the_roots_are_those_of_the_known_test_vectors() -> None:
    """The reference leaves and roots of certificate-transparency's own tests."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    entries = [bytes.fromhex(leaf) for leaf in leaves]
    assert merkle.root(entries[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(entries[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root(entries).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_a_node_cannot_pass_as_an_entry() -> None:
    left, right = b"left", b"right"
    inner = merkle.leaf(left) + merkle.leaf(right)
    assert merkle.root([left, right]) != merkle.root([inner])


def test_a_proof_of_an_entry_that_is_not_under_the_root_cannot_be_made() -> None:
    with pytest.raises(IndexError):
        log_chain.proof(["0" * 64], 5, 6)
    assert not log_chain.verify_proof("0" * 64, Proof(4, 5, 5, ()), "0" * 64)

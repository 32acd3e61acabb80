"""What the engine asks of a store, once, for every store that there is."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from sync import digest
from sync.chain import Tip
from sync.errors import StreamUnknown
from sync.ops import read_body
from sync.store import DecidedAlready, EntryKey, OpContext, OpResult, Row, Store, StoredOp
from tests.conformance.conftest import PROMPT, Database
from tests.sync.world import NOON, WEI, Chain, group, uid

ROW = uid("row")
HERE, THERE = "area:x1", "area:x2"


@pytest.fixture
def chain(kept: Database) -> Chain:
    chain = Chain("one")
    kept.add_stream(chain.stream, WEI, uid("device"))
    return chain


def an_op(chain: Chain, status: str = "applied", waits_for: str | None = None, **more: object) -> StoredOp:
    op = read_body(chain.op("row.put", "row", **more)["body"].encode(), "sig")
    problem = {"code": "x", "土": [1, None]} if status != "applied" else None
    result = OpResult(op.id, op.n, status, rev=1 if status == "applied" else None, problem=problem)
    return StoredOp(op, OpContext(chain.stream, WEI, NOON, 1.5), result, waits_for)


def publish(store: Store, *scopes: str, id: str = ROW, **content: object) -> int:
    return store.publish(Row("row", id, 3, {"id": id, **content}, frozenset(scopes)))


def entries(store: Store, scope: str, position: int = 0) -> list[tuple[str, str, int]]:
    return [(key.kind, key.id, key.seq) for key in store.entries_after(scope, position, 1000)]


def test_a_stream_is_locked_with_its_tip_and_its_person(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        state = store.lock_stream(chain.stream)
        assert (state.tip, state.author_id, state.revoked) == (Tip(0, None), WEI, False)
        store.advance(chain.stream, Tip(3, "ab" * 32))
    kept.revoke(chain.stream)
    with kept.transaction() as store:
        state = store.lock_stream(chain.stream)
        assert (state.tip, state.revoked) == (Tip(3, "ab" * 32), True)
        with pytest.raises(StreamUnknown):
            store.lock_stream(uid("nobody's"))


def test_an_op_is_kept_with_its_bytes_and_found_by_place_and_by_id(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        stored = store.keep(an_op(chain, args={"t": "裸土\u0001"}), owns_id=True)
    with kept.transaction() as store:
        for found in (store.op_at(chain.stream, 1), store.op_by_id(stored.op.id)):
            assert found is not None
            assert found.op == stored.op
            assert found.result == stored.result
            assert found.context == stored.context
        assert store.op_at(chain.stream, 2) is None
        assert store.op_by_id(uid("unknown")) is None
        assert store.hashes(chain.stream, [1, 2]) == {1: stored.op.sha256}
        assert store.hashes(chain.stream, []) == {}


def test_a_kept_op_publishes_its_result_to_its_author(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        stored = store.keep(an_op(chain, "held"), owns_id=True)
        (found,) = store.entries_after(f"user:{WEI}", 0, 10)
        assert found == EntryKey(f"user:{WEI}", "op_result", stored.op.id, "put", stored.result.seq)


@pytest.mark.parametrize("kept", PROMPT, indirect=True)
def test_an_op_id_has_one_owner(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        first = store.keep(an_op(chain, id=uid("same")), owns_id=True)
        with pytest.raises(Exception), store.savepoint():  # noqa: B017 (each store has its own)
            store.keep(an_op(chain, id=uid("same")), owns_id=True)
        chain.n = 1
        second = store.keep(an_op(chain, "rejected", id=uid("same")), owns_id=False)
        assert second.result.seq > first.result.seq
        assert store.op_by_id(uid("same")) == first
        assert len(store.entries_after(f"user:{WEI}", 0, 10)) == 1


@pytest.mark.parametrize("kept", PROMPT, indirect=True)
def test_a_place_in_a_stream_is_taken_once(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        store.keep(an_op(chain), owns_id=True)
        chain.n = 0
        with pytest.raises(Exception), store.savepoint():  # noqa: B017
            store.keep(an_op(chain, id=uid("other")), owns_id=True)


def test_a_held_op_is_decided_once_and_its_author_is_told(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        held = store.keep(an_op(chain, "held", waits_for=ROW), owns_id=True)
        assert store.waiting_for(ROW) == [held]
        done = store.decide(held.decided(OpResult(held.op.id, 1, "applied", rev=7)))
        assert done.result.seq > held.result.seq
        assert store.waiting_for(ROW) == []
        with pytest.raises(DecidedAlready), store.savepoint():
            store.decide(held.decided(OpResult(held.op.id, 1, "rejected")))
        found = store.op_at(chain.stream, 1)
        assert found is not None
        assert (found.result.status, found.result.rev) == ("applied", 7)
        assert entries(store, f"user:{WEI}") == [("put", held.op.id, done.result.seq)]


def test_a_held_op_may_be_held_anew_for_another_reason(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        held = store.keep(an_op(chain, "held", waits_for=ROW), owns_id=True)
        store.decide(held.decided(OpResult(held.op.id, 1, "held", problem={"code": "y"}), uid("other")))
        assert store.waiting_for(ROW) == []
        assert [one.result.problem for one in store.waiting_for(uid("other"))] == [{"code": "y"}]


def test_waiting_ops_come_in_the_order_of_their_receipt(kept: Database, chain: Chain) -> None:
    other = Chain("two")
    kept.add_stream(other.stream, uid("qin"))
    with kept.transaction() as store:
        store.lock_counter()
        ops = [store.keep(an_op(c, "held", waits_for=ROW), owns_id=True) for c in (chain, chain, other, chain)]
        order = sorted(ops, key=lambda one: (one.op.stream, one.op.n))
        assert [one.op.id for one in store.waiting_for(ROW)] == [one.op.id for one in order]


def test_group_members_are_those_of_one_person_in_all_streams(kept: Database, chain: Chain) -> None:
    second, foreign = Chain("two"), Chain("three")
    kept.add_stream(second.stream, WEI)
    kept.add_stream(foreign.stream, uid("qin"))
    with kept.transaction() as store:
        store.lock_counter()
        for number, one in enumerate((chain, second, foreign), 1):
            store.keep(an_op(one, "held", group=group("g", number, 3)), owns_id=True)
        members = store.group_members(chain.stream, uid("g"))
        assert {one.op.stream for one in members} == {chain.stream, second.stream}
        assert store.group_members(chain.stream, uid("other")) == []


def test_every_write_needs_the_counter(kept: Database) -> None:
    """Guards the RuntimeError of next_seq."""
    with pytest.raises(Exception), kept.transaction() as store:  # noqa: B017
        publish(store, HERE)


def test_a_row_is_entered_once_in_each_scope_under_one_new_seq(kept: Database) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        first = publish(store, HERE, THERE)
        assert entries(store, HERE) == entries(store, THERE) == [("put", ROW, first)]
        second = publish(store, HERE, THERE, text="anew")
        assert second > first
        assert entries(store, HERE) == [("put", ROW, second)]
        (rev, _) = store.contents([EntryKey(HERE, "row", ROW, "put", second)])["row", ROW]
        assert rev == 3
        with pytest.raises(ValueError):
            publish(store)


def test_a_row_that_moves_leaves_where_it_was_and_a_withdrawn_one_is_deleted(kept: Database) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        first = publish(store, HERE)
        moved = publish(store, THERE)
        assert entries(store, HERE, first) == [("leave", ROW, moved)]
        again = publish(store, THERE)
        assert entries(store, HERE, first) == [("leave", ROW, moved)]  # it left once
        gone = store.withdraw("row", ROW)
        assert entries(store, THERE, again) == [("delete", ROW, gone)]
        assert entries(store, HERE, first) == [("delete", ROW, gone)]
        back = publish(store, HERE)
        assert entries(store, HERE, gone) == [("put", ROW, back)]


def test_from_the_beginning_only_what_is_there_is_told(kept: Database) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        first = publish(store, HERE)
        publish(store, THERE)
        assert entries(store, HERE) == []
        assert len(entries(store, HERE, first)) == 1


def test_entries_come_by_seq_and_no_more_than_asked(kept: Database) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        seqs = [publish(store, HERE, id=uid(i)) for i in range(150)]  # more than one reservation
        assert seqs == sorted(set(seqs))
        assert [key.seq for key in store.entries_after(HERE, seqs[9], 5)] == seqs[10:15]
        assert store.head() >= seqs[-1]


def test_digests_equal_a_recount_after_any_history(kept: Database) -> None:
    chance = random.Random(7)
    scopes = [f"area:y{i}" for i in range(4)]
    with kept.transaction() as store:
        store.lock_counter()
        for _ in range(60):
            row = uid(chance.randrange(5))
            with suppress(ZeroDivisionError), store.savepoint():
                if chance.random() < 0.2:
                    store.withdraw("row", row)
                else:
                    publish(store, *chance.sample(scopes, chance.randrange(1, 4)), id=row)
                if chance.random() < 0.3:
                    raise ZeroDivisionError
    with kept.transaction() as store:
        said = store.digests([*scopes, "area:empty"])
        for scope in scopes:
            live = [key for key in store.entries_after(scope, 0, 1000) if key.kind == "put"]
            assert said[scope] == digest.of_scope((key.type, key.id, key.seq) for key in live)
        assert said["area:empty"] == (0, digest.EMPTY)


def test_a_savepoint_left_by_an_exception_undoes_its_writes_and_no_others(kept: Database, chain: Chain) -> None:
    with kept.transaction() as store:
        store.lock_counter()
        first = publish(store, HERE, id=uid(1))
        with suppress(ZeroDivisionError), store.savepoint():
            publish(store, HERE, id=uid(2))
            with store.savepoint():
                publish(store, HERE, id=uid(3))
            with suppress(KeyError), store.savepoint():
                store.keep(an_op(chain), owns_id=True)
                raise KeyError
            raise ZeroDivisionError
        assert entries(store, HERE) == [("put", uid(1), first)]
        assert publish(store, HERE, id=uid(4)) > first
    with kept.transaction() as store:
        assert [id for _, id, _ in entries(store, HERE)] == [uid(1), uid(4)]
        assert store.op_at(chain.stream, 1) is None


@pytest.mark.parametrize("inside", [1, 63, 64, 65, 130])
def test_seqs_stay_apart_when_reservations_are_undone(kept: Database, inside: int) -> None:
    """Guards the new reservation after a rollback: the database's counter went back, ours must not run ahead of it."""
    with kept.transaction() as store:
        store.lock_counter()
        before = publish(store, HERE, id=uid("before"))
        with suppress(ZeroDivisionError), store.savepoint():
            for i in range(inside):
                publish(store, HERE, id=uid(i))
            raise ZeroDivisionError
        after = [publish(store, HERE, id=uid(("after", i))) for i in range(70)]
        assert before < after[0]
        assert after == sorted(set(after))
        assert store.head() >= after[-1]


def test_a_transaction_left_by_an_exception_leaves_nothing(kept: Database, chain: Chain) -> None:
    with suppress(ZeroDivisionError), kept.transaction() as store:
        store.lock_counter()
        publish(store, HERE)
        store.keep(an_op(chain), owns_id=True)
        raise ZeroDivisionError
    with kept.transaction() as store:
        assert entries(store, HERE) == []
        assert store.op_at(chain.stream, 1) is None


def test_the_tips_of_a_device_are_those_of_all_its_streams(kept: Database, chain: Chain) -> None:
    kept.add_stream(uid("second"), WEI, uid("device"))
    kept.add_stream(uid("elsewhere"), WEI)
    with kept.transaction() as store:
        store.advance(chain.stream, Tip(2, "ab" * 32))
        assert store.tips(chain.stream) == {chain.stream: 2, uid("second"): 0}


def test_an_epoch_is_named_and_nothing_is_backed_up_at_first(kept: Database) -> None:
    with kept.transaction() as store:
        assert store.epoch()
        assert (store.backed_up_seq(), store.tombstone_floor()) == (0, 0)


def test_what_a_transaction_wrote_it_can_read_at_once(kept: Database, chain: Chain) -> None:
    """Guards the notes of rows that wait to be written, and that a statement writes them first."""
    with kept.transaction() as store:
        store.lock_counter()
        store.foresee([ROW, uid("op of nobody")])
        held = store.keep(an_op(chain, "held", waits_for=ROW, group=group("g", 1, 2)), owns_id=True)
        seq = publish(store, HERE, THERE)
        assert store.op_at(chain.stream, 1) == store.op_by_id(held.op.id) == held
        assert store.op_by_id(uid("op of nobody")) is None
        assert store.hashes(chain.stream, [1]) == {1: held.op.sha256}
        assert store.waiting_for(ROW) == store.group_members(chain.stream, uid("g")) == [held]
        assert entries(store, HERE) == [("put", ROW, seq)]
        assert store.digests([THERE]) == {THERE: digest.of_scope([("row", ROW, seq)])}
        moved = publish(store, THERE)
        assert entries(store, HERE, seq) == [("leave", ROW, moved)]


def test_what_was_undone_is_unknown_again(kept: Database, chain: Chain) -> None:
    """Guards the notes, which go back with the savepoint, and the digest that was folded inside it."""
    with kept.transaction() as store:
        store.lock_counter()
        store.foresee([ROW])
        before = publish(store, HERE)
        with suppress(ZeroDivisionError), store.savepoint():
            lost = store.keep(an_op(chain, "held", waits_for=ROW), owns_id=True)
            publish(store, THERE)
            raise ZeroDivisionError
        assert store.op_at(chain.stream, 1) is None
        assert store.op_by_id(lost.op.id) is None
        assert store.waiting_for(ROW) == []
        assert entries(store, HERE) == [("put", ROW, before)]
        after = publish(store, HERE)
        assert store.digests([HERE, THERE]) == {HERE: digest.of_scope([("row", ROW, after)]), THERE: (0, digest.EMPTY)}


def test_a_savepoint_that_was_read_in_is_undone_as_well(kept: Database, chain: Chain) -> None:
    """Guards the savepoints that the database is told of only when something is written or asked."""
    with kept.transaction() as store:
        store.lock_counter()
        first = publish(store, HERE, id=uid(1))
        with suppress(ZeroDivisionError), store.savepoint():
            publish(store, HERE, id=uid(2))
            with store.savepoint():
                publish(store, HERE, id=uid(3))
                assert len(entries(store, HERE)) == 3
            publish(store, HERE, id=uid(4))
            raise ZeroDivisionError
        last = publish(store, HERE, id=uid(5))
        assert entries(store, HERE) == [("put", uid(1), first), ("put", uid(5), last)]

"""The push engine on a store in memory: each op one verdict, once, and none blocks another."""

from __future__ import annotations

import pytest

from sync.errors import StoreUnavailable, StreamFork, StreamGap, StreamUnknown, TransactionLost
from sync.memory_store import MemoryStore
from sync.store import StoredOp
from tests.sync.world import World, codes, statuses, uid


def test_an_op_is_kept_byte_for_byte(world: World) -> None:
    chain = world.chain()
    envelope = chain.op("row.put", "a", args={"text": "裸土  \u2028 未覆盖", "order": {"b": 1, "a": 2}})
    world.push(envelope)
    assert world.database.tables.ops[chain.stream, 1].op.body == envelope["body"].encode()


def test_a_replay_answers_with_the_stored_result_and_does_nothing(world: World) -> None:
    """Guards engine.push's `run.replay`."""
    chain = world.chain()
    envelope = chain.op("row.put", "a")
    first = world.push(envelope)
    head = world.database.tables.counter
    again = world.push(envelope)
    assert again.results == [{**first.results[0], "replay": True}]
    assert (len(world.put.applied), world.database.tables.counter) == (1, head)


def test_a_batch_may_mix_replays_and_new_ops(world: World) -> None:
    chain = world.chain()
    one, two = chain.op("row.put", "a"), chain.op("row.put", "b")
    world.push(one)
    answer = world.push(one, two)
    assert [result["replay"] for result in answer.results] == [True, False]
    assert answer.expected_n == 3


def test_an_op_twice_in_one_batch_is_a_replay_and_no_fork(world: World) -> None:
    """Guards `known[n] = last` in chain.judge."""
    chain = world.chain()
    one = chain.op("row.put", "a")
    answer = world.push(one, one)
    assert [(r["status"], r["replay"]) for r in answer.results] == [("applied", False), ("applied", True)]
    assert len(world.put.applied) == 1


def test_a_gap_anywhere_in_a_batch_stores_nothing(world: World) -> None:
    chain = world.chain()
    one, _, three = chain.op("row.put", "a"), chain.op("row.put", "b"), chain.op("row.put", "c")
    with pytest.raises(StreamGap) as caught:
        world.push(one, three)
    assert caught.value.extras == {"expected_n": 1}
    assert world.database.tables.ops == {}


def test_other_bytes_under_a_stored_number_are_a_fork(world: World) -> None:
    chain, clone = world.chain(), world.chain()
    world.push(chain.op("row.put", "a"))
    with pytest.raises(StreamFork):
        world.push(clone.op("row.put", "b"))
    assert len(world.database.tables.ops) == 1


def test_an_op_that_follows_other_bytes_than_the_stored_ones_is_a_fork(world: World) -> None:
    """Guards `op.prev != last` in chain.judge."""
    chain = world.chain()
    world.push(chain.op("row.put", "a"))
    chain.prev = "0" * 64
    with pytest.raises(StreamFork):
        world.push(chain.op("row.put", "b"))


def test_a_first_op_with_a_prev_is_a_fork(world: World) -> None:
    chain = world.chain()
    chain.prev = "0" * 64
    with pytest.raises(StreamFork):
        world.push(chain.op("row.put", "a"))


def test_ops_of_two_streams_are_no_batch(world: World) -> None:
    with pytest.raises(StreamUnknown):
        world.push(world.chain("one").op("row.put", "a"), world.chain("two").op("row.put", "b"))


def test_one_bad_op_does_not_block_the_ones_behind_it(world: World) -> None:
    """Guards the savepoint in engine._apply: what a crashed handler wrote is undone."""
    chain = world.chain()
    answer = world.push(
        chain.op("row.put", "a", args={"refuse": 1}),
        chain.op("row.put", "b", args={"crash": 1}),
        chain.op("row.put", "c"),
    )
    assert statuses(answer) == ["rejected", "held", "applied"]
    assert codes(answer) == ["refused", "internal-error", None]
    assert ("row", uid("b")) not in world.database.tables.rows
    assert [type(error) for error in world.errors] == [ZeroDivisionError]


def test_a_verdict_with_keys_that_are_no_text_can_be_kept(world: World) -> None:
    """Guards the plain JSON in engine.problem_of: marshmallow names list items by number."""
    chain = world.chain()
    answer = world.push(chain.op("row.put", "a", args={"refuse": 1}))
    assert answer.results[0]["problem"]["errors"] == {"0": {"deep": ["x"]}}


def test_a_verdict_that_cannot_be_written_becomes_an_error_of_our_own(world: World) -> None:
    """Guards the second attempt in engine._keep: an unkeepable problem must not wedge the device."""

    class Picky(MemoryStore):
        def keep(self, stored: StoredOp, *, owns_id: bool) -> StoredOp:
            if (stored.result.problem or {}).get("code") == "refused":
                raise TypeError("not serialisable")
            return super().keep(stored, owns_id=owns_id)

    chain = world.chain()
    answer = world.push(chain.op("row.put", "a", args={"refuse": 1}), chain.op("row.put", "b"), store_type=Picky)
    assert statuses(answer) == ["held", "applied"]


def test_an_unavailable_store_ends_the_batch_and_keeps_what_was_before(world: World) -> None:
    chain = world.chain()
    answer = world.push(
        chain.op("row.put", "a"), chain.op("row.put", "b", args={"outage": 1}), chain.op("row.put", "c")
    )
    assert statuses(answer) == ["applied", "retry"]
    assert answer.expected_n == 2
    assert [n for _, n in world.database.tables.ops] == [1]


def test_a_transaction_that_is_gone_acknowledges_nothing(world: World) -> None:
    """Guards `except TransactionLost: raise`: earlier ops of the batch are not stored either."""

    class Losing(MemoryStore):
        def keep(self, stored: StoredOp, *, owns_id: bool) -> StoredOp:
            if stored.op.n == 2:
                raise TransactionLost("all undone")
            return super().keep(stored, owns_id=owns_id)

    chain = world.chain()
    with pytest.raises(TransactionLost):
        world.push(chain.op("row.put", "a"), chain.op("row.put", "b"), store_type=Losing)
    assert world.database.tables.ops == {}


def test_a_release_that_meets_an_outage_takes_its_push_with_it(world: World) -> None:
    """Guards that run.follow is outside the `retry` clause: a child must not stay held beside its parent."""

    class Failing(MemoryStore):
        def decide(self, stored: StoredOp) -> StoredOp:
            raise StoreUnavailable("disk full")

    chain = world.chain()
    child = chain.op("row.put", "child", args={"parent": "p"})
    assert statuses(world.push(child)) == ["held"]
    parent = chain.op("row.put", "p")
    with pytest.raises(StoreUnavailable):
        world.push(parent, store_type=Failing)
    assert statuses(world.push(parent)) == ["applied"]
    assert world.status(chain, 1) == "applied"


def test_a_held_op_is_released_by_its_parents_arrival_and_told_so(world: World) -> None:
    one, two = world.chain("one"), world.chain("two")
    world.push(one.op("row.put", "child", args={"parent": "p"}))
    world.push(one.op("row.put", "grandchild", args={"parent": "child"}))
    assert world.status(one, 1) == world.status(one, 2) == "held"
    before = world.database.tables.ops[one.stream, 1].result.seq
    world.push(two.op("row.put", "p"))
    assert world.status(one, 1) == world.status(one, 2) == "applied"
    assert world.told(one, 1) == "applied"
    assert world.database.tables.ops[one.stream, 1].result.seq > before


def test_a_held_op_released_within_its_own_batch_is_answered_with_its_decision(world: World) -> None:
    chain = world.chain()
    answer = world.push(chain.op("row.put", "child", args={"parent": "p"}), chain.op("row.put", "p"))
    assert statuses(answer) == ["applied", "applied"]


def test_the_replay_of_a_held_op_decided_later_answers_with_the_decision(world: World) -> None:
    chain = world.chain()
    child = chain.op("row.put", "child", args={"parent": "p"})
    world.push(child)
    answer = world.push(child, chain.op("row.put", "p"))
    assert [(r["status"], r["replay"]) for r in answer.results] == [("applied", True), ("applied", False)]
    assert world.push(child).results[0]["status"] == "applied"


def test_the_child_of_a_rejected_op_stays_held(world: World) -> None:
    chain = world.chain()
    world.push(chain.op("row.put", "p", args={"refuse": 1}), chain.op("row.put", "child", args={"parent": "p"}))
    assert world.status(chain, 2) == "held"


def test_an_op_id_used_again_with_other_bytes_is_rejected(world: World) -> None:
    chain, other = world.chain("one"), world.chain("two")
    world.push(chain.op("row.put", "a", id=uid("same")))
    here = world.push(chain.op("row.put", "b", id=uid("same")))
    there = world.push(other.op("row.put", "c", id=uid("same")))
    assert codes(here) == codes(there) == ["op-id-reused"]
    assert len(world.put.applied) == 1
    assert world.database.tables.rows["op_result", uid("same")][1]["status"] == "applied"


def test_unknown_commands_and_versions_are_held(world: World) -> None:
    chain = world.chain()
    answer = world.push(chain.op("nonsense"), chain.op("row.put2", "a"), chain.op("row.put", "b", v=99))
    assert codes(answer) == ["command-unknown", "command-unknown", "version-unknown"]
    assert statuses(answer) == ["held"] * 3


def test_an_op_over_its_size_is_held_and_let_through_only_by_a_supervisor(world: World) -> None:
    """Guards MAX_APPLIED_BYTES in batch.prepared."""
    chain = world.chain()
    answer = world.push(
        chain.op("row.put", "a", args={"text": "x" * 261_000}), chain.op("row.put", "b", args={"text": "x" * 262_144})
    )
    assert (statuses(answer), codes(answer)[1]) == (["applied", "held"], "op-too-large")
    assert world.release(chain, 2) == "held"
    assert world.release(chain, 2, approved=True) == "applied"


def test_all_ops_of_a_revoked_stream_are_held_and_no_parent_frees_them(world: World) -> None:
    """Guards `if self.revoked`: a malformed op is held too, not rejected."""
    chain, other = world.chain("one"), world.chain("two")
    world.database.revoke(chain.stream)
    answer = world.push(
        chain.op("row.put", "a"),
        chain.op("row.put", "child", args={"parent": "p"}),
        chain.op("row.put", "b", args=None),
    )
    assert codes(answer) == ["stream-revoked"] * 3
    world.push(other.op("row.put", "p"))
    assert world.status(chain, 2) == "held"


def test_what_was_held_before_a_revocation_is_still_freed_by_its_parent(world: World) -> None:
    chain, other = world.chain("one"), world.chain("two")
    world.push(chain.op("row.put", "child", args={"parent": "p"}))
    world.database.revoke(chain.stream)
    world.push(other.op("row.put", "p"))
    assert world.status(chain, 1) == "applied"


def test_a_result_ends_once(world: World) -> None:
    """Guards the status check in engine._Run.retry and in the store's decide."""
    chain = world.chain()
    world.push(chain.op("row.put", "a", args={"crash": 1}), chain.op("row.put", "b"))
    assert world.dismiss(chain, 1) == "rejected"
    assert world.release(chain, 1) == "rejected"
    assert world.dismiss(chain, 2) == "applied"
    assert world.release(chain, 2) == "applied"
    assert len(world.put.applied) == 1


def test_a_row_with_the_id_of_an_op_does_not_take_over_its_decision(world: World) -> None:
    """Guards the `repeats` check in engine._settled: waiting for a row is not re-issuing an op."""
    chain, other = world.chain("one"), world.chain("two")
    same = uid("one id for row and op")
    world.push(other.op("row.put", "child", args={"parent": "one id for row and op"}))
    world.push(chain.op("row.put", None, id=same, row=same, args={"right": 1}))
    assert world.release(chain, 1, approved=True) == "applied"
    assert uid("child") in {row for _, row in world.database.tables.rows}


def test_seqs_rise_over_rolled_back_savepoints(world: World) -> None:
    chain = world.chain()
    ops = [chain.op("row.put", f"r{i}", args={"crash": 1} if i % 3 == 1 else {}) for i in range(90)]
    answer = world.push(*ops)
    seqs = [result["seq"] for result in answer.results]
    assert seqs == sorted(set(seqs))

"""The outbox: a chain that survives everything, and ops that are only let go when nobody can lose them."""

from __future__ import annotations

import json
from itertools import count

import pytest

from sync.device_ports import Json, MemoryStorage
from sync.ops import read_body, sha256_of
from sync.outbox import MAX_OP_BYTES, META, OUTBOX, RETAINED, OpTooLarge, Outbox, key_of
from tests.stories import DeviceTime, FakeTime
from tests.sync.world import uid


@pytest.fixture
def outbox() -> Outbox:
    numbers = count(1)
    storage = MemoryStorage()
    storage.write([(META, "stream", {"id": uid("s"), "n": 0, "sha256": None})])
    return Outbox(storage, DeviceTime(FakeTime()), lambda: uid(next(numbers)), None)


def put(outbox: Outbox, **args: object) -> Json:
    return outbox.record("row.put", uid("row"), args)


def acknowledge(outbox: Outbox, record: Json, status: str = "applied", seq: int = 5) -> None:
    outbox.storage.write(outbox.acknowledged(record, {"id": record["id"], "status": status, "seq": seq}))


def test_recorded_ops_are_a_chain(outbox: Outbox) -> None:
    records = [put(outbox, text=f"第{i}条") for i in range(3)]
    ops = [read_body(record["body"].encode(), None) for record in records]
    assert [op.n for op in ops] == [1, 2, 3]
    assert [op.prev for op in ops] == [None, ops[0].sha256, ops[1].sha256]
    assert all(op.fault is None for op in ops)
    assert outbox.stream() == {"id": uid("s"), "n": 3, "sha256": ops[2].sha256}


def test_an_op_over_256_kib_is_not_made(outbox: Outbox) -> None:
    with pytest.raises(OpTooLarge):
        put(outbox, text="x" * MAX_OP_BYTES)
    assert outbox.pending() == []
    assert outbox.stream()["n"] == 0


def test_what_json_cannot_say_is_not_recorded(outbox: Outbox) -> None:
    """Guards allow_nan=False: the server would find such an op unreadable for ever."""
    with pytest.raises(ValueError):
        put(outbox, value=float("nan"))
    assert outbox.pending() == []


def test_a_lone_surrogate_is_written_as_an_escape_so_that_all_hash_the_same_bytes(outbox: Outbox) -> None:
    record = put(outbox, text="a\ud800b")
    assert "\\ud800" in record["body"]
    assert record["sha256"] == sha256_of(record["body"].encode("utf-8"))


def test_only_decided_and_backed_up_ops_are_let_go(outbox: Outbox) -> None:
    """Guards both conditions of outbox.pruning."""
    statuses = ["applied", "merged", "conflict", "rejected", "held"]
    for status in statuses:
        acknowledge(outbox, put(outbox), status, seq=5)
    acknowledge(outbox, put(outbox), "applied", seq=6)
    assert outbox.pruning(4) == []
    outbox.storage.write(outbox.pruning(5))
    assert [(r["result"]["status"], r["result"]["seq"]) for r in outbox.retained()] == [("held", 5), ("applied", 6)]


def test_a_later_decision_replaces_an_older_result_and_never_a_newer_one(outbox: Outbox) -> None:
    record = put(outbox)
    acknowledge(outbox, record, "held", seq=5)
    row = {"stream": record["stream"], "n": 1, "status": "applied", "rev": 1, "conflict": None, "problem": None}
    outbox.storage.write(outbox.decided_later(row, 9))
    assert outbox.retained()[0]["result"]["status"] == "applied"
    assert outbox.decided_later({**row, "status": "held"}, 5) == []
    assert outbox.decided_later({**row, "n": 7}, 10) == []


def test_a_chain_can_be_sent_again_only_where_none_of_it_is_missing(outbox: Outbox) -> None:
    """Guards the loop of outbox.holds_from: a pruned op in the middle makes a gap for ever."""
    records = [put(outbox) for _ in range(4)]
    for record in records[:3]:
        acknowledge(outbox, record)
    assert all(outbox.holds_from(n) for n in (1, 2, 4, 5))
    outbox.storage.write([(RETAINED, key_of(uid("s"), 2), None)])
    assert [outbox.holds_from(n) for n in (1, 2, 3, 5)] == [False, False, True, True]


def test_reissued_ops_keep_their_row_and_say_what_they_were(outbox: Outbox) -> None:
    put(outbox, a=1), put(outbox, a=2)
    old = outbox.pending()
    outbox.storage.write(outbox.reissue(uid("new"), old))
    new = [read_body(record["body"].encode(), None) for record in outbox.pending()]
    assert [op.n for op in new] == [1, 2]
    assert new[1].prev == new[0].sha256
    assert [op.args for op in new] == [{"a": 1}, {"a": 2}]
    for op, was in zip(new, old, strict=True):
        assert op.was is not None
        assert (op.was.stream, op.was.id, op.was.sha256) == (was["stream"], was["id"], was["sha256"])
        assert op.id != was["id"]
    outbox.storage.write(outbox.reissue(uid("newer"), outbox.pending()))
    twice = read_body(outbox.pending()[0]["body"].encode(), None)
    assert twice.was is not None
    assert twice.was.was is not None
    assert twice.was.was.id == old[0]["id"]
    assert len(list(outbox.storage.items(OUTBOX))) == 2


def test_an_op_damaged_on_the_phone_is_set_aside_and_the_others_go_on(outbox: Outbox) -> None:
    """Guards outbox._readable: a flipped bit must not wedge the phone, nor be thrown away."""
    put(outbox, a=1), put(outbox, a=2)
    broken = {**outbox.pending()[0], "body": '{"id": '}
    outbox.storage.write([(OUTBOX, key_of(uid("s"), 1), broken)])
    outbox.storage.write(outbox.reissue(uid("new"), outbox.pending()))
    assert [json.loads(record["body"])["args"] for record in outbox.pending()] == [{"a": 2}]
    assert outbox.aside() == [broken]


def test_a_nearly_too_large_op_can_still_be_reissued(outbox: Outbox) -> None:
    put(outbox, text="x" * (MAX_OP_BYTES - 500))
    outbox.storage.write(outbox.reissue(uid("new"), outbox.pending()))
    assert len(outbox.pending()) == 1

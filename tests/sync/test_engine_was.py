"""Re-issued ops: an op that is here already gives its result and does nothing."""

from __future__ import annotations

import json

from tests.sync.world import World, group, statuses, uid


def test_a_reissued_op_returns_the_stored_result_and_applies_nothing(world: World) -> None:
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a"))
    answer = world.push(new.again(old.bodies[0]))
    assert statuses(answer) == ["applied"]
    assert answer.results[0]["rev"] == 1
    assert len(world.put.applied) == 1


def test_a_reissued_op_that_never_came_is_applied(world: World) -> None:
    old, new = world.chain("old"), world.chain("new")
    old.op("row.put", "a")
    assert statuses(world.push(new.again(old.bodies[0]))) == ["applied"]
    assert len(world.put.applied) == 1


def test_an_op_reissued_twice_finds_the_first(world: World) -> None:
    """Guards the walk through nested `was` in engine._held_before."""
    first, second, third = world.chain("1"), world.chain("2"), world.chain("3")
    world.push(first.op("row.put", "a"))
    second.again(first.bodies[0])  # never arrives
    assert statuses(world.push(third.again(second.bodies[0]))) == ["applied"]
    assert len(world.put.applied) == 1


def test_was_with_other_bytes_does_not_find_an_op(world: World) -> None:
    """Guards the sha256 comparison in engine._held_before."""
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a"))
    was = {"stream": old.stream, "id": json.loads(old.bodies[0])["id"], "sha256": "0" * 64}
    world.push(new.op("row.put", "b", was=was))
    assert len(world.put.applied) == 2


def test_was_of_somebody_elses_op_does_not_find_it(world: World) -> None:
    """Guards the author comparison in engine._held_before."""
    old, new = world.chain("old"), world.chain("new", author="someone else")
    world.push(old.op("row.put", "a"))
    world.push(new.again(old.bodies[0]))
    assert len(world.put.applied) == 2


def test_a_reissue_of_a_held_op_is_decided_with_it(world: World) -> None:
    old, new, newer, other = (world.chain(name) for name in ("old", "new", "newer", "other"))
    world.push(old.op("row.put", "child", args={"parent": "p"}))
    assert statuses(world.push(new.again(old.bodies[0]))) == ["held"]
    assert statuses(world.push(newer.again(new.bodies[0]))) == ["held"]
    world.push(other.op("row.put", "p"))
    assert [world.status(chain, 1) for chain in (old, new, newer)] == ["applied"] * 3
    assert [world.told(chain, 1) for chain in (old, new, newer)] == ["applied"] * 3
    assert len(world.put.applied) == 2


def test_a_supervisor_who_lets_a_reissue_through_lets_the_first_through(world: World) -> None:
    """Guards `approved` on its way to the original in engine.retry."""
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a", args={"right": 1}))
    world.push(new.again(old.bodies[0]))
    assert world.release(new, 1) == "held"
    assert world.release(new, 1, approved=True) == "applied"
    assert world.status(old, 1) == "applied"
    assert len(world.put.applied) == 1


def test_a_supervisor_who_dismisses_a_reissue_dismisses_the_first(world: World) -> None:
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a", args={"right": 1}))
    world.push(new.again(old.bodies[0]))
    assert world.dismiss(new, 1) == "rejected"
    assert world.status(old, 1) == "rejected"


def test_a_group_reissued_halfway_is_completed_across_streams(world: World) -> None:
    """Guards that group members are looked for in all of a person's streams."""
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a", group=group("g", 1, 2)))
    old.op("row.put", "b", group=group("g", 2, 2))  # never arrives
    assert statuses(world.push(new.again(old.bodies[1]))) == ["applied"]
    assert world.status(old, 1) == "applied"


def test_a_group_reissued_whole_after_a_lost_answer_is_applied_once(world: World) -> None:
    """Guards groups._members: a re-issued member is no member beside the one that it repeats."""
    old, new = world.chain("old"), world.chain("new")
    first = [old.op("row.put", f"r{i}", group=group("g", i, 3)) for i in (1, 2, 3)]
    world.push(*first[:2])
    answer = world.push(*(new.again(body) for body in old.bodies))
    assert statuses(answer) == ["applied"] * 3
    assert [world.status(old, n) for n in (1, 2)] == ["applied"] * 2
    assert len(world.put.applied) == 3


def test_a_group_that_fails_leaves_no_reissue_answered_as_applied(world: World) -> None:
    """Guards engine._attempt, which takes back what the answer under way says."""
    old, new = world.chain("old"), world.chain("new")
    world.push(old.op("row.put", "a", group=group("g", 1, 2)))
    old.op("row.put", "b", group=group("g", 2, 2), args={"right": 1})
    answer = world.push(*(new.again(body) for body in old.bodies))
    assert statuses(answer) == ["held", "held"]
    assert world.status(new, 1) == world.status(old, 1) == "held"
    assert {type for type, _ in world.database.tables.rows} == {"op_result"}


def test_anothers_ops_do_not_complete_a_group(world: World) -> None:
    mine, theirs = world.chain("mine"), world.chain("theirs", author="someone else")
    world.push(mine.op("row.put", "a", group=group("g", 1, 2)))
    world.push(theirs.op("row.put", "b", group=group("g", 2, 2)))
    assert world.status(mine, 1) == "held"


def test_an_op_that_comes_after_its_reissue_applies_nothing(world: World) -> None:
    """A request that was long under way, or a clone of the phone that still has the op: guards the claims."""
    first, second = world.chain("one"), world.chain("two")
    op = first.op("row.put", "a")
    world.push(second.again(op["body"]))
    answer = world.push(op)
    assert statuses(answer) == ["applied"]
    assert len(world.put.applied) == 1
    assert world.told(first, 1) == "applied"


def test_two_reissues_of_an_op_that_never_came_have_one_effect(world: World) -> None:
    lost = world.chain("lost").op("row.put", "a")
    for name in ("one", "two"):
        assert statuses(world.push(world.chain(name).again(lost["body"]))) == ["applied"]
    assert len(world.put.applied) == 1


def test_a_claim_is_the_persons_own(world: World) -> None:
    """Who names another's op in `was` takes nothing from that one."""
    op = world.chain("one").op("row.put", "a")
    world.push(world.chain("two", author=uid("qin")).again(op["body"]))
    world.push(op)
    assert len(world.put.applied) == 2

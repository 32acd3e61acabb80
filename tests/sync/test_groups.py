"""Groups: ops that stand or fall together."""

from __future__ import annotations

import pytest

from tests.sync.world import World, codes, group, statuses, uid


def test_a_group_waits_until_it_is_complete_and_is_then_applied_together(world: World) -> None:
    chain = world.chain()
    assert codes(world.push(chain.op("row.put", "a", group=group("g", 1, 3)))) == ["group-incomplete"]
    answer = world.push(chain.op("row.put", "b", group=group("g", 2, 3)), chain.op("row.put", "c"))
    assert statuses(answer) == ["held", "applied"]
    answer = world.push(chain.op("row.put", "d", group=group("g", 3, 3)))
    assert statuses(answer) == ["applied"]
    assert [world.status(chain, n) for n in (1, 2, 4)] == ["applied"] * 3
    assert [world.told(chain, n) for n in (1, 2, 4)] == ["applied"] * 3


@pytest.mark.parametrize("first", [0, 1])
def test_members_count_from_nought_or_from_one(world: World, first: int) -> None:
    chain = world.chain()
    answer = world.push(*(chain.op("row.put", f"r{i}", group=group("g", first + i, 2)) for i in (0, 1)))
    assert statuses(answer) == ["applied"] * 2


def test_a_group_in_one_batch_is_answered_as_decided(world: World) -> None:
    chain = world.chain()
    answer = world.push(*(chain.op("row.put", f"r{i}", group=group("g", i, 50)) for i in range(1, 51)))
    assert statuses(answer) == ["applied"] * 50


def test_over_fifty_members_are_no_group(world: World) -> None:
    chain = world.chain()
    assert codes(world.push(chain.op("row.put", "a", group=group("g", 1, 51)))) == ["op-malformed"]


@pytest.mark.parametrize("bad", [1, 2, 3])
@pytest.mark.parametrize("fault", ["refuse at once", "malformed", "id taken", "in its turn"])
def test_one_rejected_member_rejects_all(world: World, bad: int, fault: str) -> None:
    """Guards engine._follow_group and groups.verdict_on_arrival, whichever member is bad and however it fails."""
    chain = world.chain()
    world.push(chain.op("row.put", "first", id=uid("taken")))
    more = {
        "refuse at once": {"args": {"refuse": 1}},
        "malformed": {"args": [1]},
        "id taken": {"id": uid("taken")},
        "in its turn": {"args": {"late": 1}},
    }[fault]
    if fault == "in its turn":
        plain = world.put.apply

        def apply(op, context, prepared, store):  # type: ignore[no-untyped-def]
            if "late" in op.args:
                from sync.errors import OpRefused

                raise OpRefused("too-late", "x")
            return plain(op, context, prepared, store)

        world.put.apply = apply  # type: ignore[method-assign]
    for i in (1, 2, 3):
        world.push(chain.op("row.put", f"r{i}", group=group("g", i, 3), **(more if i == bad else {})))
    assert [world.status(chain, n) for n in (2, 3, 4)] == ["rejected"] * 3
    assert [world.code(chain, n) for n in (2, 3, 4)].count("group-rejected") == 2
    assert not {uid(f"r{i}") for i in (1, 2, 3)} & {row for _, row in world.database.tables.rows}


def test_one_held_member_holds_all_until_its_parent_comes(world: World) -> None:
    chain = world.chain()
    answer = world.push(
        chain.op("row.put", "a", group=group("g", 1, 2)),
        chain.op("row.put", "b", group=group("g", 2, 2), args={"parent": "p"}),
    )
    assert codes(answer) == ["group-held", "parent-missing"]
    assert ("row", uid("a")) not in world.database.tables.rows
    world.push(chain.op("row.put", "p"))
    assert [world.status(chain, n) for n in (1, 2)] == ["applied"] * 2


def test_a_supervisor_lets_a_whole_group_through(world: World) -> None:
    """Guards `approved` on its way to every member."""
    chain = world.chain()
    world.push(*(chain.op("row.put", f"r{i}", group=group("g", i, 2), args={"right": 1}) for i in (1, 2)))
    assert world.release(chain, 1) == "held"
    assert world.release(chain, 1, approved=True) == "applied"
    assert world.status(chain, 2) == "applied"


def test_a_supervisor_who_dismisses_one_member_dismisses_all(world: World) -> None:
    chain = world.chain()
    world.push(*(chain.op("row.put", f"r{i}", group=group("g", i, 3)) for i in (1, 2)))
    assert world.dismiss(chain, 1) == "rejected"
    assert world.code(chain, 2) == "group-rejected"
    assert statuses(world.push(chain.op("row.put", "r3", group=group("g", 3, 3)))) == ["rejected"]


def test_a_contradicting_member_is_rejected_and_so_are_the_others(world: World) -> None:
    chain = world.chain()
    world.push(chain.op("row.put", "a", group=group("g", 1, 2)))
    assert codes(world.push(chain.op("row.put", "b", group=group("g", 2, 3)))) == ["group-invalid"]
    assert world.status(chain, 1) == "rejected"


def test_a_member_too_many_does_not_touch_a_decided_group(world: World) -> None:
    chain = world.chain()
    world.push(*(chain.op("row.put", f"r{i}", group=group("g", i, 2)) for i in (1, 2)))
    assert codes(world.push(chain.op("row.put", "c", group=group("g", 2, 2)))) == ["group-invalid"]
    assert world.status(chain, 1) == "applied"


def test_a_member_from_a_revoked_device_is_not_let_through_by_the_last_one(world: World) -> None:
    """Guards groups.completed_by: every member must wait for nothing but the others."""
    lost, new = world.chain("lost"), world.chain("new")
    world.push(lost.op("row.put", "a", group=group("g", 1, 3)))
    world.database.revoke(lost.stream)
    world.push(lost.op("row.put", "b", group=group("g", 2, 3)))
    world.push(new.op("row.put", "c", group=group("g", 3, 3)))
    assert [world.status(lost, 1), world.status(lost, 2), world.status(new, 1)] == ["held"] * 3
    assert world.release(lost, 2) == "applied"


def test_a_crash_in_a_group_undoes_all_of_it(world: World) -> None:
    chain = world.chain()
    answer = world.push(
        chain.op("row.put", "a", group=group("g", 1, 2)),
        chain.op("row.put", "b", group=group("g", 2, 2), args={"crash": 1}),
        chain.op("row.put", "c"),
    )
    assert statuses(answer) == ["held", "held", "applied"]
    assert ("row", uid("a")) not in world.database.tables.rows

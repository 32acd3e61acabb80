"""The steps of a story, by name, and how often each comes. A step is its name and five numbers; every choice is one of
them modulo what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.torture import connections, fieldwork, lives, office, strange
from tests.torture.choosing import Act, Numbers
from tests.torture.world import World


def quiesce(world: World, numbers: Numbers) -> None:
    from tests.torture.oracle import check

    world.settle()
    check(world)


WEIGHTS: dict[Act, int] = {
    fieldwork.report: 10, fieldwork.edit: 14, fieldwork.transition: 5, fieldwork.comment: 6, fieldwork.photo: 5,
    fieldwork.inspect: 3, fieldwork.resolve: 5, fieldwork.group: 4,
    connections.sync: 30, connections.late: 4, connections.pull: 3, connections.pull_again: 2,
    connections.equal_pushes: 3, connections.together: 5, connections.decide_together: 2, connections.crossing: 2,
    lives.new_stream: 2, lives.rotate: 2, lives.clone: 2, lives.reinstall: 2, lives.enrol_again: 2,
    lives.newcomer: 2, lives.revoke: 1, lives.turn_clock: 2,
    strange.fork: 3, strange.id_reused: 2, strange.false_was: 2, strange.damage: 2, strange.large: 1,
    strange.two_hosts: 2,
    office.grant: 4, office.decide: 4, office.sweep: 2, office.wait: 3, office.absence: 1, office.back_up: 4,
    office.restore: 3, quiesce: 2,
}  # fmt: skip
ACTS: dict[str, Act] = {act.__name__: act for act in WEIGHTS}
CHANCES: dict[str, int] = {act.__name__: weight for act, weight in WEIGHTS.items()}


def perform(world: World, step: Sequence[Any]) -> None:
    name, *numbers = step
    world.tally.steps += 1
    world.tally.operation(name)
    ACTS[name](world, tuple(numbers))  # type: ignore[arg-type]

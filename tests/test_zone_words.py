"""Checklists and maps are strangers to one another, but they must spell the kinds of zones alike."""

from checklists import authoring
from geo.zones.kinds import Kind


def test_every_rule_that_a_zone_may_carry_can_be_asked_for_by_an_item() -> None:
    assert {kind.value for kind in Kind} <= set(authoring.read_registry()["zones"])

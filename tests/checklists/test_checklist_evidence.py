"""Missing evidence is flagged; the exit photos stand where the rule wants them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.engine import judge
from checklists.evidence import Gate, Lack, Media
from checklists.selection import Context
from checklists.spots import Place

GATE = (109.3, 24.2)
METRE_NORTH = 1 / 110_760
EXIT = "dust.exit.road-clean"


def found(pack, code, result="fail", **more):
    given = {"item": code, "result": result}
    given.update({key: more.pop(key) for key in ("photos", "value", "position") if key in more})
    return list(judge(pack, [given], Context(), **more).verdicts[0].lacks)


def exit_photos(*north, accuracy_m=None):
    places = [(GATE[0], GATE[1] + each * METRE_NORTH, accuracy_m) for each in north]
    media = {f"p{n}": Media("photo", None, *each) for n, each in enumerate(places)}
    return {"photos": list(media), "media": media, "gate": Gate(Place(*GATE)), "value": 50, "positioned": True}


def test_photos_are_asked_for_on_failure_only(liujiang):
    assert found(liujiang, "dust.site.cover") == [Lack("photo", "missing", 1)]
    assert found(liujiang, "dust.site.cover", "pass") == []


def test_files_of_unknown_kind_count_as_whatever_is_needed(liujiang):
    assert found(liujiang, "dust.gate.wash-platform", photos=["a", "b"]) == []
    assert found(liujiang, "dust.gate.wash-platform", photos=["a"]) == [Lack("film", "missing", 1)]


def test_two_photos_are_no_film(liujiang):
    media = {"a": Media("photo"), "b": Media("photo")}
    assert found(liujiang, "dust.gate.wash-platform", photos=["a", "b"], media=media) == [Lack("film", "missing", 1)]


def test_a_photo_to_spare_may_be_a_photographed_paper(liujiang):
    media = {"a": Media("photo"), "b": Media("film")}
    assert found(liujiang, "dust.cost.in-budget", photos=["a"], media=media) == []
    assert found(liujiang, "dust.cost.in-budget", photos=["b"], media=media) == [Lack("document", "missing", 1)]


@pytest.mark.parametrize(("seconds", "lacks"), [(60, []), (61, [Lack("film", "too-long", 1)])])
def test_a_film_lasts_at_most_60_seconds(liujiang, seconds, lacks):
    media = {"a": Media("photo"), "b": Media("film", seconds=seconds)}
    assert found(liujiang, "dust.gate.wash-platform", photos=["a", "b"], media=media) == lacks


def test_one_photo_sent_twice_is_one(liujiang):
    assert Lack("photo", "missing", 1) in found(liujiang, "dust.faults.six", photos=["a", "a"])


def test_a_position_comes_with_the_answer_or_the_inspection(liujiang):
    lack = Lack("position", "missing", 1)
    assert lack in found(liujiang, "dust.faults.six", photos=["a", "b"])
    assert lack not in found(liujiang, "dust.faults.six", photos=["a", "b"], positioned=True)
    assert lack not in found(liujiang, "dust.faults.six", photos=["a", "b"], position={"lon": 1})


def test_a_document_is_asked_for_even_when_the_duty_is_met(liujiang):
    assert found(liujiang, "dust.cost.in-budget", "pass") == [Lack("document", "missing", 1)]


def test_photos_at_the_gate_and_both_sides_satisfy_the_exit_rule(liujiang):
    assert found(liujiang, EXIT, "pass", **exit_photos(0, 50, -50)) == []


@given(st.permutations([0, 50, -50]), st.lists(st.floats(-15, 15), min_size=3, max_size=3))
def test_the_exit_rule_allows_for_order_and_a_phones_error(liujiang, north, error):
    assert found(liujiang, EXIT, "pass", **exit_photos(*(a + b for a, b in zip(north, error, strict=True)))) == []


@pytest.mark.parametrize("north", [(0, 50, 52), (0, 0, 0), (0, 50, -110), (60, 50, -50)])
def test_photos_on_one_side_or_too_far_are_misplaced(liujiang, north):
    assert [each.reason for each in found(liujiang, EXIT, "pass", **exit_photos(*north))] == ["misplaced"]


def test_photos_whose_error_is_too_large_are_named_as_such(liujiang):
    lacks = found(liujiang, EXIT, "pass", **exit_photos(0, 50, -50, accuracy_m=35))
    assert lacks == [Lack("photo", "inaccurate", 3)]


def test_a_road_with_a_known_bearing_is_held_to_it(liujiang):
    photos = exit_photos(0, 50, -50)
    assert found(liujiang, EXIT, "pass", **{**photos, "gate": Gate(Place(*GATE), 0)}) == []
    across = found(liujiang, EXIT, "pass", **{**photos, "gate": Gate(Place(*GATE), 90)})
    assert across == [Lack("photo", "misplaced", 2)]


def test_without_places_the_exit_photos_are_unlocated_not_refused(liujiang):
    lacks = found(liujiang, EXIT, "pass", photos=["a", "b", "c"], value=50, positioned=True)
    assert lacks == [Lack("photo", "unlocated", 3)]

"""The condition form: shared vectors, and the laws of three-valued logic."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import checklists
from checklists import library
from checklists.conditions import Truth, conjunction, disjunction, evaluate, negate, unknown_fields
from checklists.errors import ConditionInvalid
from checklists.selection import Context, applicable_items

VECTORS = json.loads((Path(checklists.__file__).parent / "condition-vectors.json").read_text("utf-8"))
truths = st.sampled_from(Truth)
names = st.sampled_from(["a", "b", "c"])
leaves = st.one_of(
    st.builds(lambda f, v: {"field": f, "op": "eq", "value": v}, names, st.booleans()),
    st.builds(lambda f, v: {"field": f, "op": "gte", "value": v}, names, st.integers(-2, 2)),
    st.builds(lambda f: {"field": f, "op": "known"}, names),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda p: {"all": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"any": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"not": p}, inner),
    ),
    max_leaves=8,
)
attributes = st.dictionaries(names, st.one_of(st.none(), st.booleans(), st.integers(-2, 2)))


@pytest.mark.parametrize("case", VECTORS["conditions"], ids=lambda case: case["name"])
def test_a_condition_is_judged_as_its_vector_says(case):
    assert evaluate(case["condition"], case["attributes"]).value == case["expect"]


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: case["name"])
def test_a_malformed_condition_is_refused(case):
    with pytest.raises(ConditionInvalid):
        evaluate(case["condition"], {})


@pytest.mark.parametrize("case", VECTORS["selections"], ids=lambda case: case["name"])
def test_items_are_selected_as_their_vector_says(case):
    found = applicable_items(library.get(*case["pack"].split("@")).pack, Context.of(case["context"]))
    assert {
        "certain": [each.item.code for each in found if each.certain],
        "uncertain": {each.item.code: list(each.unknown) for each in found if not each.certain},
        "exempt": {each.item.code: list(each.exempt) for each in found if each.exempt},
    } == case["expect"]


def test_the_vectors_use_every_operator_and_every_outcome():
    text = json.dumps(VECTORS["conditions"])
    assert all(f'"op": "{op}"' in text for op in ("eq", "ne", "in", "lt", "lte", "gt", "gte", "known"))
    assert {case["expect"] for case in VECTORS["conditions"]} == {"true", "false", "unknown"}


@given(truths, truths)
def test_not_turns_all_into_any(one, two):
    assert negate(conjunction(one, two)) is disjunction(negate(one), negate(two))


@given(conditions, attributes)
def test_not_twice_changes_nothing(condition, known):
    assert evaluate({"not": {"not": condition}}, known) is evaluate(condition, known)


@given(st.lists(conditions, min_size=1, max_size=3), attributes)
def test_order_does_not_matter(parts, known):
    for form in ("all", "any"):
        assert evaluate({form: parts}, known) is evaluate({form: parts[::-1]}, known)


@given(conditions, attributes)
def test_an_unknown_condition_names_what_is_missing(condition, known):
    if evaluate(condition, known) is Truth.UNKNOWN:
        assert unknown_fields(condition, known)


@given(leaves.filter(lambda leaf: leaf["op"] != "known"), attributes, names, st.integers(-2, 2))
def test_learning_another_field_never_changes_a_comparison(leaf, known, name, value):
    if name != leaf["field"]:
        assert evaluate(leaf, {**known, name: value}) is evaluate(leaf, known)


def test_a_condition_nested_without_end_is_refused():
    deep = {"field": "a", "op": "known"}
    for _ in range(40):
        deep = {"not": deep}
    with pytest.raises(ConditionInvalid):
        evaluate(deep, {})

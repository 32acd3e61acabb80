"""How a finding stands in a period: laws that hold whatever happened to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.services.lifecycle import STATES
from backend.services.period_standing import Moved, counts, stands, state_at

states = st.sampled_from(STATES)
rows = st.builds(
    lambda unit, state, scope, carried, seen: (unit, stands(state, in_scope=scope, carried=carried, seen=seen)),
    st.sampled_from(["住建局", "城管局"]), states, st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(rows))
def test_in_every_unit_what_came_in_is_what_went_out_and_what_is_left(found):
    told = [(unit, how.origin, how.outcome, False) for unit, how in found if how is not None]
    for one in counts(told).values():
        came = one["carried"] + one["new"] + one["reopened"]
        assert came == one["closed"] + one["transferred"] + one["removed"] + one["open"]
    assert counts(told)[""]["open"] == sum(outcome == "open" for _, _, outcome, _ in told)


@given(st.lists(st.tuples(st.integers(0, 100), states), max_size=6), st.integers(-1, 101))
def test_the_state_at_an_instant_is_that_of_the_last_step_taken_by_then(taken, instant):
    zero = datetime(2026, 11, 22)
    steps, state = [], "submitted"
    for minutes, to in sorted(taken, key=lambda each: each[0]):
        steps.append(Moved(zero + timedelta(minutes=minutes), state, to))
        state = to
    by_then = [step.to for step in steps if step.at <= zero + timedelta(minutes=instant)]
    assert state_at(steps, state, zero + timedelta(minutes=instant)) == ["submitted", *by_then][-1]

"""How a finding stands in a period: came in how, stood how at the cut-off; and the sums of that by unit.

Pure: knows no database. The sums keep one law in every unit:
上期结转 + 本期新增 + 反弹 = 本期销号 + 移交处罚 + 移出 + 累计未完成.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

SETTLED = {"closed": "closed", "look_back": "closed", "penalty_transfer": "transferred", "rejected": "removed"}
"""The outcome of a state; every other state is open."""
COUNTED = ("carried", "new", "late", "reopened", "closed", "transferred", "removed", "open")


@dataclass(frozen=True, slots=True)
class Moved:
    """A step that was taken at an instant, from one state to another."""

    at: datetime
    start: str
    to: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`origin`: carried, new or reopened; `outcome`: open, closed, transferred or removed."""

    origin: str
    outcome: str


def state_at(steps: Sequence[Moved], now: str, at: datetime) -> str:
    """The state at an instant, by the steps in their order; `now` is the state of a finding without any step.

    What counts is when a step was taken on the spot, not when the server heard of it.
    """
    taken = [step for step in steps if step.at <= at]
    if taken:
        return taken[-1].to
    return steps[0].start if steps else now


def outcome_of(state: str, in_scope: bool) -> str:
    """How a finding stands; one that no longer lies in the series' cell or topic was moved out of it (移出)."""
    return SETTLED.get(state, "open") if in_scope else "removed"


def stands(state: str, *, in_scope: bool, carried: bool, seen: bool) -> Standing | None:
    """How a finding stands in a period; None when it is none of it.

    `carried`: it was open at the end of the period before. `seen`: an earlier period had it.
    """
    outcome = outcome_of(state, in_scope)
    if carried:
        return Standing("carried", outcome)
    if seen:
        return Standing("reopened", outcome) if outcome == "open" else None
    return None if outcome == "removed" else Standing("new", outcome)


def stands_again(origin: str, state: str, *, in_scope: bool, stays: bool) -> Standing | None:
    """How a finding stands in a reissue. What came in with this period and no longer `stays` in it never was in it."""
    if origin != "carried" and not stays:
        return None
    return Standing(origin, outcome_of(state, in_scope))


def counts(rows: Iterable[tuple[str, str, str, bool]]) -> dict[str, dict[str, int]]:
    """Sums by unit and of all (the key ""), of rows of unit, origin, outcome, late."""
    found: dict[str, dict[str, int]] = {"": dict.fromkeys(COUNTED, 0)}
    for unit, origin, outcome, late in rows:
        for sums in (found[""], found.setdefault(unit, dict.fromkeys(COUNTED, 0))):
            sums[origin] += 1
            sums[outcome] += 1
            sums["late"] += late
    return found

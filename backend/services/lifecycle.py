"""The states of a finding, and who may take it from one to the next: one table.

Close-out duties (deadlines, hops, papers) hang on these steps and are decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "submitted"


@dataclass(frozen=True, slots=True)
class Step:
    """A step from one state to another, and the roles that may take it."""

    start: str
    to: str
    roles: frozenset[str]


_OFFICE = frozenset({"supervisor", "admin"})
_FIELD = frozenset({"inspector", "supervisor", "admin"})

STEPS = (
    Step("submitted", "verified", _OFFICE),
    Step("submitted", "rejected", _OFFICE),
    Step("verified", "registered", _OFFICE),
    Step("verified", "rejected", _OFFICE),
    Step("registered", "dispatched", _OFFICE),
    Step("dispatched", "rectifying", _OFFICE),
    Step("rectifying", "feedback", _FIELD),
    Step("feedback", "recheck", _FIELD),
    Step("recheck", "returned", _FIELD),
    Step("returned", "rectifying", _OFFICE),
    Step("recheck", "closed", _OFFICE),
    Step("closed", "look_back", _OFFICE),
    Step("look_back", "closed", _FIELD),
    Step("look_back", "reopened", _FIELD),
    Step("reopened", "dispatched", _OFFICE),
    Step("registered", "penalty_transfer", _OFFICE),
    Step("rectifying", "penalty_transfer", _OFFICE),
    Step("recheck", "penalty_transfer", _OFFICE),
)

STATES = tuple(dict.fromkeys(state for step in STEPS for state in (step.start, step.to)))
CLOSED = frozenset({"closed", "look_back", "rejected", "penalty_transfer"})
"""States in which a finding's text is settled: an edit is a conflict, which a supervisor decides."""

_BY_ENDS = {(step.start, step.to): step for step in STEPS}


def step(start: str, to: str) -> Step | None:
    """The step between two states, or None where there is none."""
    return _BY_ENDS.get((start, to))

"""The states of a finding, and who may take it from one to the next under what conditions: one table.

Ops and the API are judged by it alike, and `docs/case-steps.md` is printed from it. What a step does beside the state
(hops, terms, the case's dates) is `case_steps`.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "submitted"

NOTE = "note"
"""The step says why."""
AT_ONCE = "at-once"
"""An after-photo of the same place, taken within two hours of the finding (立行立改)."""
OTHER_EYES = "other-eyes"
"""Whoever takes it is not the one who said that it was put right: the rechecker is not the rectifier."""
EVIDENCE = "evidence"
"""The finding is evidence, not a lead: mode, approval and two officers with valid certificates."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step from one state to another, the roles that may take it, and what it needs."""

    action: str
    start: str
    to: str
    roles: frozenset[str]
    needs: frozenset[str] = frozenset()


_OFFICE = frozenset({"supervisor", "admin"})
_FIELD = frozenset({"inspector", "supervisor", "admin"})
_HANDLING = frozenset({"handler", "supervisor", "admin"})
_REPLYING = _FIELD | {"handler"}

STEPS = (
    Step("verify", "submitted", "verified", _OFFICE),
    Step("reject", "submitted", "rejected", _OFFICE, frozenset({NOTE})),
    Step("close-at-once", "submitted", "closed", _FIELD, frozenset({AT_ONCE})),
    Step("register", "verified", "registered", _OFFICE),
    Step("reject", "verified", "rejected", _OFFICE, frozenset({NOTE})),
    Step("close-at-once", "verified", "closed", _FIELD, frozenset({AT_ONCE})),
    Step("dispatch", "registered", "dispatched", _OFFICE),
    Step("sign-for", "dispatched", "rectifying", _HANDLING),
    Step("take-back", "dispatched", "registered", _OFFICE, frozenset({NOTE})),
    Step("take-back", "rectifying", "registered", _OFFICE, frozenset({NOTE})),
    Step("reply", "rectifying", "feedback", _REPLYING),
    Step("recheck", "feedback", "recheck", _FIELD, frozenset({OTHER_EYES})),
    Step("send-back", "recheck", "returned", _FIELD, frozenset({NOTE})),
    Step("redo", "returned", "rectifying", _OFFICE),
    Step("close", "recheck", "closed", _OFFICE, frozenset({OTHER_EYES})),
    Step("look-back", "closed", "look_back", _FIELD),
    Step("holds", "look_back", "closed", _FIELD),
    Step("reopen", "look_back", "reopened", _FIELD, frozenset({NOTE})),
    Step("dispatch", "reopened", "dispatched", _OFFICE),
    Step("transfer", "registered", "penalty_transfer", _OFFICE, frozenset({EVIDENCE})),
    Step("transfer", "rectifying", "penalty_transfer", _OFFICE, frozenset({EVIDENCE})),
    Step("transfer", "recheck", "penalty_transfer", _OFFICE, frozenset({EVIDENCE})),
)

STATES = tuple(dict.fromkeys(state for step in STEPS for state in (step.start, step.to)))
CLOSED = frozenset({"closed", "look_back", "rejected", "penalty_transfer"})
"""States in which a finding's text is settled: an edit is a conflict, which a supervisor decides."""
WITH_OFFICE = frozenset({"dispatched", "rectifying"})
"""States in which a hop is open: some office has the finding, and its clock runs."""

_BY_ENDS = {(step.start, step.to): step for step in STEPS}


def step(start: str, to: str) -> Step | None:
    """The step between two states, or None where there is none."""
    return _BY_ENDS.get((start, to))


def steps_from(state: str, role: str) -> tuple[Step, ...]:
    """The steps that a role may take from a state."""
    return tuple(one for one in STEPS if one.start == state and role in one.roles)

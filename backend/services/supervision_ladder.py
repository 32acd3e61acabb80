"""The ladder of supervision as data: 提醒, then 催办, then 督办函, and how long each waits, by severity.

No plan gives these waits; they are house settings. The first rung waits from the end of the term, each other one from
the decision on the rung before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.services import deadlines
from checklists.model import Deadline


@dataclass(frozen=True, slots=True)
class Rung:
    """`action` is the name of the step that the history of a finding has for it."""

    level: str
    action: str
    wait: Deadline


def _ladder(*waits: tuple[int, str]) -> tuple[Rung, ...]:
    levels = (("reminder", "remind"), ("urging", "urge"), ("letter", "supervise"))
    return tuple(Rung(*level, Deadline(*wait, "setting")) for level, wait in zip(levels, waits, strict=True))


LADDERS: Mapping[str, tuple[Rung, ...]] = {
    "serious": _ladder((2, "working_hours"), (1, "working_days"), (1, "working_days")),
    "moderate": _ladder((1, "working_days"), (2, "working_days"), (3, "working_days")),
    "minor": _ladder((2, "working_days"), (3, "working_days"), (5, "working_days")),
}


def next_rung(
    severity: str, done: Sequence[tuple[str, datetime | None]], due: datetime
) -> tuple[Rung, datetime] | None:
    """The rung that comes now and when it may be proposed; None at the end, or while one waits for its decision.

    `done`: what this term has had, as level and the instant of its decision.
    """
    ladder, decided = LADDERS[severity], dict(done)
    start = due
    for rung in ladder:
        if rung.level not in decided:
            return rung, deadlines.due(start, rung.wait)
        at = decided[rung.level]
        if at is None:
            return None
        start = at
    return None

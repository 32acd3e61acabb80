"""What verdicts say of the kinds of zones that somebody asks about: which hold, and of which nobody can tell.

The same question is answered on phones (`web/src/field/geo/zone_rules.ts`), held to this by vectors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from geo.zones.kinds import Kind, Subject
from geo.zones.rules import UNDETERMINED, Verdict

_KINDS = frozenset(kind.value for kind in Kind)


class ZonesThere(NamedTuple):
    """The kinds of zones that held at a place and time, and those of which nobody can tell."""

    hold: tuple[str, ...]
    doubtful: tuple[str, ...]


def holding(verdicts: Mapping[Subject, Verdict], kept: Collection[Subject], wanted: Collection[str]) -> ZonesThere:
    """What holds for sure, and what of `wanted` may hold.

    `kept`: the subjects that somebody keeps zones of. A word that is no kind of zone here, or of a subject that nobody
    keeps, cannot be told; nor can one of a subject whose verdict is a suspicion or undetermined.
    """
    doubtful = set(wanted) - _KINDS
    doubtful |= {kind.value for kind in Kind if kind.value in wanted and kind.subject not in kept}
    hold = set()
    for subject, verdict in verdicts.items():
        if verdict.certainty == "certain" and verdict.outcome in _KINDS:
            hold.add(verdict.outcome)
        elif verdict.certainty != "certain" or verdict.outcome == UNDETERMINED:
            doubtful |= {kind.value for kind in Kind if kind.subject is subject and kind.value in wanted}
    return ZonesThere(tuple(sorted(hold)), tuple(sorted(doubtful - hold)))

"""What people are told of: one table of event kinds, each with whom it is for and what its sentence names.

The sentences are in the catalogues (`told`), in both languages. They name numbers, places, offices and terms, never
persons or telephone numbers: they leave the house by web hooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend import catalogue
from backend.services.working_time import CHINA


@dataclass(frozen=True, slots=True)
class EventKind:
    """`role`: who of the event's cell is told; null where it is for a person or an office alone. `facts`: the names
    that its sentence may use."""

    facts: frozenset[str]
    role: str | None = None


_FINDING = frozenset({"number", "place"})
_HOP = _FINDING | {"office", "due"}
_COUNTS = frozenset({"day", "new", "overdue", "returns", "returned", "held", "conflicts", "fire_points"})

KINDS: Mapping[str, EventKind] = {
    "hop-given": EventKind(_HOP),
    "return-asked": EventKind(_HOP, "supervisor"),
    "return-granted": EventKind(_HOP),
    "return-refused": EventKind(_HOP),
    "extension-asked": EventKind(_HOP | {"until"}, "supervisor"),
    "extension-granted": EventKind(_HOP | {"until"}),
    "extension-refused": EventKind(_HOP),
    "overdue-proposed": EventKind(_HOP | {"level"}, "supervisor"),
    "overdue-issued": EventKind(_HOP | {"level", "serial"}),
    "op-held": EventKind(frozenset({"count"}), "supervisor"),
    "conflict-recorded": EventKind(_FINDING, "supervisor"),
    "place-doubtful": EventKind(_FINDING, "supervisor"),
    "fire-given": EventKind(_FINDING, "inspector"),
    "task-given": EventKind(frozenset({"place", "due"}), "inspector"),
    "digest": EventKind(_COUNTS),
    "hook-paused": EventKind(frozenset({"name"}), "admin"),
    "hook-test": EventKind(frozenset({"name"})),
}

INSTANTS = frozenset({"due", "until"})
"""Facts that are instants in ISO 8601, shown by the clock of China."""
LABELS = {"level": "supervision_level"}
"""Facts that are codes, and the group of words that names them."""
NOTHING = "—"


def title(kind: str, language: str) -> str:
    """What a kind is called."""
    return catalogue.label(language, "event_kind", kind)


def sentence(kind: str, facts: Mapping[str, Any], language: str) -> str:
    """An event in words; what is not known is a dash."""
    shown = {name: _shown(name, facts.get(name), language) for name in KINDS[kind].facts}
    return catalogue.words(language)["told"][kind].format(**shown)


def _shown(name: str, value: Any, language: str) -> str:
    if value is None:
        return NOTHING
    if name in INSTANTS:
        return f"{datetime.fromisoformat(value).astimezone(CHINA):%Y-%m-%d %H:%M}"
    return catalogue.label(language, LABELS[name], value) if name in LABELS else str(value)

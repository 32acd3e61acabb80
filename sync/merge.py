"""Three-way merge of one row's fields: what an edit changes, and what it loses.

First received stays. Knows fields and their history as values; nothing of what a field means, and nothing of stores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one field that a person wrote: its value from `rev` on, and the stream (None at the console)."""

    field: str
    rev: int
    value: Any
    stream: str | None


@dataclass(frozen=True, slots=True)
class Loss:
    """A field that an edit could not have: what it was when the device last saw it, what it is, what was wanted."""

    name: str
    base: Any
    current: Any
    incoming: Any

    def as_wire(self) -> dict[str, Any]:
        return {"name": self.name, "base": self.base, "current": self.current, "incoming": self.incoming}


@dataclass(frozen=True, slots=True)
class Merge:
    """What to write (`changed`), what was lost, and whether the row had changed meanwhile at all."""

    changed: dict[str, Any]
    lost: tuple[Loss, ...]
    meanwhile: bool

    @property
    def status(self) -> str:
        if self.lost:
            return "conflict"
        return "merged" if self.meanwhile else "applied"


def merge(
    current: Mapping[str, Any],
    wanted: Mapping[str, Any],
    base_rev: int | None,
    history: Sequence[FieldChange],
    own_streams: frozenset[str],
) -> Merge:
    """Merge the wanted fields into a row.

    `history` is the row's, oldest first, its creation included. A change is "meanwhile" when its `rev` is above
    `base_rev` (0 when the device had seen none) and it came from a stream that the op's own stream does not continue.
    The same new value from two sides is no conflict.
    """
    base = base_rev or 0
    others = [change for change in history if change.rev > base and change.stream not in own_streams]
    theirs = {change.field for change in others}
    changed: dict[str, Any] = {}
    lost: list[Loss] = []
    for name, value in wanted.items():
        if current.get(name) == value:
            continue
        if name in theirs:
            lost.append(Loss(name, value_at(history, name, base), current.get(name), value))
        else:
            changed[name] = value
    return Merge(changed, tuple(lost), bool(others))


def value_at(history: Sequence[FieldChange], name: str, rev: int) -> Any:
    """A field's value as of a `rev`; None when it was not known by then."""
    known = [change for change in history if change.field == name and change.rev <= rev]
    return max(known, key=lambda change: change.rev).value if known else None

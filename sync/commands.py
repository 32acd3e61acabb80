"""What a command handler is: the engine's only door to what ops do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from sync.ops import Op
from sync.store import OpContext, Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an op did. `created` are the ids of rows whose arrival may release held ops."""

    status: str = "applied"
    rev: int | None = None
    conflict: str | None = None
    created: tuple[str, ...] = ()


@runtime_checkable
class Foreseen(Protocol):
    """What `prepare` may give: it knows which ids and hashes `apply` will ask about."""

    def names(self) -> Iterable[str]: ...


class Handler(Protocol):
    """One command. Both methods may raise OpRefused; `apply` also OpHeld."""

    versions: frozenset[int]

    def prepare(self, op: Op, context: OpContext) -> Any:
        """Whatever only computes (shape, positions, rules): called before any lock is taken."""
        ...

    def apply(self, op: Op, context: OpContext, prepared: Any, store: Store) -> Outcome:
        """The effect, inside a savepoint."""
        ...


Handlers = Mapping[str, Handler]

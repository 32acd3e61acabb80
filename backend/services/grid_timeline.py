"""Which grid version holds at which instant. Knows activations; nothing of cells and of what lies in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import until_lock
from backend.models import GridActivation
from backend.services.errors import InputInvalid

_KEY = "grid-timeline"
_ALL = select(GridActivation.n, GridActivation.version_id, GridActivation.valid_from).order_by(GridActivation.n)


@dataclass(frozen=True, slots=True)
class Activation:
    n: int
    version_id: str
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """All activations, the latest last; there is one at least."""

    activations: tuple[Activation, ...]

    @property
    def n(self) -> int:
        """The number of the latest activation: what was placed under a lower one has to be looked at again."""
        return self.activations[-1].n

    @property
    def current(self) -> str:
        """The version that holds from now on."""
        return self.activations[-1].version_id

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that has held, each once, by its latest activation, the latest first."""
        return tuple(dict.fromkeys(one.version_id for one in reversed(self.activations)))

    def at(self, instant: datetime | None) -> str:
        """The version that holds at an instant: of those begun by then the one activated last, or the very first."""
        if instant is None:
            return self.current
        for one in reversed(self.activations):
            if one.valid_from <= instant:
                return one.version_id
        return self.activations[0].version_id


def timeline(session: Session) -> Timeline:
    """The timeline as this transaction sees it. Raises InputInvalid when no grid was ever loaded."""
    facts = until_lock.facts(session)
    found: Timeline | None = facts.get(_KEY)
    if found is None:
        rows = session.connection().execute(_ALL).all()
        if not rows:
            raise InputInvalid("No cells are loaded yet; run 'flask --app wsgi setup run'.")
        found = facts[_KEY] = Timeline(tuple(Activation(*row) for row in rows))
    return found

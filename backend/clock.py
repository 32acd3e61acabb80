"""The server's clock and ids: the one place that reads them, so that tests can set them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app
from uuid_utils.compat import uuid7


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and the next UUIDv7."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: str(uuid7())


def current() -> Clock:
    """The clock of the current app."""
    clock: Clock = current_app.extensions["bluegrid.clock"]
    return clock


def now() -> datetime:
    """The server's time, in UTC."""
    return current().now()


def new_id() -> str:
    """A new UUIDv7 in canonical text."""
    return current().new_id()

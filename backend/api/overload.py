"""Load shedding: a process takes so many pushes and uploads at once and tells the others to come again shortly.

Pushes wait for one another at the counter. Without this a crowd of them holds every thread of a process, and nobody
is told anything, neither the phone that only pulls nor whoever asks /healthz.
"""

from __future__ import annotations

import threading

from flask import Flask, current_app, g, request

from backend.config import Settings
from backend.services.errors import ServiceError

HEAVY = frozenset({"sync.push", "media.create", "media.append", "unit-answer.photo"})
EXTENSION = "bluegrid.heavy-requests"


class Overloaded(ServiceError):
    """This process has enough to do; nothing of the request was looked at."""

    code = "overloaded"


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions[EXTENSION] = threading.BoundedSemaphore(settings.heavy_requests)
    app.before_request(_enter)
    app.teardown_request(_leave)


def _enter() -> None:
    """Take a place, or raise Overloaded at once: waiting would hold the very thread that is to be kept free."""
    if request.endpoint not in HEAVY:
        return
    gate = _gate()
    if not gate.acquire(blocking=False):
        raise Overloaded("The server is busy with other devices; keep the data and come again shortly.")
    g.heavy_request = gate


def _leave(_error: BaseException | None) -> None:
    gate = g.pop("heavy_request", None)
    if gate is not None:
        gate.release()


def _gate() -> threading.BoundedSemaphore:
    gate: threading.BoundedSemaphore = current_app.extensions[EXTENSION]
    return gate

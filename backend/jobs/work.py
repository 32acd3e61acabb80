"""Works at intents: takes one, runs its kind, notes how it ended. Runs in an application context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import select

from backend import clock
from backend.jobs import intents, turns
from backend.jobs.kinds import HOURLY, JOB_KINDS, LONG, LONG_ASKED
from backend.models import Counter, Job
from backend.services import hook_queue, photo_flags
from backend.services.receiving import Receiver
from backend.storage import blobs
from backend.transactions import reading, writing

KEPT = timedelta(days=7)

log = structlog.get_logger()


def run(job_id: str) -> bool:
    """Do one job, if it is still to be done; whether it was done now."""
    with writing() as session:
        job = intents.take(session, job_id, clock.now())
        if job is None:
            return False
        kind, attempt, arguments = job.kind, job.attempts, job.arguments
    try:
        _do(job_id, kind, attempt, arguments)
    except intents.Overtaken:
        log.warning("job-overtaken", job=job_id, kind=kind)
        return False
    except Exception as error:
        log.exception("job-failed", job=job_id, kind=kind, attempt=attempt)
        with writing() as session:
            intents.put_back(session, job_id, attempt, error, clock.now())
        return False
    return True


def _do(job_id: str, kind: str, attempt: int, arguments: Mapping[str, Any]) -> None:
    if kind in LONG or kind in LONG_ASKED:
        pulse = _Pulse(job_id, attempt)
        result = LONG[kind](pulse) if kind in LONG else LONG_ASKED[kind](pulse, arguments)
        with writing() as session:
            intents.finish(session, job_id, attempt, result, clock.now())
        return
    begun = perf_counter()
    with writing() as session:
        result = JOB_KINDS[kind](session, session.get_one(Job, job_id))
        intents.finish(session, job_id, attempt, result, clock.now())
    if result.get("left"):
        turns.rest(perf_counter() - begun)


class _Pulse:
    """Says that a long job is still under way, at most every few minutes; raises Overtaken when it is another's."""

    def __init__(self, job_id: str, attempt: int) -> None:
        self.job_id, self.attempt = job_id, attempt
        self.last = clock.now()

    def __call__(self) -> None:
        now = clock.now()
        if now - self.last >= intents.STALE_AFTER / 5:
            with writing() as session:
                intents.go_on(session, self.job_id, self.attempt, now)
            self.last = now


def due() -> list[str]:
    """What waits to be done."""
    with reading() as session:
        return list(intents.due(session, clock.now()))


def ask_when_due() -> None:
    """Ask for what does not wait for the hour, when there is something of it to do."""
    with reading() as session:
        photos_due = photo_flags.is_due(session)
        hooks_due = hook_queue.is_waiting(session, clock.now())
    ask([kind for kind, is_due in (("check-photos", photos_due), ("tell-hooks", hooks_due)) if is_due])


def ask_hourly() -> None:
    """Ask for the work of the hour, unless it still waits from the last one."""
    ask(HOURLY)


def ask(kinds: Iterable[str]) -> None:
    """Ask for work of these kinds, each unless it still waits from the last time."""
    for kind in kinds:
        with writing() as session:
            session.execute(select(Counter.id).with_for_update())  # each host's clockwork asks, one after the other
            intents.forget(session, kind, clock.now() - KEPT)
            if not intents.is_waiting(session, kind):
                intents.ask(session, clock.new_id(), kind, {}, None, clock.now())


def finish_interrupted_uploads() -> int:
    """Finish the uploads that a kill cut off after their last byte, without waiting for their devices."""
    limits = current_app.extensions["bluegrid.settings"].limits
    return Receiver(blobs(), reading, writing, clock.now, clock.new_id, limits).finish_interrupted()


def release_running() -> int:
    """Put back what a consumer that is no more was working at."""
    with writing() as session:
        return intents.release_running(session)

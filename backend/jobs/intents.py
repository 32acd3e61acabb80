"""Intents: rows that say what is to be done, and how far it got.

An intent is written in the commit that wants it, and worked through at least once: whoever works at one takes it,
and finishing it counts only while nobody else has taken it since. Knows the session; nothing of queues or Flask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from backend.models import Job

MOST_ATTEMPTS = 5
STALE_AFTER = timedelta(minutes=15)  # a job running for longer is taken to be cut off
RETRY_AFTER = timedelta(minutes=1)
ASKED = "bluegrid.jobs.asked"


class Overtaken(RuntimeError):
    """Somebody else has taken this job up since; what was done here is rolled back."""


def ask(
    session: Session, job_id: str, kind: str, arguments: dict[str, Any], asked_by: str | None, now: datetime
) -> Job:
    """Add an intent to the transaction under way; the consumer hears of it after the commit."""
    job = Job(id=job_id, kind=kind, arguments=arguments, asked_by=asked_by, asked_at=now, state="asked", attempts=0)
    session.add(job)
    session.info.setdefault(ASKED, []).append(job_id)
    return job


def is_waiting(session: Session, kind: str) -> bool:
    """Whether a job of this kind is asked for or under way."""
    return (
        session.scalar(select(Job.id).where(Job.kind == kind, Job.state.in_(("asked", "running"))).limit(1)) is not None
    )


def last_result(session: Session, kind: str) -> dict[str, Any]:
    """What the newest done job of a kind said; empty when there is none."""
    newest = select(Job.result).where(Job.kind == kind, Job.state == "done").order_by(Job.finished_at.desc()).limit(1)
    return session.scalar(newest) or {}


def due(session: Session, now: datetime, limit: int = 100) -> Sequence[str]:
    """The ids of what is not done and nobody works at, oldest first."""
    rested = or_(Job.started_at.is_(None), Job.started_at <= now - RETRY_AFTER)
    cut_off = Job.started_at <= now - STALE_AFTER
    open_jobs = ((Job.state == "asked") & rested) | ((Job.state == "running") & cut_off)
    return session.scalars(select(Job.id).where(open_jobs).order_by(Job.asked_at, Job.id).limit(limit)).all()


def take(session: Session, job_id: str, now: datetime) -> Job | None:
    """Take a job to work at it; None when there is nothing to do, or it was tried too often.

    The attempt is counted before the work, so that a job which kills its process does not return for ever.
    """
    job = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
    if job is None or not _open(job, now):
        return None
    if job.attempts >= MOST_ATTEMPTS:
        job.state, job.finished_at = "failed", now
        job.result = {"error": "cut-off", "detail": f"It was cut off {job.attempts} times."}
        return None
    job.state, job.started_at, job.attempts = "running", now, job.attempts + 1
    return job


def go_on(session: Session, job_id: str, attempt: int, now: datetime) -> None:
    """Say that the work is still under way, so that nobody else takes it up; raises Overtaken when somebody has."""
    if not _changed(session, _mine(job_id, attempt).values(started_at=now)):
        raise Overtaken(job_id)


def finish(session: Session, job_id: str, attempt: int, result: dict[str, Any], now: datetime) -> None:
    """Note the result in the work's own transaction; raises Overtaken when the job is no longer ours."""
    change = _mine(job_id, attempt).values(state="done", result=result, finished_at=now)
    if not _changed(session, change):
        raise Overtaken(job_id)


def put_back(session: Session, job_id: str, attempt: int, error: Exception, now: datetime) -> None:
    """Note a failure; the job is tried again after RETRY_AFTER, and is `failed` after MOST_ATTEMPTS."""
    again = attempt < MOST_ATTEMPTS
    values = {"state": "asked"} if again else {"state": "failed", "finished_at": now}
    _changed(session, _mine(job_id, attempt).values(result={"error": type(error).__name__}, **values))


def release_running(session: Session) -> int:
    """Put back what was under way. Only for a start-up at which no other consumer can be at work."""
    return _changed(session, update(Job).where(Job.state == "running").values(state="asked", started_at=None))


def forget(session: Session, kind: str, before: datetime) -> int:
    """Remove done jobs of a kind that nobody asked for, so that the clockwork leaves no trail."""
    old = delete(Job).where(Job.kind == kind, Job.state == "done", Job.asked_by.is_(None), Job.finished_at < before)
    return _changed(session, old)


def _open(job: Job, now: datetime) -> bool:
    return job.state == "asked" or (
        job.state == "running" and job.started_at is not None and job.started_at <= now - STALE_AFTER
    )


def _mine(job_id: str, attempt: int) -> Update:
    return update(Job).where(Job.id == job_id, Job.state == "running", Job.attempts == attempt)


def _changed(session: Session, change: Update | Delete) -> int:
    return cast(CursorResult[Any], session.execute(change)).rowcount

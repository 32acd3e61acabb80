"""How the job queue stands: what waits and for how long, what runs, and what was given up. Knows the session alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import Job
from backend.services import rows

LATELY = timedelta(days=7)
SHOWN = 10


def of(session: Session, now: datetime) -> dict[str, Any]:
    """Counts of jobs by state, the age in seconds of the oldest that waits, and the latest ones given up."""
    counted = select(Job.state, func.count(), func.min(Job.asked_at)).where(Job.state.in_(("asked", "running")))
    open_jobs = {state: (n, oldest) for state, n, oldest in session.execute(counted.group_by(Job.state))}
    waiting, oldest = open_jobs.get("asked", (0, None))
    given_up = (Job.state == "failed", Job.finished_at >= now - LATELY)
    failed = session.scalar(select(func.count()).select_from(Job).where(*given_up)) or 0
    latest = session.scalars(select(Job).where(*given_up).order_by(Job.finished_at.desc()).limit(SHOWN))
    return {
        "waiting": waiting,
        "running": open_jobs.get("running", (0, None))[0],
        "failed": failed,
        "oldest_waiting_s": None if oldest is None else max(0, int((now - oldest).total_seconds())),
        "failures": [_shown(job) for job in latest],
    }


def _shown(job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "asked_at": rows.instant(job.asked_at),
        "finished_at": rows.instant(job.finished_at),
        "attempts": job.attempts,
        "error": (job.result or {}).get("error"),
    }

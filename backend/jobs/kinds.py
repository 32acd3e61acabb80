"""What a job can be: one function a kind, run in one writing transaction together with its result.

A function may run twice for the same job, and must then do no harm. One that writes synced rows takes the counter
first, as every writer does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from backend import clock
from backend.models import Job
from backend.receipt_key import server_key
from backend.services import evidence, uploads
from backend.storage import blobs

Work = Callable[[Session, Job], dict[str, Any]]


def sweep_uploads(session: Session, _job: Job) -> dict[str, Any]:
    """Remove the parts of uploads that nobody finished in time, and what kills and cut-off hosts left behind."""
    removed = uploads.sweep_expired(session, blobs(), clock.now())
    return {"removed": removed, "left_behind": uploads.sweep_left_behind(session, blobs())}


def daily_root(session: Session, _job: Job) -> dict[str, Any]:
    """Seal the audit trail so far, and sign a root for every complete day that has none."""
    return evidence.seal(session, server_key().signing, clock.now(), server_key().register)


JOB_KINDS: dict[str, Work] = {
    "daily-root": daily_root,
    "sweep-uploads": sweep_uploads,
}

HOURLY = ("sweep-uploads", "daily-root")

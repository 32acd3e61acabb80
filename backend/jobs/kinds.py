"""What a job can be: one function a kind, run in one writing transaction together with its result.

A function may run twice for the same job, and must then do no harm. One that writes synced rows takes the counter
first, as every writer does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from backend import clock
from backend.jobs import intents
from backend.models import Job
from backend.receipt_key import server_key
from backend.services import evidence, tombstones, uploads
from backend.storage import blobs

Work = Callable[[Session, Job], dict[str, Any]]


def sweep_uploads(session: Session, _job: Job) -> dict[str, Any]:
    """Remove the parts of uploads that nobody finished in time."""
    return {"removed": uploads.sweep_expired(session, blobs(), clock.now())}


def daily_root(session: Session, _job: Job) -> dict[str, Any]:
    """Seal the audit trail so far, and sign a root for every complete day that has none."""
    return evidence.seal(session, server_key().signing, clock.now(), server_key().register)


def purge_tombstones(session: Session, _job: Job) -> dict[str, Any]:
    """Remove what has told devices to drop a row for long enough; asks for itself again when much is left."""
    removed = tombstones.purge(session, clock.now(), tombstones.A_COMMIT)
    if removed == tombstones.A_COMMIT:
        intents.ask(session, clock.new_id(), "purge-tombstones", {}, None, clock.now())
    return {"removed": removed}


JOB_KINDS: dict[str, Work] = {
    "daily-root": daily_root,
    "purge-tombstones": purge_tombstones,
    "sweep-uploads": sweep_uploads,
}

HOURLY = ("sweep-uploads", "daily-root", "purge-tombstones")

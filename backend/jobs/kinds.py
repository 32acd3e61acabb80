"""What a job can be: one function a kind, run in one writing transaction together with its result.

What takes long runs without a transaction (`LONG`), and says from time to time that it is still at it.

A function may run twice for the same job, and must then do no harm. One that writes synced rows takes the counter
first, as every writer does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from backend import clock
from backend.backups import running as backups
from backend.models import Job
from backend.receipt_key import server_key
from backend.services import evidence, uploads
from backend.storage import blobs

log = structlog.get_logger()

Work = Callable[[Session, Job], dict[str, Any]]
LongWork = Callable[[Callable[[], object]], dict[str, Any]]


def sweep_uploads(session: Session, _job: Job) -> dict[str, Any]:
    """Remove the parts of uploads that nobody finished in time."""
    return {"removed": uploads.sweep_expired(session, blobs(), clock.now())}


def daily_root(session: Session, _job: Job) -> dict[str, Any]:
    """Seal the audit trail so far, and sign a root for every complete day that has none."""
    return evidence.seal(session, server_key().signing, clock.now(), server_key().register)


def daily_backup(alive: Callable[[], object]) -> dict[str, Any]:
    """Make a backup when the newest is a day old. Lost photos are told in the log, and keep it from counting."""
    if not backups.is_due(clock.now()):
        return {"made": None}
    made = backups.make(alive)
    if made.manifest.lost:
        log.error("backup-lacks-photos", backup=made.name, lost=len(made.manifest.lost))
    return {"made": made.name, "head": made.manifest.head, "lost": len(made.manifest.lost)}


JOB_KINDS: dict[str, Work] = {
    "daily-root": daily_root,
    "sweep-uploads": sweep_uploads,
}

LONG: dict[str, LongWork] = {"daily-backup": daily_backup}

HOURLY = ("sweep-uploads", "daily-root", "daily-backup")

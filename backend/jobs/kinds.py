"""What a job can be: one function a kind, run in one writing transaction together with its result.

What takes long runs without a transaction (`LONG`): it begins short ones of its own, so that nobody waits for it, and
says from time to time that it is still at it; `LONG_ASKED` is what takes long and is asked for with arguments.

A function may run twice for the same job, and must then do no harm. One that writes synced rows takes the counter
first, as every writer does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from backend import clock
from backend.backups import running as backups
from backend.jobs import exporting, intents
from backend.models import Job
from backend.receipt_key import server_key
from backend.services import (
    evidence,
    fire_imports,
    leftovers,
    patrols,
    replacing,
    site_doubts,
    site_imports,
    tombstones,
    uploads,
)
from backend.services.scrubbing import Scrubber
from backend.storage import blobs
from backend.transactions import reading, writing

log = structlog.get_logger()

Work = Callable[[Session, Job], dict[str, Any]]
LongWork = Callable[[Callable[[], object]], dict[str, Any]]
LongAsked = Callable[[Callable[[], object], Mapping[str, Any]], dict[str, Any]]


def sweep_uploads(_alive: Callable[[], object]) -> dict[str, Any]:
    """Remove the parts of uploads that nobody finished in time; what a kill leaves over is one of the leftovers."""
    with writing() as session:
        ended = uploads.sweep_expired(session, clock.now())
    for upload_id in ended:
        blobs().discard(upload_id)
    return {"removed": len(ended)}


def sweep_exports(_alive: Callable[[], object]) -> dict[str, Any]:
    """End the exports whose time is over, and remove the files that are nobody's."""
    return exporting.sweep()


def daily_root(session: Session, _job: Job) -> dict[str, Any]:
    """Seal the audit trail so far, and sign a root for every complete day that has none."""
    return evidence.seal(session, server_key().signing, clock.now(), server_key().register)


def purge_tombstones(session: Session, _job: Job) -> dict[str, Any]:
    """Remove what has told devices to drop a row for long enough; asks for itself again when much is left."""
    removed = tombstones.purge(session, clock.now(), tombstones.A_COMMIT)
    if removed == tombstones.A_COMMIT:
        intents.ask(session, clock.new_id(), "purge-tombstones", {}, None, clock.now())
    return {"removed": removed}


def sweep_leftovers(_alive: Callable[[], object]) -> dict[str, Any]:
    """Remove the bytes that killed processes and removed uploads left in the staging area."""
    return leftovers.sweep(reading, blobs(), clock.now())


def replace_cells(alive: Callable[[], object]) -> dict[str, Any]:
    """Place rows anew that were placed before the last grid was put into force, some in each commit."""
    looked_at = moved = 0
    while True:
        with writing() as session:
            done = replacing.some(session, clock.now())
        if not done["looked_at"]:
            return {"looked_at": looked_at, "moved": moved}
        looked_at, moved = looked_at + done["looked_at"], moved + done["moved"]
        alive()


def scrub(_alive: Callable[[], object]) -> dict[str, Any]:
    """Read the next stored bytes again, from where the last scrub stopped."""
    with reading() as session:
        after = str(intents.last_result(session, "scrub").get("after", ""))
    return Scrubber(blobs(), reading, writing, clock.now).run(after)


def site_import(session: Session, job: Job) -> dict[str, Any]:
    """Write the next rows of a table of sites; what is left is a further job, so that phones go on pushing."""
    import_id = str(job.arguments["import"])
    left = site_imports.apply_some(session, import_id, clock.now(), clock.new_id)
    if left:
        intents.ask(session, clock.new_id(), job.kind, job.arguments, job.asked_by, clock.now())
    return {"left": left}


def fire_import(session: Session, job: Job) -> dict[str, Any]:
    """Take the next sightings of a file in; what is left is a further job, so that phones go on pushing."""
    import_id = str(job.arguments["import"])
    left = fire_imports.apply_some(session, import_id, clock.now(), clock.new_id)
    if left:
        intents.ask(session, clock.new_id(), job.kind, job.arguments, job.asked_by, clock.now())
    return {"left": left}


def forget_tracks(session: Session, _job: Job) -> dict[str, Any]:
    """Delete the tracks of patrols whose time is over."""
    return {"forgotten": patrols.forget_tracks(session, clock.now())}


def look_at_sites(session: Session, _job: Job) -> dict[str, Any]:
    """Point out sites whose visits of the last day say that their datum is another one; forget old tables."""
    now = clock.now()
    changed = site_doubts.look(session, now, now - timedelta(days=1))
    old = now - timedelta(days=30)
    return {"changed": changed, "forgotten": site_imports.forget(session, old) + fire_imports.forget(session, old)}


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
    "purge-tombstones": purge_tombstones,
    "site-import": site_import,
    "fire-import": fire_import,
    "look-at-sites": look_at_sites,
    "forget-tracks": forget_tracks,
}

LONG: dict[str, LongWork] = {
    "daily-backup": daily_backup,
    "replace-cells": replace_cells,
    "scrub": scrub,
    "sweep-exports": sweep_exports,
    "sweep-leftovers": sweep_leftovers,
    "sweep-uploads": sweep_uploads,
}

LONG_ASKED: dict[str, LongAsked] = {"export": exporting.run}

HOURLY = (
    "sweep-uploads",
    "daily-root",
    "daily-backup",
    "purge-tombstones",
    "sweep-leftovers",
    "sweep-exports",
    "scrub",
    "look-at-sites",
    "forget-tracks",
    "replace-cells",
)

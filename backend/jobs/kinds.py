"""What a job can be: one function a kind, run in one writing transaction together with its result.

What takes long runs without a transaction (`LONG`): it begins short ones of its own, so that nobody waits for it, and
says from time to time that it is still at it; `LONG_ASKED` is what takes long and is asked for with arguments.

A function may run twice for the same job, and must then do no harm. One that writes synced rows takes the counter
first, as every writer does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

import structlog
from flask import current_app
from sqlalchemy.orm import Session

from backend import clock
from backend.backups import running as backups
from backend.jobs import exporting, hook_rounds, intents, turns
from backend.models import Job
from backend.receipt_key import server_key
from backend.services import (
    audit_retention,
    digest,
    draw_tasks,
    evidence,
    feed,
    fire_imports,
    hook_queue,
    leftovers,
    lockout,
    patrols,
    photo_flags,
    plates,
    replacing,
    sign_ins,
    site_doubts,
    site_imports,
    supervision,
    task_occurrences,
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


def shorten_audit(session: Session, job: Job) -> dict[str, Any]:
    """Remove audit events whose time is over, under a signed checkpoint; asks for itself again when more is left."""
    days = current_app.extensions["bluegrid.settings"].audit_days
    done = audit_retention.shorten(session, server_key().signing, clock.now(), days, server_key().register)
    if done["more"]:
        intents.ask(session, clock.new_id(), job.kind, {}, None, clock.now())
    return done


def forget_sign_ins(session: Session, _job: Job) -> dict[str, Any]:
    """Forget tries to sign in that no longer count, and sign-ins that ended long ago."""
    rules, now = current_app.extensions["bluegrid.settings"].sign_in, clock.now()
    return {"tries": lockout.forget(session, rules, now), "sign_ins": sign_ins.forget(session, now)}


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
        begun = perf_counter()
        with writing() as session:
            done = replacing.some(session, clock.now())
        if not done["looked_at"]:
            return {"looked_at": looked_at, "moved": moved}
        looked_at, moved = looked_at + done["looked_at"], moved + done["moved"]
        alive()
        turns.rest(perf_counter() - begun)


def check_photos(alive: Callable[[], object]) -> dict[str, Any]:
    """Look at the photos that were named and whose bytes are here: fingerprints and flags."""
    return photo_flags.PhotoLook(blobs(), reading, writing, clock.now).run(alive)


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


def make_draw_tasks(session: Session, job: Job) -> dict[str, Any]:
    """Make the next tasks of a published draw; what is left is a further job, so that phones go on pushing."""
    left = draw_tasks.make_some(session, str(job.arguments["draw"]), clock.now())
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


def judge_plates(alive: Callable[[], object]) -> dict[str, Any]:
    """Judge the rating plate of every site that has a scheme, some in each commit."""
    own = current_app.extensions["bluegrid.settings"].plate_rules
    changed, after = 0, ""
    while True:
        with writing() as session:
            some, last = plates.judge_some(session, own, clock.now(), clock.new_id, after)
        changed += some
        if last is None:
            return {"changed": changed}
        after = last
        alive()


def daily_backup(alive: Callable[[], object]) -> dict[str, Any]:
    """Make a backup when the newest is a day old. Lost photos are told in the log, and keep it from counting."""
    if not backups.is_due(clock.now()):
        return {"made": None}
    made = backups.make(alive)
    if made.manifest.lost:
        log.error("backup-lacks-photos", backup=made.name, lost=len(made.manifest.lost))
    return {"made": made.name, "head": made.manifest.head, "lost": len(made.manifest.lost)}


def propose_supervision(alive: Callable[[], object]) -> dict[str, Any]:
    """Propose the next rung of the ladder for what is overdue, some in each commit."""
    now, after, made = clock.now(), None, 0
    while True:
        with reading() as session:
            late = supervision.overdue(session, now, after, supervision.SOME)
            ready = [hop.id for hop, _, _ in supervision.ready(session, [hop for _, hop in late], now)]
        if ready:
            with writing() as session:
                made += supervision.propose(session, ready, now, clock.new_id)
        if len(late) < supervision.SOME:
            return {"proposed": made}
        after = late[-1]
        alive()


def daily_digest(alive: Callable[[], object]) -> dict[str, Any]:
    """Tell each supervisor, and the web hooks that want it, how the area stands; once a day, from a set hour on."""
    hour = current_app.extensions["bluegrid.settings"].digest_hour
    day = digest.day_due(clock.now(), hour)
    if day is None:
        return {"told": 0}
    told = 0
    with reading() as session:
        waiting = digest.not_told(session, day)
    for start in range(0, len(waiting), digest.SOME):
        some = waiting[start : start + digest.SOME]
        with reading() as session:
            counted = [(each, digest.counts(session, each.area, day)) for each in some]
        with writing() as session:
            told += digest.tell(session, counted, day, clock.now(), clock.new_id)
        alive()
    return {"told": told}


def make_tasks(alive: Callable[[], object]) -> dict[str, Any]:
    """Make the tasks that rules lack, a few rules in each commit; a missed run is made up for by the next one."""
    with reading() as session:
        ready = task_occurrences.ready(session, clock.now())
    made, some = 0, task_occurrences.RULES_A_COMMIT
    for start in range(0, len(ready), some):
        begun = perf_counter()
        with writing() as session:
            made += task_occurrences.make_some(session, ready[start : start + some], clock.now())
        alive()
        turns.rest(perf_counter() - begun)
    return {"made": made}


def sweep_feed(alive: Callable[[], object]) -> dict[str, Any]:
    """Remove events and deliveries whose time is over, some in each commit."""
    removed = 0
    for sweep in (feed.sweep, hook_queue.sweep):
        gone = feed.A_COMMIT
        while gone == feed.A_COMMIT:
            with writing() as session:
                gone = sweep(session, clock.now())
            removed += gone
            alive()
    return {"removed": removed}


JOB_KINDS: dict[str, Work] = {
    "daily-root": daily_root,
    "shorten-audit": shorten_audit,
    "forget-sign-ins": forget_sign_ins,
    "purge-tombstones": purge_tombstones,
    "site-import": site_import,
    draw_tasks.JOB: make_draw_tasks,
    "fire-import": fire_import,
    "look-at-sites": look_at_sites,
    "forget-tracks": forget_tracks,
}

LONG: dict[str, LongWork] = {
    "check-photos": check_photos,
    "daily-backup": daily_backup,
    "judge-plates": judge_plates,
    "replace-cells": replace_cells,
    "scrub": scrub,
    "propose-supervision": propose_supervision,
    "daily-digest": daily_digest,
    "make-tasks": make_tasks,
    "sweep-feed": sweep_feed,
    "tell-hooks": hook_rounds.tell_hooks,
    "sweep-exports": sweep_exports,
    "sweep-leftovers": sweep_leftovers,
    "sweep-uploads": sweep_uploads,
}

LONG_ASKED: dict[str, LongAsked] = {"export": exporting.run}

HOURLY = (
    "sweep-uploads",
    "daily-root",
    "shorten-audit",
    "forget-sign-ins",
    "daily-backup",
    "purge-tombstones",
    "sweep-leftovers",
    "sweep-exports",
    "scrub",
    "look-at-sites",
    "forget-tracks",
    "replace-cells",
    "check-photos",
    "judge-plates",
    "propose-supervision",
    "daily-digest",
    "make-tasks",
    "sweep-feed",
)

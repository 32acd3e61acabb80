"""Backups of the current application: what the commands, the daily job and the API share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from flask import current_app

from backend import clock
from backend.backups.creating import Made, Maker
from backend.backups.errors import BackupBad, BackupRefused
from backend.backups.repository import Manifest, Repository
from backend.blobs import BlobMissing, Shelf
from backend.config import Settings
from backend.extensions import db
from backend.models import Blob
from backend.services import audit, photos
from backend.storage import blobs
from backend.sync_store import SqlStore
from backend.transactions import writing
from sync.errors import StoreUnavailable

DUE_AFTER = timedelta(hours=23, minutes=30)  # looked at every hour: so it stays at about the same time of the day


def _settings() -> Settings:
    settings: Settings = current_app.extensions["bluegrid.settings"]
    return settings


def repository() -> Repository:
    return Repository(_settings().backup_folder)


def make(alive: Callable[[], object] = lambda: None) -> Made:
    """Make a backup now; see Maker.make."""
    settings = _settings()
    return Maker(
        repository(), db.engine, blobs(), settings.data, settings.backups_kept, writing, clock.now, alive
    ).make()


def is_due(now: datetime) -> bool:
    """Whether the newest backup is about a day old, where backups are this program's business."""
    settings = _settings()
    if settings.demo or settings.backed_up_by_others:
        return False
    age = repository().age(now)
    return age is None or age >= DUE_AFTER


def overview(now: datetime) -> dict[str, object]:
    """What an admin is told of this host's backups: those whose manifests can be read, oldest first."""
    kept, found = repository(), []
    try:
        for name in kept.names():
            with suppress(BackupBad, BackupRefused):
                found.append((name, kept.manifest(name)))
        age = kept.age(now)
    except OSError:
        raise StoreUnavailable("The backup folder cannot be read.") from None
    return {
        "items": [_shown(name, manifest) for name, manifest in found],
        "age_s": None if age is None else int(age.total_seconds()),
        "backed_up_by": "external" if _settings().backed_up_by_others else "bluegrid",
    }


def _shown(name: str, manifest: Manifest) -> dict[str, object]:
    return {
        "name": name,
        "made_at": manifest.at,
        "epoch": manifest.epoch,
        "head": manifest.head,
        "photos": manifest.blobs,
        "bytes": manifest.database.size + manifest.blob_bytes,
        "lost": len(manifest.lost),
    }


def mark_lost(hashes: list[str]) -> int:
    """Mark photos as missing whose bytes the photo store does not have whole, in small commits; returns how many."""
    store = blobs()
    marked = 0
    for sha256 in hashes:
        with writing() as session:
            counted = SqlStore(session, clock.now())
            counted.lock_counter()
            blob = session.get(Blob, sha256)
            if blob is None:
                continue
            try:
                shelf = Shelf.ORIGINALS if blob.status == "stored" else Shelf.QUARANTINE
                if store.verify(sha256, shelf):
                    continue  # a device has sent it again meanwhile
            except BlobMissing:
                pass
            photos.forget_bytes(session, counted, [sha256])
            audit.record(session, clock.now(), None, "media.lost", sha256)
            marked += 1
    return marked

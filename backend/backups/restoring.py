"""Putting a backup back: a server that goes on from there in a new epoch, to which devices send again what they kept.

Nothing of the live database is touched before the last step: photos are put where they are missing (more of them do no
harm), the database is made ready in a file of its own, and then takes its place at once. A restore that is cut off has
either not happened, or says so to whoever opens the database, and can be run again.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import failpoints, in_use, server_log
from backend.backups import checking, snapshot
from backend.backups.errors import BackupBad, BackupRefused, PhotosLost
from backend.backups.loading import PostgresqlTarget, SqliteTarget, Target
from backend.backups.repository import DATABASE, KEYS, Manifest, Repository
from backend.blobs import READ_BYTES, BlobMissing, Blobs, HashWrong, Shelf
from backend.clock import Clock
from backend.config import Settings
from backend.extensions import db
from backend.jobs import intents
from backend.models import Counter, LoginToken
from backend.services import audit, photos
from backend.sync_store import SqlStore
from backend.transactions import writing
from sync import log_chain

SCRATCH = ".restoring-"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who restores has agreed to.

    `replace`: a database that is there is put aside. `older`: a newer backup is passed over. `mark_lost`: photos whose
    bytes are nowhere are marked as missing.
    """

    replace: bool = False
    older: bool = False
    mark_lost: bool = False


@dataclass(slots=True)
class Restored:
    """What was done."""

    manifest: Manifest
    epoch: str
    aside: str | None
    photos_put: int = 0
    lost: list[str] = field(default_factory=list)
    keys_put: list[str] = field(default_factory=list)
    keys_left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Restorer:
    """One restore. `open_app` makes an application on other settings: the prepared file is worked at through it."""

    repository: Repository
    settings: Settings
    blobs: Blobs
    clock: Clock
    open_app: Callable[[Settings, Clock], Flask]

    def restore(self, name: str, wishes: Wishes) -> Restored:
        """Put a backup back. Raises BackupRefused (PhotosLost among them), BackupBad, in_use.InUse, OSError."""
        with self.repository.reading():
            manifest = self.repository.manifest(name)
            newest = self.repository.newest()
            if newest != name and not wishes.older:
                raise BackupRefused(
                    f"backup {newest} is newer: devices may have deleted what it holds, and would not send that again."
                    " Restore the newest, or say --older"
                )
            with self._target() as target:
                if target.holds_data() and not wishes.replace:
                    raise BackupRefused("there is a database already; say --replace to put it aside")
                with _scratch(target.scratch) as folder:
                    return self._restore(name, manifest, target, folder, wishes)

    @contextmanager
    def _target(self) -> Iterator[Target]:
        with in_use.alone(self.settings.database_url) as connection:
            if connection is not None:
                yield PostgresqlTarget(connection, self.settings.data)
            else:
                yield SqliteTarget(Path(self.settings.database_url.removeprefix("sqlite:///")))

    def _restore(self, name: str, manifest: Manifest, target: Target, folder: Path, wishes: Wishes) -> Restored:
        prepared = folder / DATABASE
        _copy_checked(self.repository.path(name) / DATABASE, prepared, manifest, name)
        checking.check_database(prepared, manifest, name)
        checking.check_list(self.repository, name, manifest)
        put, lost = self._put_photos(prepared)
        if lost and not wishes.mark_lost:
            raise PhotosLost(lost)
        failpoints.hit("restore-blobs-put")
        now = self.clock.now()
        epoch = self._begin_anew(prepared, name, manifest, lost, now)
        failpoints.hit("restore-database-prepared")
        restored = Restored(manifest, epoch, None, put, lost)
        self._put_keys(name, manifest, restored)
        restored.aside = target.take(prepared, f"before-{now:%Y%m%d-%H%M%S}")
        return restored

    def _put_photos(self, prepared: Path) -> tuple[int, list[str]]:
        """Put each photo where it is missing or has gone bad; how many, and those that are nowhere whole.

        Every one is read: what the restored server calls stored must be so.
        """
        kept, put, lost = self.repository.blobs, 0, []
        for blob in snapshot.needed_blobs(prepared):
            if _is_whole(self.blobs, blob.sha256, blob.shelf):
                continue
            try:
                with kept.open(blob.sha256, blob.shelf) as stream:
                    self.blobs.put(blob.sha256, stream, blob.shelf)
                put += 1
            except (BlobMissing, HashWrong):
                lost.append(blob.sha256)
        return put, lost

    def _begin_anew(self, prepared: Path, name: str, manifest: Manifest, lost: list[str], now: datetime) -> str:
        """Bring the prepared file to this version's schema and into a new epoch; returns the epoch."""
        app = self.open_app(replace(self.settings, database_url=f"sqlite:///{prepared}"), self.clock)
        with app.app_context():
            upgrade(directory=snapshot.MIGRATIONS)
            with writing() as session:
                epoch = begin_epoch(session, name, manifest, lost, now, self.clock.new_id())
            db.session.remove()
            db.engine.dispose()
        with closing(sqlite3.connect(prepared)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        return epoch

    def _put_keys(self, name: str, manifest: Manifest, restored: Restored) -> None:
        """Put back key files that are missing here. One that is here and differs stays: it is this machine's own."""
        source = self.repository.path(name) / KEYS
        for kept in manifest.keys:
            path = Path(kept.path).relative_to(KEYS)
            checking.check_file(self.repository.path(name), kept, name)
            target = self.settings.data / path
            if not target.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copy2(source / path, target)
                restored.keys_put.append(str(path))
            elif target.read_bytes() != (source / path).read_bytes():
                restored.keys_left.append(str(path))


def begin_epoch(session: Session, name: str, manifest: Manifest, lost: list[str], now: datetime, epoch: str) -> str:
    """Turn a database as it was into one that goes on from there; returns the new epoch.

    `backed_up_seq` is the backup's head, since all up to it is in the backup. Sign-ins of people end: one of them may
    have been ended after the backup was made. Jobs that were under way are done again.
    """
    store = SqlStore(session, now)
    store.lock_counter()
    photos.forget_bytes(session, store, lost)
    before = session.scalar(select(Counter.epoch))
    session.execute(update(Counter).values(epoch=epoch, backed_up_seq=manifest.head))
    session.execute(update(LoginToken).where(LoginToken.revoked_at.is_(None)).values(revoked_at=now))
    intents.release_running(session)
    said = {"backup": name, "made_at": manifest.made_at, "head": manifest.head, "was": before, "epoch": epoch}
    server_log.of(session).append(log_chain.EPOCH, now, {**said, "lost": len(lost)})
    audit.record(session, now, None, "server.restored", name, **said, lost=lost[:100])
    return epoch


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder of one's own; what a cut-off restore left goes first."""
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as name:
        yield Path(name)


def _copy_checked(source: Path, target: Path, manifest: Manifest, name: str) -> None:
    """Copy a backup's database and see that the bytes copied are the right ones."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file, target.open("wb") as copy:
            while block := file.read(READ_BYTES):
                digest.update(block)
                copy.write(block)
    except FileNotFoundError:
        raise BackupBad(name, f"its {DATABASE} is missing") from None
    if digest.hexdigest() != manifest.database.sha256:
        raise BackupBad(name, f"its {DATABASE} was changed or cut off")


def _is_whole(blobs: Blobs, sha256: str, shelf: Shelf) -> bool:
    try:
        return blobs.verify(sha256, shelf)
    except BlobMissing:
        return False

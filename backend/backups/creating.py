"""Making a backup beside the running server.

The order is what makes it safe: the database first, in one snapshot; then the photos that this snapshot speaks of,
which never change; all of it synced and read again; then its name. Only then does `backed_up_seq` rise to the
snapshot's head, on the word of which devices delete what they kept. No transaction is open while bytes are copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from backend import failpoints
from backend.backups import checking, snapshot
from backend.backups.repository import (
    DATABASE,
    KEYS,
    LIST,
    MANIFEST,
    KeptBlobs,
    KeptFile,
    Manifest,
    Repository,
    hash_of,
)
from backend.backups.snapshot import NeededBlob
from backend.blobs import BlobMissing, Blobs, HashWrong
from backend.models import Counter
from backend.version import VERSION

REREAD_DAYS = 32  # each photo that is here already is read again once in so many days
KEY_FILES = ("receipt-key.pem", "secret-key", "tls/*")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup just made; `thinned` are the older ones that it replaced."""

    name: str
    manifest: Manifest
    thinned: list[str]


@dataclass(frozen=True, slots=True)
class Maker:
    """All that making a backup needs of the server. `alive` is called between photos."""

    repository: Repository
    engine: Engine
    blobs: Blobs
    data: Path
    kept_days: int
    writing: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    alive: Callable[[], object] = lambda: None

    def make(self) -> Made:
        """Make one, say so to the devices, and thin out the older ones. Raises BackupRefused, BackupBad, OSError.

        Photos whose bytes cannot be had whole anywhere are named in the manifest; then nothing is said to the
        devices, for one of them may have the only copy.
        """
        with self.repository.changing():
            now = self.now()
            with self.repository.passing() as folder:
                snapshot.take(self.engine, folder / DATABASE)
                failpoints.hit("backup-database-copied")
                manifest = self._manifest(folder, now)
                (folder / MANIFEST).write_text(manifest.text(), "utf-8")
                failpoints.hit("backup-blobs-copied")
                checking.check_files(folder, manifest, "just made")
                name = self.repository.place(folder, now)
            failpoints.hit("backup-placed")
            if not manifest.lost:
                self._tell_devices(manifest)
            return Made(name, manifest, self.repository.thin(self.kept_days, now))

    def _manifest(self, folder: Path, now: datetime) -> Manifest:
        facts = snapshot.facts(folder / DATABASE)
        blobs, size, lost = self._copy_blobs(folder, now)
        return Manifest(
            made_at=now.isoformat(),
            app=VERSION,
            source=self.engine.dialect.name,
            revision=facts.revision,
            epoch=facts.epoch,
            head=facts.head,
            rows=facts.rows,
            database=hash_of(folder / DATABASE),
            blob_list=hash_of(folder / LIST),
            blobs=blobs,
            blob_bytes=size,
            keys=self._copy_keys(folder / KEYS),
            lost=lost,
        )

    def _copy_blobs(self, folder: Path, now: datetime) -> tuple[int, int, list[str]]:
        """Bring the photos into the repository and list them; returns how many, their bytes, and which are lost."""
        kept, count, size, lost = self.repository.blobs, 0, 0, []
        with (folder / LIST).open("w", encoding="ascii") as listed:
            for blob in snapshot.needed_blobs(folder / DATABASE):
                self.alive()
                if not self._is_kept(kept, blob, now) and not self._copied(kept, blob):
                    lost.append(blob.sha256)
                    continue
                path = kept.place_of(blob.sha256, blob.shelf).relative_to(self.repository.folder)
                listed.write(f"{blob.sha256}  {path}\n")
                count, size = count + 1, size + blob.size
        return count, size, lost

    def _is_kept(self, kept: KeptBlobs, blob: NeededBlob, now: datetime) -> bool:
        """Whether an earlier backup brought it here; about one in REREAD_DAYS is read again to be sure."""
        if not kept.has(blob.sha256, blob.shelf) or kept.size(blob.sha256, blob.shelf) != blob.size:
            return False
        due = int(blob.sha256[:8], 16) % REREAD_DAYS == now.toordinal() % REREAD_DAYS
        return not due or kept.verify(blob.sha256, blob.shelf)

    def _copied(self, kept: KeptBlobs, blob: NeededBlob) -> bool:
        """Copy it and read the copy again. False when the server does not have it whole."""
        try:
            with self.blobs.open(blob.sha256, blob.shelf) as stream:
                kept.put(blob.sha256, stream, blob.shelf)
        except (BlobMissing, HashWrong):
            return False
        return kept.verify(blob.sha256, blob.shelf)

    def _copy_keys(self, folder: Path) -> list[KeptFile]:
        """The small files beside database and photos without which phones would have to be told something anew."""
        kept = []
        for source in sorted(path for pattern in KEY_FILES for path in self.data.glob(pattern) if path.is_file()):
            path = source.relative_to(self.data)
            (folder / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(source, folder / path)
            kept.append(replace(hash_of(folder / path), path=f"{KEYS}/{path}"))
        return kept

    def _tell_devices(self, manifest: Manifest) -> None:
        """Raise `backed_up_seq` to the snapshot's head, if this still is the epoch that it was taken in.

        Whoever draws a `seq` holds the counter to the commit: when the snapshot shows a value of the counter, every
        row with a `seq` up to it is in that snapshot.
        """
        said = update(Counter).where(Counter.epoch == manifest.epoch, Counter.backed_up_seq < manifest.head)
        with self.writing() as session:
            session.execute(said.values(backed_up_seq=manifest.head))

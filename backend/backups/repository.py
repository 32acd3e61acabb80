"""The repository: a folder with the photos of all backups by their hash, and one folder a backup.

    blobs/ab/cd/<sha256>, blobs/quarantine/ab/cd/<sha256>    shared by all backups
    <name>/manifest.json, database.sqlite3, blobs.sha256, keys/…

A backup appears under its name whole or not at all. `blobs.sha256` is in the format of `sha256sum -c`, so that the
photos can be checked without this program. Knows files and locks; nothing of databases or of what is backed up.
"""

from __future__ import annotations

import fcntl
import hashlib
import heapq
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from backend.backups.errors import BackupBad, BackupRefused
from backend.blobs import READ_BYTES, Shelf
from backend.disk import Disk
from backend.folder_blobs import FolderBlobs
from sync.canonical import fingerprint

FORMAT = 1
MANIFEST, DATABASE, LIST, KEYS = "manifest.json", "database.sqlite3", "blobs.sha256", "keys"
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}(-[0-9]{1,4})?")
_PASSING = ".passing-"
CLOCK_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a backup by its path below the backup's folder."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is, as its manifest says. `head` is the `seq` up to which everything is in it."""

    made_at: str
    app: str
    source: str
    revision: str
    epoch: str
    head: int
    rows: dict[str, int]
    database: KeptFile
    blob_list: KeptFile
    blobs: int
    blob_bytes: int
    keys: list[KeptFile] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Hashes of photos whose bytes could not be had when the backup was made."""
    format: int = FORMAT

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def text(self) -> str:
        """The manifest as written, with the hash of all that it says."""
        said = asdict(self)
        return json.dumps({**said, "sha256": fingerprint(said)}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


class KeptBlobs(FolderBlobs):
    """The repository's photos: a blob folder of which things can be listed and removed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root

    def each(self, shelf: Shelf) -> Iterator[str]:
        """The hashes on a shelf, in order."""
        base = self.root if shelf is Shelf.ORIGINALS else self.root / shelf.value
        for first in _entries(base, 2):
            for second in _entries(first, 2):
                yield from (path.name for path in _entries(second, 64))

    def place_of(self, sha256: str, shelf: Shelf) -> Path:
        return self._path(sha256, shelf)

    def remove(self, sha256: str, shelf: Shelf) -> None:
        self._disk.remove(self._path(sha256, shelf))


class Repository:
    """The repository in a folder; see the module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._disk = Disk()

    @property
    def blobs(self) -> KeptBlobs:
        return KeptBlobs(self.folder / "blobs")

    def path(self, name: str) -> Path:
        return self.folder / name

    # who is at it ------------------------------------------------------------------------------------------------
    @contextmanager
    def changing(self) -> Iterator[None]:
        """Be the only one at work here; makes the folder if need be. Raises BackupRefused."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BackupRefused(f"the backup folder {self.folder} cannot be used: {error.strerror}") from error
        with self._locked(fcntl.LOCK_EX):
            for left in self.folder.glob(f"{_PASSING}*"):  # of one that was cut off
                shutil.rmtree(left)
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep others from changing anything here. Raises BackupRefused."""
        if not self.folder.is_dir():
            raise BackupRefused(f"there is no backup folder {self.folder}")
        if not os.access(self.folder, os.W_OK):  # a medium that nobody can change
            yield
            return
        with self._locked(fcntl.LOCK_SH):
            yield

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BackupRefused("another backup or restore is at work in this folder") from None
        finally:
            os.close(descriptor)

    # what is here ------------------------------------------------------------------------------------------------
    def names(self) -> list[str]:
        """The names of all backups, oldest first."""
        try:
            found = [entry.name for entry in os.scandir(self.folder) if entry.is_dir() and _NAME.fullmatch(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(found, key=_order)

    def manifest(self, name: str) -> Manifest:
        """What a backup says of itself; raises BackupRefused when there is none, BackupBad when it cannot be read."""
        if not _NAME.fullmatch(name) or not self.path(name).is_dir():
            raise BackupRefused(f"there is no backup {name} in {self.folder}")
        try:
            said = json.loads((self.path(name) / MANIFEST).read_text("utf-8"))
            hashed = said.pop("sha256")
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            raise BackupBad(name, f"its {MANIFEST} is missing or cut off") from None
        if said.get("format") != FORMAT:
            raise BackupBad(name, f"its format is {said.get('format')}; this version reads format {FORMAT}")
        if fingerprint(said) != hashed:
            raise BackupBad(name, f"its {MANIFEST} was changed")
        database, blob_list = KeptFile(**said.pop("database")), KeptFile(**said.pop("blob_list"))
        keys = [KeptFile(**one) for one in said.pop("keys")]
        return Manifest(database=database, blob_list=blob_list, keys=keys, **said)

    def newest(self) -> str | None:
        """The newest backup's name, None when there is none."""
        names = self.names()
        return names[-1] if names else None

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the newest readable backup was made. One from the future was dated by a wrong clock."""
        for name in reversed(self.names()):
            with suppress(BackupBad, BackupRefused):
                age = now - self.manifest(name).at
                if age > -CLOCK_OFF:
                    return max(age, timedelta())
        return None

    def listed(self, name: str) -> Iterator[tuple[Shelf, str]]:
        """The photos that a backup needs, in the order of shelf and hash; raises BackupBad."""
        try:
            with (self.path(name) / LIST).open(encoding="ascii") as lines:
                for line in lines:
                    sha256, path = line.rstrip("\n").split("  ")
                    yield (Shelf.QUARANTINE if path.startswith("blobs/quarantine/") else Shelf.ORIGINALS), sha256
        except (OSError, ValueError):
            raise BackupBad(name, f"its {LIST} is missing or cannot be read") from None

    # coming and going --------------------------------------------------------------------------------------------
    @contextmanager
    def passing(self) -> Iterator[Path]:
        """A folder to build a backup in, gone afterwards unless it was placed."""
        folder = self.folder / f"{_PASSING}{uuid.uuid4().hex}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def place(self, passing: Path, now: datetime) -> str:
        """Make what was built durable, and give it its name, which nobody sees before."""
        for path in sorted(passing.rglob("*"), reverse=True):
            _sync(path)
        _sync(passing)
        stamp = f"{now:%Y%m%d-%H%M%S}"
        taken, name, n = set(self.names()), stamp, 1
        while name in taken:
            n += 1
            name = f"{stamp}-{n}"
        self._disk.replace(passing, self.path(name))
        self._disk.sync_folder(self.folder)
        self._disk.sync_folder(self.folder.parent)
        return name

    def thin(self, days: int, now: datetime) -> list[str]:
        """Remove what need not be kept any more, and the photos that only it needed; returns the names removed.

        Kept are the newest of each of the newest `days` days that have one, all of the last 24 hours, the newest
        whole one, and whatever cannot be read: as long as there is such a one, no photo is removed.
        """
        readable: dict[str, Manifest] = {}
        unreadable = False
        for name in self.names():
            try:
                manifest = self.manifest(name)
                whole_list = hash_of(self.path(name) / LIST) == manifest.blob_list
            except (BackupBad, OSError):
                whole_list = False
            if whole_list:
                readable[name] = manifest
            else:
                unreadable = True
        kept = _worth_keeping(readable, days, now)
        removed = [name for name in readable if name not in kept]
        for name in removed:
            gone = self.folder / f"{_PASSING}{uuid.uuid4().hex}"
            self._disk.replace(self.path(name), gone)
            self._disk.sync_folder(self.folder)
            shutil.rmtree(gone)
        if not unreadable:
            self._remove_photos_unnamed_by(sorted(kept))
        return removed

    def _remove_photos_unnamed_by(self, names: list[str]) -> None:
        """Two ordered ways side by side: what is here, and what any kept backup needs."""
        kept_blobs = self.blobs
        for shelf in Shelf:
            with ExitStack() as stack:
                lists = [self.listed(name) for name in names]
                for one in lists:
                    stack.callback(one.close)  # type: ignore[attr-defined]
                needed = (sha256 for sha256, _ in groupby(heapq.merge(*(_of(shelf, one) for one in lists))))
                wanted = next(needed, None)
                for here in kept_blobs.each(shelf):
                    while wanted is not None and wanted < here:
                        wanted = next(needed, None)
                    if here != wanted:
                        kept_blobs.remove(here, shelf)


def _of(shelf: Shelf, listed: Iterator[tuple[Shelf, str]]) -> Iterator[str]:
    return (sha256 for where, sha256 in listed if where is shelf)


def _worth_keeping(found: dict[str, Manifest], days: int, now: datetime) -> set[str]:
    newest_of_day: dict[Any, str] = {}
    kept: set[str] = set()
    for name, manifest in found.items():
        newest_of_day[manifest.at.date()] = name
        if manifest.at > now - timedelta(days=1):
            kept.add(name)
    kept.update(list(newest_of_day.values())[-days:])
    whole = [name for name, manifest in found.items() if not manifest.lost]
    return kept | set(whole[-1:])


def hash_of(path: Path) -> KeptFile:
    """A file as a manifest names it, by its bare name."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
            size += len(block)
    return KeptFile(path.name, size, digest.hexdigest())


def _order(name: str) -> tuple[str, int]:
    stamp, number = name[:15], name[16:]
    return stamp, int(number or 1)


def _entries(folder: Path, length: int) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if len(path.name) == length)
    except FileNotFoundError:
        return []


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

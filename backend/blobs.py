"""Photo bytes by their SHA-256: what a blob store promises, and the store in a local folder.

Knows bytes, hashes and the disk; nothing of users, rights, tables or what the bytes mean.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from backend import failpoints
from backend.config import SettingInvalid
from backend.disk import Disk
from backend.services.errors import StorageFull

READ_BYTES = 1024 * 1024
PASSING = "passing-"  # how the folder names a staging file of no upload
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-zA-Z_-]{1,80}")


class BlobMissing(LookupError):
    """There are no such bytes here."""


class HashWrong(ValueError):
    """The bytes are not those that the hash names; nothing was kept."""


class StagedBytesLost(RuntimeError):
    """Fewer bytes are staged than were acknowledged (the staging area was lost or restored from a backup)."""


class Shelf(StrEnum):
    """Where whole bytes lie: `originals` are shown to those who may see them, `quarantine` to nobody."""

    ORIGINALS = "originals"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Lying:
    """Something in the store: an upload's id or a hash, and when it was last written, by the store's own clock."""

    name: str
    changed_at: datetime


class Blobs(Protocol):
    """Whole bytes by hash, never changed, and the bytes of uploads under way.

    Every method that writes returns only when what it wrote survives a power cut; it raises StorageFull when the
    disk is full. Whole bytes appear at once or not at all. Writing the same bytes again is no error and mends a copy
    that has gone bad. `sha256` is 64 lower-case hex digits.
    """

    def lock(self, upload_id: str) -> AbstractContextManager[None]:
        """Hold an upload alone, among all threads and processes that share the store; taken for short work only."""
        ...

    def stage(self, upload_id: str, offset: int, data: bytes) -> None:
        """Keep bytes of an upload at `offset`, in place of whatever is staged from there on.

        The caller holds the lock, and `offset` is what the database says was received: bytes beyond it were never
        acknowledged. Raises StagedBytesLost when fewer than `offset` bytes are staged.
        """
        ...

    def staged_size(self, upload_id: str) -> int:
        """How many bytes are staged; 0 when none."""
        ...

    def open_staged(self, upload_id: str) -> BinaryIO:
        """The staged bytes from the first; raises BlobMissing."""
        ...

    def keep_staged(self, upload_id: str, sha256: str, shelf: Shelf) -> None:
        """Move staged bytes, whose hash the caller has checked, to their place."""
        ...

    def discard(self, upload_id: str) -> None:
        """Forget staged bytes, if there are any."""
        ...

    def put(self, sha256: str, stream: BinaryIO, shelf: Shelf = Shelf.ORIGINALS) -> int:
        """Keep the bytes of a stream and return how many they are; raises HashWrong when they are others."""
        ...

    def has(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        """True when the bytes are there; does not read them."""
        ...

    def size(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> int:
        """How many bytes; raises BlobMissing."""
        ...

    def open(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> BinaryIO:
        """The bytes, readable and seekable; raises BlobMissing."""
        ...

    def verify(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        """Read the bytes and compare their hash; raises BlobMissing."""
        ...

    def derived(self, sha256: str, name: str) -> bytes | None:
        """A copy derived earlier, None when there is none. Derived copies may be lost: they are made again."""
        ...

    def keep_derived(self, sha256: str, name: str, data: bytes) -> None:
        """Keep a derived copy; a reader sees all of it or none."""
        ...

    def staged(self) -> Iterator[Lying]:
        """The uploads of which bytes are staged, in any order."""
        ...

    def whole(self, shelf: Shelf) -> Iterator[Lying]:
        """The hashes of the whole bytes on a shelf, in any order; for rare use, there may be millions."""
        ...

    def clear_passing(self, before: datetime) -> int:
        """Remove what killed processes were writing under no name yet, untouched since `before`; returns how many."""
        ...


def sha256_of(stream: BinaryIO) -> str:
    """The SHA-256 of what is left of a stream, in hex."""
    digest = hashlib.sha256()
    while block := stream.read(READ_BYTES):
        digest.update(block)
    return digest.hexdigest()


def open_blobs(url: str) -> Blobs:
    """The store that `BLUEGRID_BLOB_URL` names; raises SettingInvalid."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        raise SettingInvalid(
            "BLUEGRID_BLOB_URL: this version keeps photos in a local folder only (file:///…), not in S3 yet"
        )
    raise SettingInvalid("BLUEGRID_BLOB_URL must be file:///absolute/path")


class FolderBlobs:
    """Blobs in a local folder: `ab/cd/<sha256>`, and the same below `quarantine/` and `derived/`.

    All parts lie on one file system, so that a rename puts a whole file in its place at once. The order is always:
    write to `staging/`, sync the file, rename, sync the folders up to the root. All folders are synced each time:
    the one that made a folder may be another process that has not synced it yet.
    """

    LOCKS = 256

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self._root = root
        self._disk = disk or Disk()
        self._staging = root / "staging"
        self._locks = root / "locks"
        root.mkdir(parents=True, exist_ok=True)
        for folder in (self._staging, self._locks):
            self._disk.make_folder(folder)
        self._disk.sync_folder(root)
        self._disk.sync_folder(root.parent)

    @contextmanager
    def lock(self, upload_id: str) -> Iterator[None]:
        """One of 256 lock files that are never removed: a lock on a file that moves or goes protects nothing."""
        stripe = hashlib.sha256(upload_id.encode()).digest()[0] % self.LOCKS
        descriptor = os.open(self._locks / f"{stripe:02x}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def stage(self, upload_id: str, offset: int, data: bytes) -> None:
        path = self._staged(upload_id)
        if offset > self.staged_size(upload_id):
            raise StagedBytesLost(f"{upload_id}: fewer than {offset} bytes are staged")
        with _full_disk_told():
            self._write(path, offset, [data])
            if offset == 0:
                self._disk.sync_folder(self._staging)

    def staged_size(self, upload_id: str) -> int:
        try:
            return self._staged(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def open_staged(self, upload_id: str) -> BinaryIO:
        return _open(self._staged(upload_id))

    def keep_staged(self, upload_id: str, sha256: str, shelf: Shelf) -> None:
        with _full_disk_told():
            self._place(self._staged(upload_id), self._path(sha256, shelf))

    def discard(self, upload_id: str) -> None:
        self._disk.remove(self._staged(upload_id))

    def put(self, sha256: str, stream: BinaryIO, shelf: Shelf = Shelf.ORIGINALS) -> int:
        target = self._path(sha256, shelf)
        digest = hashlib.sha256()

        def blocks() -> Iterator[bytes]:
            while block := stream.read(READ_BYTES):
                digest.update(block)
                yield block

        with self._passing() as path, _full_disk_told():
            size = self._write(path, 0, blocks())
            if digest.hexdigest() != sha256:
                raise HashWrong(f"these bytes have the hash {digest.hexdigest()}, not {sha256}")
            self._place(path, target)
        return size

    def has(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        return self._path(sha256, shelf).is_file()

    def size(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> int:
        try:
            return self._path(sha256, shelf).stat().st_size
        except FileNotFoundError:
            raise BlobMissing(sha256) from None

    def open(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> BinaryIO:
        return _open(self._path(sha256, shelf))

    def verify(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        with self.open(sha256, shelf) as file:
            return sha256_of(file) == sha256

    def derived(self, sha256: str, name: str) -> bytes | None:
        try:
            return self._derived(sha256, name).read_bytes()
        except FileNotFoundError:
            return None

    def keep_derived(self, sha256: str, name: str, data: bytes) -> None:
        with self._passing() as path, _full_disk_told():
            self._write(path, 0, [data])
            self._place(path, self._derived(sha256, name))

    def staged(self) -> Iterator[Lying]:
        return (one for one in _lying(self._staging.iterdir()) if not one.name.startswith(PASSING))

    def whole(self, shelf: Shelf) -> Iterator[Lying]:
        base = self._root if shelf is Shelf.ORIGINALS else self._root / shelf.value
        found = base.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")
        return (one for one in _lying(found) if _SHA256.fullmatch(one.name))

    def clear_passing(self, before: datetime) -> int:
        left = [one for one in _lying(self._staging.glob(f"{PASSING}*")) if one.changed_at <= before]
        for one in left:
            self._disk.remove(self._staging / one.name)
        return len(left)

    def _staged(self, upload_id: str) -> Path:
        if not _NAME.fullmatch(upload_id):
            raise ValueError("an upload's id has letters, digits, '-' and '_' only")
        return self._staging / upload_id

    def _path(self, sha256: str, shelf: Shelf) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("a hash is 64 lower-case hex digits")
        base = self._root if shelf is Shelf.ORIGINALS else self._root / shelf.value
        return base / sha256[:2] / sha256[2:4] / sha256

    def _derived(self, sha256: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a derived copy's name has letters, digits, '-' and '_' only")
        original = self._path(sha256, Shelf.ORIGINALS).relative_to(self._root)
        return self._root / "derived" / original.parent / f"{sha256}-{name}"

    @contextmanager
    def _passing(self) -> Iterator[Path]:
        """A staging file of one's own, gone afterwards unless it was moved to its place."""
        path = self._staging / f"{PASSING}{uuid.uuid4().hex}"
        try:
            yield path
        finally:
            self._disk.remove(path)

    def _write(self, path: Path, offset: int, blocks: Iterator[bytes] | list[bytes]) -> int:
        """Write from `offset` on, end the file there, sync it; returns its size."""
        start, descriptor = offset, self._disk.open(path)
        try:
            self._disk.truncate(descriptor, offset)
            for block in blocks:
                self._disk.write(descriptor, block, offset)
                offset += len(block)
                failpoints.hit("blob-half-written")
            self._disk.sync(descriptor)
        except OSError:
            with suppress(OSError):
                self._disk.truncate(descriptor, start)  # a full disk gets back what was half written
            raise
        finally:
            self._disk.close(descriptor)
        return offset

    def _place(self, source: Path, target: Path) -> None:
        """Rename a synced file to its place and sync every folder from there up to the root."""
        folders = [folder for folder in target.parents if folder.is_relative_to(self._root)]
        for folder in reversed(folders[:-1]):
            self._disk.make_folder(folder)
        failpoints.hit("blob-synced")
        self._disk.replace(source, target)
        failpoints.hit("blob-renamed")
        for folder in folders:
            self._disk.sync_folder(folder)


def _lying(paths: Iterable[Path]) -> Iterator[Lying]:
    for path in paths:
        with suppress(FileNotFoundError):  # moved or gone meanwhile
            yield Lying(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise BlobMissing(path.name) from None


@contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                "The server's disk is full; nothing was acknowledged. Keep the data and try later."
            ) from error
        raise

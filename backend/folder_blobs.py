"""The blob store in a local folder.

Knows bytes, hashes and the disk; nothing of users, rights, tables or what the bytes mean.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from backend import failpoints
from backend.blobs import (
    READ_BYTES,
    SHA256_HEX,
    BlobMissing,
    HashWrong,
    Lying,
    Part,
    Parts,
    Shelf,
    StagedBytesLost,
    place_of,
    place_of_derived,
    plain_name,
    sha256_of,
)
from backend.disk import Disk
from backend.services.errors import StorageFull
from sync.errors import StoreUnavailable

PASSING = "passing-"  # how a staging file of no upload is named


class FolderBlobs:
    """Blobs in a local folder: `ab/cd/<sha256>`, and the same below `quarantine/` and `derived/`.

    All parts lie on one file system, so that a rename puts a whole file in its place at once. The order is always:
    write to `staging/`, sync the file, rename, sync the folders up to the root. All folders are synced each time:
    the one that made a folder may be another process that has not synced it yet.
    """

    LOCKS = 256
    kind = "folder"

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

    def check(self, *, writing: bool = False) -> None:
        """Take and release a lock: that needs the folder to be there and writable, and changes nothing."""
        try:
            with self.lock("readyz"):
                pass
        except OSError:
            raise StoreUnavailable("The blob store cannot be reached.") from None

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

    def stage(self, upload_id: str, offset: int, data: bytes, parts: Parts = ()) -> Part | None:
        path = self._staged(upload_id)
        if offset > self.staged_size(upload_id):
            raise StagedBytesLost(f"{upload_id}: fewer than {offset} bytes are staged")
        with _full_disk_told():
            self._write(path, offset, [data])
            if offset == 0:
                self._disk.sync_folder(self._staging)
        return None

    def staged_size(self, upload_id: str, parts: Parts = ()) -> int:
        try:
            return self._staged(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def open_staged(self, upload_id: str, parts: Parts = ()) -> BinaryIO:
        return _open(self._staged(upload_id))

    def keep_staged(self, upload_id: str, sha256: str, shelf: Shelf, parts: Parts = ()) -> None:
        try:
            with _full_disk_told():
                self._place(self._staged(upload_id), self._path(sha256, shelf))
        except FileNotFoundError:
            raise BlobMissing(upload_id) from None

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

    def present(self, hashes: list[str]) -> set[str]:
        return {sha256 for sha256 in hashes if self.has(sha256)}

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
        return (one for one in _lying(found) if SHA256_HEX.fullmatch(one.name))

    def clear_passing(self, before: datetime) -> int:
        left = [one for one in _lying(self._staging.glob(f"{PASSING}*")) if one.changed_at <= before]
        for one in left:
            self._disk.remove(self._staging / one.name)
        return len(left)

    def _staged(self, upload_id: str) -> Path:
        return self._staging / plain_name(upload_id)

    def _path(self, sha256: str, shelf: Shelf) -> Path:
        return self._root / place_of(sha256, shelf)

    def _derived(self, sha256: str, name: str) -> Path:
        return self._root / place_of_derived(sha256, name)

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

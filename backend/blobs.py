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
from sync.errors import StoreUnavailable

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


@dataclass(frozen=True, slots=True)
class Part:
    """`size` staged bytes of an upload from byte `start` on, under a name of the store's choice, never used twice."""

    name: str
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


Parts = tuple[Part, ...]


class Blobs(Protocol):
    """Whole bytes by hash, never changed, and the bytes of uploads under way.

    Every method that writes returns only when what it wrote survives a power cut; it raises StorageFull when the
    store is full. Any method raises StoreUnavailable when the store cannot be used just now. Whole bytes appear at
    once or not at all. Writing the same bytes again is no error and mends a copy that has gone bad. `sha256` is 64
    lower-case hex digits.

    Uploads: a store that several hosts share keeps staged bytes as parts. Which parts count is the database's
    decision: the caller writes down what `stage` returns in the commit that moves `received`, and hands the parts
    that are written down to every call. A part that a host puts late, or never writes down, is bytes that nobody
    reads. A local folder keeps one file an upload, returns None and is handed no parts.
    """

    kind: str
    """For /healthz: what keeps the bytes."""

    def check(self, *, writing: bool = False) -> None:
        """Raise StoreUnavailable, with what to mend, unless the store can be used; `writing` tries a write too."""
        ...

    def lock(self, upload_id: str) -> AbstractContextManager[None]:
        """Hold an upload alone, among all threads and processes of this host; taken for short work only."""
        ...

    def stage(self, upload_id: str, offset: int, data: bytes, parts: Parts = ()) -> Part | None:
        """Keep bytes of an upload at `offset`, in place of whatever is staged from there on.

        The caller holds the lock, and `offset` is what the database says was received: bytes beyond it were never
        acknowledged. A part that is returned takes the place of all parts from its `start` on, and may repeat the
        end of the one before. Raises StagedBytesLost when fewer than `offset` bytes are staged.
        """
        ...

    def staged_size(self, upload_id: str, parts: Parts = ()) -> int:
        """How many bytes are staged, without a hole; 0 when none."""
        ...

    def open_staged(self, upload_id: str, parts: Parts = ()) -> BinaryIO:
        """The staged bytes from the first; it or a read raises BlobMissing."""
        ...

    def keep_staged(self, upload_id: str, sha256: str, shelf: Shelf, parts: Parts = ()) -> None:
        """Bring staged bytes, whose hash the caller has checked, to their place; they may stay staged as well.

        Raises BlobMissing, and HashWrong when the bytes are others than those the caller saw.
        """
        ...

    def discard(self, upload_id: str) -> None:
        """Forget staged bytes, if there are any, parts that were never written down among them."""
        ...

    def put(self, sha256: str, stream: BinaryIO, shelf: Shelf = Shelf.ORIGINALS) -> int:
        """Keep the bytes of a stream and return how many they are; raises HashWrong when they are others."""
        ...

    def has(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        """True when the bytes are there; does not read them."""
        ...

    def present(self, hashes: list[str]) -> set[str]:
        """Those of the hashes whose bytes are there, as `has` says; for many at once."""
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


def place_of(sha256: str, shelf: Shelf) -> str:
    """The path of whole bytes below a store's root; raises ValueError for what is no hash."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("a hash is 64 lower-case hex digits")
    base = "" if shelf is Shelf.ORIGINALS else f"{shelf.value}/"
    return f"{base}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def place_of_derived(sha256: str, name: str) -> str:
    """The path of a derived copy below a store's root; raises ValueError."""
    return f"derived/{place_of(sha256, Shelf.ORIGINALS)}-{plain_name(name)}"


def plain_name(name: str) -> str:
    """The name of an upload or a derived copy, which leads nowhere else; raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError("the name of an upload or a copy has letters, digits, '-' and '_' only")
    return name


def open_blobs(url: str) -> Blobs:
    """The store that `BLUEGRID_BLOB_URL` names; raises SettingInvalid."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from backend.s3_blobs import open_s3  # builds on this module

        return open_s3(url, os.environ)
    raise SettingInvalid("BLUEGRID_BLOB_URL must be file:///absolute/path or s3://bucket/prefix")


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
        return (one for one in _lying(found) if _SHA256.fullmatch(one.name))

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

"""Photo bytes by their SHA-256: what a blob store promises.

Knows bytes and hashes; nothing of users, rights, tables or what the bytes mean. The stores are `folder_blobs` and
`s3_blobs`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from backend.config import SettingInvalid

READ_BYTES = 1024 * 1024
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
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
    if not SHA256_HEX.fullmatch(sha256):
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
        from backend.folder_blobs import FolderBlobs  # builds on this module

        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from backend.s3_blobs import open_s3  # builds on this module

        return open_s3(url, os.environ)
    raise SettingInvalid("BLUEGRID_BLOB_URL must be file:///absolute/path or s3://bucket/prefix")

"""Blob stores to hold against the one promise, and what a test does to them from outside."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from pathlib import Path
from urllib.parse import urlsplit

import obstore

from backend.blobs import Blobs, Part, Parts, open_blobs
from tests.seaweedfs import Seaweedfs


class Kept(ABC):
    """A store of a test's own, and ways to do it harm."""

    url: str
    blobs: Blobs

    @abstractmethod
    def spoil(self, sha256: str, data: bytes) -> None:
        """Put other bytes where those of a hash lie."""

    @abstractmethod
    def files(self) -> set[str]:
        """The paths of all bytes in it, staged ones and those on their way left out."""


class InAFolder(Kept):
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "blobs"
        self.url = f"file://{self.folder}"
        self.blobs = open_blobs(self.url)

    def spoil(self, sha256: str, data: bytes) -> None:
        [path] = self.folder.rglob(sha256)
        path.write_bytes(data)

    def files(self) -> set[str]:
        paths = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {str(path) for path in paths if path.parts[0] not in ("staging", "locks")}


class InABucket(Kept):
    def __init__(self, server: Seaweedfs, url: str) -> None:
        self.url = url
        self.blobs = open_blobs(url)
        self.store = server.store(urlsplit(url).path.strip("/"))

    def spoil(self, sha256: str, data: bytes) -> None:
        obstore.put(self.store, f"{sha256[:2]}/{sha256[2:4]}/{sha256}", data)

    def files(self) -> set[str]:
        found = {meta["path"] for meta in obstore.list(self.store).collect()}
        return {path for path in found if not path.startswith("staging/")}


class Upload:
    """An upload, with what the database would say of it: how much was received, and which parts count."""

    def __init__(self, blobs: Blobs, id: str = "u1") -> None:
        self.blobs = blobs
        self.id = id
        self.received = 0
        self.parts: Parts = ()

    def take(self, data: bytes, offset: int | None = None) -> None:
        """Stage and write down."""
        offset = self.received if offset is None else offset
        self.count(self.blobs.stage(self.id, offset, data, self.parts), offset + len(data))

    def count(self, part: Part | None, received: int) -> None:
        """Write down: what the commit does that moves `received`."""
        if part is not None:
            self.parts = (*(one for one in self.parts if one.start < part.start), part)
        self.received = received

    def size(self) -> int:
        return self.blobs.staged_size(self.id, self.parts)

    def read(self) -> bytes:
        with self.blobs.open_staged(self.id, self.parts) as file:
            return file.read()


def staged_by_another_process(url: str, upload: Upload, data: bytes) -> Part | None:
    """What a second host, or another worker, is told by its store."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_stage, (url, upload.id, upload.received, data, upload.parts))


def _stage(url: str, upload_id: str, offset: int, data: bytes, parts: Parts) -> Part | None:
    blobs = open_blobs(url)
    with blobs.lock(upload_id):
        return blobs.stage(upload_id, offset, data, parts)

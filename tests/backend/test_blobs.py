"""The order of calls on which the promise of blobs in a folder rests (tests/conformance has the promise)."""

from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path

import pytest

from backend.blobs import Shelf, open_blobs
from backend.config import SettingInvalid
from backend.disk import Disk
from backend.folder_blobs import FolderBlobs
from backend.services.errors import StorageFull

DATA = b"a straw fire behind the brick works"
SHA256 = hashlib.sha256(DATA).hexdigest()


class RecordingDisk(Disk):
    """The real disk, and the order in which it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self._paths: dict[int, Path] = {}

    def open(self, path: Path) -> int:
        descriptor = super().open(path)
        self._paths[descriptor] = path
        return descriptor

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self._note("truncate", self._paths[descriptor])

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        super().write(descriptor, data, offset)
        self._note("write", self._paths[descriptor])

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self._note("sync", self._paths[descriptor])

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self._note("replace", target)

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._note("make_folder", path)

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self._note("sync_folder", path)

    def _note(self, call: str, path: Path) -> None:
        self.calls.append((call, path.name))


class FullDisk(Disk):
    """Takes half of what it is given, and no more."""

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        super().write(descriptor, data[: len(data) // 2], offset)
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_blob_is_synced_before_it_is_renamed_and_its_folders_after(tmp_path: Path) -> None:
    disk = RecordingDisk()
    blobs = FolderBlobs(tmp_path / "blobs", disk)
    disk.calls.clear()
    blobs.put(SHA256, io.BytesIO(DATA))
    outer, inner = SHA256[:2], SHA256[2:4]
    assert [call for call, _ in disk.calls[:3]] == ["truncate", "write", "sync"]
    assert disk.calls[3:] == [
        ("make_folder", outer),
        ("make_folder", inner),
        ("replace", SHA256),
        ("sync_folder", inner),
        ("sync_folder", outer),
        ("sync_folder", "blobs"),
    ]


def test_staged_bytes_are_synced_before_they_are_acknowledged(tmp_path: Path) -> None:
    disk = RecordingDisk()
    blobs = FolderBlobs(tmp_path / "blobs", disk)
    disk.calls.clear()
    blobs.stage("u1", 0, DATA)
    assert disk.calls == [("truncate", "u1"), ("write", "u1"), ("sync", "u1"), ("sync_folder", "staging")]
    disk.calls.clear()
    blobs.stage("u1", len(DATA), DATA)
    assert disk.calls == [("truncate", "u1"), ("write", "u1"), ("sync", "u1")]


def test_staged_bytes_that_become_a_blob_are_renamed_and_their_folders_synced(tmp_path: Path) -> None:
    disk = RecordingDisk()
    blobs = FolderBlobs(tmp_path / "blobs", disk)
    blobs.stage("u1", 0, DATA)
    disk.calls.clear()
    blobs.keep_staged("u1", SHA256, Shelf.QUARANTINE)
    assert [call for call, _ in disk.calls] == ["make_folder"] * 3 + ["replace"] + ["sync_folder"] * 4
    assert disk.calls[-1] == ("sync_folder", "blobs")


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    blobs.stage("u1", 0, DATA)
    full = FolderBlobs(tmp_path / "blobs", FullDisk())
    with pytest.raises(StorageFull):
        full.put(SHA256, io.BytesIO(DATA))
    with pytest.raises(StorageFull):
        full.stage("u1", len(DATA), DATA)
    assert not blobs.has(SHA256)
    assert blobs.staged_size("u1") == len(DATA)
    assert not list(tmp_path.rglob("passing-*"))


def test_a_url_that_names_no_store_is_refused_in_plain_words() -> None:
    for url in ("file://relative/path", "file:///", "ftp://somewhere/else", "s3:///prefix", "s3://key:secret@bucket"):
        with pytest.raises(SettingInvalid, match="BLUEGRID_BLOB_URL must be"):
            open_blobs(url)

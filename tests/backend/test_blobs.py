"""The promise of `backend.blobs.Blobs`, kept by each store; and the order of calls on which the folder's rests."""

from __future__ import annotations

import errno
import hashlib
import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.blobs import BlobMissing, Blobs, FolderBlobs, HashWrong, Shelf, StagedBytesLost, open_blobs
from backend.config import SettingInvalid
from backend.disk import Disk
from backend.services.errors import StorageFull

DATA = b"a straw fire behind the brick works"
SHA256 = hashlib.sha256(DATA).hexdigest()
STORES: dict[str, Callable[[Path], Blobs]] = {"folder": lambda folder: open_blobs(f"file://{folder / 'blobs'}")}


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


@pytest.fixture(params=STORES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return STORES[request.param](tmp_path)


def test_what_was_put_is_read_back_unchanged(blobs: Blobs) -> None:
    assert blobs.put(SHA256, io.BytesIO(DATA)) == len(DATA)
    with blobs.open(SHA256) as file:
        assert file.read() == DATA
        file.seek(2)
        assert file.read(5) == DATA[2:7]
    assert blobs.has(SHA256)
    assert blobs.size(SHA256) == len(DATA)
    assert blobs.verify(SHA256)


def test_putting_the_same_bytes_again_changes_nothing(blobs: Blobs) -> None:
    assert blobs.put(SHA256, io.BytesIO(DATA)) == blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.verify(SHA256)


def test_bytes_that_are_not_those_of_the_hash_are_not_kept(blobs: Blobs) -> None:
    with pytest.raises(HashWrong):
        blobs.put(SHA256, io.BytesIO(b"something else"))
    assert not blobs.has(SHA256)


def test_what_is_not_there_is_missing(blobs: Blobs) -> None:
    for ask in (blobs.open, blobs.size, blobs.verify):
        with pytest.raises(BlobMissing):
            ask(SHA256)
    with pytest.raises(BlobMissing):
        blobs.open_staged("u1")
    assert not blobs.has(SHA256)
    assert blobs.derived(SHA256, "thumbnail-400") is None


def test_a_name_that_leads_elsewhere_is_refused(blobs: Blobs) -> None:
    for name in ("../../etc/passwd", SHA256.upper(), "", SHA256 + "0"):
        with pytest.raises(ValueError):
            blobs.has(name)
    with pytest.raises(ValueError):
        blobs.stage("../u1", 0, DATA)
    with pytest.raises(ValueError):
        blobs.derived(SHA256, "../x")


def test_quarantine_is_another_shelf(blobs: Blobs) -> None:
    blobs.put(SHA256, io.BytesIO(DATA), Shelf.QUARANTINE)
    assert blobs.verify(SHA256, Shelf.QUARANTINE)
    assert not blobs.has(SHA256)


def test_staged_bytes_grow_and_become_a_blob(blobs: Blobs) -> None:
    with blobs.lock("u1"):
        blobs.stage("u1", 0, DATA[:10])
        blobs.stage("u1", 10, DATA[10:])
        assert blobs.staged_size("u1") == len(DATA)
        with blobs.open_staged("u1") as file:
            assert file.read() == DATA
        blobs.keep_staged("u1", SHA256, Shelf.ORIGINALS)
    assert blobs.verify(SHA256)
    assert blobs.staged_size("u1") == 0


def test_bytes_beyond_an_offset_were_never_acknowledged_and_go(blobs: Blobs) -> None:
    blobs.stage("u1", 0, DATA + b" and a tail that a kill left behind")
    blobs.stage("u1", 10, DATA[10:])
    with blobs.open_staged("u1") as file:
        assert file.read() == DATA


def test_a_hole_is_never_staged(blobs: Blobs) -> None:
    blobs.stage("u1", 0, DATA[:10])
    with pytest.raises(StagedBytesLost):
        blobs.stage("u1", 11, DATA[11:])


def test_discarded_bytes_are_gone(blobs: Blobs) -> None:
    blobs.stage("u1", 0, DATA)
    blobs.discard("u1")
    blobs.discard("u1")
    assert blobs.staged_size("u1") == 0


def test_a_blob_that_went_bad_is_mended_by_sending_it_again(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put(SHA256, io.BytesIO(DATA))
    [path] = tmp_path.rglob(SHA256)
    path.write_bytes(b"rotten")
    assert not blobs.verify(SHA256)
    blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.verify(SHA256)


def test_one_at_a_time_holds_an_upload(blobs: Blobs) -> None:
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with blobs.lock("u1"):
            order.append("second")

    with blobs.lock("u1"):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_derived_copy_is_kept_and_replaced(blobs: Blobs) -> None:
    blobs.keep_derived(SHA256, "thumbnail-400", b"small")
    blobs.keep_derived(SHA256, "thumbnail-400", b"smaller")
    assert blobs.derived(SHA256, "thumbnail-400") == b"smaller"
    assert blobs.derived(SHA256, "thumbnail-800") is None


def test_what_lies_in_the_store_is_told_with_its_age(blobs: Blobs) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)  # file systems keep coarser times
    other = hashlib.sha256(b"no photo").hexdigest()
    blobs.stage("u1", 0, DATA)
    blobs.put(SHA256, io.BytesIO(DATA))
    blobs.put(other, io.BytesIO(b"no photo"), Shelf.QUARANTINE)
    blobs.keep_derived(SHA256, "thumbnail-400", b"small")
    assert [one.name for one in blobs.staged()] == ["u1"]
    assert [one.name for one in blobs.whole(Shelf.ORIGINALS)] == [SHA256]
    assert [one.name for one in blobs.whole(Shelf.QUARANTINE)] == [other]
    everything = [*blobs.staged(), *blobs.whole(Shelf.ORIGINALS), *blobs.whole(Shelf.QUARANTINE)]
    assert all(began < one.changed_at < datetime.now(UTC) + timedelta(minutes=1) for one in everything)


def test_clearing_what_passes_touches_nothing_else(blobs: Blobs) -> None:
    blobs.stage("u1", 0, DATA)
    blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.clear_passing(datetime.now(UTC) + timedelta(days=1)) == 0
    assert blobs.staged_size("u1") == len(DATA)
    assert blobs.verify(SHA256)


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


def test_a_store_elsewhere_is_refused_in_plain_words() -> None:
    with pytest.raises(SettingInvalid, match="local folder"):
        open_blobs("s3://bucket/prefix")
    with pytest.raises(SettingInvalid, match="absolute"):
        open_blobs("file://relative/path")

"""The promise of `backend.blobs.Blobs`, kept by each store."""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.blobs import BlobMissing, Blobs, HashWrong, Shelf, StagedBytesLost
from tests import seaweedfs
from tests.conformance.blob_stores import InABucket, InAFolder, Kept, Upload, staged_by_another_process

DATA = b"a straw fire behind the brick works"
SHA256 = hashlib.sha256(DATA).hexdigest()
MIB = 1024 * 1024


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A store of the test's own."""
    if request.param == "folder":
        yield InAFolder(tmp_path)
        return
    server: seaweedfs.Seaweedfs = request.getfixturevalue("s3_server")
    with seaweedfs.spoken_to(server):
        yield InABucket(server, seaweedfs.new_url())


@pytest.fixture
def blobs(kept: Kept) -> Blobs:
    return kept.blobs


@pytest.fixture
def upload(blobs: Blobs) -> Upload:
    return Upload(blobs)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


# whole bytes ----------------------------------------------------------------------------------------------------


def test_what_was_put_is_read_back_unchanged(blobs: Blobs) -> None:
    assert blobs.put(SHA256, io.BytesIO(DATA)) == len(DATA)
    with blobs.open(SHA256) as file:
        assert file.read() == DATA
        file.seek(2)
        assert file.read(5) == DATA[2:7]
    assert blobs.has(SHA256)
    assert blobs.size(SHA256) == len(DATA)
    assert blobs.verify(SHA256)


def test_a_file_of_50_mib_is_kept_and_read_from_any_place(blobs: Blobs) -> None:
    data = noise(50 * MIB)
    name = sha256_of(data)
    assert blobs.put(name, io.BytesIO(data)) == blobs.size(name) == len(data)
    assert blobs.verify(name)
    with blobs.open(name) as file:
        for start in (0, 8 * MIB - 3, 49 * MIB + 17, 3):
            assert file.seek(start) == file.tell() == start
            assert file.read(100) == data[start : start + 100]
        assert file.seek(-10, os.SEEK_END) == len(data) - 10
        assert file.read() == data[-10:]
        file.seek(len(data) + 5)
        assert file.read(1) == b""


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1])
def test_every_size_is_kept(blobs: Blobs, size: int) -> None:
    data = noise(size)
    assert blobs.put(sha256_of(data), io.BytesIO(data)) == size
    assert blobs.size(sha256_of(data)) == size
    assert blobs.verify(sha256_of(data))


def test_putting_the_same_bytes_again_changes_nothing(blobs: Blobs) -> None:
    assert blobs.put(SHA256, io.BytesIO(DATA)) == blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.verify(SHA256)


def test_threads_that_put_the_same_bytes_at_once_do_one_another_no_harm(blobs: Blobs) -> None:
    data = noise(9 * MIB)
    with ThreadPoolExecutor(4) as threads:
        sizes = list(threads.map(lambda _: blobs.put(sha256_of(data), io.BytesIO(data)), range(4)))
    assert sizes == [len(data)] * 4
    assert blobs.verify(sha256_of(data))


@pytest.mark.parametrize("size", [100, 9 * MIB])
def test_bytes_that_are_not_those_of_the_hash_are_not_kept(kept: Kept, size: int) -> None:
    with pytest.raises(HashWrong):
        kept.blobs.put(SHA256, io.BytesIO(noise(size)))
    assert not kept.blobs.has(SHA256)
    assert kept.files() == set()


def test_a_stream_that_breaks_off_leaves_nothing(kept: Kept) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 8 * MIB:
                raise ConnectionResetError("gone")
            return super().read(size)

    data = noise(10 * MIB)
    with pytest.raises(Exception):  # noqa: B017 (a store may tell it in its own words)
        kept.blobs.put(sha256_of(data), BreaksOff(data))
    assert kept.files() == set()


def test_what_is_not_there_is_missing(blobs: Blobs) -> None:
    for ask in (blobs.open, blobs.size, blobs.verify):
        with pytest.raises(BlobMissing):
            ask(SHA256)
    with pytest.raises(BlobMissing):
        blobs.open_staged("u1")
    assert not blobs.has(SHA256)
    assert blobs.derived(SHA256, "thumbnail-400") is None


def test_of_many_hashes_those_present_are_told(blobs: Blobs) -> None:
    data = [noise(10, seed) for seed in range(20)]
    for one in data[::2]:
        blobs.put(sha256_of(one), io.BytesIO(one))
    assert blobs.present([sha256_of(one) for one in data]) == {sha256_of(one) for one in data[::2]}
    assert blobs.present([]) == set()


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


@pytest.mark.parametrize("bad", [b"rotten", DATA[:-1], b"", DATA[::-1]])
def test_a_blob_that_went_bad_is_mended_by_sending_it_again(kept: Kept, upload: Upload, bad: bytes) -> None:
    blobs = kept.blobs
    blobs.put(SHA256, io.BytesIO(DATA))
    kept.spoil(SHA256, bad)
    assert not blobs.verify(SHA256)
    blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.verify(SHA256)
    kept.spoil(SHA256, bad)
    upload.take(DATA)
    blobs.keep_staged(upload.id, SHA256, Shelf.ORIGINALS, upload.parts)
    assert blobs.verify(SHA256)


def test_a_derived_copy_is_kept_and_replaced(blobs: Blobs) -> None:
    blobs.keep_derived(SHA256, "thumbnail-400", b"small")
    blobs.keep_derived(SHA256, "thumbnail-400", b"smaller")
    assert blobs.derived(SHA256, "thumbnail-400") == b"smaller"
    assert blobs.derived(SHA256, "thumbnail-800") is None


def test_a_store_that_can_be_used_says_so_and_is_none_the_worse(kept: Kept) -> None:
    kept.blobs.check()
    assert kept.files() == set()
    kept.blobs.check(writing=True)
    assert [one.name for one in kept.blobs.staged()] == []


# uploads --------------------------------------------------------------------------------------------------------


def test_staged_bytes_grow_and_become_a_blob(blobs: Blobs, upload: Upload) -> None:
    with blobs.lock(upload.id):
        upload.take(DATA[:10])
        upload.take(DATA[10:])
        assert upload.size() == len(DATA)
        assert upload.read() == DATA
        blobs.keep_staged(upload.id, SHA256, Shelf.ORIGINALS, upload.parts)
    blobs.discard(upload.id)
    assert blobs.verify(SHA256)
    assert upload.size() == 0


@pytest.mark.parametrize("sizes", [[4 * MIB] * 12 + [2 * MIB], [1] * 60, [300_000, 1, 262_144, 1, 1, 262_143, 5]])
def test_chunks_of_any_size_become_the_file(blobs: Blobs, upload: Upload, sizes: list[int]) -> None:
    data = noise(sum(sizes))
    for size in sizes:
        upload.take(data[upload.received : upload.received + size])
    assert upload.size() == upload.received == len(data)
    assert upload.read() == data
    blobs.keep_staged(upload.id, sha256_of(data), Shelf.ORIGINALS, upload.parts)
    assert blobs.verify(sha256_of(data))


def test_many_small_chunks_make_few_parts(blobs: Blobs, upload: Upload) -> None:
    for _ in range(40):
        upload.take(noise(20_000))
    assert len(upload.parts) <= 40 * 20_000 // 262_144 + 1


def test_bytes_beyond_an_offset_were_never_acknowledged_and_go(blobs: Blobs, upload: Upload) -> None:
    upload.take(DATA + b" and a tail that a kill left behind")
    upload.take(DATA[10:], offset=10)
    assert upload.read() == DATA


def test_a_hole_is_never_staged(blobs: Blobs, upload: Upload) -> None:
    upload.take(DATA[:10])
    with pytest.raises(StagedBytesLost):
        upload.take(DATA[11:], offset=11)


def test_staged_bytes_that_were_lost_are_missed(blobs: Blobs, upload: Upload) -> None:
    upload.take(DATA)
    blobs.discard(upload.id)
    assert upload.size() == 0
    with pytest.raises(BlobMissing):
        upload.read()
    with pytest.raises(BlobMissing):
        blobs.keep_staged(upload.id, SHA256, Shelf.ORIGINALS, upload.parts)
    with pytest.raises(StagedBytesLost):
        upload.take(b"more")


def test_discarded_bytes_are_gone_and_others_stay(blobs: Blobs, upload: Upload) -> None:
    other = Upload(blobs, "u10")
    upload.take(DATA)
    other.take(DATA)
    assert sorted(one.name for one in blobs.staged()) == ["u1", "u10"]
    blobs.discard("u1")
    blobs.discard("u1")
    assert upload.size() == 0
    assert other.read() == DATA
    assert [one.name for one in blobs.staged()] == ["u10"]


def test_another_process_goes_on_with_an_upload(kept: Kept, upload: Upload) -> None:
    upload.take(DATA[:10])
    upload.count(staged_by_another_process(kept.url, upload, DATA[10:]), len(DATA))
    assert upload.size() == len(DATA)
    assert upload.read() == DATA


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


# what lies there ------------------------------------------------------------------------------------------------


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


def test_clearing_what_passes_touches_nothing_else(blobs: Blobs, upload: Upload) -> None:
    upload.take(DATA)
    blobs.put(SHA256, io.BytesIO(DATA))
    assert blobs.clear_passing(datetime.now(UTC) + timedelta(days=1)) == 0
    assert upload.read() == DATA
    assert blobs.verify(SHA256)

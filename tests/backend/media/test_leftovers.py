"""Leftovers in the blob store: staged bytes of nobody go, whatever may be evidence stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from backend.blobs import Shelf
from backend.disk import Disk
from backend.folder_blobs import FolderBlobs
from backend.models import Blob
from backend.services import leftovers, uploads
from backend.services.receiving import Receiver
from backend.transactions import reading, writing
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256
from tests.stories import FakeTime

PHOTO = image(width=320, height=240)
HASH = sha256(PHOTO)
Sweep = Callable[[], dict[str, int]]
ORPHAN = "01a21361-0ad6-70b5-bfb5-c72ac9c0a330"


def aged(path: Path, time: FakeTime, **age: float) -> None:
    """Let a file have been written so long ago by the server's clock."""
    at = (time.now() - timedelta(**age)).timestamp()
    os.utime(path, (at, at))


@pytest.fixture
def sweep(app: Flask, blobs: FolderBlobs, time: FakeTime) -> Sweep:
    def sweep() -> dict[str, int]:
        with app.app_context():
            return leftovers.sweep(reading, blobs, time.now())

    return sweep


@pytest.mark.both_databases
def test_staged_bytes_without_an_upload_go_once_they_are_old(
    sweep: Sweep, blobs: FolderBlobs, files: Path, time: FakeTime
) -> None:
    blobs.stage(ORPHAN, 0, b"of an upload that was given up while its last piece came in")
    aged(files / "staging" / ORPHAN, time, hours=23)
    assert sweep() == {"staged": 0, "passing": 0}
    aged(files / "staging" / ORPHAN, time, hours=24)
    assert sweep() == {"staged": 1, "passing": 0}
    assert blobs.staged_size(ORPHAN) == 0


@pytest.mark.both_databases
def test_an_upload_under_way_keeps_its_bytes_however_old(
    sweep: Sweep, phone: Phone, files: Path, time: FakeTime
) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    aged(files / "staging" / url.rsplit("/", 1)[1], time, days=6)
    assert sweep() == {"staged": 0, "passing": 0}
    assert phone.patch(url, PHOTO[1000:], 1000).status_code == 204
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_an_upload_that_waits_for_its_verdict_keeps_its_bytes(
    sweep: Sweep, phone: Phone, receiver: Receiver, files: Path, time: FakeTime
) -> None:
    url = phone.begin(PHOTO)
    upload_id = url.rsplit("/", 1)[1]
    with reading() as session:
        upload = uploads.find(session, phone.id, upload_id)
    receiver.blobs.stage(upload_id, 0, PHOTO)
    with writing() as session:
        uploads.advance(session, upload, len(PHOTO), receiver.now())
    aged(files / "staging" / upload_id, time, days=100)
    time.pass_by(days=100)
    assert sweep()["staged"] == 0
    assert phone.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_what_a_killed_process_left_half_written_goes(sweep: Sweep, app: Flask, files: Path, time: FakeTime) -> None:
    class Killed(BaseException):
        pass

    class Dying(Disk):
        def sync(self, descriptor: int) -> None:
            raise Killed

        def remove(self, path: Path) -> None:
            """A process that is no more removes nothing."""

    with pytest.raises(Killed):
        FolderBlobs(files, Dying()).keep_derived(HASH, "thumbnail-400", b"half of a thumb")
    (left,) = (files / "staging").iterdir()
    aged(left, time, hours=1)
    assert sweep() == {"staged": 0, "passing": 0}
    aged(left, time, days=1)
    assert sweep() == {"staged": 0, "passing": 1}
    assert list((files / "staging").iterdir()) == []


@pytest.mark.both_databases
def test_whole_bytes_that_no_row_names_are_listed_and_stay(
    sweep: Sweep, app: Flask, phone: Phone, blobs: FolderBlobs, files: Path, time: FakeTime
) -> None:
    """After a restore of an older database they may be the only copy of what was acknowledged."""
    phone.upload(PHOTO)
    lonely, refused = image(seed=1), b"no photo at all"
    for data, shelf in ((lonely, Shelf.ORIGINALS), (refused, Shelf.QUARANTINE)):
        blobs.stage(ORPHAN, 0, data)
        blobs.keep_staged(ORPHAN, sha256(data), shelf)
    finishing = image(seed=2)
    phone.begin(finishing)
    blobs.stage(ORPHAN, 0, finishing)
    blobs.keep_staged(ORPHAN, sha256(finishing), Shelf.ORIGINALS)  # killed between rename and commit
    for path in files.rglob("?" * 64):
        aged(path, time, days=40)
    assert sweep() == {"staged": 0, "passing": 0}
    said = app.test_cli_runner().invoke(args=["media", "unnamed"]).output
    assert said.splitlines() == [
        f"originals {sha256(lonely)} {len(lonely)} bytes",
        f"quarantine {sha256(refused)} {len(refused)} bytes",
        "2 files are named by no record.",
    ]
    young = app.test_cli_runner().invoke(args=["media", "unnamed", "--days", "41"]).output
    assert young == "0 files are named by no record.\n"
    assert all(blobs.verify(sha256(data)) for data in (PHOTO, lonely, finishing))
    with app.app_context(), reading() as session:
        assert session.query(Blob).count() == 1

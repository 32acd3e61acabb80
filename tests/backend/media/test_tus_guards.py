"""What keeps bytes right when hashes lie, disks fill and the server dies between two steps."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend.blobs import Shelf
from backend.disk import Disk
from backend.extensions import db
from backend.folder_blobs import FolderBlobs
from backend.models import AuditEvent, Blob
from backend.services import media, uploads
from backend.services.receiving import Receiver
from backend.transactions import reading, writing
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256

PHOTO = image(width=320, height=240)
OTHER = image(width=320, height=240, seed=7)
HASH, OTHER_HASH = sha256(PHOTO), sha256(OTHER)


def id_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def use_disk(app: Flask, files: Path, disk: Disk) -> None:
    app.extensions["bluegrid.blobs"] = FolderBlobs(files, disk)


# the hash of the whole ------------------------------------------------------------------------------------------


def test_a_file_with_another_hash_than_stated_starts_over(phone: Phone, blobs: FolderBlobs) -> None:
    url = phone.begin(PHOTO)
    answer = phone.patch(url, OTHER)
    assert (answer.status_code, answer.json["code"], answer.headers["Upload-Offset"]) == (460, "sha256-mismatch", "0")
    assert phone.head(url).headers["Upload-Offset"] == "0"
    assert phone.status(HASH)[HASH]["status"] == "missing"
    assert not blobs.has(HASH)
    assert phone.patch(url, PHOTO).status_code == 204
    assert phone.status(HASH)[HASH]["status"] == "stored"
    assert blobs.verify(HASH)


def test_after_two_mismatches_the_bytes_are_kept_under_their_true_hash_and_flagged(
    phone: Phone, blobs: FolderBlobs, session: Session
) -> None:
    url = phone.begin(PHOTO)
    assert phone.patch(url, OTHER).status_code == 460
    assert phone.patch(url, OTHER).status_code == 204
    assert blobs.verify(OTHER_HASH)
    assert not blobs.has(HASH)
    assert session.get_one(Blob, OTHER_HASH).facts["claimed"] == HASH
    assert session.scalars(select(AuditEvent.subject).where(AuditEvent.action == "media.hash-mismatch")).all() == [
        OTHER_HASH
    ]
    items = phone.status(HASH, OTHER_HASH)
    assert items[HASH] == {"status": "refused", "seq": None, "code": "sha256-mismatch"}
    assert items[OTHER_HASH]["status"] == "stored"


def test_mismatches_count_on_when_a_phone_begins_anew_after_each(phone: Phone, blobs: FolderBlobs) -> None:
    assert phone.upload(OTHER, stated=HASH).status_code == 460
    assert phone.upload(OTHER, stated=HASH).status_code == 204
    assert blobs.verify(OTHER_HASH)


def test_the_right_bytes_count_even_after_two_mismatches(phone: Phone) -> None:
    phone.upload(OTHER, stated=HASH)
    phone.upload(OTHER, stated=HASH)
    assert phone.upload(PHOTO).status_code == 204
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_a_hash_that_somebody_lied_about_is_only_his_own_trouble(phone: Phone, stranger: Phone) -> None:
    phone.upload(OTHER, stated=HASH)
    phone.upload(OTHER, stated=HASH)
    assert stranger.status(HASH)[HASH]["status"] == "missing"
    assert stranger.upload(PHOTO).status_code == 204
    assert stranger.status(HASH)[HASH]["status"] == "stored"


# order, and death between two steps -----------------------------------------------------------------------------


def test_bytes_are_synced_before_each_commit_and_the_commit_comes_before_the_answer(
    app: Flask, phone: Phone, files: Path
) -> None:
    order: list[str] = []

    class Telling(Disk):
        def write(self, descriptor: int, data: bytes, offset: int) -> None:
            super().write(descriptor, data, offset)
            order.append("write")

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            order.append("sync")

        def replace(self, source: Path, target: Path) -> None:
            super().replace(source, target)
            order.append("rename")

        def sync_folder(self, path: Path) -> None:
            super().sync_folder(path)
            order.append("sync folder")

    url = phone.begin(PHOTO)
    use_disk(app, files, Telling())
    order.clear()
    with app.app_context():
        engine = db.engine

    def statement(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        for start in ("UPDATE upload", "INSERT INTO blob "):
            if said.startswith(start):
                order.append(start.strip())

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", lambda _c: order.append("commit"))
    assert phone.patch(url, PHOTO).status_code == 204
    assert order == [
        "write",
        "sync",
        "sync folder",
        "UPDATE upload",
        "commit",
        "rename",
        "sync folder",
        "sync folder",
        "sync folder",
        "INSERT INTO blob",
        "UPDATE upload",
        "commit",
    ]


def test_bytes_that_a_kill_left_uncounted_are_written_again(phone: Phone, blobs: FolderBlobs) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    blobs.stage(id_of(url), 1000, b"written and synced, then the server was killed before its commit")
    assert phone.head(url).headers["Upload-Offset"] == "1000"
    assert phone.patch(url, PHOTO[1000:], 1000).status_code == 204
    assert blobs.verify(HASH)


def test_an_upload_killed_after_its_last_byte_is_finished_when_asked_about(
    phone: Phone, receiver: Receiver, blobs: FolderBlobs
) -> None:
    url = phone.begin(PHOTO)
    _all_received(receiver, phone, url, PHOTO)
    assert phone.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_an_upload_killed_after_its_last_byte_is_finished_without_being_asked_about(
    phone: Phone, receiver: Receiver
) -> None:
    url = phone.begin(PHOTO)
    _all_received(receiver, phone, url, PHOTO)
    assert receiver.finish_interrupted() == 1
    assert receiver.finish_interrupted() == 0
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_an_upload_killed_between_rename_and_commit_is_finished(
    phone: Phone, receiver: Receiver, blobs: FolderBlobs
) -> None:
    url = phone.begin(PHOTO)
    _all_received(receiver, phone, url, PHOTO)
    blobs.keep_staged(id_of(url), HASH, Shelf.ORIGINALS)
    assert phone.patch(url, b"", len(PHOTO)).status_code == 204
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_nobody_comes_by_a_photo_through_an_upload_whose_bytes_were_lost_unhashed(
    phone: Phone, stranger: Phone, receiver: Receiver, blobs: FolderBlobs
) -> None:
    phone.upload(PHOTO)
    url = stranger.begin(b"x" * len(PHOTO), stated=HASH)
    _all_received(receiver, stranger, url, b"x" * len(PHOTO))
    blobs.discard(id_of(url))
    assert stranger.head(url).headers["Upload-Offset"] == "0"
    assert stranger.status(HASH)[HASH]["status"] == "missing"
    assert stranger.patch(url, PHOTO).status_code == 204


def test_an_upload_whose_staged_bytes_were_lost_starts_over(phone: Phone, blobs: FolderBlobs) -> None:
    for ask_first in (True, False):
        photo = image(seed=100 + ask_first)
        url = phone.begin(photo)
        phone.patch(url, photo[:200])
        blobs.discard(id_of(url))
        if ask_first:
            assert phone.head(url).headers["Upload-Offset"] == "0"
        answer = phone.patch(url, photo[200:], 200)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "0")
        assert phone.patch(url, photo).status_code == 204


def _all_received(receiver: Receiver, phone: Phone, url: str, data: bytes) -> None:
    """As a server leaves it that is killed between the last offset and the hash."""
    with reading() as session:
        upload = uploads.find(session, phone.id, id_of(url))
    receiver.blobs.stage(upload.id, 0, data)
    with writing() as session:
        uploads.advance(session, upload, len(data), receiver.now())


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_lost(
    app: Flask, phone: Phone, files: Path, blobs: FolderBlobs
) -> None:
    class Full(Disk):
        def write(self, descriptor: int, data: bytes, offset: int) -> None:
            super().write(descriptor, data[:100], offset)
            raise OSError(errno.ENOSPC, "No space left on device")

    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    use_disk(app, files, Full())
    answer = phone.patch(url, PHOTO[1000:], 1000)
    assert (answer.status_code, answer.json["code"]) == (507, "storage-full")
    assert phone.head(url).headers["Upload-Offset"] == "1000"
    use_disk(app, files, Disk())
    assert phone.patch(url, PHOTO[1000:], 1000).status_code == 204
    assert blobs.verify(HASH)


def test_a_disk_that_fills_before_the_rename_leaves_the_upload_to_be_finished(
    app: Flask, phone: Phone, files: Path, blobs: FolderBlobs
) -> None:
    class NoFolders(Disk):
        def make_folder(self, path: Path) -> None:
            if len(path.name) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")

    url = phone.begin(PHOTO)
    use_disk(app, files, NoFolders())
    assert phone.patch(url, PHOTO).status_code == 507
    assert phone.status(HASH)[HASH]["status"] == "missing"
    use_disk(app, files, Disk())
    assert phone.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    assert phone.status(HASH)[HASH]["status"] == "stored"


# bytes that the server has already ------------------------------------------------------------------------------


def test_who_sent_a_photo_before_need_not_send_it_again(phone: Phone) -> None:
    phone.upload(PHOTO)
    answer = phone.announce(PHOTO)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert phone.head(answer.headers["Location"]).headers["Upload-Offset"] == str(len(PHOTO))


def test_somebody_else_sends_it_in_full_and_it_is_kept_once(phone: Phone, stranger: Phone, files: Path) -> None:
    phone.upload(PHOTO)
    answer = stranger.announce(PHOTO)
    assert answer.headers["Upload-Offset"] == "0"
    assert stranger.status(HASH)[HASH]["status"] == "missing"
    assert stranger.get(HASH).status_code == 404
    assert stranger.patch(answer.headers["Location"], PHOTO).status_code == 204
    assert stranger.status(HASH) == phone.status(HASH)
    assert stranger.get(HASH).data == PHOTO
    assert len(list(files.rglob(HASH))) == 1


def test_a_length_that_is_not_the_photos_spares_nobody_the_sending(phone: Phone) -> None:
    phone.upload(PHOTO)
    assert phone.announce(PHOTO, length=len(PHOTO) + 1).headers["Upload-Offset"] == "0"


def test_a_photo_whose_bytes_are_gone_is_missing_until_it_is_sent_again(phone: Phone, files: Path) -> None:
    phone.upload(PHOTO)
    [path] = files.rglob(HASH)
    path.unlink()
    assert phone.status(HASH)[HASH]["status"] == "missing"
    assert phone.get(HASH).status_code == 404
    assert phone.upload(PHOTO).status_code == 204
    assert phone.status(HASH)[HASH]["status"] == "stored"
    assert phone.get(HASH).data == PHOTO


# bytes that do not count ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"this is a text file called IMG_1.jpg", "media-kind-refused"),
        (PHOTO[: len(PHOTO) // 2], "image-broken"),
    ],
)
def test_what_is_no_photo_is_refused_and_kept_in_quarantine(
    phone: Phone, stranger: Phone, blobs: FolderBlobs, data: bytes, code: str
) -> None:
    assert phone.upload(data).status_code == 204
    found = sha256(data)
    item = phone.status(found)[found]
    assert (item["status"], item["code"]) == ("refused", code)
    assert blobs.verify(found, Shelf.QUARANTINE)
    assert not blobs.has(found)
    assert phone.get(found).status_code == 404
    assert phone.get(f"{found}/thumbnail").status_code == 404
    assert stranger.status(found)[found]["status"] == "missing"
    assert phone.announce(data).headers["Upload-Offset"] == str(len(data))


def test_bytes_refused_once_count_when_a_later_server_knows_their_kind(
    app: Flask, phone: Phone, session: Session, blobs: FolderBlobs
) -> None:
    phone.upload(PHOTO)
    with writing() as session:
        blob = session.get_one(Blob, HASH)
        blob.status, blob.code, first = "refused", "media-kind-refused", blob.seq
    with blobs.open(HASH) as file, writing() as session:
        media.record(session, HASH, len(PHOTO), media.judge(file), phone.id, app.extensions["bluegrid.clock"].now())
    item = phone.status(HASH)[HASH]
    assert (item["status"], item["code"]) == ("stored", None)
    assert item["seq"] > first

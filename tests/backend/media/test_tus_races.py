"""Uploads at the same time: bytes of two requests never mix, one wins, and both who sent hold the blob."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from backend.disk import Disk
from backend.extensions import db
from backend.folder_blobs import FolderBlobs
from backend.models import Blob, BlobHolder, Upload
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256

PHOTO = image(width=320, height=240)
HASH = sha256(PHOTO)


def id_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def use_disk(app: Flask, files: Path, disk: Disk) -> None:
    app.extensions["bluegrid.blobs"] = FolderBlobs(files, disk)


class Interrupting(Disk):
    """The real disk; the first sync of a file runs something in between."""

    def __init__(self, between: Callable[[], None]) -> None:
        self._between: Callable[[], None] | None = between

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        between, self._between = self._between, None
        if between is not None:
            between()


@pytest.mark.both_databases
def test_an_offset_that_another_host_moved_meanwhile_is_not_moved_again(app: Flask, phone: Phone, files: Path) -> None:
    url = phone.begin(PHOTO)

    def another_host() -> None:
        with db.engine.connect() as connection:
            connection.execute(text("UPDATE upload SET received = 700"))
            connection.commit()

    use_disk(app, files, Interrupting(another_host))
    answer = phone.patch(url, PHOTO[:1000])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "700")
    with app.app_context():
        assert db.session.get_one(Upload, id_of(url)).received == 700


def test_two_requests_on_one_upload_never_mix_their_bytes(
    app: Flask, phone: Phone, files: Path, blobs: FolderBlobs
) -> None:
    url, second_done = phone.begin(PHOTO), threading.Event()
    pieces = {"first": b"1" * 1000, "second": b"2" * 500}
    answers: dict[str, Any] = {}
    writing_now = threading.Event()

    class Slow(Disk):
        def write(self, descriptor: int, data: bytes, offset: int) -> None:
            if data == pieces["first"]:
                writing_now.set()
                second_done.wait(0.5)  # it must not come to that: the lock keeps the second out
            super().write(descriptor, data, offset)

    use_disk(app, files, Slow())

    def send(who: str) -> None:
        answers[who] = Phone(app.test_client(), phone.token).patch(url, pieces[who])

    first = threading.Thread(target=send, args=("first",))
    first.start()
    assert writing_now.wait(10)
    second = threading.Thread(target=lambda: (send("second"), second_done.set()))
    second.start()
    first.join()
    second.join()
    [winner] = [who for who, answer in answers.items() if answer.status_code == 204]
    [loser] = [answer for answer in answers.values() if answer.status_code == 409]
    assert loser.headers["Upload-Offset"] == str(len(pieces[winner]))
    with blobs.open_staged(id_of(url)) as staged:
        assert staged.read() == pieces[winner]


@pytest.mark.both_databases
def test_of_many_requests_at_once_one_wins_and_the_photo_arrives(app: Flask, phone: Phone) -> None:
    url = phone.begin(PHOTO)
    barrier = threading.Barrier(4)
    codes: list[list[int]] = [[], [], [], []]

    def keep_sending(mine: list[int]) -> None:
        own = Phone(app.test_client(), phone.token)
        barrier.wait()
        offset = 0
        while offset < len(PHOTO):
            answer = own.patch(url, PHOTO[offset : offset + 997], offset)
            mine.append(answer.status_code)
            offset = int(answer.headers["Upload-Offset"])

    threads = [threading.Thread(target=keep_sending, args=(mine,)) for mine in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [code for mine in codes for code in mine]
    assert set(everything) <= {204, 409}
    assert everything.count(204) == -(-len(PHOTO) // 997)
    assert phone.status(HASH)[HASH]["status"] == "stored"


@pytest.mark.both_databases
def test_two_people_who_finish_the_same_bytes_at_once_both_hold_one_blob(
    app: Flask, phone: Phone, stranger: Phone
) -> None:
    barrier, codes = threading.Barrier(2), []
    urls = {who.token: who.begin(PHOTO) for who in (phone, stranger)}

    def send(who: Phone) -> None:
        barrier.wait()
        codes.append(Phone(app.test_client(), who.token).patch(urls[who.token], PHOTO).status_code)

    threads = [threading.Thread(target=send, args=(who,)) for who in (phone, stranger)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [204, 204]
    assert phone.status(HASH)[HASH] == stranger.status(HASH)[HASH]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Blob)) == 1
        assert set(db.session.scalars(select(BlobHolder.user_id))) == {phone.id, stranger.id}

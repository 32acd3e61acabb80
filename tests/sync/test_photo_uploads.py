"""Photo bytes on their way: resumed where they stopped, deleted only when nobody can lose them."""

from __future__ import annotations

import hashlib
import json

import pytest

from sync.device_ports import Answer, MemoryStorage, TransportFailed
from sync.photo_uploads import PHOTOS, PhotoUploads

DATA = bytes(range(200)) * 5
SHA = hashlib.sha256(DATA).hexdigest()


class Tus:
    """A tus server of one upload that can fail at any request."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.open = False
        self.fail_on: dict[int, int] = {}
        self.lose_after: set[int] = set()
        self.requests: list[str] = []
        self.most = 10**9
        self.said: dict[str, object] = {"status": "missing"}
        self.epoch = "e1"

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.requests.append(method)
        number = len(self.requests)
        if number in self.fail_on:
            return Answer(self.fail_on[number], {}, b'{"code": "as-told"}')
        answer = self._answer(method, path, headers, body)
        if number in self.lose_after:
            raise TransportFailed("lost")
        return answer

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path.endswith("/status"):
            items = dict.fromkeys(json.loads(body)["sha256"], self.said)
            return Answer(200, {}, json.dumps({"epoch": self.epoch, "items": items}).encode())
        if method == "POST":
            self.open, self.kept = True, bytearray()
            return Answer(201, {"location": "/u/1"})
        if not self.open:
            return Answer(404)
        if method == "PATCH":
            if len(body) > self.most:
                return Answer(413, {"content-type": "text/html"}, b"<h1>413 Request Entity Too Large</h1>")
            if int(headers["Upload-Offset"]) != len(self.kept):
                return Answer(409, {"upload-offset": str(len(self.kept))})
            self.kept += body
        return Answer(204 if method == "PATCH" else 200, {"upload-offset": str(len(self.kept))})


@pytest.fixture
def tus() -> Tus:
    return Tus()


@pytest.fixture
def photos(tus: Tus) -> PhotoUploads:
    photos = PhotoUploads(MemoryStorage(), tus.send, chunk_bytes=300)
    photos.capture(DATA, "image/jpeg", "x.jpg")
    return photos


def state(photos: PhotoUploads) -> object:
    return (photos.storage.get(PHOTOS, SHA) or {}).get("state")


@pytest.mark.parametrize("lost", range(1, 6))
def test_an_upload_goes_on_where_it_stopped_whichever_answer_is_lost(photos: PhotoUploads, tus: Tus, lost: int) -> None:
    tus.lose_after = {lost}
    with pytest.raises(TransportFailed):
        photos.upload(SHA)
    assert photos.upload(SHA)
    assert bytes(tus.kept) == DATA
    assert state(photos) == "sent"
    assert tus.requests.count("PATCH") == 4


def test_an_upload_that_is_gone_begins_anew(photos: PhotoUploads, tus: Tus) -> None:
    tus.lose_after = {3}
    with pytest.raises(TransportFailed):
        photos.upload(SHA)
    tus.open = False
    assert photos.upload(SHA)
    assert bytes(tus.kept) == DATA


@pytest.mark.parametrize(
    ("status", "expected"), [(413, "refused"), (415, "refused"), (422, "refused"), (503, "pending")]
)
def test_a_refused_upload_is_shown_and_its_bytes_stay(
    photos: PhotoUploads, tus: Tus, status: int, expected: str
) -> None:
    tus.fail_on = {1: status}
    assert not photos.upload(SHA)
    assert state(photos) == expected
    assert photos.storage.read_bytes(SHA, 0, 9999) == DATA


@pytest.mark.parametrize("status", [404, 410, 460, 503])
def test_a_chunk_that_fails_leaves_the_photo_waiting(photos: PhotoUploads, tus: Tus, status: int) -> None:
    tus.fail_on = {2: status}
    assert not photos.upload(SHA)
    assert photos.upload(SHA)


def test_bytes_are_deleted_only_when_stored_and_backed_up(photos: PhotoUploads, tus: Tus) -> None:
    """Guards `seq <= backed_up_seq` in photo_uploads._told."""
    photos.upload(SHA)
    tus.said = {"status": "stored", "seq": 9}
    photos.ask_status(8)
    assert state(photos) == "stored"
    assert photos.unbacked()
    assert photos.storage.read_bytes(SHA, 0, 1)
    photos.ask_status(9)
    assert state(photos) == "done"
    assert not photos.storage.files  # type: ignore[attr-defined]


def test_bytes_that_the_server_lost_go_again(photos: PhotoUploads, tus: Tus) -> None:
    photos.upload(SHA)
    photos.ask_status(0)
    assert state(photos) == "pending"


def test_bytes_in_quarantine_stay_on_the_phone(photos: PhotoUploads, tus: Tus) -> None:
    photos.upload(SHA)
    tus.said = {"status": "refused", "code": "no-image"}
    photos.ask_status(10**9)
    assert (photos.storage.get(PHOTOS, SHA) or {})["problem"] == "no-image"
    assert photos.storage.read_bytes(SHA, 0, 9999) == DATA


def test_after_a_restore_everything_still_here_counts_as_unsent(photos: PhotoUploads, tus: Tus) -> None:
    photos.upload(SHA)
    photos.storage.write(photos.unsend())
    assert [sha256 for sha256, _ in photos.waiting()] == [SHA]


def test_after_a_restore_a_refused_photo_goes_again_too(photos: PhotoUploads, tus: Tus) -> None:
    """The server kept its bytes for a person to look at, and may not have them any more."""
    photos.upload(SHA)
    tus.said = {"status": "refused", "code": "no-image"}
    photos.ask_status(0)
    photos.storage.write(photos.unsend())
    assert [sha256 for sha256, _ in photos.waiting()] == [SHA]


def test_bytes_are_not_deleted_on_the_word_of_another_epoch(photos: PhotoUploads, tus: Tus) -> None:
    photos.upload(SHA)
    tus.said, tus.epoch = {"status": "stored", "seq": 3}, "restored"
    photos.ask_status(9, "e1")
    assert state(photos) == "stored"
    photos.ask_status(9, "restored")
    assert state(photos) == "done"


def test_small_photos_go_first(photos: PhotoUploads) -> None:
    small = photos.capture(b"x", "image/jpeg", "s.jpg")
    assert [sha256 for sha256, _ in photos.waiting()] == [small, SHA]


def test_a_chunk_too_large_for_the_way_is_halved_until_it_passes_and_the_size_is_remembered(tus: Tus) -> None:
    """Guards the 413 branch of photo_uploads._chunk; the refusal may come from a proxy that knows no problem+json."""
    storage, data = MemoryStorage(), bytes(20_000)
    photos = PhotoUploads(storage, tus.send, chunk_bytes=16_000)
    sha256 = photos.capture(data, "image/jpeg", "x.jpg")
    tus.most = 5000
    assert photos.upload(sha256)
    assert bytes(tus.kept) == data
    assert tus.requests.count("PATCH") == 2 + 5
    assert PhotoUploads(storage, tus.send).chunk_bytes == 4000  # an app that was started again


def test_a_way_that_takes_not_even_the_smallest_chunk_leaves_the_photo_waiting(tus: Tus) -> None:
    photos = PhotoUploads(MemoryStorage(), tus.send)
    sha256 = photos.capture(bytes(3000), "image/jpeg", "x.jpg")
    tus.most = 10
    assert not photos.upload(sha256)
    assert [waiting for waiting, _ in photos.waiting()] == [sha256]
    tus.most = 10**9
    assert photos.upload(sha256)


@pytest.mark.parametrize("status", [204, 409])
def test_an_upload_that_does_not_move_is_left_for_another_time(tus: Tus, status: int) -> None:
    def stuck(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(status, {"upload-offset": "0"}) if method == "PATCH" else tus.send(method, path, headers, body)

    photos = PhotoUploads(MemoryStorage(), stuck)
    sha256 = photos.capture(DATA, "image/jpeg", "x.jpg")
    assert not photos.upload(sha256)
    assert state(photos) == "pending"

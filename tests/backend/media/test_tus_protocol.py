"""tus 1.0.0 as the contract has it: core, creation, checksum, expiration, termination."""

from __future__ import annotations

import io
import itertools
import socket
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.folder_blobs import FolderBlobs
from backend.jobs import kinds
from backend.services import accounts, devices, uploads
from backend.transactions import writing
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, checksum, metadata, sha256
from tests.stories import FakeTime

PHOTO = image(width=320, height=240)
MIB = 1024 * 1024
SEEDS = itertools.count(1)  # each try another photo: one that the server has need not be sent


def code(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["code"]


def test_a_client_finds_out_what_the_server_speaks_without_a_token(client: FlaskClient) -> None:
    answer = client.options("/api/v1/media")
    assert answer.status_code == 204
    assert answer.headers["Tus-Resumable"] == answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "checksum",
        "expiration",
        "termination",
    }
    assert answer.headers["Tus-Max-Size"] == str(50 * MIB)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_photo_goes_up_in_pieces_and_is_stored(phone: Phone, blobs: FolderBlobs) -> None:
    url = phone.begin(PHOTO)
    assert phone.head(url).headers["Upload-Offset"] == "0"
    first = phone.patch(url, PHOTO[:1000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1000")
    asked = phone.head(url)
    assert asked.status_code == 200
    assert asked.headers["Upload-Offset"] == "1000"
    assert asked.headers["Upload-Length"] == str(len(PHOTO))
    assert asked.headers["Upload-Metadata"].startswith("sha256 ")
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.headers["Tus-Resumable"] == "1.0.0"
    last = phone.patch(url, PHOTO[1000:], 1000)
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    item = phone.status(sha256(PHOTO))[sha256(PHOTO)]
    assert (item["status"], item["code"]) == ("stored", None)
    assert item["seq"] > 0
    assert blobs.verify(sha256(PHOTO))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_however_a_photo_is_cut_the_same_bytes_arrive(phone: Phone, blobs: FolderBlobs, cuts: list[int]) -> None:
    photo = image(width=64, height=48, seed=next(SEEDS))
    url = phone.begin(photo)
    edges = sorted({0, len(photo), *(cut % len(photo) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        assert phone.patch(url, photo[start:end], start).status_code == 204
    with blobs.open(sha256(photo)) as file:
        assert file.read() == photo


def test_bytes_that_do_not_go_on_where_the_server_stands_are_refused_with_the_right_offset(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    for wrong in (0, 999, 1001, len(PHOTO)):
        answer = phone.patch(url, PHOTO[1000:2000], wrong)
        assert code(answer) == (409, "offset-conflict")
        assert answer.headers["Upload-Offset"] == "1000"
        assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_the_last_request_may_be_repeated_when_its_answer_was_lost(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO)
    assert phone.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    again = phone.patch(url, b"", len(PHOTO))
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, str(len(PHOTO)))


def test_a_photo_may_go_up_with_its_creation(phone: Phone, client: FlaskClient) -> None:
    named = metadata(sha256=sha256(PHOTO))
    headers = phone.headers(
        Upload_Length=len(PHOTO), Upload_Metadata=named, Content_Type="application/offset+octet-stream"
    )
    answer = client.post("/api/v1/media", data=PHOTO, headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


def test_a_length_may_be_said_later_and_once(phone: Phone) -> None:
    url = phone.begin(PHOTO, Upload_Length=None, Upload_Defer_Length=1)
    assert phone.patch(url, PHOTO[:1000]).status_code == 204
    asked = phone.head(url)
    assert asked.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in asked.headers
    assert code(phone.patch(url, b"", 1000, Upload_Length=999)) == (400, "upload-length-conflict")
    assert phone.patch(url, b"", 1000, Upload_Length=len(PHOTO)).status_code == 204
    assert code(phone.patch(url, b"", 1000, Upload_Length=len(PHOTO) + 1)) == (400, "upload-length-conflict")
    assert phone.patch(url, PHOTO[1000:], 1000).status_code == 204
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


def test_a_checksum_that_fits_is_taken_and_one_that_does_not_costs_the_bytes(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    assert phone.patch(url, PHOTO[:100], 0, Upload_Checksum=checksum("sha1", PHOTO[:100])).status_code == 204
    wrong = phone.patch(url, PHOTO[100:200], 100, Upload_Checksum=checksum("sha256", b"other"))
    assert code(wrong) == (460, "checksum-mismatch")
    assert phone.head(url).headers["Upload-Offset"] == "100"
    good = phone.patch(url, PHOTO[100:], 100, Upload_Checksum=checksum("sha256", PHOTO[100:]))
    assert good.status_code == 204


def test_an_upload_can_be_given_up(phone: Phone, blobs: FolderBlobs) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    assert phone.client.delete(url, headers=phone.headers()).status_code == 204
    assert phone.head(url).status_code == 404
    assert code(phone.patch(url, PHOTO[1000:], 1000)) == (404, "not-found")
    assert blobs.staged_size(url.rsplit("/", 1)[1]) == 0


def test_giving_up_a_finished_upload_leaves_the_photo(phone: Phone, blobs: FolderBlobs) -> None:
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO)
    assert phone.client.delete(url, headers=phone.headers()).status_code == 204
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


@pytest.mark.parametrize("actual", ["POST", "GET"])
def test_the_method_may_be_overridden_where_a_proxy_lets_few_through(phone: Phone, actual: str) -> None:
    url = phone.begin(PHOTO)

    def send(method: str, data: bytes = b"", **more: Any) -> Any:
        headers = phone.headers(X_HTTP_Method_Override=method, **more)
        return phone.client.open(url, method=actual, data=data, headers=headers)

    sent = send("PATCH", PHOTO[:1000], Upload_Offset=0, Content_Type="application/offset+octet-stream")
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, "1000")
    assert send("HEAD").headers["Upload-Offset"] == "1000"
    assert send("DELETE").status_code == 204
    assert phone.head(url).status_code == 404


def test_the_method_is_overridden_for_uploads_alone_and_rights_still_count(phone: Phone, client: FlaskClient) -> None:
    url = phone.begin(PHOTO)
    override = {"X-HTTP-Method-Override": "DELETE", "Tus-Resumable": "1.0.0"}
    assert client.post(url, headers=override).status_code == 401
    assert phone.head(url).status_code == 200
    assert client.post("/api/v1/auth/login", json={}, headers=override).status_code == 422


def test_an_upload_says_until_when_it_waits_and_then_is_gone(phone: Phone, time: FakeTime) -> None:
    url = phone.begin(PHOTO)
    assert phone.patch(url, PHOTO[:1000]).headers["Upload-Expires"].endswith("GMT")
    time.pass_by(seconds=uploads.LIFETIME.total_seconds() + 1)
    assert phone.head(url).status_code == 410
    assert code(phone.patch(url, PHOTO[1000:], 1000)) == (410, "upload-expired")


def test_refused_pieces_say_too_until_when_an_upload_waits(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    ends = phone.head(url).headers["Upload-Expires"]
    refusals = [
        phone.patch(url, PHOTO[:10], 7),
        phone.patch(url, PHOTO + b"!"),
        phone.patch(url, PHOTO, 0, Content_Type="image/jpeg"),
        phone.patch(url, PHOTO, 0, Upload_Checksum=checksum("sha1", b"other")),
        phone.patch(url, b"x" * len(PHOTO)),
    ]
    assert [answer.status_code for answer in refusals] == [409, 400, 415, 460, 460]
    assert {answer.headers["Upload-Expires"] for answer in refusals} == {ends}


def test_each_piece_makes_an_upload_wait_longer(phone: Phone, time: FakeTime) -> None:
    url = phone.begin(PHOTO)
    for start in range(0, 3000, 1000):
        time.pass_by(seconds=uploads.LIFETIME.total_seconds() - 3600)
        assert phone.patch(url, PHOTO[start : start + 1000], start).status_code == 204


def test_ended_uploads_are_swept_and_others_stay(app: Flask, phone: Phone, time: FakeTime, blobs: FolderBlobs) -> None:
    old = phone.begin(PHOTO)
    phone.patch(old, PHOTO[:1000])
    time.pass_by(seconds=uploads.LIFETIME.total_seconds() + 1)
    young = phone.begin(PHOTO)
    phone.patch(young, PHOTO[:500])
    with app.app_context():
        assert kinds.sweep_uploads(lambda: None) == {"removed": 1}
    assert phone.head(old).status_code == 404
    assert blobs.staged_size(old.rsplit("/", 1)[1]) == 0
    assert phone.head(young).headers["Upload-Offset"] == "500"


def test_what_arrived_of_a_body_that_was_cut_off_is_kept(phone: Phone, address: str) -> None:
    url = phone.begin(PHOTO)
    assert _half_a_patch(phone, address, url, {}) == 204
    assert phone.head(url).headers["Upload-Offset"] == "1500"
    assert phone.patch(url, PHOTO[1500:], 1500).status_code == 204
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


def test_of_a_body_with_a_checksum_that_was_cut_off_nothing_is_kept(phone: Phone, address: str) -> None:
    url = phone.begin(PHOTO)
    stated = {"Upload-Checksum": checksum("sha1", PHOTO[:1500])}
    assert _half_a_patch(phone, address, url, stated) == 460
    assert phone.head(url).headers["Upload-Offset"] == "0"


def _half_a_patch(phone: Phone, address: str, url: str, more: dict[str, str]) -> int:
    """Say that the whole photo comes, send 1,500 bytes, and hang up the sending side."""
    headers = phone.headers(
        Upload_Offset=0, Content_Type="application/offset+octet-stream", Content_Length=len(PHOTO), Host="x"
    )
    lines = [f"PATCH {url} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers | more).items()), "", ""]
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode() + PHOTO[:1500])
        connection.shutdown(socket.SHUT_WR)
        return int(connection.makefile("rb").readline().split()[1])


def test_a_chunked_body_goes_up_too(phone: Phone) -> None:
    headers = phone.headers(Upload_Offset=0, Content_Type="application/offset+octet-stream")
    answer = phone.client.patch(
        phone.begin(PHOTO),
        headers=headers,
        input_stream=io.BytesIO(PHOTO),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.headers["Upload-Offset"] == str(len(PHOTO))


def test_a_token_is_needed_for_all_but_discovery(phone: Phone, client: FlaskClient) -> None:
    url = phone.begin(PHOTO)
    tus = {"Tus-Resumable": "1.0.0"}
    for method in ("HEAD", "PATCH", "DELETE"):
        assert client.open(url, method=method, headers=tus).status_code == 401
    assert client.post("/api/v1/media", headers=tus).status_code == 401
    assert client.options(url).status_code == 204


def test_every_answer_says_the_version_of_tus_refusals_too(phone: Phone, client: FlaskClient) -> None:
    url = phone.begin(PHOTO)
    answers = [
        phone.head(url),
        phone.head(f"{url}0"),
        phone.patch(url, b"x" * (4 * MIB + 1)),
        phone.patch(f"{url}0", PHOTO),
        phone.announce(b"", length=60 * MIB),
        phone.client.delete(f"{url}0", headers=phone.headers()),
        client.head(url, headers={"Tus-Resumable": "1.0.0"}),
        phone.client.delete(url, headers=phone.headers()),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 413, 404, 413, 404, 401, 204]
    assert {answer.headers["Tus-Resumable"] for answer in answers} == {"1.0.0"}


def test_a_checksum_holds_for_the_bytes_that_come_with_a_creation_too(phone: Phone) -> None:
    named = {"Upload_Length": len(PHOTO), "Upload_Metadata": metadata(sha256=sha256(PHOTO))}
    for stated, status in ((b"other", 460), (PHOTO, 201)):
        headers = phone.headers(
            **named, Content_Type="application/offset+octet-stream", Upload_Checksum=checksum("sha256", stated)
        )
        answer = phone.client.post("/api/v1/media", data=PHOTO, headers=headers)
        assert answer.status_code == status
        assert ("Location" in answer.headers) is (status == 201)
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


def test_a_length_may_come_with_the_last_piece_and_a_piece_with_the_deferring_creation(phone: Phone) -> None:
    headers = phone.headers(
        Upload_Defer_Length=1,
        Upload_Metadata=metadata(sha256=sha256(PHOTO)),
        Content_Type="application/offset+octet-stream",
    )
    created = phone.client.post("/api/v1/media", data=PHOTO[:1000], headers=headers)
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, "1000")
    last = phone.patch(created.headers["Location"], PHOTO[1000:], 1000, Upload_Length=len(PHOTO))
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    assert "Upload-Expires" not in last.headers  # it waits for nothing any more
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"


def test_an_upload_of_somebody_else_does_not_exist(phone: Phone, stranger: Phone) -> None:
    url = phone.begin(PHOTO)
    assert stranger.head(url).status_code == 404
    assert code(stranger.patch(url, PHOTO)) == (404, "not-found")
    assert code(stranger.client.delete(url, headers=stranger.headers())) == (404, "not-found")
    assert phone.patch(url, PHOTO).status_code == 204


def test_an_upload_goes_on_after_the_phones_token_was_rotated(app: Flask, phone: Phone) -> None:
    with app.app_context(), writing() as session:
        user, now = accounts.by_id(session, phone.id), app.extensions["bluegrid.clock"].now()
        invite, _ = devices.invite(session, user, now, hours=1)
    wanted = {"code": invite, "install": str(uuid4()), "name": "P70", "platform": "android", "app": "1.0.0"}
    enrolled = phone.client.post("/api/v1/devices/enrol", json={**wanted, "public_key": None})
    phone.token = enrolled.json["token"]
    url = phone.begin(PHOTO)
    phone.patch(url, PHOTO[:1000])
    fresh = phone.client.post("/api/v1/devices/token", headers={"Authorization": f"Bearer {phone.token}"})
    phone.token = fresh.json["token"]
    assert phone.head(url).headers["Upload-Offset"] == "1000"
    assert phone.patch(url, PHOTO[1000:], 1000).status_code == 204


def test_a_revoked_phone_still_hands_in_its_photos_but_sees_none(app: Flask, phone: Phone) -> None:
    with app.app_context(), writing() as session:
        user, now = accounts.by_id(session, phone.id), app.extensions["bluegrid.clock"].now()
        invite, _ = devices.invite(session, user, now, hours=1)
    wanted = {"code": invite, "install": str(uuid4()), "name": "P70", "platform": "android", "app": "1.0.0"}
    enrolled = phone.client.post("/api/v1/devices/enrol", json={**wanted, "public_key": None}).json
    phone.token = enrolled["token"]
    with app.app_context(), writing() as session:
        devices.revoke(session, enrolled["stream"], now)
    assert phone.upload(PHOTO).status_code == 204
    assert phone.status(sha256(PHOTO))[sha256(PHOTO)]["status"] == "stored"
    assert phone.get(sha256(PHOTO)).status_code == 401

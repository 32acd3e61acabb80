"""Who hears what of a hash, and who gets its bytes: a hash by itself is no key."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.backend.media.media_files import exif_of, film, image
from tests.backend.media.media_phone import Phone, sha256
from tests.stories import Server

PHOTO = image(width=1200, height=900, exif=exif_of(orientation=6))
HASH = sha256(PHOTO)


def test_a_status_is_given_for_each_hash_asked(phone: Phone) -> None:
    phone.upload(PHOTO)
    items = phone.status(HASH, "0" * 64)
    assert items[HASH]["status"] == "stored"
    assert items["0" * 64] == {"status": "missing", "seq": None, "code": None}


@pytest.mark.parametrize("hashes", [[], ["A" * 64], ["0" * 63], ["0" * 64 + "\n"], [7], ["0" * 64] * 501, None])
def test_a_question_that_makes_no_sense_is_refused(phone: Phone, hashes: Any) -> None:
    answer = phone.client.post("/api/v1/media/status", json={"sha256": hashes}, headers=phone.headers())
    assert (answer.status_code, answer.json["code"]) == (422, "input-invalid")


def test_a_status_needs_a_token(phone: Phone) -> None:
    assert phone.client.post("/api/v1/media/status", json={"sha256": [HASH]}).status_code == 401


def test_a_stranger_who_knows_the_hash_hears_missing_and_gets_nothing(phone: Phone, stranger: Phone) -> None:
    phone.upload(PHOTO)
    assert stranger.status(HASH)[HASH] == {"status": "missing", "seq": None, "code": None}
    for path in (HASH, f"{HASH}/thumbnail"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_who_may_see_a_finding_sees_its_photo(server: Server, enlist: Callable[..., Phone]) -> None:
    inspector = server.phone("mei")
    finding = inspector.report(photos=[HASH])
    inspector.sync()
    supervisor = enlist("boss", role="supervisor")
    elsewhere = enlist("far", role="supervisor", grants=("450305",))
    assert supervisor.status(HASH)[HASH]["status"] == "missing"
    token = inspector.storage.get("meta", "token")["token"]
    assert Phone(server.app.test_client(), token).upload(PHOTO).status_code == 204
    assert finding in server.findings()
    assert supervisor.status(HASH)[HASH]["status"] == "stored"
    assert supervisor.get(HASH).data == PHOTO
    assert supervisor.announce(PHOTO).headers["Upload-Offset"] == str(len(PHOTO))
    assert elsewhere.get(HASH).status_code == 404
    assert elsewhere.announce(PHOTO).headers["Upload-Offset"] == "0"


def test_naming_somebody_elses_hash_in_a_finding_shows_its_photo_to_nobody(
    server: Server, phone: Phone, enlist: Callable[..., Phone]
) -> None:
    phone.upload(PHOTO)
    thief = server.phone("thief", grants=("450305",))
    thief.report(photos=[HASH])
    thief.sync()
    token = thief.storage.get("meta", "token")["token"]
    own = Phone(server.app.test_client(), token)
    assert own.status(HASH)[HASH]["status"] == "missing"
    assert own.get(HASH).status_code == 404


def test_original_bytes_come_back_unchanged_and_safe_to_show(phone: Phone) -> None:
    phone.upload(PHOTO)
    answer = phone.get(HASH)
    assert answer.status_code == 200
    assert answer.data == PHOTO
    assert answer.content_type == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{HASH[:16]}.jpg"'
    assert answer.headers["ETag"] == f'"{HASH}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Length"] == str(len(PHOTO))
    assert {"private", "immutable"} <= set(answer.headers["Cache-Control"].replace(" ", "").split(","))
    assert phone.get(HASH, If_None_Match=f'"{HASH}"').status_code == 304


def test_a_part_of_a_film_can_be_fetched(phone: Phone) -> None:
    data = film(20)
    phone.upload(data)
    answer = phone.get(sha256(data), Range="bytes=8-15")
    assert (answer.status_code, answer.data) == (206, data[8:16])
    assert answer.headers["Content-Range"] == f"bytes 8-15/{len(data)}"
    assert answer.content_type == "video/mp4"
    beyond = phone.get(sha256(data), Range="bytes=99999-")
    assert (beyond.status_code, beyond.content_type) == (416, "application/problem+json")


def test_a_document_is_handed_over_and_not_opened(phone: Phone) -> None:
    data = b"%PDF-1.7\nan approval\n%%EOF"
    phone.upload(data)
    assert phone.get(sha256(data)).headers["Content-Disposition"].startswith("attachment")
    answer = phone.get(f"{sha256(data)}/thumbnail")
    assert (answer.status_code, answer.json["code"]) == (404, "no-thumbnail")


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "0" * 63, "G" * 64, "staging"])
def test_what_is_no_hash_is_not_found(phone: Phone, path: str) -> None:
    assert phone.get(path).status_code == 404
    assert phone.get(f"{path}/thumbnail").status_code == 404


def test_a_thumbnail_is_upright_derived_once_and_leaves_the_original_alone(phone: Phone, files: Path) -> None:
    phone.upload(PHOTO)
    answer = phone.get(f"{HASH}/thumbnail?size=400")
    assert answer.content_type == "image/jpeg"
    with Image.open(io.BytesIO(answer.data)) as small:
        assert small.size == (300, 400)
    assert phone.get(HASH).data == PHOTO
    [derived] = (files / "derived").rglob("*-thumbnail-400")
    derived.write_bytes(b"kept")
    assert phone.get(f"{HASH}/thumbnail").data == b"kept"
    derived.unlink()
    assert phone.get(f"{HASH}/thumbnail").data == answer.data


@pytest.mark.parametrize("size", ["0", "-5", "1601", "big"])
def test_a_thumbnail_of_a_senseless_size_is_refused(phone: Phone, size: str) -> None:
    phone.upload(PHOTO)
    assert phone.get(f"{HASH}/thumbnail?size={size}").status_code == 422


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "HEIF"])
def test_each_kind_of_image_has_a_thumbnail(phone: Phone, fmt: str) -> None:
    data = image(fmt, 600, 450)
    phone.upload(data)
    with Image.open(io.BytesIO(phone.get(f"{sha256(data)}/thumbnail?size=200").data)) as small:
        assert (small.format, small.size) == ("JPEG", (200, 150))

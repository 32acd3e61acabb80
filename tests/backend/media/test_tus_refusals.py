"""Uploads that make no sense or are too large: refused with a code, and with the limit where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from backend.config import Limits
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, metadata

PHOTO = image(width=320, height=240)

MIB = 1024 * 1024


def code(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize("header", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "crc32 AAAA", ""])
def test_an_unknown_checksum_is_refused(phone: Phone, header: str) -> None:
    url = phone.begin(PHOTO)
    assert code(phone.patch(url, PHOTO, 0, Upload_Checksum=header)) == (400, "checksum-unsupported")
    assert phone.head(url).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("header", ["sha1 %%%", "sha256 AAAA", "sha1"])
def test_a_checksum_that_cannot_be_read_is_refused(phone: Phone, header: str) -> None:
    assert code(phone.patch(phone.begin(PHOTO), PHOTO, 0, Upload_Checksum=header)) == (400, "header-invalid")


def test_another_version_of_tus_is_refused(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    for version in ("0.2.2", None):
        answers = [
            phone.patch(url, PHOTO, 0, Tus_Resumable=version),
            phone.announce(PHOTO, Tus_Resumable=version),
            phone.client.delete(url, headers=phone.headers(Tus_Resumable=version)),
        ]
        for answer in answers:
            assert code(answer) == (412, "tus-version-unsupported")
            assert answer.headers["Tus-Version"] == "1.0.0"
        assert phone.head(url, Tus_Resumable=version).status_code == 412
    assert phone.head(url).headers["Upload-Offset"] == "0"


def test_bytes_of_another_content_type_are_refused(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    assert code(phone.patch(url, PHOTO, 0, Content_Type="image/jpeg")) == (415, "content-type-unsupported")


@pytest.mark.parametrize("offset", ["-1", "ten", "", "1.5", "None"])
def test_an_offset_that_is_no_number_is_refused(phone: Phone, offset: str) -> None:
    headers = phone.headers(Upload_Offset=offset, Content_Type="application/offset+octet-stream")
    answer = phone.client.patch(phone.begin(PHOTO), data=PHOTO, headers=headers)
    assert code(answer) == (400, "header-invalid")


@pytest.mark.parametrize(
    "lengths",
    [
        {"Upload_Length": None},
        {"Upload_Length": "-1"},
        {"Upload_Length": "many"},
        {"Upload_Length": "5", "Upload_Defer_Length": "1"},
        {"Upload_Length": None, "Upload_Defer_Length": "2"},
    ],
)
def test_a_creation_says_its_length_or_that_it_will(phone: Phone, lengths: dict[str, Any]) -> None:
    assert code(phone.announce(PHOTO, **lengths)) == (400, "header-invalid")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "filename SU1HLmpwZw==",
        "sha256",
        "sha256 %%%",
        "sha256 YWJj",
        f"{metadata(sha256='g' * 64)}",
        f"{metadata(sha256='a' * 64)},{metadata(sha256='b' * 64)}",
        f"{metadata(sha256='a' * 64)},note {'A' * 2000}",
    ],
)
def test_a_creation_needs_the_hash_of_the_original_bytes(phone: Phone, header: str) -> None:
    headers = phone.headers(Upload_Length=5, Upload_Metadata=header)
    assert code(phone.client.post("/api/v1/media", headers=headers)) == (422, "metadata-invalid")


def test_a_file_of_60_mib_is_refused_before_it_is_sent(phone: Phone) -> None:
    answer = phone.announce(b"", stated="a" * 64, length=60 * MIB)
    assert code(answer) == (413, "too-large")
    assert answer.json["limit"] == 50 * MIB
    assert phone.announce(b"", stated="a" * 64, length=50 * MIB).status_code == 201


def test_a_deferred_length_gets_round_no_limit(phone: Phone) -> None:
    url = phone.begin(PHOTO, Upload_Length=None, Upload_Defer_Length=1)
    answer = phone.patch(url, b"", 0, Upload_Length=60 * MIB)
    assert code(answer) == (413, "too-large")


def test_an_upload_without_a_length_ends_at_the_limit(enlist: Callable[..., Phone], app: Flask) -> None:
    app.extensions["bluegrid.settings"] = replace(app.extensions["bluegrid.settings"], limits=Limits(file_bytes=3000))
    phone = enlist("mei")
    url = phone.begin(PHOTO, Upload_Length=None, Upload_Defer_Length=1)
    assert phone.patch(url, PHOTO[:2000]).status_code == 204
    answer = phone.patch(url, PHOTO[2000:4000], 2000)
    assert code(answer) == (413, "too-large")
    assert answer.json["limit"] == 3000


def test_a_request_over_the_chunk_limit_is_refused_with_the_limit(phone: Phone) -> None:
    url = phone.begin(b"x" * 5 * MIB)
    answer = phone.patch(url, b"x" * (4 * MIB + 1))
    assert code(answer) == (413, "too-large")
    assert answer.json["limit"] == 4 * MIB
    assert phone.head(url).headers["Upload-Offset"] == "0"
    assert phone.patch(url, b"x" * 4 * MIB).headers["Upload-Offset"] == str(4 * MIB)


def test_more_bytes_than_announced_are_refused(phone: Phone) -> None:
    url = phone.begin(PHOTO)
    assert code(phone.patch(url, PHOTO + b"!")) == (400, "upload-length-conflict")
    assert phone.head(url).headers["Upload-Offset"] == "0"


def test_an_empty_file_is_refused(phone: Phone) -> None:
    assert code(phone.announce(b"")) == (422, "file-empty")
    url = phone.begin(PHOTO, Upload_Length=None, Upload_Defer_Length=1)
    assert code(phone.patch(url, b"", 0, Upload_Length=0)) == (422, "file-empty")

"""A real tus client, tuspy, against a real server on loopback."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage

from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256

PHOTO = image(width=320, height=240)
HASH = sha256(PHOTO)


@pytest.fixture
def tuspy(phone: Phone, address: str) -> TusClient:
    return TusClient(f"{address}/api/v1/media", headers={"Authorization": f"Bearer {phone.token}"})


@pytest.mark.parametrize("chunk", [len(PHOTO), 1000, 333])
@pytest.mark.parametrize("with_checksums", [True, False])
def test_tuspy_uploads_a_photo(tuspy: TusClient, phone: Phone, chunk: int, with_checksums: bool) -> None:
    uploader = tuspy.uploader(
        file_stream=io.BytesIO(PHOTO), chunk_size=chunk, metadata={"sha256": HASH}, upload_checksum=with_checksums
    )
    uploader.upload()
    assert phone.status(HASH)[HASH]["status"] == "stored"
    assert phone.get(HASH).data == PHOTO


def test_tuspy_resumes_with_another_client_where_it_stopped(tuspy: TusClient, phone: Phone, tmp_path: Path) -> None:
    path, urls = tmp_path / "photo.png", FileStorage(str(tmp_path / "urls.json"))
    path.write_bytes(PHOTO)
    wanted = {"chunk_size": 500, "metadata": {"sha256": HASH}, "store_url": True, "url_storage": urls}
    tuspy.uploader(str(path), **wanted).upload(stop_at=1500)
    again = tuspy.uploader(str(path), **wanted)
    assert again.offset == 1500
    again.upload()
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_tuspy_finds_a_photo_that_the_server_has_complete_at_once(tuspy: TusClient, phone: Phone) -> None:
    phone.upload(PHOTO)
    uploader = tuspy.uploader(file_stream=io.BytesIO(PHOTO), metadata={"sha256": HASH}, retries=1, retry_delay=0)
    uploader.upload()
    assert uploader.offset == len(PHOTO)


def test_tuspy_is_told_of_a_file_too_large_and_of_chunks_too_large(tuspy: TusClient) -> None:
    five_mib = io.BytesIO(b"x" * 5 * 1024 * 1024)
    with pytest.raises(TusUploadFailed) as failed:
        tuspy.uploader(file_stream=five_mib, metadata={"sha256": HASH}).upload()
    assert failed.value.status_code == 413
    with pytest.raises(TusCommunicationError) as refused:
        tuspy.uploader(file_stream=io.BytesIO(b"x" * 60 * 1024 * 1024), metadata={"sha256": HASH}).upload()
    assert refused.value.status_code == 413

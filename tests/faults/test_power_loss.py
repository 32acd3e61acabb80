"""Power loss, which no `kill -9` can show: a disk that drops whatever was not synced, under the real app."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from backend.extensions import db
from backend.folder_blobs import FolderBlobs
from backend.models import Blob, Upload
from tests.faults.forgetful_disk import ForgetfulDisk, PowerCut
from tests.stories import Phone, Server, jpeg

CHUNK = 500
MOST_CALLS = 80


@pytest.fixture
def disk(app: Flask, tmp_path: Path) -> ForgetfulDisk:
    root = tmp_path / "forgetful" / "blobs"
    root.parent.mkdir()
    made = ForgetfulDisk(root)
    app.extensions["bluegrid.blobs"] = FolderBlobs(root, made)
    return made


def power_returns(app: Flask, disk: ForgetfulDisk) -> None:
    disk.lose_power()
    app.extensions["bluegrid.blobs"] = FolderBlobs(disk.root, disk)


def photo(phone: Phone, number: int) -> str:
    phone.device.photos.chunk_bytes = CHUNK
    return phone.device.capture(jpeg((64, 48), comment=f"{number}".encode()))


def require_what_was_acknowledged(app: Flask, disk: ForgetfulDisk) -> None:
    """Every blob that the database calls stored is whole; no upload counts bytes that are not staged."""
    with app.app_context():
        for blob in db.session.scalars(select(Blob)):
            path = disk.root / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256
            assert hashlib.sha256(path.read_bytes()).hexdigest() == blob.sha256
        open_ones = select(Upload).where(Upload.completed_at.is_(None), Upload.received > 0)
        for upload in db.session.scalars(open_ones):
            staged = disk.root / "staging" / upload.id
            whole = upload.received == upload.length
            assert whole or staged.stat().st_size >= upload.received, upload.id
        db.session.remove()


def test_what_was_acknowledged_outlives_the_power(server: Server, app: Flask, disk: ForgetfulDisk) -> None:
    phone = server.phone()
    for number in range(4):
        sha256 = photo(phone, number)
        assert phone.sync().quiet
        power_returns(app, disk)
        require_what_was_acknowledged(app, disk)
        answer = phone.raw("POST", "/api/v1/media/status", {"sha256": [sha256]}).json()
        assert answer["items"][sha256]["status"] == "stored"


def test_the_power_may_go_at_any_call(server: Server, app: Flask, disk: ForgetfulDisk) -> None:
    """Cut at the k-th call of an upload, for every k: nothing acknowledged is lost, and the upload then goes on."""
    phone = server.phone()
    cuts = 0
    for k in range(1, MOST_CALLS):
        sha256 = photo(phone, k)
        disk.cut_after(k)
        try:
            phone.sync()
            cut = False
        except PowerCut:
            cut = True
        power_returns(app, disk)
        require_what_was_acknowledged(app, disk)
        assert phone.sync().quiet
        assert phone.device.photos.waiting() == []
        assert app.extensions["bluegrid.blobs"].verify(sha256)
        cuts += cut
        if not cut:
            break
    assert cuts > 15


def test_the_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    """The stand-in itself: it would show each fault that it is there to show."""
    root = tmp_path / "root"
    root.mkdir()
    disk = ForgetfulDisk(root)

    def written(name: str, synced: bool) -> Path:
        descriptor = disk.open(root / name)
        disk.write(descriptor, b"bytes", 0)
        if synced:
            disk.sync(descriptor)
        disk.close(descriptor)
        return root / name

    written("both", True), written("name only", False)
    disk.sync_folder(root)
    written("bytes only", True)
    disk.replace(root / "both", root / "renamed")
    disk.lose_power()
    assert {one.name: one.read_bytes() for one in root.iterdir()} == {"both": b"bytes", "name only": b""}

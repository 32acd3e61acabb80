"""A phone's encrypted outbox file: what comes out of it is what was in the phone, and it can be handed in."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from backend.extensions import db
from backend.models import DeviceToken
from backend.services import devices
from backend.services.tokens import digest
from backend.transactions import writing
from sync import outbox_file
from sync.device_ports import MemoryStorage
from sync.outbox import OUTBOX
from sync.outbox_file import OutboxFileUnreadable
from sync.photo_uploads import PHOTOS
from tests.field_device import FieldDevice, Node
from tests.stories import Server, jpeg

PASSPHRASE = "蓝格 outbox 2026"
PHOTO = jpeg((640, 480))


@pytest.fixture
def device(server: Server, address: str, node: Node) -> FieldDevice:
    """A phone that enrolled, recorded two findings, and can reach nobody any more."""
    server.person("wei")
    device = FieldDevice(node)
    device.begin(address)
    device.do("enrol", code=server.invite("wei"))
    device.report(PHOTO)
    device.report()
    return device


def exported(device: FieldDevice, chunk: int = 1000) -> bytes:
    return base64.b64decode(device.do("export", passphrase=PASSPHRASE, chunkBytes=chunk))


def handed_in(app: Flask, folder: Path, file: bytes, *more: str) -> Result:
    (folder / "outbox").write_bytes(file)
    words = ["devices", "hand-in", str(folder / "outbox"), "--passphrase", PASSPHRASE, *more]
    return app.test_cli_runner().invoke(args=words)


def test_a_file_holds_every_op_and_photo_and_opens_to_its_passphrase_alone(device: FieldDevice) -> None:
    whole, storage = exported(device), MemoryStorage()
    outbox_file.load(io.BytesIO(whole), PASSPHRASE, storage)
    ops = [{name: op[name] for name in ("id", "n", "body", "sha256", "sig")} for op in device.state()["outbox"]]
    assert [{name: op[name] for name in ops[0]} for _, op in storage.items(OUTBOX)] == ops
    assert list(storage.files.values()) == [PHOTO]
    assert [record["state"] for _, record in storage.items(PHOTOS)] == ["pending"]
    first = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    size = 4 + 1000 + 16
    chunks = [whole[at : at + size] for at in range(first, len(whole), size)]
    assert len(chunks) > 3
    head, flipped = whole[:first], bytes([chunks[1][9] ^ 1])
    damaged = {
        "cut between chunks": head + b"".join(chunks[:-1]),
        "cut in a chunk": whole[:-1],
        "nothing but the head": head,
        "two chunks swapped": head + chunks[1] + chunks[0] + b"".join(chunks[2:]),
        "one chunk left out": head + chunks[0] + b"".join(chunks[2:]),
        "one bit changed": head + chunks[0] + chunks[1][:9] + flipped + chunks[1][10:] + b"".join(chunks[2:]),
        "another salt": whole.replace(b'"salt":"', b'"salt":"AAAA', 1),
        "another form": whole.replace(b"AES-256-GCM", b"AES-256-CBC", 1),
        "no such file": b"PK\x03\x04",
    }
    for how, file in damaged.items():
        with pytest.raises(OutboxFileUnreadable):
            print(how, list(outbox_file.items(io.BytesIO(file), PASSPHRASE)))
    with pytest.raises(OutboxFileUnreadable):
        list(outbox_file.items(io.BytesIO(whole), "another passphrase"))


def test_a_file_is_handed_in_and_the_phone_that_turns_up_again_is_not_locked_out(
    app: Flask, server: Server, device: FieldDevice, tmp_path: Path
) -> None:
    file = exported(device)
    done = handed_in(app, tmp_path, file)
    assert done.exit_code == 0, done.output
    assert "ops: 3 applied; photos: 1 stored" in done.output
    assert len(server.findings()) == 2
    with app.app_context():
        tokens_alive = db.session.scalars(
            select(DeviceToken.token_sha256).where(DeviceToken.retired_at.is_(None))
        ).all()
        assert tokens_alive == [digest(device.state()["token"])]
    report = device.sync()
    assert (report["trouble"], report["acknowledged"]) == (None, 3)
    assert [one["state"] for one in device.state()["standings"]] == ["complete", "complete"]
    assert handed_in(app, tmp_path, file).exit_code == 0
    assert len(server.findings()) == 2


def test_a_file_of_a_revoked_phone_is_held(app: Flask, server: Server, device: FieldDevice, tmp_path: Path) -> None:
    with app.app_context(), writing() as session:
        devices.revoke(session, device.state()["stream"]["id"], server.time.now() - timedelta(days=1))
    done = handed_in(app, tmp_path, exported(device))
    assert "ops: 3 held; photos: 1 stored" in done.output
    assert server.findings() == []


def test_a_file_of_a_phone_that_the_server_does_not_know_is_handed_in_for_a_person(
    app: Flask, server: Server, device: FieldDevice, tmp_path: Path
) -> None:
    """The server was restored from a backup that is older than the enrolment."""
    unknown = device.state()["stream"]["id"]
    device.do("pretend", stream=unknown[:-12] + "0" * 12)
    file = exported(device)
    refused = handed_in(app, tmp_path, file)
    assert (refused.exit_code, "no such stream" in refused.output) == (1, True)
    done = handed_in(app, tmp_path, file, "--as", "wei")
    assert done.exit_code == 0, done.output
    assert len(server.findings()) == 2


def test_what_is_no_file_of_a_phone_is_refused_in_words(app: Flask, tmp_path: Path) -> None:
    refused = handed_in(app, tmp_path, b"PK\x03\x04")
    assert (refused.exit_code, refused.output) == (1, "Error: This is no outbox file.\n")

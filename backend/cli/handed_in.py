"""Handing in a phone's outbox file: the reference client pushes what is in it, as the phone would have done.

The server treats it as any other push: signatures, chains and replays are judged the same, and what the phone sends
later itself is a replay. Knows the file only through `sync.outbox_file`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from flask import Flask

from backend import clock
from backend.services import accounts, devices
from backend.transactions import writing
from sync import outbox_file
from sync.client import Device, SyncReport
from sync.device_io import FolderStorage, SystemClock, new_id
from sync.device_ports import Answer
from sync.outbox import META
from sync.photo_uploads import PHOTOS


class InProcess:
    """Transport to this process's own application, without a socket."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        response = self.client.open(path, method=method, headers=dict(headers), data=body)
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, named, response.get_data())


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of a file: results by status, photos by state, ops still to be sent, and what is in the way."""

    results: Counter[str]
    photos: Counter[str]
    pending: int
    trouble: str | None


def hand_in(app: Flask, source: BinaryIO, passphrase: str, enrol_as: str | None = None) -> HandedIn:
    """Push and upload all that a file holds.

    `enrol_as` names a person: for a file whose stream this server does not know, because it was restored from a backup
    older than the phone's enrolment. Raises OutboxFileUnreadable, NotFound.
    """
    with TemporaryDirectory() as folder:
        storage = FolderStorage(Path(folder))
        outbox_file.load(source, passphrase, storage)
        device = Device(InProcess(app), storage, SystemClock(), new_id, app="handed-in")
        report = SyncReport()
        with _identity(device, enrol_as):
            if device.push(report):
                device.upload(report)
        results = Counter(record["result"]["status"] for record in device.outbox.retained())
        photos = Counter(record["state"] for _, record in storage.items(PHOTOS))
        pending = len(device.outbox.unsent())
        storage.close()
    return HandedIn(results, photos, pending, report.trouble)


@contextmanager
def _identity(device: Device, enrol_as: str | None) -> Iterator[None]:
    """The phone's own identity for a while, or a new one of a person."""
    if enrol_as is not None:
        with writing() as session:
            code, _ = devices.invite(session, accounts.by_name(session, enrol_as), clock.now(), hours=1)
        device.enrol(code, "handed in")
        yield
        return
    with writing() as session:
        token = devices.lend_token(session, device.outbox.stream()["id"], clock.now())
    device.storage.write([(META, "token", {"token": token})])
    try:
        yield
    finally:
        with writing() as session:
            devices.take_back(session, token, clock.now())

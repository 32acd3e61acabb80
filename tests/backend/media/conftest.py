"""Two inspectors with phones, and a real server on loopback for real clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from backend.extensions import db
from backend.folder_blobs import FolderBlobs
from backend.services import accounts
from backend.services.receiving import Receiver
from backend.transactions import reading, writing
from tests.backend.media.media_phone import Phone


@pytest.fixture
def enlist(app: Flask) -> Callable[..., Phone]:
    """A new person, signed in on a phone."""

    def enlist(name: str, role: str = "inspector", grants: tuple[str, ...] = ("450206",)) -> Phone:
        with app.app_context(), writing() as session:
            user_id = app.extensions["bluegrid.clock"].new_id()
            now = app.extensions["bluegrid.clock"].now()
            user = accounts.create_user(session, id=user_id, now=now, name=name, role=role, grants=list(grants))
            token, _ = accounts.open_login(session, user, now, 24 * 365)
        return Phone(app.test_client(), token, user_id)

    return enlist


@pytest.fixture
def phone(enlist: Callable[..., Phone]) -> Phone:
    return enlist("wei")


@pytest.fixture
def stranger(enlist: Callable[..., Phone]) -> Phone:
    """Another inspector, elsewhere."""
    return enlist("lan", grants=("450305",))


@pytest.fixture
def blobs(app: Flask) -> FolderBlobs:
    store: FolderBlobs = app.extensions["bluegrid.blobs"]
    return store


@pytest.fixture
def files(app: Flask) -> Path:
    """The folder of the blob store."""
    return Path(app.extensions["bluegrid.settings"].blob_url.removeprefix("file://"))


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """The receiver as jobs call it."""
    clock = app.extensions["bluegrid.clock"]
    with app.app_context():
        limits = app.extensions["bluegrid.settings"].limits
        yield Receiver(app.extensions["bluegrid.blobs"], reading, writing, clock.now, clock.new_id, limits)
        db.session.remove()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()

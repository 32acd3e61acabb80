"""An office that backs up: the server of a story, its repository, and the commands as an admin types them."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import select

from backend import create_app
from backend.backups.repository import Manifest, Repository
from backend.blobs import Shelf
from backend.config import Settings
from backend.extensions import db
from backend.folder_blobs import FolderBlobs
from backend.models import Counter
from backend.transactions import reading
from tests.stories import FakeTime, Phone, Server, jpeg

SHA = hashlib.sha256(jpeg()).hexdigest()
REFUSED = hashlib.sha256(b"this is no photo").hexdigest()


class Office:
    """`server` is the one that runs now; after a restore it is another process's."""

    def __init__(self, app: Flask, time: FakeTime) -> None:
        self.app, self.time = app, time
        self.settings: Settings = app.extensions["bluegrid.settings"]
        self.server = Server(app, time)
        self.repository = Repository(self.settings.backup_folder)

    # commands ----------------------------------------------------------------------------------------------------
    def run(self, *words: str) -> Result:
        """A `flask …` command, whatever becomes of it."""
        return self.app.test_cli_runner().invoke(args=list(words))

    def does(self, *words: str) -> str:
        """A `flask …` command that must go well; what it printed."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return str(result.output)

    def refuses(self, *words: str) -> str:
        """A `flask …` command that must end with a sentence and exit status 1; what it printed."""
        result = self.run(*words)
        assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output + repr(result.exception)
        return str(result.output)

    def backup(self) -> str:
        """Make a backup; returns its name."""
        return self.does("backup", "create").split()[0]

    def restore(self, name: str, *words: str) -> str:
        """Stop the server, put a backup back, start the server again; what the command printed."""
        self.stop()
        said = self.does("backup", "restore", name, "--replace", *words)
        self.start()
        return said

    # the server --------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Let go of the database as a process does that ends."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def start(self, **settings: Any) -> None:
        """A new process, on other settings if need be."""
        self.stop()
        self.settings = replace(self.settings, **settings)
        self.app = create_app(self.settings, self.app.extensions["bluegrid.clock"])
        self.server = Server(self.app, self.time)

    def lose_photos(self) -> None:
        """The disk with the photos is gone."""
        shutil.rmtree(self.settings.data / "blobs")
        self.app.extensions["bluegrid.blobs"] = FolderBlobs(self.settings.data / "blobs")

    def reached_by(self, *phones: Phone) -> None:
        """Phones find the server that runs now; each syncs until nothing is left to do."""
        for phone in phones:
            phone.server, phone.transport.app = self.server, self.app
        for _ in range(3):
            for phone in phones:
                report = phone.sync()
                assert report.quiet, report
        for phone in phones:
            assert phone.device.outbox.unsent() == []
            assert phone.device.photos.waiting() == []

    # what is there -----------------------------------------------------------------------------------------------
    @property
    def blobs(self) -> FolderBlobs:
        found: FolderBlobs = self.app.extensions["bluegrid.blobs"]
        return found

    def counter(self) -> Counter:
        with self.app.app_context(), reading() as session:
            found = session.scalars(select(Counter)).one()
            session.expunge(found)
            return found

    def manifest(self, name: str) -> Manifest:
        return self.repository.manifest(name)

    def photo_in_backup(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> Path:
        return self.repository.blobs.place_of(sha256, shelf)

    def photo_on_server(self, sha256: str) -> Path:
        return self.settings.data / "blobs" / sha256[:2] / sha256[2:4] / sha256


def flip_a_byte(path: Path, at: int | None = None) -> None:
    """Change one byte of a file behind everybody's back (the middle one, unless said otherwise)."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 0x20
    path.write_bytes(data)


def change(path: Path, old: str, new: str) -> None:
    """Other words in a file, which must be there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def cut(path: Path) -> None:
    """Take the end off a file."""
    path.write_bytes(path.read_bytes()[:-80])

"""Where a torture's server lives: a database and a blob folder, made anew for each story, backed up and restored."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from flask import Flask

from backend import create_app
from backend.backups import running
from backend.backups.repository import Repository
from backend.backups.restoring import Restorer, Wishes
from backend.blobs import open_blobs
from backend.cli.setup import prepare
from backend.config import Limits
from backend.extensions import db, limiter
from backend.receipt_key import EXTENSION, FILE, ServerKey
from backend.services import accounts
from backend.transactions import writing
from tests.conftest import settings_for
from tests.economy import temporary_folder
from tests.postgresql import PostgresqlServer, running_server
from tests.stories import FakeTime

LIMITS = Limits(batch_ops=12, pull_bytes=16 * 1024)  # so that a story's few rows fill several batches and pages
PEOPLE = {
    "wei": ("inspector", ("450206",)),
    "luo": ("supervisor", ("450206",)),
    "qin": ("inspector", ("450206100",)),
    "mo": ("supervisor", ("450200",)),
    "boss": ("admin", ()),
}


class Home(Protocol):
    app: Flask
    kind: str
    blobs: Path

    @property
    def repository(self) -> Repository: ...

    def fresh(self) -> None:
        """An empty server with its people."""
        ...

    def back_up(self) -> str:
        """Make a backup, as `flask backup create` does; its name."""
        ...

    def restore(self, name: str) -> None:
        """Put a backup back, as `flask backup restore` does, photos too; the process is a new one."""
        ...

    def close(self) -> None: ...


class _Home:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.app = create_app(replace(settings_for(folder / "data", url), limits=LIMITS))
        self.blobs = folder / "data" / "blobs"
        with self.app.app_context():
            prepare(sample=True)
            with writing() as session:
                for number, (name, (role, grants)) in enumerate(PEOPLE.items(), 1):
                    made = f"00000000-0000-7000-8000-{number:012d}"
                    accounts.create_user(
                        session, id=made, now=FakeTime().now(), name=name, role=role, grants=list(grants)
                    )
        self._let_go()

    def _let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _started(self) -> None:
        """What a process holds in memory begins anew."""
        settings = self.app.extensions["bluegrid.settings"]
        self.app.extensions["bluegrid.blobs"] = open_blobs(settings.blob_url)
        self.app.extensions[EXTENSION] = ServerKey(settings.data / FILE)

    def _nothing_but(self, put: Callable[[], None]) -> None:
        """A new server: its database, no photos, no backups."""
        put()
        for folder in (self.blobs, self.repository.folder):
            shutil.rmtree(folder, ignore_errors=True)
        self._started()

    @property
    def repository(self) -> Repository:
        return Repository(self.folder / "data" / "backups")

    def back_up(self) -> str:
        with self.app.app_context():
            made = running.make()
        assert not made.manifest.lost
        return made.name

    def restore(self, name: str) -> None:
        """The photos are lost with the database, so that all that the backup's database shows comes from the backup."""
        self._let_go()
        shutil.rmtree(self.blobs, ignore_errors=True)
        settings = self.app.extensions["bluegrid.settings"]
        wishes = Wishes(replace=True, older=name != self.repository.newest())
        server_clock = self.app.extensions["bluegrid.clock"]
        restorer = Restorer(self.repository, settings, open_blobs(settings.blob_url), server_clock, create_app)
        with self.app.app_context():
            assert not restorer.restore(name, wishes).lost
        self._started()


class SqliteHome(_Home):
    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "server.sqlite3"
        super().__init__(folder, f"sqlite:///{self.path}")
        self.template = folder / "template.sqlite3"
        self._copy(self.path, self.template)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with contextlib.closing(sqlite3.connect(source)) as one, contextlib.closing(sqlite3.connect(target)) as other:
            one.backup(other)

    def fresh(self) -> None:
        self._nothing_but(lambda: self._put(self.template))

    def _put(self, source: Path) -> None:
        self._let_go()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(source, self.path)

    def close(self) -> None:
        self._let_go()


class PostgresqlHome(_Home):
    kind = "postgresql"

    def __init__(self, folder: Path, server: PostgresqlServer, name: str = "torture") -> None:
        self.server, self.name = server, name
        server.execute(f"CREATE DATABASE {name}")
        super().__init__(folder, server.sqlalchemy_url(name))
        self._put(f"{name}_template", name)

    def _put(self, target: str, source: str) -> None:
        self._let_go()
        self.server.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        self.server.copy(source, target)

    def fresh(self) -> None:
        self._nothing_but(lambda: self._put(self.name, f"{self.name}_template"))

    def close(self) -> None:
        self._let_go()


@contextlib.contextmanager
def open_home(kind: str) -> Iterator[Home]:
    """A server on SQLite or PostgreSQL, gone afterwards."""
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, limiter, "enabled", limiter.enabled)
        limiter.enabled = False  # a story enrols more phones a minute than any address may
        folder = Path(stack.enter_context(temporary_folder("torture-")))
        home: Home
        if kind == "sqlite":
            home = SqliteHome(folder)
        else:
            home = PostgresqlHome(folder, stack.enter_context(running_server_in_temporary_folder()))
        stack.callback(home.close)
        yield home


@contextlib.contextmanager
def running_server_in_temporary_folder() -> Iterator[PostgresqlServer]:
    with temporary_folder("torture-pg-") as name, running_server(Path(name)) as server:
        yield server

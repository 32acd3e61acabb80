"""A whole installation for a bench: a data folder, a database, `python -m backend.serve` on it, and who watches both.

The sample district is loaded, so that there are townships with polygons.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from flask import Flask
from sqlalchemy import text

from backend import create_app
from backend.cli.setup import MARK, prepare
from backend.config import from_environment
from backend.extensions import db
from tests.backend.serving import Served
from tests.postgresql import running_server

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it is; `postmaster` is the process of its PostgreSQL, None with SQLite."""

    folder: Path
    database_url: str
    app: Flask
    postmaster: psutil.Process | None

    def release(self) -> None:
        """Let go of the connections that preparing it took."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def database_bytes(self) -> int:
        """How much room the database takes; nobody else may have it open on SQLite."""
        with self.app.app_context(), db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    @contextmanager
    def serving(self, workers: int = 2) -> Iterator[Served]:
        """The server, ready, with its job consumer; ended afterwards."""
        self.release()
        server = Served(
            self.folder / "data",
            BLUEGRID_DATABASE_URL=self.database_url,
            BLUEGRID_DEMO="1",
            WEB_WORKERS=str(workers),
        )
        try:
            yield server.ready()
        finally:
            server.clear_away()


@contextmanager
def installation(database: str) -> Iterator[Installation]:
    """A fresh one; `database` is sqlite or postgresql."""
    with TemporaryDirectory(prefix="bluegrid-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if database == "sqlite":
            yield _prepared(folder, f"sqlite:///{folder / 'data' / 'bluegrid.sqlite3'}", None)
            return
        with TemporaryDirectory(prefix="bluegrid-postgresql-") as apart, running_server(Path(apart)) as postgresql:
            postgresql.execute("CREATE DATABASE bench")
            pid = int((Path(apart) / "data" / "postmaster.pid").read_text().splitlines()[0])
            yield _prepared(folder, postgresql.sqlalchemy_url("bench"), psutil.Process(pid))


def _prepared(folder: Path, url: str, postmaster: psutil.Process | None) -> Installation:
    data = folder / "data"
    settings = from_environment({"BLUEGRID_DATA": str(data), "BLUEGRID_DATABASE_URL": url, "BLUEGRID_DEMO": "1"})
    (data / MARK).touch()
    app = create_app(settings)
    with app.app_context():
        prepare(sample=True)
        db.session.remove()
    return Installation(folder, url, app, postmaster)


class Watch:
    """What a set of processes takes while it runs: CPU seconds, and the peaks of memory and open files."""

    def __init__(self, *roots: psutil.Process | None, every_s: float = 0.5) -> None:
        self._roots = [root for root in roots if root is not None]
        self._every_s = every_s
        self._cpu: dict[tuple[int, float], tuple[float, float]] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_rss = 0
        self.peak_files = 0
        self.largest: dict[str, int] = {}

    def __enter__(self) -> Watch:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all processes seen, since this watch began (or they did)."""
        return sum(last - first for first, last in self._cpu.values())

    def _watch(self) -> None:
        while not self._done.wait(self._every_s):
            self._look()

    def _look(self) -> None:
        rss = files = 0
        first_look = not self._cpu
        for root in self._roots:
            with suppress(psutil.Error):
                for process in (root, *root.children(recursive=True)):
                    with suppress(psutil.Error), process.oneshot():
                        times = process.cpu_times()
                        key, used = (process.pid, process.create_time()), times.user + times.system
                        begun = self._cpu.get(key, (used if first_look else 0.0, 0.0))[0]
                        self._cpu[key] = (begun, used)
                        own = process.memory_info().rss
                        rss, files = rss + own, files + process.num_fds()
        self.peak_rss, self.peak_files = max(self.peak_rss, rss), max(self.peak_files, files)

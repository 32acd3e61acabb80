"""Stores to hold against the one contract: in memory, on SQLite, on PostgreSQL, and on these with rows that wait."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest
from flask import Flask
from sqlalchemy import update

from backend import create_app
from backend.extensions import db
from backend.models import Device, Stream, User
from backend.sync_store import SqlStore
from backend.transactions import writing
from sync.memory_store import MemoryDatabase
from sync.store import Store
from tests.conftest import settings_for
from tests.postgresql import PostgresqlServer
from tests.sync.world import NOON


class Database(Protocol):
    """What the suite needs around a store."""

    def add_stream(self, stream: str, author_id: str, device: str | None = None) -> None: ...

    def revoke(self, stream: str) -> None: ...

    def transaction(self, now: datetime = NOON) -> AbstractContextManager[Store]: ...


class SqlDatabase:
    def __init__(self, app: Flask, in_hurry: bool) -> None:
        self.app = app
        self.in_hurry = in_hurry

    def add_stream(self, stream: str, author_id: str, device: str | None = None) -> None:
        device = device or stream
        with self.app.app_context(), writing() as session:
            if session.get(User, author_id) is None:
                session.add(User(id=author_id, name=author_id, display_name="x", role="inspector", created_at=NOON))
                session.flush()
            if session.get(Device, device) is None:
                about = {"install": device, "invite_sha256": "0" * 64, "name": "x", "platform": "x", "app": "1"}
                session.add(Device(id=device, user_id=author_id, enrolled_at=NOON, **about))
                session.flush()
            session.add(Stream(id=stream, device_id=device, user_id=author_id, opened_at=NOON))

    def revoke(self, stream: str) -> None:
        with self.app.app_context(), writing() as session:
            device = session.get_one(Stream, stream).device_id
            session.execute(update(Device).where(Device.id == device).values(revoked_at=NOON))

    @contextmanager
    def transaction(self, now: datetime = NOON) -> Iterator[Store]:
        with self.app.app_context(), writing() as session:
            yield SqlStore(session, now, in_hurry=self.in_hurry)


PROMPT = ["memory", "sqlite", "postgresql"]


@pytest.fixture(params=[*PROMPT, "sqlite in a hurry", "postgresql in a hurry"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of a test's own, with nothing in it that concerns the suite."""
    if request.param == "memory":
        yield MemoryDatabase()
        return
    url = request.getfixturevalue(f"{request.param.split()[0]}_database")
    app = create_app(settings_for(tmp_path / "data", url))
    yield SqlDatabase(app, request.param.endswith("hurry"))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "b.sqlite3")
    return f"sqlite:///{tmp_path / 'b.sqlite3'}"


@pytest.fixture
def postgresql_database(postgresql_server: PostgresqlServer, postgresql_template: str) -> Iterator[str]:
    with postgresql_server.copied(postgresql_template) as url:
        yield url

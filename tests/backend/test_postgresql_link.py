"""PostgreSQL that restarts, gives a transaction up or has no connection free: told, and well another time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, make_url, text

from backend import create_app, failpoints, postgresql_link
from backend.clock import Clock
from backend.extensions import db
from backend.jobs import queue
from tests.backend.serving import eventually
from tests.conftest import settings_for
from tests.postgresql import PostgresqlServer
from tests.seaweedfs import free_ports
from tests.stories import FakeTime, Server

ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :me"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :me"


@pytest.fixture
def app(
    postgresql_server: PostgresqlServer, postgresql_template: str, tmp_path: Path, time: FakeTime
) -> Iterator[Flask]:
    """The app on PostgreSQL alone."""
    name = f"link_{uuid4().hex}"
    postgresql_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    app = create_app(settings_for(tmp_path / "data", postgresql_server.sqlalchemy_url(name)), Clock(now=time.now))
    yield app
    failpoints.disarm()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    postgresql_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    """Another program's way to the same database."""
    engine = create_engine(app.extensions["bluegrid.settings"].database_url)
    yield engine
    engine.dispose()


def outside(engine: Engine, statement: str) -> int:
    with engine.connect() as connection:
        me = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return int(connection.execute(text(statement), {"me": me}).scalar() or 0)


def test_connections_that_a_restart_has_cut_are_replaced(server: Server, engine: Engine) -> None:
    assert server.app.test_client().get("/readyz").status_code == 200
    outside(engine, ENDED)
    assert server.app.test_client().get("/readyz").status_code == 200


def test_a_push_whose_connection_is_cut_before_its_commit_is_told_and_has_one_effect(
    server: Server, engine: Engine
) -> None:
    phone = server.phone("mei")
    finding = phone.report()
    failpoints.arm("push-before-commit", lambda: outside(engine, ENDED) and None)
    assert not phone.sync().quiet
    assert server.findings() == []
    phone.sync()
    assert server.findings() == [finding]
    assert phone.last_result()["status"] == "applied"


def test_a_writing_transaction_whose_process_hangs_is_given_up_and_that_is_told(
    server: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_link, "BEGIN_WRITING", "SET LOCAL idle_in_transaction_session_timeout = '50ms'")
    phone = server.phone("mei")
    phone.report()
    failpoints.arm("push-before-commit", lambda: eventually(lambda: not outside(engine, OTHERS), "it is given up"))
    assert not phone.sync().quiet
    assert server.findings() == []
    monkeypatch.undo()
    phone.sync()
    assert len(server.findings()) == 1


def test_a_reading_transaction_may_take_its_time(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "0"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == f"{postgresql_link.LOCK_WAIT_S}s"


def test_a_server_without_a_free_connection_says_that_it_is_busy(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/api/v1/findings").status_code == 401
    with app.app_context():
        pool = db.engine.pool
        pool._timeout = 0  # type: ignore[attr-defined]
        held = [db.engine.connect() for _ in range(10)]
    answer = client.post("/api/v1/auth/login", json={"username": "nobody", "password": "nothing at all"})
    assert (answer.status_code, answer.json["code"]) == (503, "database-unavailable")
    assert answer.headers["Retry-After"]
    for connection in held:
        connection.close()
    assert client.post("/api/v1/auth/login", json={"username": "x", "password": "nothing at all"}).status_code == 401


def test_of_several_servers_in_the_url_one_that_answers_is_used(app: Flask, tmp_path: Path) -> None:
    """The first is down; requests and the queue both go on to the second."""
    (port,) = free_ports("127.0.0.1", 1)
    one = make_url(app.extensions["bluegrid.settings"].database_url)
    query = {"host": (f"127.0.0.1:{port}", f"{one.query['host']}:5432"), "target_session_attrs": "read-write"}
    both = one.set(query=query).render_as_string(hide_password=False)
    second = create_app(settings_for(tmp_path / "second", both))
    assert second.test_client().get("/readyz").json == {"status": "ready"}
    assert queue.of(second).huey.pending_count() == 0
    with second.app_context():
        db.engine.dispose()


def test_the_queue_makes_no_tables_once_the_set_up_has(app: Flask) -> None:
    """Each process making them when it first needs them is a race that all but one lose."""
    settings = app.extensions["bluegrid.settings"]
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE huey_task, huey_kv, huey_schedule, huey_counter")
    queue.open_queue(settings)
    with app.app_context(), db.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'huey%%'").scalar_one()
    assert tables == 0

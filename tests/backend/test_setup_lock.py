"""Hosts and processes that set one installation up go one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine

from backend import create_app, setup_lock
from backend.extensions import db
from tests.backend.serving import eventually
from tests.conftest import settings_for
from tests.postgresql import PostgresqlServer


@pytest.fixture
def empty_database(postgresql_server: PostgresqlServer) -> Iterator[str]:
    name = f"setup_{uuid4().hex}"
    postgresql_server.execute(f"CREATE DATABASE {name}")
    yield name
    postgresql_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_set_up_waits_for_the_one_under_way_on_another_host(
    postgresql_server: PostgresqlServer, empty_database: str, tmp_path: Path
) -> None:
    app = create_app(settings_for(tmp_path, postgresql_server.sqlalchemy_url(empty_database)))
    codes: list[int] = []

    def set_up() -> None:
        codes.append(app.test_cli_runner().invoke(args=["setup", "run"]).exit_code)
        with app.app_context():
            db.engine.dispose()

    url = postgresql_server.url(empty_database)
    with psycopg.connect(url, autocommit=True) as other, psycopg.connect(url, autocommit=True) as looking:

        def count(statement: bytes) -> int:
            row = looking.execute(statement).fetchone()
            assert row is not None
            return int(row[0])

        other.execute("SELECT pg_advisory_lock(%s)", (setup_lock.KEY,))
        thread = threading.Thread(target=set_up)
        thread.start()
        waits = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
        eventually(lambda: count(waits) or not thread.is_alive(), "the set-up waits")
        tables = b"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert (count(waits), count(tables)) == (1, 0)
        other.execute("SELECT pg_advisory_unlock(%s)", (setup_lock.KEY,))
        thread.join()
        assert codes == [0]
        assert count(tables) > 20
        held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {setup_lock.KEY}"
        assert count(held.encode()) == 0


def test_two_set_ups_of_one_data_folder_go_one_after_the_other(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with setup_lock.only_one(engine, tmp_path):
            order.append("second")

    with setup_lock.only_one(engine, tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]

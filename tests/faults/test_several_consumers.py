"""Job consumers of several hosts on one PostgreSQL: each job is done once, whatever becomes of a consumer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from backend import clock, create_app
from backend.extensions import db
from backend.jobs import intents, work
from backend.models import Job
from backend.transactions import reading, writing
from tests.backend.serving import ROOT, eventually
from tests.conftest import settings_for
from tests.postgresql import PostgresqlServer

pytestmark = pytest.mark.slow


@pytest.fixture
def app(postgresql_server: PostgresqlServer, postgresql_template: str, tmp_path: Path) -> Iterator[Flask]:
    """A web host."""
    name = f"consumers_{uuid4().hex}"
    postgresql_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    app = create_app(settings_for(tmp_path / "web", postgresql_server.sqlalchemy_url(name)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    postgresql_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def consumers(app: Flask, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Three, each with a data folder of its own."""
    settings = app.extensions["bluegrid.settings"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BLUEGRID_")}
    shared = {"BLUEGRID_DATABASE_URL": settings.database_url, "BLUEGRID_SECRET_KEY": settings.secret_key}
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "--max-delay", "0.2", "backend.jobs.consumer.huey"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=inherited | shared | {"BLUEGRID_DATA": str(tmp_path / f"host-{n}")})
        for n in range(3)
    ]
    yield running
    for one in running:
        one.kill()
        one.wait()


def ask(n: int) -> None:
    for _ in range(n):
        with writing() as session:
            intents.ask(session, clock.new_id(), "sweep-uploads", {}, "somebody", clock.now())


def count(*conditions: object) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(*conditions)) or 0  # type: ignore[arg-type]


def all_done() -> bool:
    return count(Job.state != "done", Job.asked_by.is_not(None)) == 0


def test_consumers_share_the_jobs_and_outlive_a_restart_of_the_database_and_one_another(
    app: Flask, consumers: list[subprocess.Popen[bytes]]
) -> None:
    ask(20)
    eventually(all_done, "the jobs are done")
    assert count(Job.attempts != 1) == 0

    with db.engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    ask(20)
    eventually(all_done, "the jobs are done after every connection was cut")
    assert all(one.poll() is None for one in consumers)

    ask(20)
    consumers[0].kill()

    def taken_up() -> bool:
        """As a quarter of an hour later: what the killed one was at seems cut off."""
        with writing() as session:
            cut_off = update(Job).where(Job.state == "running", Job.started_at < clock.now() - timedelta(seconds=5))
            session.execute(cut_off.values(started_at=clock.now() - 2 * intents.STALE_AFTER))
        return all_done()

    eventually(taken_up, "the jobs of the killed one are done")


def test_the_clockworks_of_several_hosts_ask_for_the_hours_work_once(app: Flask) -> None:
    first = create_app(app.extensions["bluegrid.settings"])
    with first.app_context():
        work.ask_hourly()
        db.session.remove()
        db.engine.dispose()
    before = count()
    work.ask_hourly()
    assert count() == before

"""Jobs: an intent in the commit that wants it is done at least once, and its result counts once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend import clock
from backend.clock import Clock
from backend.extensions import db
from backend.jobs import intents, kinds, queue, work
from backend.models import Job
from backend.transactions import reading, writing
from tests.backend.serving import PATIENCE_S, ROOT, eventually


class Office:
    """The app's jobs, at a time that the test sets; kind `note` writes down that it was done."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.done: list[str] = []

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def note(self, session: Session, job: Job) -> dict[str, Any]:
        self.done.append(job.id)
        return {"noted": job.arguments["word"]}

    def ask(self, kind: str = "note") -> str:
        with writing() as session:
            return intents.ask(session, clock.new_id(), kind, {"word": "灰"}, None, self.now).id

    def job(self, job_id: str) -> Job:
        with reading() as session:
            job = session.get_one(Job, job_id)
            session.expunge(job)
            return job

    def queued(self) -> list[str]:
        return [task.args[0] for task in queue.of(self.app).huey.pending()]


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    office = Office(app)
    app.extensions["bluegrid.clock"] = Clock(now=lambda: office.now)
    monkeypatch.setitem(kinds.JOB_KINDS, "note", office.note)
    with app.app_context():
        yield office


@pytest.mark.both_databases
def test_a_job_is_queued_after_the_commit_and_done_once(office: Office) -> None:
    job_id = office.ask()
    assert office.queued() == [job_id]
    assert work.run(job_id)
    assert not work.run(job_id)
    job = office.job(job_id)
    assert (job.state, job.result, job.attempts) == ("done", {"noted": "灰"}, 1)
    assert office.done == [job_id]


def test_a_job_of_a_commit_that_failed_is_never_done(office: Office) -> None:
    def fail() -> None:
        with writing() as session:
            intents.ask(session, "lost", "note", {"word": "灰"}, None, office.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not work.run("lost")
    assert office.done == []


def test_a_savepoint_within_the_commit_does_not_queue_a_job_too_early(office: Office) -> None:
    with writing() as session:
        with session.begin_nested():
            intents.ask(session, "early", "note", {"word": "灰"}, None, office.now)
        assert office.queued() == []
    assert office.queued() == ["early"]


def test_a_job_whose_message_was_lost_is_found_again(office: Office) -> None:
    job_id = office.ask()
    queue.of(office.app).huey.flush()
    queue.of(office.app).look()
    assert office.queued() == [job_id]


def test_a_queue_that_cannot_be_reached_does_not_fail_the_commit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no queue")

    monkeypatch.setattr(queue.of(office.app).huey.storage, "enqueue", refuse)
    assert office.job(office.ask()).state == "asked"


@pytest.mark.both_databases
def test_a_job_cut_off_half_way_is_taken_up_again(office: Office) -> None:
    job_id = office.ask()
    with writing() as session:
        assert intents.take(session, job_id, office.now)  # and then its process is killed
    assert work.due() == []
    assert not work.run(job_id)
    office.later(minutes=15)
    assert work.due() == [job_id]
    assert work.run(job_id)
    assert office.job(job_id).attempts == 2


def test_who_was_overtaken_leaves_no_trace(office: Office) -> None:
    def slow(session: Session, job: Job) -> dict[str, Any]:
        session.add(Job(id="trace", kind="note", arguments={}, asked_at=office.now, state="done"))
        job.attempts += 1  # as another consumer's taking does meanwhile
        session.flush()
        return {}

    kinds.JOB_KINDS["note"] = slow
    job_id = office.ask()
    assert not work.run(job_id)
    assert office.job(job_id).state == "running"
    with reading() as session:
        assert session.get(Job, "trace") is None


def test_a_failing_job_rests_and_is_tried_again_until_it_has_failed_for_good(office: Office) -> None:
    def fail(session: Session, job: Job) -> dict[str, Any]:
        session.add(Job(id=f"half-{job.attempts}", kind="note", arguments={}, asked_at=office.now, state="done"))
        session.flush()
        raise ZeroDivisionError

    kinds.JOB_KINDS["note"] = fail
    job_id = office.ask()
    for attempt in range(1, intents.MOST_ATTEMPTS + 1):
        assert work.due() == [job_id]
        assert not work.run(job_id)
        assert office.job(job_id).attempts == attempt
        assert work.due() == []
        office.later(minutes=1)
    job = office.job(job_id)
    assert (job.state, job.result) == ("failed", {"error": "ZeroDivisionError"})
    with reading() as session:
        assert session.get(Job, "half-1") is None


def test_a_job_that_kills_its_process_does_not_return_for_ever(office: Office) -> None:
    job_id = office.ask()
    for _ in range(intents.MOST_ATTEMPTS):
        with writing() as session:
            assert intents.take(session, job_id, office.now)
        office.later(minutes=15)
    assert not work.run(job_id)
    assert office.job(job_id).state == "failed"


def test_the_work_of_the_hour_is_asked_for_once_and_forgotten_after_a_week(office: Office) -> None:
    work.ask_hourly()
    work.ask_hourly()
    asked = {office.job(one).kind: one for one in work.due()}
    assert len(asked) == len(work.due()) == len(kinds.HOURLY)
    sweep = asked["sweep-uploads"]
    assert work.run(sweep)
    assert office.job(sweep).result == {"removed": 0}
    office.later(days=8)
    work.ask_hourly()
    with reading() as session:
        assert session.get(Job, sweep) is None
    assert len(work.due()) == len(kinds.HOURLY)


def test_a_message_that_was_tampered_with_is_not_run(office: Office) -> None:
    huey = queue.of(office.app).huey
    office.ask()
    message = huey.storage.dequeue()
    with pytest.raises(ValueError, match=r"[Ss]ignature|[Uu]nsign|invalid"):
        huey.deserialize_task(message[:-1] + (b"0" if message[-1:] != b"0" else b"1"))


def test_the_consumer_takes_up_what_its_killed_forerunner_was_at(office: Office) -> None:
    with writing() as session:
        intents.ask(session, clock.new_id(), "sweep-uploads", {}, None, office.now)
    (job_id,) = work.due()
    with writing() as session:
        intents.take(session, job_id, datetime.now(UTC))
    settings = office.app.extensions["bluegrid.settings"]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BLUEGRID_")},
        "BLUEGRID_DATA": str(settings.data),
        "BLUEGRID_DATABASE_URL": settings.database_url,
        "BLUEGRID_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "--max-delay", "0.2", "-g", "TERM"]
    consumer = subprocess.Popen([*command, "backend.jobs.consumer.huey"], cwd=ROOT, env=environment)
    try:
        eventually(lambda: office.job(job_id).state == "done", "the job is done")
    finally:
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(PATIENCE_S) == 0
        db.session.remove()

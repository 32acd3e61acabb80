"""The daily backup as a job, and what an admin sees of the backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from backend import clock
from backend.folder_blobs import FolderBlobs
from backend.jobs import intents, kinds, work
from backend.models import Job
from backend.transactions import reading, writing
from tests.backend.backup_office import Office
from tests.stories import FakeTime, jpeg


@pytest.fixture
def office(app: Flask, time: FakeTime) -> Iterator[Office]:
    office = Office(app, time)
    office.start(demo=False)
    with office.app.app_context():
        yield office
    office.stop()


def ask(office: Office, kind: str = "daily-backup") -> str:
    with writing() as session:
        return intents.ask(session, clock.new_id(), kind, {}, None, office.time.now()).id


def job(job_id: str) -> Job:
    with reading() as session:
        found = session.get_one(Job, job_id)
        session.expunge(found)
        return found


@pytest.mark.both_databases
def test_the_hourly_job_makes_a_backup_a_day(office: Office) -> None:
    assert "daily-backup" in kinds.HOURLY
    first, second = ask(office), ask(office)
    assert work.run(first)
    assert work.run(second)
    (name,) = office.repository.names()
    assert (job(first).result or {})["made"] == name
    assert job(second).result == {"made": None}
    assert office.counter().backed_up_seq == office.manifest(name).head
    office.time.pass_by(days=1)
    assert work.run(ask(office))
    assert len(office.repository.names()) == 2


def test_a_backup_that_lacks_a_photo_says_so_and_does_not_count(office: Office) -> None:
    phone = office.server.phone()
    phone.report(photos=[phone.device.capture(jpeg())])
    assert phone.sync().quiet
    office.lose_photos()
    job_id = ask(office)
    assert work.run(job_id)
    assert (job(job_id).result or {})["lost"] == 1
    assert office.counter().backed_up_seq == 0


def test_a_backup_that_cannot_be_made_is_tried_again(office: Office) -> None:
    (office.settings.data / "backups").write_text("a file where the folder should be")
    job_id = ask(office)
    assert not work.run(job_id)
    assert (job(job_id).state, job(job_id).result) == ("asked", {"error": "BackupRefused"})


def test_a_long_job_runs_without_a_transaction_and_nobody_takes_it_up_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[str]] = []

    def hours(alive: Callable[[], object]) -> dict[str, Any]:
        for _ in range(30):
            office.time.pass_by(minutes=4)
            alive()
            with writing():  # would wait for ever if the job held the database
                found.append(work.due())
        return {}

    monkeypatch.setitem(kinds.LONG, "hours", hours)
    job_id = ask(office, "hours")
    assert work.run(job_id)
    assert job(job_id).state == "done"
    assert all(job_id not in due for due in found)


def test_a_long_job_that_somebody_else_took_up_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(alive: Callable[[], object]) -> dict[str, Any]:
        office.time.pass_by(hours=1)
        with writing() as session:
            assert intents.take(session, job_id, office.time.now())
        alive()
        raise AssertionError("it went on")

    monkeypatch.setitem(kinds.LONG, "cut-off", cut_off)
    job_id = ask(office, "cut-off")
    assert not work.run(job_id)
    assert (job(job_id).state, job(job_id).attempts) == ("running", 2)


def test_an_admin_sees_the_backups_and_how_old_the_newest_is(office: Office) -> None:
    admin = office.server.token("boss", "admin")
    client = office.app.test_client()
    assert client.get("/api/v1/backups", headers=admin).get_json() == {
        "items": [],
        "age_s": None,
        "backed_up_by": "bluegrid",
    }
    name = office.backup()
    office.time.pass_by(hours=2)
    said = client.get("/api/v1/backups", headers=admin).get_json()
    assert said["age_s"] == timedelta(hours=2).total_seconds()
    (shown,) = said["items"]
    assert (shown["name"], shown["head"], shown["lost"]) == (name, office.manifest(name).head, 0)
    (office.repository.path(name) / "manifest.json").write_text("{")
    assert client.get("/api/v1/backups", headers=admin).get_json()["items"] == []


def test_a_photo_is_copied_once_for_all_backups(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = office.server.phone()
    phone.report(photos=[phone.device.capture(jpeg())])
    assert phone.sync().quiet
    office.backup()
    opened: list[str] = []

    class Counting(FolderBlobs):
        def open(self, sha256: str, *args: Any) -> Any:
            opened.append(sha256)
            return super().open(sha256, *args)

    office.app.extensions["bluegrid.blobs"] = Counting(office.settings.data / "blobs")
    office.backup()
    assert opened == []

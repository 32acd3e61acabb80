"""The job of an export, killed, overtaken, taken back or broken: never half a file, and the end is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend import failpoints
from backend.jobs import exporting, intents, kinds
from backend.models import Counter, Export, Job
from backend.services import exports
from backend.transactions import writing
from tests.backend.records import LIUJIANG, Person, Records
from tests.backend.test_exports import URL, Desk


@pytest.fixture
def desk(app: Flask, client: FlaskClient, session: Session) -> Desk:
    return Desk(app, client)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def luo(records: Records) -> Person:
    """The supervisor who asks."""
    return records.person("supervisor", "450206")


@pytest.fixture
def killed(session: Session) -> Iterator[Callable[[str], None]]:
    """Cuts whoever passes a point off there, as a kill does: nothing after it is done."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    def killed_at(point: str, act: Callable[[], object]) -> None:
        failpoints.arm(point, die)
        with pytest.raises(Killed):
            act()
        failpoints.disarm()
        with writing() as session:
            intents.release_running(session)  # what the next consumer does when it starts

    yield killed_at
    failpoints.disarm()


@pytest.mark.both_databases
@pytest.mark.parametrize("point", failpoints.EXPORT_NAMES)
def test_a_job_killed_half_way_begins_again_and_leaves_no_half_file(desk, records, luo, killed, point):
    records.finding(luo)
    export = desk.asked(luo)
    killed(point, lambda: desk.run(export))
    shown = desk.get(luo, export)
    assert (shown["state"], shown["sha256"]) == ("running", None)
    assert desk.fetch(luo, export).json["code"] == "export-not-ready"
    part = exporting.files().folder / f"{export}.1.part"
    part.mkdir(exist_ok=True)  # a real kill leaves it behind
    (part / "made").write_bytes(b"half")
    records.finding(luo)
    assert desk.run(export)
    assert desk.get(luo, export)["progress"] == {"done": 2, "total": 2}
    assert f"{export}.2" in desk.left_on_disk()
    exporting.sweep()
    assert desk.left_on_disk() == [f"{export}.2"]
    assert desk.fetch(luo, export).status_code == 200


def test_an_attempt_that_another_has_overtaken_throws_its_file_away(desk, records, luo, time):
    records.finding(luo)
    export = desk.asked(luo)

    def overtake() -> None:
        with writing() as session:
            session.get_one(Export, export).attempt += 1

    failpoints.arm("export-written", overtake)
    desk.run(export)
    failpoints.disarm()
    assert desk.get(luo, export)["state"] == "running"
    assert desk.left_on_disk() == []


def test_an_export_that_is_deleted_while_it_is_made_stops_and_leaves_nothing(desk, records, luo, monkeypatch):
    for _ in range(3):
        records.finding(luo)
    export = desk.asked(luo)
    monkeypatch.setattr(exporting, "EVERY", timedelta(0))  # look after each row
    looked = []

    def alive() -> None:
        looked.append(desk.get(luo, export)["progress"])
        if len(looked) == 2:
            assert desk.delete(luo, export).status_code == 204

    assert exporting.run(alive, {"export": export}) == {"state": "taken back"}
    assert looked == [{"done": 0, "total": None}, {"done": 0, "total": 3}]
    assert desk.client.get(f"{URL}/{export}", headers=luo.headers).status_code == 404
    assert desk.left_on_disk() == []


def test_an_export_that_fails_each_time_says_so_in_the_end(desk, luo, session, time, monkeypatch):
    export = desk.asked(luo)

    def broken(*_args: Any) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(exporting.ExportFiles, "place", broken)
    for _ in range(intents.MOST_ATTEMPTS):
        assert desk.get(luo, export)["state"] in ("queued", "running")
        assert not desk.run(export)
        time.pass_by(minutes=2)
    shown = desk.get(luo, export)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "internal-error")
    assert desk.left_on_disk() == []


def test_an_export_whose_job_was_cut_off_too_often_is_told_as_failed_within_the_hour(desk, luo, session):
    export = desk.asked(luo)
    with writing() as other:
        job = other.get_one(Job, export)
        job.attempts, job.state = intents.MOST_ATTEMPTS, "asked"
    assert not desk.run(export)
    assert kinds.LONG["sweep-exports"](lambda: None) == {"ended": 1, "removed": 0}
    shown = desk.get(luo, export)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "export-failed")


def test_progress_is_written_down_while_the_snapshot_stands(desk, records, session, luo, monkeypatch):
    for _ in range(3):
        records.finding(luo, LIUJIANG)
    export = desk.asked(luo)
    monkeypatch.setattr(exporting, "EVERY", timedelta(0))
    seen = []
    said = exports.note_progress

    def note(session: Session, key: Any, done: int, total: int) -> bool:
        seen.append((done, total))
        session.get_one(Counter, 1).value += 1  # somebody writes meanwhile
        return said(session, key, done, total)

    monkeypatch.setattr(exports, "note_progress", note)
    head = session.get_one(Counter, 1).value
    assert desk.run(export)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert desk.get(luo, export)["seq"] == head

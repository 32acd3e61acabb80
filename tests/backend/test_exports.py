"""Exports as background jobs: asked for, made, fetched, taken back, and kept for so long."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.jobs import exporting, kinds, work
from backend.models import AuditEvent, Counter, Grant, User
from backend.services import accounts, exports
from backend.transactions import writing
from tests.backend.records import CHENGZHONG, Person, Records, jpeg

URL = "/api/v1/exports"


class Desk:
    """The console of the one who asks, and the job consumer behind it."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.app, self.client = app, client

    def ask(self, person: Person, kind: str = "ledger", format: str = "xlsx", **more: Any) -> Any:
        return self.client.post(URL, json={"kind": kind, "format": format, **more}, headers=person.headers)

    def asked(self, person: Person, kind: str = "ledger", format: str = "xlsx", **more: Any) -> str:
        answer = self.ask(person, kind, format, **more)
        assert answer.status_code == 202, answer.json
        return str(answer.json["id"])

    def made(self, person: Person, kind: str = "ledger", format: str = "xlsx", **more: Any) -> Any:
        """Ask, let the job run, and see it done."""
        export = self.asked(person, kind, format, **more)
        self.run(export)
        shown = self.get(person, export)
        assert shown["state"] == "done", shown
        return shown

    def run(self, export: str) -> bool:
        return work.run(export)

    def get(self, person: Person, export: str) -> Any:
        return self.client.get(f"{URL}/{export}", headers=person.headers).json

    def fetch(self, person: Person, export: str) -> Any:
        return self.client.get(f"{URL}/{export}/file", headers=person.headers)

    def delete(self, person: Person, export: str) -> Any:
        return self.client.delete(f"{URL}/{export}", headers=person.headers)

    def left_on_disk(self) -> list[str]:
        folder = exporting.files().folder
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


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
def boss(records: Records) -> Person:
    return records.person("admin")


@pytest.fixture
def limit(app: Flask) -> Callable[[int], None]:
    """Sets how many rows a list with photos may have."""

    def limit(rows: int) -> None:
        app.extensions["bluegrid.settings"] = replace(app.extensions["bluegrid.settings"], export_rows=rows)

    return limit


@pytest.mark.both_databases
def test_an_export_is_asked_for_made_and_fetched(desk, records, luo, time):
    finding = records.finding(luo)
    records.photo(luo, finding, records.bytes_of(luo, jpeg()))
    records.finding(luo, CHENGZHONG, author_id=records.person("inspector", "450202").id)  # not hers to see
    answer = desk.ask(luo, filters={"topic": "dust"}, language="zh-CN")
    asked = answer.json
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{URL}/{asked['id']}"
    assert (asked["state"], asked["progress"], asked["sha256"]) == ("queued", {"done": 0, "total": None}, None)
    assert desk.run(asked["id"])
    made = desk.get(luo, asked["id"])
    assert (made["state"], made["progress"], made["error"]) == ("done", {"done": 1, "total": 1}, None)
    file = desk.fetch(luo, asked["id"])
    assert file.status_code == 200
    assert hashlib.sha256(file.data).hexdigest() == made["sha256"] == file.headers["X-Content-SHA256"]
    assert len(file.data) == made["bytes"]
    assert file.headers["Cache-Control"] == "private, no-store"
    assert "filename*=UTF-8''%E6%95%B4%E6%94%B9%E5%8F%B0%E8%B4%A6-" in file.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(file.data)).worksheets[0]
    assert [cell.value for cell in sheet[3]][:2] == [1, finding.number]
    assert sheet.max_row == 3
    assert desk.left_on_disk() == [f"{asked['id']}.1"]


def test_the_same_wish_at_the_same_seq_gives_the_same_bytes(desk, records, luo):
    finding = records.finding(luo)
    records.photo(luo, finding, records.bytes_of(luo, jpeg()), role="after")
    first, second = desk.made(luo), desk.made(luo)
    assert first["id"] != second["id"]
    assert (first["seq"], first["sha256"]) == (second["seq"], second["sha256"])


def test_a_stated_seq_is_answered_from_what_is_kept_or_refused(desk, records, session, luo):
    made = desk.made(luo)
    again = desk.ask(luo, seq=made["seq"])
    assert (again.status_code, again.json["id"]) == (200, made["id"])
    assert desk.ask(luo, "weekly-list", seq=made["seq"]).status_code == 202
    with writing() as other:
        other.get_one(Counter, 1).value += 1
    again = desk.ask(luo, seq=made["seq"])
    assert (again.status_code, again.json["id"]) == (200, made["id"])
    passed = desk.ask(luo, filters={"topic": "dust"}, seq=made["seq"])
    assert (passed.status_code, passed.json["code"]) == (409, "export-seq-passed")
    assert passed.json["head"] == made["seq"] + 1


def test_data_that_move_on_before_the_job_runs_make_a_stated_seq_fail_with_its_reason(desk, session, luo):
    head = session.get_one(Counter, 1).value
    export = desk.asked(luo, seq=head)
    with writing() as other:
        other.get_one(Counter, 1).value += 1
    desk.run(export)
    shown = desk.get(luo, export)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "export-seq-passed")
    refused = desk.fetch(luo, export)
    assert (refused.status_code, refused.json["code"], refused.json["reason"]) == (
        409,
        "export-failed",
        "export-seq-passed",
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "everything"}, "export-unsupported"),
        ({"kind": "ledger", "format": "shp"}, "export-unsupported"),
        ({"format": "docx"}, "export-unsupported"),
        ({"filters": {"colour": "red"}}, "filter-invalid"),
        ({"filters": {"topic": "weather"}}, "filter-invalid"),
        ({"filters": {"topic": ["dust"]}}, "filter-invalid"),
        ({"filters": {"cell": "999999"}}, "filter-invalid"),
        ({"filters": {"text": "\0"}}, "text-invalid"),
        ({"kind": "fire-point-ledger", "filters": {"topic": "dust"}}, "filter-invalid"),
        ({"kind": "fire-point-ledger", "filters": {"assignee": "me"}}, "filter-invalid"),
        ({"language": "fr"}, "input-invalid"),
        ({"seq": -1}, "input-invalid"),
        ({"as_of": "2199-01-01"}, "input-invalid"),
        ({"filters": 5}, "input-invalid"),
        ({"colour": "red"}, "input-invalid"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_a_code(desk, luo, said, code):
    answer = desk.ask(luo, **said)
    assert (answer.status_code, answer.json["code"]) == (422, code), answer.json


def test_more_rows_than_a_file_may_have_are_refused_when_asked_for_with_the_limit(desk, records, limit, luo):
    for _ in range(3):
        records.finding(luo)
    limit(2)
    refused = desk.ask(luo, filters={"topic": "dust"})
    assert (refused.status_code, refused.json["code"], refused.json["limit"]) == (422, "export-too-large", 2)
    assert "at most 2 rows" in refused.json["detail"]
    assert "cell" in refused.json["narrow_by"]
    assert "topic" not in refused.json["narrow_by"]
    assert desk.ask(luo, "findings", "csv").status_code == 202  # no photos: ten times as many
    assert desk.ask(luo, "unit-summary", "csv").status_code == 202  # a line per unit, however many


def test_a_list_that_grows_beyond_the_limit_before_it_is_made_fails_with_its_reason(desk, records, limit, luo):
    records.finding(luo)
    limit(1)
    export = desk.asked(luo)
    records.finding(luo)
    desk.run(export)
    shown = desk.get(luo, export)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "export-too-large")
    assert desk.left_on_disk() == []


def test_one_person_has_at_most_five_exports_under_way(desk, luo, boss):
    for _ in range(exports.MOST_WAITING):
        last = desk.asked(luo)
    refused = desk.ask(luo)
    assert (refused.status_code, refused.json["code"]) == (409, "exports-waiting")
    assert desk.ask(boss).status_code == 202
    assert desk.delete(luo, last).status_code == 204
    assert desk.ask(luo).status_code == 202


def test_nobody_but_the_asker_and_admins_knows_of_an_export(desk, records, luo, boss):
    other = records.person("supervisor", "450206")
    export = desk.made(luo)["id"]
    for answer in (
        desk.client.get(f"{URL}/{export}", headers=other.headers),
        desk.fetch(other, export),
        desk.delete(other, export),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")
    listed = {
        person: [each["id"] for each in desk.client.get(URL, headers=person.headers).json["items"]]
        for person in (other, luo, boss)
    }
    assert listed == {other: [], luo: [export], boss: [export]}
    assert desk.fetch(boss, export).status_code == 200


def test_the_list_comes_in_pages(desk, luo):
    asked = [desk.asked(luo) for _ in range(3)]
    first = desk.client.get(URL, query_string={"limit": 2, "total": "true"}, headers=luo.headers).json
    rest = desk.client.get(URL, query_string={"limit": 2, "cursor": first["next_cursor"]}, headers=luo.headers).json
    assert first["total"] == 3
    assert sorted(each["id"] for each in first["items"] + rest["items"]) == sorted(asked)
    assert rest["next_cursor"] is None


def test_rights_taken_back_before_the_job_runs_make_it_fail_with_its_reason(desk, records, session, luo, boss):
    export = desk.asked(luo)
    session.rollback()
    session.delete(session.get_one(Grant, (luo.id, "450206")))
    session.commit()
    desk.run(export)
    shown = desk.get(boss, export)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "export-rights-changed")


def test_rights_gained_since_are_not_used_and_rights_lost_since_keep_the_file_shut(desk, records, session, luo, boss):
    records.finding(luo, CHENGZHONG, author_id=records.person("inspector", "450202").id)
    export = desk.asked(luo)
    session.add(Grant(user_id=luo.id, code="450202"))
    session.commit()
    desk.run(export)
    assert desk.get(luo, export)["progress"] == {"done": 0, "total": 0}
    session.get_one(User, luo.id).grants = []
    session.commit()
    shut = desk.fetch(luo, export)
    assert (shut.status_code, shut.json["code"]) == (403, "export-rights-changed")
    assert desk.fetch(boss, export).status_code == 200


def test_files_are_kept_for_thirty_days_and_then_swept(desk, luo, boss, time):
    export = desk.made(luo)["id"]
    assert "sweep-exports" in kinds.HOURLY
    exporting.sweep()
    assert desk.left_on_disk() == [f"{export}.1"]
    time.pass_by(days=30, seconds=1)
    exporting.sweep()
    assert desk.left_on_disk() == []
    with writing() as session:
        token, _ = accounts.open_login(session, session.get_one(User, luo.id), clock.now(), 12)
    gone = desk.client.get(f"{URL}/{export}/file", headers={"Authorization": f"Bearer {token}"})
    assert (gone.status_code, gone.json["code"]) == (410, "export-gone")
    shown = desk.client.get(f"{URL}/{export}", headers={"Authorization": f"Bearer {token}"}).json
    assert (shown["state"], shown["progress"]) == ("expired", {"done": 0, "total": 0})


@pytest.mark.parametrize("harm", ["vanished", "cut"])
def test_a_file_that_vanished_from_the_disk_is_told_as_gone(desk, luo, harm):
    export = desk.made(luo)["id"]
    path = exporting.files().folder / f"{export}.1"
    if harm == "vanished":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    gone = desk.fetch(luo, export)
    assert (gone.status_code, gone.json["code"]) == (410, "export-gone")
    assert desk.delete(luo, export).status_code == 204


def test_a_file_is_gone_from_the_disk_when_its_export_is_deleted(desk, luo):
    export = desk.made(luo)["id"]
    assert desk.delete(luo, export).status_code == 204
    assert desk.left_on_disk() == []
    assert desk.delete(luo, export).status_code == 404


def test_asking_making_and_fetching_are_in_the_audit_trail_without_the_text_looked_for(desk, session, luo):
    export = desk.made(luo, filters={"text": "张三", "topic": "dust"})["id"]
    desk.fetch(luo, export)
    desk.delete(luo, export)
    session.rollback()
    found = session.scalars(select(AuditEvent).where(AuditEvent.subject == export).order_by(AuditEvent.n)).all()
    assert [event.action for event in found] == ["export.ask", "export.made", "export.fetch", "export.delete"]
    assert {event.actor_id for event in found} == {luo.id}
    assert found[0].details["filters"] == {"topic": "dust"}
    assert "张三" not in str([event.details for event in found])

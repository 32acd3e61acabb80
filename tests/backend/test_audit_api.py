"""The audit trail searched: reads of personal data leave a row, and so does the search."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import AuditEvent
from tests.backend.records import Person, Records, new_id, statements
from tests.stories import Server

URL = "/api/v1/audit"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def boss(records: Records) -> Person:
    return records.person("admin", "450000")


@pytest.fixture
def wei(records: Records) -> Person:
    return records.person("inspector", "450206")


def found(client: FlaskClient, boss: Person, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, query_string=asked, headers=boss.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_whoever_reads_sites_and_their_phones_is_written_down(
    client: FlaskClient, records: Records, boss: Person, wei: Person
) -> None:
    site = records.site()
    client.get(f"/api/v1/sites/{site.id}", headers=wei.headers)
    client.get("/api/v1/sites?kind=construction&limit=5", headers=wei.headers)
    one, many = reversed(found(client, boss, action="read.", actor=wei.id))
    assert (one["action"], one["subject"], one["details"]) == ("read.sites", site.id, {"asked": []})
    assert (many["subject"], many["details"]) == (None, {"asked": ["kind", "limit"]})


def test_what_is_asked_for_is_not_written_down_only_that_it_was_asked(
    client: FlaskClient, records: Records, boss: Person, wei: Person
) -> None:
    client.get("/api/v1/users?name=张三", headers=boss.headers)
    client.get("/api/v1/sites/by-label/a%00b?%00=x&\u00e9=1", headers=wei.headers)
    assert [event["details"]["asked"] for event in found(client, boss, action="read.")] == [["action"], [], ["name"]]


def test_a_device_that_reads_is_named_beside_its_person(client: FlaskClient, server: Server, boss: Person) -> None:
    phone = server.phone()
    assert phone.raw("GET", "/api/v1/sites").status == 200
    (event,) = found(client, boss, action="read.sites")
    assert (event["actor_name"], len(event["details"]["device"])) == ("wei", 1)


def test_a_pull_that_brings_rows_with_phones_is_written_down_and_another_is_not(
    client: FlaskClient, server: Server, boss: Person
) -> None:
    phone = server.phone()
    assert phone.sync().quiet
    assert found(client, boss, action="read.mirror") == []
    position = {"lon": 109.33, "lat": 24.255, "datum": "CGCS2000", "accuracy_m": 5}
    site = {"code": "S-1", "name": "工地", "kind": "construction", "position": position, "phone": "13800000000"}
    assert client.post("/api/v1/sites", json=site, headers=boss.headers).status_code == 201
    for _ in range(2):
        assert phone.sync().quiet
    (event,) = found(client, boss, action="read.mirror")
    assert (event["actor_name"], event["details"]["rows"], len(event["details"]["device"])) == ("wei", {"site": 1}, 1)


def test_whoever_may_not_read_leaves_no_row(client: FlaskClient, boss: Person, wei: Person) -> None:
    assert client.get("/api/v1/users", headers=wei.headers).status_code == 403
    assert client.get(URL, headers=wei.headers).status_code == 403
    assert found(client, boss, action="read.", actor=wei.id) == []


def test_the_search_is_itself_in_the_trail(client: FlaskClient, boss: Person, session: Session) -> None:
    found(client, boss, subject="x")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "read.audit")).one()
    assert (event.actor_id, event.details) == (boss.id, {"asked": ["subject"]})


def test_it_is_narrowed_by_time_subject_and_action(
    client: FlaskClient, server: Server, boss: Person, wei: Person
) -> None:
    server.time.pass_by(hours=1)
    server.token("late", "inspector")
    since = server.time.now().isoformat()
    assert {event["action"] for event in found(client, boss, since=since)} == {"user.create", "login", "read.audit"}
    before = found(client, boss, until=since)
    assert before
    assert {event["at"] for event in before} == {"2026-11-22T10:00:00+00:00"}
    assert [event["subject"] for event in found(client, boss, action="user.create", subject=wei.id)] == [wei.id]
    assert found(client, boss, action="user") == []


def test_it_comes_in_pages_that_later_events_do_not_shift(client: FlaskClient, server: Server, boss: Person) -> None:
    for name in ("a", "b", "c"):
        server.person(name)
    page = client.get(f"{URL}?action=user.create&limit=2", headers=boss.headers).get_json()
    server.person("d")
    rest = client.get(f"{URL}?action=user.create&limit=2&cursor={page['next_cursor']}", headers=boss.headers).get_json()
    names = [event["subject"] for event in [*page["items"], *rest["items"]]]
    assert (len(set(names)), rest["next_cursor"], rest["complete_since"]) == (4, None, None)


def test_people_and_things_that_events_name_by_id_come_with_their_names(
    client: FlaskClient, records: Records, boss: Person, wei: Person
) -> None:
    finding, site = records.finding(wei), records.site(name="河东工地")
    records.noted(boss, "evidence.bundle", finding.id, missing=0)
    records.noted(boss, "task.assign", new_id(), to=wei.id, sites=[site.id, "河东"])
    (bundle,) = found(client, boss, action="evidence.bundle")
    (task,) = found(client, boss, action="task.assign")
    assert bundle["names"] == {boss.id: "测试admin", finding.id: finding.number}
    assert task["names"] == {boss.id: "测试admin", wei.id: "测试inspector", site.id: "河东工地"}


def test_names_are_looked_up_as_often_for_many_events_as_for_one(
    app: Flask, client: FlaskClient, records: Records, boss: Person
) -> None:
    seen = statements(app)

    def asked() -> int:
        before = len(seen)
        assert client.get(f"{URL}?action=user.change", headers=boss.headers).status_code == 200
        return len(seen) - before

    records.noted(boss, "user.change", boss.id)
    one = asked()
    for _ in range(5):
        records.noted(boss, "user.change", records.person("inspector", "450206").id)
    assert asked() == one


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("cursor=x", "cursor-invalid"),
        ("cursor=99999999999999999999", "cursor-invalid"),
        ("cursor=²", "cursor-invalid"),
        ("actor=me", "input-invalid"),
        ("since=yesterday", "input-invalid"),
        ("limit=0", "input-invalid"),
        ("subject=a%00", "text-invalid"),
    ],
)
def test_what_makes_no_sense_is_told_so(client: FlaskClient, boss: Person, asked: str, code: str) -> None:
    answer = client.get(f"{URL}?{asked}", headers=boss.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)

"""Certificates: on which days they hold, who keeps them, and that a penalty needs two."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import AuditEvent, Finding, Inspection
from backend.services import certificates
from tests.backend.records import NOON, Person, Records, new_id

URL = "/api/v1/certificates"
TODAY = date(2026, 11, 22)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def boss(records: Records) -> Person:
    return records.person("admin", "450000")


@pytest.fixture
def wei(records: Records) -> Person:
    return records.person("inspector", "450206")


@pytest.fixture
def mo(records: Records) -> Person:
    return records.person("inspector", "450206")


class Register:
    """The certificates as an admin keeps them."""

    def __init__(self, client: FlaskClient, boss: Person) -> None:
        self.client, self.who = client, boss.headers

    def add(self, person: Person, number_: str, days: int = 365, **more: Any) -> Any:
        said = {"number": number_, "issuer": "柳州市生态环境局", "user": person.id, "valid_from": "2026-01-01"}
        said["valid_to"] = (TODAY + timedelta(days=days)).isoformat()
        return self.client.post(URL, json={**said, **more}, headers=self.who)

    def change(self, certificate: str, **fields: Any) -> Any:
        return self.client.patch(f"{URL}/{certificate}", json=fields, headers=self.who)

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(URL + query, headers=self.who).get_json()["items"]
        return found


@pytest.fixture
def register(client: FlaskClient, boss: Person) -> Register:
    return Register(client, boss)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_it_holds_from_its_first_day_to_its_last(register: Register, wei: Person, session: Session) -> None:
    assert register.add(wei, "桂B0001", days=0).status_code == 201
    days = {
        date(2025, 12, 31): False, date(2026, 1, 1): True, TODAY: True, TODAY + timedelta(days=1): False,
    }  # fmt: skip
    assert {day: certificates.valid(session, wei.id, day) for day in days} == days


def test_days_are_those_of_china(register: Register, wei: Person, records: Records) -> None:
    assert certificates.day_of(NOON.replace(hour=15, minute=59)) == TODAY
    assert certificates.day_of(NOON.replace(hour=16)) == TODAY + timedelta(days=1)


def test_one_that_was_withdrawn_holds_no_more_from_that_day(register: Register, wei: Person, session: Session) -> None:
    made = register.add(wei, "桂B0001").get_json()
    assert made["valid"] is True
    gone = register.change(made["id"], rev=1, withdrawn_on=TODAY.isoformat()).get_json()
    assert (gone["valid"], gone["rev"]) == (False, 2)
    assert certificates.valid(session, wei.id, TODAY - timedelta(days=1))
    assert not certificates.valid(session, wei.id, TODAY)


def test_a_number_is_taken_once_however_it_is_written(register: Register, wei: Person, mo: Person) -> None:
    assert register.add(wei, "桂B0001").status_code == 201
    assert problem(register.add(mo, " 桂ｂ ０００１ ")) == (409, "already-exists")
    other = register.add(mo, "桂B0002").get_json()
    assert problem(register.change(other["id"], rev=1, number="桂b0001")) == (409, "already-exists")
    assert problem(register.change(other["id"], rev=5, issuer="甲")) == (409, "revision-stale")
    assert register.change(other["id"], rev=1, number="桂B0002 ").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_from": "2027-12-31"},
        {"valid_to": "2026-02-30"},
        {"user": "0192f0c1-0000-7000-8000-000000000000"},
        {"number": "   "},
        {"issuer": ""},
        {"stamp": "red"},
    ],
)
def test_what_cannot_be_a_certificate_is_refused(register: Register, wei: Person, wrong: dict[str, Any]) -> None:
    assert problem(register.add(wei, "桂B0001", **wrong)) == (422, "input-invalid")


def test_those_that_run_out_within_thirty_days_are_listed(register: Register, wei: Person, mo: Person) -> None:
    for number, days in (("past", -1), ("today", 0), ("soon", 30), ("later", 31)):
        register.add(wei, number, days=days)
    assert {(each["number"], each["days_left"]) for each in register.listed("?ending=true")} == {
        ("today", 0), ("soon", 30),
    }  # fmt: skip
    assert len(register.listed(f"?user={wei.id}")) == 4
    assert register.listed(f"?user={mo.id}") == []


def test_supervisors_look_and_only_admins_write(client: FlaskClient, records: Records, wei: Person) -> None:
    chief = records.person("supervisor", "450206")
    assert client.get(URL, headers=chief.headers).status_code == 200
    assert client.post(URL, json={}, headers=chief.headers).status_code == 403
    assert client.get(URL, headers=wei.headers).status_code == 403


def test_every_change_is_in_the_trail(register: Register, wei: Person, session: Session) -> None:
    made = register.add(wei, "桂B0001").get_json()
    register.change(made["id"], rev=1, issuer="柳江区")
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == made["id"])).all()
    assert actions == ["certificate.create", "certificate.change"]


# penalties -------------------------------------------------------------------------------------------------------
def evidence(records: Records, author: Person, *officers: dict[str, Any]) -> Finding:
    """A registered finding of an administrative inspection that a device graded as evidence."""
    inspection = Inspection(
        id=new_id(), rev=1, checklist="dust", checklist_version="1", mode="administrative", grade="evidence",
        grade_reasons=[], author_id=author.id, stream_id=new_id(), started_at=NOON, finished_at=NOON, received_at=NOON,
        details={"officers": list(officers)}, answers=[], advice=[], flags=[],
    )  # fmt: skip
    records.session.add(inspection)
    records.session.flush()
    return records.finding(author, state="registered", grade="evidence", inspection_id=inspection.id)


def transferred(client: FlaskClient, boss: Person, finding: Finding) -> Any:
    asked = {"from": "registered", "to": "penalty_transfer"}
    return client.post(f"/api/v1/findings/{finding.id}/steps", json=asked, headers=boss.headers)


def test_a_penalty_needs_two_officers_whose_certificates_are_known(
    client: FlaskClient, records: Records, register: Register, boss: Person, wei: Person, mo: Person
) -> None:
    finding = evidence(
        records, wei, {"user": wei.id, "certificate_no": "桂b０００１"}, {"user": None, "certificate_no": "桂B0002"}
    )
    register.add(wei, "桂B0001")
    refused = transferred(client, boss, finding)
    assert (refused.status_code, refused.get_json()["lacks"]) == (409, ["officers-uncertified"])
    register.add(mo, "桂B0002", days=-1)  # run out the day before
    assert transferred(client, boss, finding).status_code == 409
    register.change(register.listed(f"?user={mo.id}")[0]["id"], rev=1, valid_to=TODAY.isoformat())
    assert transferred(client, boss, finding).status_code == 200


@pytest.mark.parametrize("fault", ["another's", "one person's two", "no text"])
def test_certificates_that_are_not_the_officers_own_do_not_count(
    client: FlaskClient, records: Records, register: Register, boss: Person, wei: Person, mo: Person, fault: str
) -> None:
    second = {
        "another's": {"user": wei.id, "certificate_no": "B2"},
        "one person's two": {"certificate_no": "A2"},
        "no text": {"certificate_no": 2},
    }[fault]
    finding = evidence(records, wei, {"user": wei.id, "certificate_no": "A1"}, second)
    for person, number in ((wei, "A1"), (wei, "A2"), (mo, "B2"), (mo, "2")):
        register.add(person, number)
    assert transferred(client, boss, finding).get_json()["lacks"] == ["officers-uncertified"]

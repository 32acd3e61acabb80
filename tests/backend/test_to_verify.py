"""What is looked at before several findings are verified at once: one request says of each what speaks against it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.api import documents
from tests.backend.records import CHENGZHONG, Person, Records, new_id, statements
from tests.backend.test_evidence_grounds import Ground
from tests.backend.test_photo_flags import look, record
from tests.pictures import jpeg, scene
from tests.stories import Server

URL = "/api/v1/findings/to-verify"
SAID = ("flags", "photos", "photo_flags", "evidence_lacks", "grade")


def test_it_says_of_each_what_its_own_page_says(server: Server, client: FlaskClient) -> None:
    ground = Ground(server, client)
    ground.certify(ground.officers[0], "桂B-0")
    uncertified, patrol = ground.inspect(), ground.inspect(mode="patrol")
    ground.certify(ground.officers[1], "桂B-1")
    second = ground.inspect()
    used, again = (record(ground.phone, jpeg(scene(1)))[0] for _ in range(2))
    ground.phone.sync()
    look(server)
    asked = [uncertified, patrol, second, used, again]
    items = client.post(URL, json={"ids": asked}, headers=ground.chief).get_json()["items"]
    assert documents.FindingToVerifySchema(many=True).validate(items) == {}
    assert {item["id"] for item in items} == set(asked)
    for item in items:
        alone = client.get(f"/api/v1/findings/{item['id']}", headers=ground.chief).get_json()
        assert {name: item[name] for name in SAID} == {name: alone[name] for name in SAID}
    lacks = {item["id"]: item["evidence_lacks"] for item in items}
    assert [lacks[each] for each in asked] == [[], ["patrol"], [], *[["no-administrative-inspection"]] * 2]
    assert [item["id"] for item in items if item["photo_flags"]] == [again]


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def chief(records: Records) -> Person:
    return records.person("supervisor", "450206")


def test_what_one_may_not_see_and_what_there_is_not_is_not_among_them(
    client: FlaskClient, records: Records, chief: Person
) -> None:
    own = records.finding(chief)
    far = records.finding(records.person("inspector", "450202"), CHENGZHONG)
    answer = client.post(URL, json={"ids": [far.id, own.id, new_id()]}, headers=chief.headers)
    assert [item["id"] for item in answer.get_json()["items"]] == [own.id]


def test_fifty_cost_as_many_statements_as_five(
    app: Flask, client: FlaskClient, records: Records, chief: Person
) -> None:
    there = []
    for n in range(50):
        finding = records.finding(chief)
        records.photo(chief, finding, records.bytes_of(chief, b"%d" % n))
        there.append(finding.id)
    client.post(URL, json={"ids": there[:1]}, headers=chief.headers)  # what is cached once a process is cached now
    seen, counts = statements(app), []
    for some in (there[:5], there):
        del seen[:]
        answer = client.post(URL, json={"ids": some}, headers=chief.headers)
        assert len(answer.get_json()["items"]) == len(some)
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("ids", [[], [new_id()] * 201, ["one"]], ids=["none", "too many", "no id"])
def test_none_too_many_and_what_is_no_id_are_refused(client: FlaskClient, chief: Person, ids: list[str]) -> None:
    answer = client.post(URL, json={"ids": ids}, headers=chief.headers)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")

"""Inspections as the API shows them: worded by the version that they pinned, seen by those who may."""

from __future__ import annotations

import orjson
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend.api import documents
from tests.backend.records import ITEM, NOON, Records, new_id

URL = "/api/v1/inspections"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.mark.both_databases
def test_an_inspection_is_read_by_the_version_that_it_pinned(client, records):
    inspector = records.person("inspector", "450206")
    version = records.checklist()
    words = next(item["text"] for item in orjson.loads(version.body)["items"] if item["code"] == ITEM)
    inspection = records.inspection(inspector, version, details={"approval_no": "检字1号"})
    finding = records.finding(inspector, inspection_id=inspection.id)
    answer = client.get(f"{URL}/{inspection.id}", headers=inspector.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert documents.InspectionDetailSchema().validate(found) == {}
    assert found["answers"] == [{"item": ITEM, "result": "fail", "note": None, "text": words}]
    assert found["findings"] == [finding.id]
    assert found["details"] == {"approval_no": "检字1号"}


def test_an_answer_to_an_item_that_nobody_knows_is_shown_without_words(client, records):
    inspector = records.person("inspector", "450206")
    inspection = records.inspection(inspector, records.checklist(), checklist_version="1999.1")
    assert client.get(f"{URL}/{inspection.id}", headers=inspector.headers).json["answers"][0]["text"] is None


def test_inspections_are_listed_for_those_who_may_see_them(client, records):
    version = records.checklist()
    inspector, neighbour = records.person("inspector", "450206"), records.person("inspector", "450202")
    own = records.inspection(inspector, version, finished_at=NOON.replace(hour=5))
    in_area = records.inspection(neighbour, version, cell="450206100")
    hidden = records.inspection(neighbour, version, cell="450202")
    answer = client.get(URL, headers=inspector.headers).json
    assert [item["id"] for item in answer["items"]] == [own.id, in_area.id]
    assert documents.InspectionSchema(many=True).validate(answer["items"]) == {}
    assert client.get(f"{URL}/{hidden.id}", headers=inspector.headers).status_code == 404
    assert client.get(f"{URL}/{new_id()}", headers=inspector.headers).status_code == 404


def test_inspections_are_narrowed_by_site_checklist_mode_and_cell(client, records):
    admin, site_id = records.person("admin"), new_id()
    wanted = records.inspection(admin, records.checklist(), cell="450206100", site_id=site_id, mode="administrative")
    records.inspection(admin, records.checklist("straw-liuzhou"), cell="450202")
    for query in ({"site": site_id}, {"checklist": "dust-liuzhou"}, {"mode": "administrative"}, {"cell": "450206"}):
        items = client.get(URL, query_string=query, headers=admin.headers).json["items"]
        assert [item["id"] for item in items] == [wanted.id], query


@pytest.mark.parametrize("query", [{"mode": "raid"}, {"cell": "999"}, {"site": "\0"}, {"limit": 0}, {"cursor": "x"}])
def test_a_question_that_makes_no_sense_is_refused_with_a_code(client, records, query):
    answer = client.get(URL, query_string=query, headers=records.person("admin").headers)
    assert answer.status_code == 422
    assert answer.json["code"]

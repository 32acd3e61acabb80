"""Sites: added by those whose area it is, told to devices, listed for those who may see them."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.api import documents
from backend.models import AuditEvent, Counter, Entry, SyncedRow
from tests.backend.records import BEIJING_CITY, CHENGZHONG, LIUJIANG, Records, new_id

URL = "/api/v1/sites"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def new_site(at: tuple[float, float] = LIUJIANG, **given: Any) -> dict[str, Any]:
    position = {"lon": at[0], "lat": at[1], "datum": "CGCS2000", "accuracy_m": 3}
    return {
        "code": "LJ-001",
        "name": "拉堡安置房",
        "kind": "construction",
        "position": position,
        "attributes": {"floor_area_m2": 6000},
        **given,
    }


@pytest.mark.both_databases
def test_a_new_site_gets_its_cell_and_is_told_to_the_devices_there(client, session, records):
    supervisor = records.person("supervisor", "450206")
    before = session.get_one(Counter, 1).value
    answer = client.post(URL, json=new_site(), headers=supervisor.headers)
    assert answer.status_code == 201, answer.text
    site = answer.json
    assert documents.SiteSchema().validate(site) == {}
    assert (site["cell"], site["rev"]) == ("450206100", 1)
    assert site["position"]["datum"] == "CGCS2000"
    session.rollback()
    row = session.get_one(SyncedRow, ("site", site["id"]))
    assert row.content is not None
    assert orjson.loads(row.content) == site
    assert before < row.seq <= session.get_one(Counter, 1).value
    scopes = session.scalars(select(Entry.scope).where(Entry.type == "site", Entry.row_id == site["id"])).all()
    assert set(scopes) == {"area:450206100", "area:450206", "area:450200", "area:450000"}
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.subject == site["id"])).all() == ["site.add"]
    assert client.get(f"{URL}/{site['id']}", headers=supervisor.headers).json == site


def test_a_gcj02_position_is_kept_as_sent_and_stored_canonical(client, records):
    position = {"lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "GCJ02"}
    site = client.post(URL, json=new_site(position=position), headers=records.person("admin").headers).json
    assert (site["position"]["lon"], site["position"]["datum"]) == (LIUJIANG[0], "GCJ02")
    assert 0.001 < abs(site["location"]["lon"] - LIUJIANG[0]) < 0.02


def test_a_site_outside_ones_area_may_not_be_added(client, records):
    supervisor, city = records.person("supervisor", "450206"), records.person("supervisor", "450200")
    for at in (CHENGZHONG, BEIJING_CITY):
        answer = client.post(URL, json=new_site(at), headers=supervisor.headers)
        assert (answer.status_code, answer.json["code"]) == (403, "not-allowed")
    assert client.post(URL, json=new_site(BEIJING_CITY), headers=city.headers).json["cell"] is None


def test_only_supervisors_and_admins_add_sites(client, records):
    inspector = records.person("inspector", "450206")
    for headers in (inspector.headers, records.device_header(inspector)):
        assert client.post(URL, json=new_site(), headers=headers).status_code == 403


def test_a_code_is_given_once(client, records):
    admin = records.person("admin")
    assert client.post(URL, json=new_site(), headers=admin.headers).status_code == 201
    again = client.post(URL, json=new_site(), headers=admin.headers)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"position": {"lon": 109.3, "lat": 24.2}}, "datum-missing"),
        ({"position": {"lon": 109.3, "lat": 24.2, "datum": "Mars"}}, "datum-unknown"),
        ({"position": {"lon": 109.3, "lat": 91, "datum": "WGS84"}}, "coordinate-invalid"),
        ({"position": "here"}, "position-invalid"),
        ({"position": None}, "input-invalid"),
        ({"name": "a\0b"}, "text-invalid"),
        ({"name": "半个\ud800"}, "text-invalid"),
        ({"attributes": {"a": "\0"}}, "text-invalid"),
        ({"attributes": {"a": {"nested": 1}}}, "input-invalid"),
        ({"attributes": {str(n): 1 for n in range(101)}}, "input-invalid"),
        ({"name": ""}, "input-invalid"),
        ({"kind": "castle"}, "input-invalid"),
        ({"colour": "red"}, "input-invalid"),
    ],
)
def test_a_site_that_makes_no_sense_is_refused_with_a_code(client, records, given, code):
    body = json.dumps(new_site(**given))  # the standard library's, which lets half a character through
    answer = client.post(URL, data=body, content_type="application/json", headers=records.person("admin").headers)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_sites_are_listed_for_those_in_their_area_and_narrowed(client, records):
    inspector, admin = records.person("inspector", "450206"), records.person("admin")
    here = records.site(LIUJIANG, name="百朋堆场", kind="road")
    there = records.site(CHENGZHONG)
    listed = client.get(URL, headers=inspector.headers).json
    assert [item["id"] for item in listed["items"]] == [here.id]
    assert documents.SiteSchema(many=True).validate(listed["items"]) == {}
    for query in ({"kind": "road"}, {"cell": "450206"}, {"text": "百朋"}):
        items = client.get(URL, query_string=query, headers=admin.headers).json["items"]
        assert [item["id"] for item in items] == [here.id], query
    assert client.get(f"{URL}/{there.id}", headers=inspector.headers).status_code == 404
    assert client.get(f"{URL}/{new_id()}", headers=admin.headers).status_code == 404
    assert client.get(URL, query_string={"kind": "castle"}, headers=admin.headers).json["code"] == "input-invalid"

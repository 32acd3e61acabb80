"""Sites changed: who may, from which revision, and what the history, the label and the devices show."""

from __future__ import annotations

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from backend.api import documents
from backend.models import Entry, Site, SyncedRow
from backend.services import plan_sites, site_doubts, site_register
from backend.sync_store import SqlStore
from backend.transactions import writing
from geo.datum import Datum, from_cgcs2000
from tests.backend.records import CHENGZHONG, LIUJIANG, Records, new_id
from tests.backend.test_sites_api import new_site

URL = "/api/v1/sites"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def added(client, supervisor, **given):
    answer = client.post(URL, json=new_site(**given), headers=supervisor.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


@pytest.mark.both_databases
def test_a_change_is_told_to_devices_and_kept_with_its_reason(client, session, records):
    supervisor = records.person("supervisor", "450206")
    site = added(client, supervisor)
    body = {
        "rev": 1,
        "name": "拉堡二期",
        "attributes": {"floor_area_m2": None, "main_urban_site": True},
        "reason": "更名",
    }
    changed = client.patch(f"{URL}/{site['id']}", json=body, headers=supervisor.headers)
    assert changed.status_code == 200, changed.text
    assert documents.SiteSchema().validate(changed.json) == {}
    assert (changed.json["name"], changed.json["rev"]) == ("拉堡二期", 2)
    assert changed.json["attributes"] == {"main_urban_site": True}
    session.rollback()
    content = session.get_one(SyncedRow, ("site", site["id"])).content
    assert content is not None
    assert orjson.loads(content) == changed.json
    history = client.get(f"{URL}/{site['id']}/history", headers=supervisor.headers).json
    newest, first = history["changes"]
    assert newest["changes"] == {
        "attributes.floor_area_m2": [6000, None],
        "attributes.main_urban_site": [None, True],
        "name": ["拉堡安置房", "拉堡二期"],
    }
    assert (newest["reason"], newest["by"]["id"], first["reason"]) == ("更名", supervisor.id, "console")


def test_two_supervisors_on_one_site_do_not_overwrite_each_other(client, records):
    one, other = records.person("supervisor", "450206"), records.person("supervisor", "450206")
    site = added(client, one)
    assert client.patch(f"{URL}/{site['id']}", json={"rev": 1, "phone": "1"}, headers=one.headers).status_code == 200
    late = client.patch(f"{URL}/{site['id']}", json={"rev": 1, "phone": "2"}, headers=other.headers)
    assert (late.status_code, late.json["code"], late.json["rev"]) == (409, "revision-stale", 2)
    assert client.get(f"{URL}/{site['id']}", headers=one.headers).json["phone"] == "1"


def test_a_site_is_moved_only_within_ones_area(client, session, records):
    supervisor = records.person("supervisor", "450206")
    site = added(client, supervisor)
    away = {"lon": CHENGZHONG[0], "lat": CHENGZHONG[1], "datum": "CGCS2000"}
    refused = client.patch(f"{URL}/{site['id']}", json={"rev": 1, "position": away}, headers=supervisor.headers)
    assert (refused.status_code, refused.json["code"]) == (403, "not-allowed")
    admin = records.person("admin")
    moved = client.patch(f"{URL}/{site['id']}", json={"rev": 1, "position": away}, headers=admin.headers).json
    assert moved["cell"].startswith("450202")
    session.rollback()
    entries = session.scalars(select(Entry).where(Entry.type == "site", Entry.row_id == site["id"]))
    assert {entry.scope: entry.kind for entry in entries}["area:450206"] == "leave"
    outsider = records.person("supervisor", "450203")
    assert (
        client.patch(f"{URL}/{site['id']}", json={"rev": 2, "phone": "1"}, headers=outsider.headers).status_code == 404
    )


def test_a_change_that_changes_nothing_makes_no_revision(client, records):
    supervisor = records.person("supervisor", "450206")
    site = added(client, supervisor)
    same = client.patch(f"{URL}/{site['id']}", json={"rev": 1, "name": site["name"]}, headers=supervisor.headers)
    assert same.json["rev"] == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"rev": 1, "status": "gone"}, {"rev": 1, "colour": "red"}, {"rev": "x"}, {"rev": 1, "name": "a\0b"},
     {"rev": 1, "position": {"lon": 1, "lat": 2}}],
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused(client, records, body):
    supervisor = records.person("supervisor", "450206")
    site = added(client, supervisor)
    assert client.patch(f"{URL}/{site['id']}", json=body, headers=supervisor.headers).status_code == 422


@pytest.mark.both_databases
def test_the_history_is_append_only(client, session, records):
    site = added(client, records.person("supervisor", "450206"))
    for statement in ("UPDATE site_change SET reason = 'x'", "DELETE FROM site_change"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(f"{statement} WHERE site_id = :id"), {"id": site["id"]})
        session.rollback()


def test_the_history_shows_inspections_and_findings_that_the_reader_may_see(client, records):
    supervisor, inspector = records.person("supervisor", "450206"), records.person("inspector", "450206")
    site = added(client, supervisor)
    inspection = records.inspection(inspector, records.checklist(), site_id=site["id"])
    finding = records.finding(inspector, site_id=site["id"], inspection_id=inspection.id)
    elsewhere = records.finding(records.person("inspector", "450202"), CHENGZHONG, site_id=site["id"])
    history = client.get(f"{URL}/{site['id']}/history", headers=supervisor.headers).json
    assert [(each["id"], each["findings"]) for each in history["inspections"]] == [(inspection.id, 1)]
    assert [each["id"] for each in history["findings"]] == [finding.id]
    everything = client.get(f"{URL}/{site['id']}/history", headers=records.person("admin").headers).json
    assert {each["id"] for each in everything["findings"]} == {finding.id, elsewhere.id}


def test_a_label_opens_its_site_and_nobody_elses(client, records):
    supervisor = records.person("supervisor", "450206")
    site = added(client, supervisor)
    label = client.get(f"{URL}/{site['id']}/label.svg", headers=supervisor.headers)
    assert (label.status_code, label.mimetype) == (200, "image/svg+xml")
    assert label.text.startswith("<svg")
    found = client.get(f"{URL}/by-label/{site['label'].lower()}", headers=supervisor.headers)
    assert found.json == site
    stranger = records.person("inspector", "450203")
    assert client.get(f"{URL}/by-label/{site['label']}", headers=stranger.headers).status_code == 404


def test_lists_are_narrowed_by_status(client, records):
    admin = records.person("admin")
    open_site, closed = added(client, admin), added(client, admin, code="LJ-002")
    client.patch(f"{URL}/{closed['id']}", json={"rev": 1, "status": "closed"}, headers=admin.headers)
    listed = client.get(URL, query_string={"status": "active"}, headers=admin.headers).json["items"]
    assert [each["id"] for each in listed] == [open_site["id"]]


@pytest.mark.both_databases
def test_a_proposed_site_is_accepted_by_a_supervisor_and_its_proposer_sees_it(client, server, session):
    phone = server.phone()
    site_id = new_id()
    at = {"lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "WGS84", "accuracy_m": 8}
    args = {"name": "百朋砂石堆场", "kind": "road", "position": at, "note": "未在台账", "photos": ["ab" * 32]}
    phone.device.record("site.propose", site_id, args)
    phone.sync()
    assert phone.last_result()["status"] == "applied"
    row = phone.device.mirror.row("site", site_id)
    assert (row["status"], row["origin"], row["code"][:3]) == ("proposed", "proposal", "TB-")
    assert [photo["sha256"] for photo in row["photos"]] == ["ab" * 32]
    supervisor = server.token("luo", "supervisor")
    accepted = client.patch(f"{URL}/{site_id}", json={"rev": 1, "status": "active", "code": "LJ-9"}, headers=supervisor)
    assert accepted.json["status"] == "active"
    phone.sync()
    assert phone.device.mirror.row("site", site_id)["code"] == "LJ-9"


@pytest.mark.parametrize(
    ("args", "code"), [({"kind": "castle"}, "args-invalid"), ({"position": {"lon": 1, "lat": 2}}, "datum-missing")]
)
def test_a_proposal_that_makes_no_sense_is_rejected_with_a_code(server, args, code):
    phone = server.phone()
    at = {"lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "WGS84"}
    phone.device.record("site.propose", new_id(), {"name": "堆场", "kind": "road", "position": at, **args})
    phone.sync()
    assert (phone.last_result()["status"], phone.last_result()["problem"]["code"]) == ("rejected", code)


def test_visits_point_out_a_wrong_datum_and_move_nothing(app, client, session, records, time):
    supervisor, inspector = records.person("supervisor", "450206"), records.person("inspector", "450206")
    numbers = from_cgcs2000(*LIUJIANG, Datum.GCJ02)
    wrong = {"lon": numbers[0], "lat": numbers[1], "datum": "WGS84"}  # read off a map in GCJ-02
    site = added(client, supervisor, position=wrong)
    for _ in range(2):
        at = {"lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "WGS84", "accuracy_m": 6}
        records.inspection(
            inspector, records.checklist(), site_id=site["id"], lon=LIUJIANG[0], lat=LIUJIANG[1], position=at,
            received_at=time.now(),
        )  # fmt: skip
    with app.app_context(), writing() as writer:
        assert site_doubts.look(writer, time.now(), time.now().replace(hour=0)) == 1
    shown = client.get(f"{URL}/{site['id']}", headers=supervisor.headers).json
    assert shown["location"] == site["location"]
    assert (shown["doubt"]["code"], shown["doubt"]["likely"]) == ("datum-doubtful", "GCJ02")
    assert 300 < shown["doubt"]["distance_m"] < 700
    doubtful = client.get(URL, query_string={"doubtful": "true"}, headers=supervisor.headers).json["items"]
    assert [each["id"] for each in doubtful] == [site["id"]]
    mended = {"rev": shown["rev"], "position": {**wrong, "datum": "GCJ02"}, "reason": "坐标系更正"}
    assert client.patch(f"{URL}/{site['id']}", json=mended, headers=supervisor.headers).json["doubt"] is None


@pytest.mark.both_databases
def test_the_plans_project_lists_are_entered_once(app, session, time):
    with app.app_context():
        for expected in (len(plan_sites.listed()), 0):
            with writing() as writer:
                assert len(plan_sites.load(writer, time.now(), new_id)) == expected
    sites = session.scalars(select(Site).where(Site.origin.startswith("plan:"))).all()
    assert len(sites) == len(plan_sites.listed())
    assert all(site.cell_code and site.position is None and site.attributes["plan_source"] for site in sites)
    assert len({site.label for site in sites}) == len(sites)


def test_a_site_that_leaves_nothing_changed_is_not_published_again(app, session, records, time):
    site = records.site()
    with app.app_context(), writing() as writer:
        store = SqlStore(writer, time.now())
        store.lock_counter()
        assert (
            site_register.change(writer, store, writer.get_one(Site, site.id), time.now(), {"name": site.name}, None)
            is False
        )

"""Zones: imported as a whole or not at all, asked at a place and an instant, told to devices."""

from __future__ import annotations

import copy
import hashlib
import io
import json
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import User, ZoneSet
from backend.services import zones
from backend.transactions import writing
from tests.backend.records import CHENGZHONG, GUIGANG, LIUJIANG, Records, new_id

IMPORTS = "/api/v1/zone-imports"
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[109.32, 24.24], [109.34, 24.24], [109.34, 24.26], [109.32, 24.26], [109.32, 24.24]]],
}
PAPER = {"number": "柳政规〔2025〕7号", "title": "划定", "issued": "2025-11-11", "origin": "test", "confidence": "read"}
DOCUMENT: dict[str, Any] = {
    "city": "450200",
    "datum": "CGCS2000",
    "documents": {"p": PAPER},
    "zones": [
        {
            "id": "lj-square",
            "name": "拉堡禁烧区",
            "kind": "no-burn",
            "category": "populated",
            "document": "p",
            "valid": {"from": "2025-11-11"},
            "area": {"polygons": [SQUARE]},
        },
        {
            "id": "rest",
            "name": "其余限烧区",
            "kind": "restricted-burn",
            "document": "p",
            "valid": {"from": "2025-11-11", "through": "2026-12-31"},
            "default": True,
            "area": {"units": ["450200"]},
        },
    ],
}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def changed(**changes: Any) -> dict[str, Any]:
    """The document with its first zone changed."""
    document = copy.deepcopy(DOCUMENT)
    document["zones"][0].update(changes)
    return document


def sent(client, person, document: object, name: str = "柳州.yaml") -> Any:
    data = document if isinstance(document, bytes) else yaml.safe_dump(document, allow_unicode=True).encode()
    form = {"file": (io.BytesIO(data), name)}
    return client.post(IMPORTS, data=form, headers=person.headers, content_type="multipart/form-data")


def in_force(client, person, document: object = DOCUMENT) -> dict[str, Any]:
    report = sent(client, person, document).json
    answer = client.post(f"{IMPORTS}/{report['id']}/apply", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def burning(client, person, at=LIUJIANG, instant: str = "2026-01-01T12:00:00+08:00", **more: Any) -> dict[str, Any]:
    query = {"lon": at[0], "lat": at[1], "datum": "CGCS2000", "at": instant, **more}
    answer = client.get("/api/v1/zones/at", query_string=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return next(rule for rule in answer.json["rules"] if rule["subject"] == "burning")


@pytest.mark.both_databases
def test_a_set_is_looked_at_put_into_force_and_read_by_a_phone(client, server, session, records):
    admin, phone = records.person("admin"), server.phone()
    report = sent(client, admin, DOCUMENT).json
    assert (report["state"], report["report"]["new"], report["city"]) == ("checked", ["lj-square", "rest"], "450200")
    assert burning(client, admin)["outcome"] == "no-rule"
    assert client.post(f"{IMPORTS}/{report['id']}/apply", headers=admin.headers).json["state"] == "active"
    phone.sync()
    row = next(iter(phone.device.mirror.rows("zone_set")))
    file = phone.raw("GET", f"/api/v1/packs/{row['file']}").body
    assert (hashlib.sha256(file).hexdigest(), len(file)) == (row["file"], row["bytes"])
    assert [zone["id"] for zone in json.loads(file)["zones"]] == ["lj-square", "rest"]
    assert burning(client, admin)["outcome"] == "no-burn"


def test_an_answer_says_why_in_both_languages(client, records):
    admin = records.person("admin")
    in_force(client, admin)
    rule = burning(client, admin)
    assert (rule["outcome"], rule["certainty"], rule["zone"]["id"]) == ("no-burn", "certain", "lj-square")
    assert rule["sentence"]["zh-CN"] == (
        "此处此时属禁烧区：拉堡禁烧区，依据柳政规〔2025〕7号，自2025-11-11起长期有效，时段：全时段。"
    )
    assert rule["sentence"]["en"].startswith("This place is in a no-burn zone at this time: 拉堡禁烧区")


@pytest.mark.parametrize(
    ("at", "instant", "outcome"),
    [
        (LIUJIANG, "2025-11-10T23:59:59+08:00", "no-rule"),
        (LIUJIANG, "2025-11-11T00:00:00+08:00", "no-burn"),
        (CHENGZHONG, "2026-12-31T23:59:59+08:00", "restricted-burn"),
        (CHENGZHONG, "2027-01-01T00:00:00+08:00", "no-rule"),
        (GUIGANG, "2026-01-01T12:00:00+08:00", "no-rule"),
    ],
)
def test_the_place_and_the_day_decide(client, records, at, instant, outcome):
    admin = records.person("admin")
    in_force(client, admin)
    assert burning(client, admin, at, instant)["outcome"] == outcome


def test_near_an_edge_the_verdict_is_a_suspicion_with_its_share(client, records):
    admin = records.person("admin")
    in_force(client, admin)
    rule = burning(client, admin, (109.3201, 24.25), accuracy_m=100)
    assert (rule["outcome"], rule["certainty"]) == ("no-burn", "suspected")
    assert 0.5 < rule["share"] < 0.7
    assert "疑似" in rule["sentence"]["zh-CN"]
    assert sum(rule["shares"].values()) == pytest.approx(1.0, abs=1e-5)


def test_a_geojson_file_is_read_with_strips_along_its_lines(client, records):
    admin = records.person("admin")
    fields = {key: value for key, value in DOCUMENT["zones"][0].items() if key != "area"}
    line = {"type": "LineString", "coordinates": [[109.32, 24.25], [109.34, 24.25]]}
    feature = {"type": "Feature", "properties": {**fields, "buffer_m": 1000}, "geometry": line}
    collection = {**DOCUMENT, "type": "FeatureCollection", "features": [feature]}
    del collection["zones"]
    in_force(client, admin, json.dumps(collection).encode())
    assert burning(client, admin, (109.33, 24.2580))["outcome"] == "no-burn"
    assert burning(client, admin, (109.33, 24.2600))["outcome"] == "no-rule"


BOW = {
    "type": "Polygon",
    "coordinates": [[[109.32, 24.24], [109.34, 24.26], [109.34, 24.24], [109.32, 24.26], [109.32, 24.24]]],
}
FAULTY = [
    (changed(area={"polygons": [BOW]}), "geometry-invalid"),
    (changed(area={"units": ["459999"]}), "unit-unknown"),
    (changed(id="rest"), "zone-duplicate"),
    (changed(kind="no-barbecue"), "kind-unknown"),
    (changed(document="q"), "document-unknown"),
    (changed(valid={"from": "11/11/2025"}), "date-invalid"),
    ({**DOCUMENT, "datum": None}, "datum-missing"),
    ({**DOCUMENT, "city": None}, "city-unknown"),
    ({**DOCUMENT, "zones": []}, "empty"),
    (b"zones: [", "not-yaml"),
    (b"\xff\xfe\x00", "not-yaml"),
    (b"a: &a [1]\nzones: [*a, *a]", "not-yaml"),
    (b"just words", "not-a-document"),
    (b'{"type":"FeatureCollection","features":[{"type":"Feature"}]}', "malformed"),
]


@pytest.mark.parametrize(("document", "code"), FAULTY)
def test_a_fault_is_told_and_no_rule_changes(client, session, records, document, code):
    admin = records.person("admin")
    answer = sent(client, admin, document)
    assert (answer.status_code, answer.json["state"]) == (201, "refused")
    assert code in {fault["code"] for fault in answer.json["report"]["fault_list"]}
    refused = client.post(f"{IMPORTS}/{answer.json['id']}/apply", headers=admin.headers)
    assert (refused.status_code, refused.json["code"]) == (409, "zone-set-not-ready")
    assert session.scalar(select(func.count()).select_from(ZoneSet).where(ZoneSet.state == "active")) == 0


@pytest.mark.both_databases
def test_a_new_set_retires_the_one_before_and_says_what_changed(client, server, session, records):
    admin, phone = records.person("admin"), server.phone()
    first = in_force(client, admin)
    other = sent(client, admin, changed(id="lj-other")).json
    assert (other["report"]["new"], other["report"]["gone"]) == (["lj-other"], ["lj-square"])
    again = in_force(client, admin, changed(name="拉堡镇禁烧区"))
    assert again["report"]["changed"] == ["lj-square"]
    phone.sync()
    retired = {row["id"]: row["retired_at"] is not None for row in phone.device.mirror.rows("zone_set")}
    assert retired == {first["id"]: True, again["id"]: False}
    assert burning(client, admin)["zone"]["name"] == "拉堡镇禁烧区"
    twice = client.post(f"{IMPORTS}/{again['id']}/apply", headers=admin.headers)
    assert (twice.status_code, twice.json["code"]) == (409, "zone-set-not-ready")


def test_the_shipped_zones_tell_what_is_not_known(app, client, records, session):
    admin = records.person("admin")
    with app.app_context(), writing() as writer:
        assert zones.load_sample(writer, records._now(), new_id) is not None
    with app.app_context(), writing() as writer:
        assert zones.load_sample(writer, records._now(), new_id) is None
    assert burning(client, admin, CHENGZHONG)["outcome"] == "no-burn"
    doubtful = burning(client, admin, LIUJIANG)
    assert doubtful["outcome"] == "undetermined"
    assert "确切范围不详" in doubtful["sentence"]["zh-CN"]
    listed = client.get("/api/v1/zones", headers=admin.headers).json["items"][0]["zones"]
    assert "lz-burn-corridors" in {zone["id"] for zone in listed if zone["bounds"] is None}


def test_a_position_without_a_datum_is_not_guessed(client, records):
    answer = client.get("/api/v1/zones/at?lon=109.3&lat=24.2", headers=records.person("inspector", "450206").headers)
    assert (answer.status_code, answer.json["code"]) == (422, "datum-missing")


def test_the_commands_of_the_page_for_admins_work(app, records, session, tmp_path):
    name = session.get_one(User, records.person("admin").id).name
    file = tmp_path / "zones.yaml"
    file.write_text(yaml.safe_dump(DOCUMENT, allow_unicode=True), "utf-8")
    run = app.test_cli_runner().invoke
    assert "Nothing was changed." in run(args=["zones", "import", str(file), "--by", name, "--dry-run"]).output
    assert (
        "2 zones: 2 new, 0 changed, 0 gone. They are in force."
        in run(args=["zones", "import", str(file), "--by", name]).output
    )
    said = run(args=["zones", "at", "109.33", "24.25", "--datum", "CGCS2000", "--at", "2026-01-01T12:00:00+08:00"])
    assert "拉堡禁烧区" in said.output
    file.write_text("zones: []", "utf-8")
    refused = run(args=["zones", "import", str(file), "--by", name])
    assert refused.exit_code == 1
    assert "already" in run(args=["zones", "load-sample"]).output

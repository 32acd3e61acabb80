"""Tables of sites: looked at as a whole, applied as a whole or not at all."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.extensions import db
from backend.jobs import work
from backend.models import Job, Site, SiteChange, SiteImport
from backend.services import site_imports
from backend.transactions import writing
from geo.datum import Datum, from_cgcs2000
from tests.backend.records import CHENGZHONG, LIUJIANG, Records, new_id
from tests.backend.test_spreadsheets import xlsx

URL = "/api/v1/site-imports"
HEADINGS = [
    "点位编号",
    "点位名称",
    "点位类型",
    "地址",
    "经度",
    "纬度",
    "责任单位",
    "电话",
    "建筑面积",
    "是否市区主要工地",
]


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def line(code: str = "LJ-1", at: tuple[Any, Any] = LIUJIANG, **given: Any) -> list[Any]:
    row = dict(
        zip(HEADINGS, [code, "拉堡工地", "施工工地", "拉堡镇", *at, "甲公司", "0772-1", 6000, "是"], strict=True)
    )
    return list({**row, **given}.values())


def table(*rows: list[Any]) -> bytes:
    return xlsx(["柳江区施工工地台账"], HEADINGS, *rows, merge=("A1:J1",))


def sent(client, person, data: bytes, datum: str | None = "WGS84") -> Any:
    form = {"file": (io.BytesIO(data), "工地.xlsx"), **({"datum": datum} if datum else {})}
    return client.post(URL, data=form, headers=person.headers, content_type="multipart/form-data")


def applied(app: Flask, client, person, report: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"{URL}/{report['id']}/apply", headers=person.headers)
    assert answer.status_code == 202, answer.text
    with app.app_context():
        while waiting := work.due():
            for job in waiting:
                assert work.run(job)
    return client.get(f"{URL}/{report['id']}", headers=person.headers).json


@pytest.mark.both_databases
def test_a_table_is_looked_at_then_applied_and_its_sites_are_told_to_devices(app, client, server, session, records):
    phone = server.phone()
    supervisor = records.person("supervisor", "450206")
    report = sent(client, supervisor, table(line("LJ-1"), line("LJ-2", 点位类型="construction"))).json
    assert (report["state"], report["report"]["rows"], report["report"]["new"]) == ("checked", 2, 2)
    assert session.scalar(select(func.count()).select_from(Site)) == 0
    assert applied(app, client, supervisor, report)["state"] == "applied"
    phone.sync()
    rows = {row["code"]: row for row in phone.device.mirror.rows("site")}
    assert set(rows) == {"LJ-1", "LJ-2"}
    site = rows["LJ-1"]
    assert (site["kind"], site["cell"], site["origin"]) == ("construction", "450206100", f"import:{report['id']}")
    assert site["attributes"] == {"floor_area_m2": 6000.0, "main_urban_site": True}
    assert site["position"]["datum"] == "WGS84"


def test_the_declared_datum_decides_where_a_site_is(app, client, session, records):
    admin = records.person("admin")
    numbers = from_cgcs2000(*LIUJIANG, Datum.GCJ02)
    report = sent(client, admin, table(line(at=numbers)), "GCJ02").json
    applied(app, client, admin, report)
    site = session.scalars(select(Site)).one()
    assert (site.lon, site.lat) == pytest.approx(LIUJIANG, abs=1e-8)


def test_without_a_datum_nothing_is_read(client, records):
    answer = sent(client, records.person("admin"), table(line()), None)
    assert (answer.status_code, answer.json["code"]) == (422, "datum-missing")


FAULTY = [
    (line("", 点位编号=None), "cell-empty", "A3"),
    (line(点位类型="城堡"), "kind-unknown", "C3"),
    (line(at=(24.25, 109.33)), "coordinates-exchanged", "E3"),
    (line(at=(116.4, 39.9)), "outside-region", "E3"),
    (line(at=("东经一百零九度", 24.25)), "coordinate-invalid", "E3"),
    (line(at=(109.33, None)), "coordinate-invalid", "F3"),
    (line(at=CHENGZHONG), "site-outside-area", "E3"),
    (line(建筑面积="很大"), "value-invalid", "I3"),
    (line(是否市区主要工地="也许"), "value-invalid", "J3"),
    (line(点位名称="x" * 201), "text-too-long", "B3"),
]


@pytest.mark.parametrize(("row", "code", "cell"), FAULTY)
def test_a_fault_names_its_cell_and_stops_the_whole_table(client, session, records, row, code, cell):
    supervisor = records.person("supervisor", "450206")
    answer = sent(client, supervisor, table(row, line("LJ-2")))
    assert answer.status_code == 201
    report = answer.json["report"]
    assert answer.json["state"] == "refused"
    assert [(fault["code"], fault["cell"]) for fault in report["fault_list"]] == [(code, cell)]
    assert report["fault_list"][0]["message"]["zh-CN"].startswith(cell)
    refused = client.post(f"{URL}/{answer.json['id']}/apply", headers=supervisor.headers)
    assert (refused.status_code, refused.json["code"]) == (409, "import-not-ready")
    assert session.scalar(select(func.count()).select_from(Site)) == 0


def test_one_code_twice_in_a_table_is_a_fault_that_names_both_lines(client, records):
    report = sent(client, records.person("admin"), table(line("LJ-1"), line("LJ-2"), line("LJ-1"))).json["report"]
    assert [(fault["code"], fault["line"]) for fault in report["fault_list"]] == [("code-duplicate", 5)]
    assert "line 3" in report["fault_list"][0]["message"]["en"]


def test_coordinates_in_degrees_minutes_seconds_are_read(app, client, session, records):
    admin = records.person("admin")
    report = sent(client, admin, table(line(at=("109°19'48\"", "24度15分0秒")))).json
    applied(app, client, admin, report)
    site = session.scalars(select(Site)).one()
    assert (site.lon, site.lat) == pytest.approx((109.33, 24.25), abs=1e-9)


def test_a_site_without_coordinates_is_entered_and_pointed_out(app, client, session, records):
    admin = records.person("admin")
    report = sent(client, admin, table(line(at=(None, None)))).json
    assert [each["code"] for each in report["report"]["warning_list"]] == ["position-missing"]
    applied(app, client, admin, report)
    assert session.scalars(select(Site)).one().position is None


@pytest.mark.both_databases
def test_a_second_table_changes_what_differs_and_leaves_what_it_does_not_say(app, client, session, records):
    admin = records.person("admin")
    applied(app, client, admin, sent(client, admin, table(line("LJ-1"), line("LJ-2"))).json)
    again = sent(client, admin, table(line("LJ-1", 电话="0772-9", 责任单位=None), line("LJ-2"), line("LJ-3"))).json
    assert [again["report"][name] for name in ("new", "changed", "same")] == [1, 1, 1]
    applied(app, client, admin, again)
    site = session.scalars(select(Site).where(Site.code == "LJ-1")).one()
    assert (site.phone, site.responsible_unit, site.rev) == ("0772-9", "甲公司", 2)
    change = session.get_one(SiteChange, (site.id, 2))
    assert (change.changes, change.reason) == ({"phone": ["0772-1", "0772-9"]}, f"import:{again['id']}")
    assert session.scalars(select(Site).where(Site.code == "LJ-2")).one().rev == 1


@pytest.mark.both_databases
def test_sites_of_a_table_enter_and_leave_a_management_unit(app, client, server, records):
    admin = records.person("admin")
    unit = {"code": "M-PARK", "name": "试验园区", "kind": "industrial_park", "datum": "CGCS2000"}
    square = [[109.32, 24.25], [109.34, 24.25], [109.34, 24.26], [109.32, 24.26], [109.32, 24.25]]
    unit["outline"] = {"type": "Polygon", "coordinates": [square]}
    assert client.post("/api/v1/units", json=unit, headers=admin.headers).status_code == 201
    phone = server.phone("tan", grants=("M-PARK",))
    there, away = (109.33, 24.255), (109.36, 24.255)
    applied(app, client, admin, sent(client, admin, table(line("LJ-1", there), line("LJ-2", there))).json)
    phone.sync()
    assert {row["code"] for row in phone.device.mirror.rows("site")} == {"LJ-1", "LJ-2"}
    applied(app, client, admin, sent(client, admin, table(line("LJ-1", away), line("LJ-2", there))).json)
    phone.sync()
    assert {row["code"] for row in phone.device.mirror.rows("site")} == {"LJ-2"}
    keeper = records.person("supervisor", "M-PARK")
    listed = client.get("/api/v1/sites", headers=keeper.headers).json["items"]
    assert [site["code"] for site in listed] == ["LJ-2"]


def test_a_site_of_somebody_elses_area_is_not_changed_by_a_table(client, records):
    records.site(CHENGZHONG, code="CZ-1")
    report = sent(client, records.person("supervisor", "450206"), table(line("CZ-1"))).json
    assert [fault["code"] for fault in report["report"]["fault_list"]] == ["site-outside-area"]


def test_applying_goes_in_small_transactions_and_goes_on_after_a_kill(app, client, session, records, time):
    admin = records.person("admin")
    report = sent(client, admin, table(*(line(f"LJ-{n}") for n in range(7)))).json
    client.post(f"{URL}/{report['id']}/apply", headers=admin.headers)
    with app.app_context(), writing() as writer:
        assert site_imports.apply_some(writer, report["id"], time.now(), new_id, most=3) == 4
    with app.app_context(), pytest.raises(ZeroDivisionError):
        _cut_off(report["id"], time.now())
    assert session.scalar(select(func.count()).select_from(Site)) == 3
    session.rollback()
    with app.app_context(), writing() as writer:
        assert site_imports.apply_some(writer, report["id"], time.now(), new_id) == 0
    assert session.scalar(select(func.count()).select_from(Site)) == 7
    assert session.scalars(select(Site.code).order_by(Site.code)).all() == [f"LJ-{n}" for n in range(7)]


def _cut_off(import_id: str, now: datetime) -> None:
    """What a kill before the commit leaves."""
    with writing() as writer:
        site_imports.apply_some(writer, import_id, now, new_id, most=3)
        raise ZeroDivisionError


def test_a_table_is_applied_once(app, client, records):
    admin = records.person("admin")
    report = sent(client, admin, table(line())).json
    applied(app, client, admin, report)
    again = client.post(f"{URL}/{report['id']}/apply", headers=admin.headers)
    assert (again.status_code, again.json["code"]) == (409, "import-not-ready")


def test_only_ones_own_tables_are_seen(client, records):
    report = sent(client, records.person("supervisor", "450206"), table(line())).json
    other = records.person("supervisor", "450206")
    assert client.get(f"{URL}/{report['id']}", headers=other.headers).status_code == 404
    assert client.get(f"{URL}/{report['id']}", headers=records.person("admin").headers).status_code == 200
    assert sent(client, records.person("inspector", "450206"), table(line())).status_code == 403


def test_a_file_that_is_no_table_is_refused(client, records):
    answer = sent(client, records.person("admin"), b"\xff\xd8 a photo \0")
    assert (answer.status_code, answer.json["code"]) == (422, "table-unreadable")


def test_tables_never_applied_are_forgotten_in_time(app, client, session, records, time):
    admin = records.person("admin")
    kept = sent(client, admin, table(line())).json
    applied(app, client, admin, kept)
    sent(client, admin, table(line("LJ-9")))
    time.pass_by(days=31)
    with app.app_context(), writing() as writer:
        assert site_imports.forget(writer, time.now()) == 1
    session.rollback()
    assert session.scalars(select(SiteImport.id)).all() == [kept["id"]]


def test_the_command_says_what_it_would_do_and_does_it(app, session, records, tmp_path: Path):
    name = accounts_name(session, records)
    path = tmp_path / "工地.xlsx"
    path.write_bytes(table(line("LJ-1"), line("LJ-2")))
    run = app.test_cli_runner().invoke
    dry = run(args=["sites", "import", str(path), "--datum", "WGS84", "--by", name, "--dry-run"])
    assert (dry.exit_code, "2 new" in dry.output) == (0, True), dry.output
    assert session.scalar(select(func.count()).select_from(Site)) == 0
    done = run(args=["sites", "import", str(path), "--datum", "WGS84", "--by", name])
    assert done.exit_code == 0, done.output
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Site)) == 2
    path.write_bytes(table(line("LJ-3", 点位类型="城堡")))
    bad = run(args=["sites", "import", str(path), "--datum", "WGS84", "--by", name])
    assert (bad.exit_code, "C3" in bad.output) == (1, True)
    assert run(args=["sites", "load-plans"]).exit_code == 0


def accounts_name(session: Session, records: Records) -> str:
    from backend.models import User

    name = session.get_one(User, records.person("admin").id).name
    db.session.rollback()
    return name


def test_a_failed_job_is_tried_again(app, client, session, records, monkeypatch):
    admin = records.person("admin")
    report = sent(client, admin, table(line())).json
    client.post(f"{URL}/{report['id']}/apply", headers=admin.headers)
    with app.app_context():
        with monkeypatch.context() as broken:
            broken.setattr("backend.services.site_register.new_label", lambda: 1 / 0)
            assert work.run(work.due()[0]) is False
        job = session.scalars(select(Job).where(Job.kind == "site-import")).one()
        assert job.state == "asked"
        assert work.run(job.id)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Site)) == 1

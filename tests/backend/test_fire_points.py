"""Fire points: from satellites, offices and people to one row a fire, on the devices of its cell."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.extensions import db
from backend.models import FireDetection, FirePoint, User
from backend.services import fire_imports
from backend.transactions import writing
from geo.datum import Datum, from_cgcs2000
from tests.backend.fires import IMPORTS, POINTS, VIIRS, VIIRS_13, listed, north, reported, sent, taken, viirs, worked
from tests.backend.records import BEIJING_CITY, CHENGZHONG, GUIGANG, LIUJIANG, Records, new_id
from tests.backend.test_spreadsheets import xlsx
from tests.backend.test_zones_api import in_force

DAY = "2026-11-22"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records):
    return records.person("admin")


# -- one row a fire ------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_satellites_file_becomes_fire_points_on_the_devices_of_the_cell(app, client, server, session, admin):
    phone = server.phone("wei", grants=("450206",))
    other = server.phone("ming", grants=("450202",))
    in_force(client, admin)
    data = viirs((LIUJIANG, DAY, "549"), (north(300), DAY, "0549"), (north(-3000), DAY, "549"))
    looked = sent(client, admin, data).json
    assert {name: looked["report"][name] for name in ("sightings", "new", "opened", "joined")} == {
        "sightings": 3, "new": 3, "opened": 2, "joined": 0,
    }  # fmt: skip
    assert [each["cell_name"] for each in looked["report"]["read"]] == ["拉堡镇"] * 3
    assert session.scalar(select(func.count()).select_from(FirePoint)) == 0
    client.post(f"{IMPORTS}/{looked['id']}/apply", headers=admin.headers)
    worked(app)
    phone.sync()
    other.sync()
    rows = sorted(phone.device.mirror.rows("fire_point"), key=lambda row: row["sightings"])
    assert [(row["sightings"], row["state"], row["cell"][:6]) for row in rows] == [
        (1, "open", "450206"),
        (2, "open", "450206"),
    ]
    assert list(other.device.mirror.rows("fire_point")) == []
    assert rows[1]["zone"]["outcome"] == "no-burn"
    assert rows[1]["number"].startswith("LZ-HD-20261122-")
    assert rows[1]["detections"][0]["at"] == "2026-11-22T05:49:00+00:00"


def test_the_one_inspector_of_the_cell_is_sent(app, client, server, admin):
    wei = server.person("wei", grants=("450206100",))
    taken(app, client, admin, viirs((LIUJIANG, DAY, "549")))
    assert listed(client, admin)[0]["assignee"]["id"] == wei
    server.person("hua", grants=("450206100",))
    taken(app, client, admin, viirs((north(9000), DAY, "549")))
    first, second = sorted(listed(client, admin), key=lambda row: row["number"])
    assert first["assignee"]["id"] == wei
    assert second["assignee"] is None or second["cell"] != "450206100"


@pytest.mark.both_databases
def test_the_same_file_again_changes_nothing(app, client, session, admin):
    data = viirs((LIUJIANG, DAY, "549"), (north(9000), DAY, "549"))
    taken(app, client, admin, data)
    before = listed(client, admin)
    again = taken(app, client, admin, data)
    assert (again["report"]["new"], again["report"]["known"], again["report"]["opened"]) == (0, 2, 0)
    assert listed(client, admin) == before
    assert session.scalar(select(func.count()).select_from(FireDetection)) == 2


def test_final_data_joins_the_quick_look_and_both_are_kept(app, client, session, admin):
    taken(app, client, admin, viirs((LIUJIANG, DAY, "549")))
    taken(app, client, admin, viirs((LIUJIANG, DAY, "549"), version="2"))
    (row,) = listed(client, admin)
    assert (row["sightings"], {seen["quality"] for seen in row["detections"]}) == (1, {"nrt", "standard"})
    assert session.scalar(select(func.count()).select_from(FireDetection)) == 2


@pytest.mark.both_databases
def test_a_sighting_that_bridges_two_merges_the_later_into_the_earlier_and_leaves_it_visible(
    app, client, server, session, admin
):
    phone = server.phone("wei", grants=("450206",))
    taken(app, client, admin, viirs((LIUJIANG, DAY, "549")))
    (first,) = listed(client, admin)
    taken(app, client, admin, viirs((north(1100), DAY, "549")))
    second = next(row for row in listed(client, admin) if row["id"] != first["id"])
    bridge = taken(app, client, admin, viirs((north(550), DAY, "620"), satellite="N"))
    assert bridge["report"]["merged"] == 1
    (stands,) = listed(client, admin)
    assert (stands["id"], stands["sightings"]) == (first["id"], 3)
    (gone,) = listed(client, admin, state="merged")
    assert (gone["id"], gone["merged_into"]) == (second["id"], first["id"])
    phone.sync()
    assert {row["id"]: row["state"] for row in phone.device.mirror.rows("fire_point")} == {
        first["id"]: "open",
        second["id"]: "merged",
    }


def test_a_call_beside_a_satellites_pixel_is_the_same_fire_and_places_it_better(app, client, admin, time):
    taken(app, client, admin, viirs((north(200), DAY, "930")))
    point = reported(client, admin, time.now(), source="12345", place="拉堡镇黄岭屯", phone="13800000000")
    assert (point["sources"], point["sightings"], point["reach_m"]) == (["12345", "viirs"], 2, 50.0)
    assert (point["location"]["lon"], point["location"]["lat"]) == pytest.approx(LIUJIANG)
    assert point["detections"][1]["notes"]["phone"] == "13800000000"


def test_near_a_zones_edge_the_verdict_is_a_suspicion(app, client, admin):
    in_force(client, admin)
    taken(app, client, admin, viirs(((109.3215, 24.25), DAY, "549")))
    zone = listed(client, admin)[0]["zone"]
    assert (zone["outcome"], zone["certainty"]) == ("no-burn", "suspected")
    assert "疑似" in zone["sentence"]["zh-CN"]


def test_the_rule_is_the_one_in_force_on_that_day(app, client, admin):
    in_force(client, admin)
    taken(app, client, admin, viirs((LIUJIANG, "2025-11-09", "549"), (LIUJIANG, "2025-11-13", "549")))
    outcomes = [row["zone"]["outcome"] for row in sorted(listed(client, admin), key=lambda row: row["first_at"])]
    assert outcomes == ["no-rule", "no-burn"]


# -- forms ---------------------------------------------------------------------------------------------------------


def test_files_of_13_columns_and_unpadded_times_are_read(app, client, admin):
    row = f"{LIUJIANG[1]},{LIUJIANG[0]},330.1,0.39,0.36,{DAY},49,N,nominal,2.0NRT,290.2,3.4,N"
    taken(app, client, admin, f"{VIIRS_13}\n{row}\n".encode())
    assert listed(client, admin)[0]["first_at"] == "2026-11-22T00:49:00+00:00"


def test_an_offices_table_with_merged_cells_and_text_dates_is_read(app, client, admin):
    lon, lat = from_cgcs2000(*LIUJIANG, Datum.GCJ02)
    table = xlsx(
        ["柳州市秸秆焚烧火点日报", None, None, None, None],
        ["县区", "乡镇", "经度", "纬度", "日期"],
        ["柳江区", "拉堡镇", f"东经{lon:.6f}°", f"北纬{lat:.6f}°", "2026年11月22日"],
        merge=("A1:E1",),
    )
    taken(app, client, admin, table, "report", datum="GCJ02")
    (row,) = listed(client, admin)
    assert (row["location"]["lon"], row["location"]["lat"]) == pytest.approx(LIUJIANG, abs=2e-6)
    assert (row["place"], row["first_at"]) == ("拉堡镇", "2026-11-21T16:00:00+00:00")


def test_himawari_and_a_chats_text_are_read(app, client, admin):
    head = "ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,FRP(Wm^-2),QF,Hot(ID)"
    himawari = f"# WLF\n# {head}\n1,2026,11,22,0550,24.25,109.33,.64,0,3,5,12.5,0,1\n"
    taken(app, client, admin, himawari.encode(), "himawari")
    chat = "拉堡镇黄岭屯有烟，13:55，东经109.3302，北纬24.2503，请核查 13800000000"
    taken(app, client, admin, chat, "pasted", datum="CGCS2000", source="12369")
    (row,) = listed(client, admin)
    assert row["sources"] == ["12369", "himawari"]
    assert row["detections"][1]["notes"]["phones"] == ["13800000000"]


EXCHANGED = viirs(((LIUJIANG[1], LIUJIANG[0]), DAY, "549"), (LIUJIANG, DAY, "549"))
FAULTY = [
    (EXCHANGED, "firms", {}, "axes-exchanged", 2),
    (viirs((LIUJIANG, "2026-13-01", "549")), "firms", {}, "date-invalid", 2),
    (viirs((LIUJIANG, DAY, "2561")), "firms", {}, "time-invalid", 2),
    (viirs((LIUJIANG, DAY, "549")) + b"\n1,2,3", "firms", {}, "row-malformed", 3),
    ("拉堡镇有烟，速查", "pasted", {"datum": "WGS84"}, "no-coordinates", None),
]


@pytest.mark.parametrize(("data", "form", "terms", "code", "where"), FAULTY)
def test_one_fault_is_told_with_its_line_and_refuses_the_whole(client, session, admin, data, form, terms, code, where):
    answer = sent(client, admin, data, form, **terms)
    assert (answer.status_code, answer.json["state"]) == (201, "refused")
    assert [(fault["code"], fault["where"]) for fault in answer.json["report"]["fault_list"]] == [(code, where)]
    refused = client.post(f"{IMPORTS}/{answer.json['id']}/apply", headers=admin.headers)
    assert (refused.status_code, refused.json["code"]) == (409, "import-not-ready")
    assert session.scalar(select(func.count()).select_from(FirePoint)) == 0


UNREADABLE = [
    (b"a,b,c\n1,2,3\n", "firms", {}, "table-unreadable"),
    (b"PK\x03\x04broken", "report", {"datum": "WGS84"}, "table-unreadable"),
    (b"\xd0\xcf\x11\xe0old", "report", {"datum": "WGS84"}, "table-unreadable"),
    (viirs((LIUJIANG, DAY, "549")), "report", {}, "datum-missing"),
    (viirs((LIUJIANG, DAY, "549")), "report", {"datum": "WGS72"}, "datum-unknown"),
    (VIIRS.encode() + b"\n24.25,109.33,1,.4,.4,2026-11-22,549,N\x0020,V,n,2.0NRT,1,1,N", "firms", {}, "text-invalid"),
    ("text", "firms", {}, "input-invalid"),
    (viirs((LIUJIANG, DAY, "549")), "shapefile", {}, "input-invalid"),
]


@pytest.mark.parametrize(("data", "form", "terms", "code"), UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_code(client, admin, data, form, terms, code):
    answer = sent(client, admin, data, form, **terms)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_sightings_of_other_provinces_and_cities_are_left_out_and_counted(app, client, admin):
    nanning = (108.3, 22.8)
    report = taken(app, client, admin, viirs((BEIJING_CITY, DAY, "549"), (nanning, DAY, "549"), (GUIGANG, DAY, "549")))
    assert report["report"]["by_code"] == {"outside-region": 1, "outside-cells": 1}
    assert [row["cell"][:4] for row in listed(client, admin)] == ["4508"]


def test_taking_in_goes_in_small_transactions_and_goes_on_after_a_kill(app, client, session, admin, time):
    looked = sent(client, admin, viirs(*((north(3000 * n), DAY, "549") for n in range(5)))).json
    client.post(f"{IMPORTS}/{looked['id']}/apply", headers=admin.headers)
    with app.app_context(), writing() as writer:
        assert fire_imports.apply_some(writer, looked["id"], time.now(), new_id, most=2) == 3
    with app.app_context(), pytest.raises(ZeroDivisionError):
        _cut_off(looked["id"], time.now())
    assert session.scalar(select(func.count()).select_from(FireDetection)) == 2
    session.rollback()
    with app.app_context(), writing() as writer:
        assert fire_imports.apply_some(writer, looked["id"], time.now(), new_id) == 0
    assert session.scalar(select(func.count()).select_from(FireDetection)) == 5


def _cut_off(import_id: str, now: datetime) -> None:
    """What a kill before the commit leaves."""
    with writing() as writer:
        fire_imports.apply_some(writer, import_id, now, new_id, most=2)
        raise ZeroDivisionError


@pytest.mark.both_databases
def test_sightings_are_never_rewritten(app, client, admin, time):
    reported(client, admin, time.now())
    for statement in ("UPDATE fire_detection SET lon = 0", "DELETE FROM fire_detection"):
        with app.app_context():
            connection = db.engine.connect().execution_options(write=True)
            with connection, pytest.raises(DBAPIError):
                connection.execute(text(statement))


# -- people --------------------------------------------------------------------------------------------------------


def test_a_report_needs_a_datum_a_time_that_has_come_and_a_known_source(client, admin, time):
    place = {"lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "WGS84"}
    good = {"source": "drone", "position": place, "seen_at": time.now().isoformat()}
    for changes, code in (
        ({"position": {"lon": 109.3, "lat": 24.2}}, "datum-missing"),
        ({"seen_at": (time.now() + timedelta(hours=1)).isoformat()}, "input-invalid"),
        ({"seen_at": "0001-01-01T00:00:00+08:00"}, "input-invalid"),
        ({"source": "viirs"}, "input-invalid"),
        ({"position": {**place, "accuracy_m": 9000}}, "input-invalid"),
        ({"note": "a\x00b"}, "text-invalid"),
    ):
        answer = client.post(POINTS, json={**good, **changes}, headers=admin.headers)
        assert (answer.status_code, answer.json["code"]) == (422, code), changes


def test_who_may_see_and_send(client, records, admin, time):
    point = reported(client, admin, time.now())
    near, far = records.person("supervisor", "450206"), records.person("supervisor", "450202")
    guest = records.person("inspector", "450202")
    assert listed(client, far) == []
    assert client.get(f"{POINTS}/{point['id']}", headers=far.headers).status_code == 404
    url = f"{POINTS}/{point['id']}/assignee"
    assert client.put(url, json={"user": guest.id}, headers=far.headers).status_code == 404
    assert client.put(url, json={"user": guest.id}, headers=guest.headers).status_code == 403
    assert client.put(url, json={"user": new_id()}, headers=near.headers).status_code == 422
    assert client.put(url, json={"user": guest.id}, headers=near.headers).json["assignee"]["id"] == guest.id
    assert [row["id"] for row in listed(client, guest)] == [point["id"]]


def test_the_list_is_narrowed_by_its_filters(app, client, admin, time):
    taken(app, client, admin, viirs((CHENGZHONG, DAY, "549")))
    point = reported(client, admin, time.now())
    assert len(listed(client, admin)) == 2
    for filters in (
        {"cell": "450206"},
        {"source": "video"},
        {"first_from": "2026-11-22T09:00:00+00:00"},
    ):
        assert [row["id"] for row in listed(client, admin, **filters)] == [point["id"]], filters
    assert listed(client, admin, outcome="straw") == []
    assert len(listed(client, admin, zone="no-rule", state="open", first_to="2026-11-22T09:00:00+00:00")) == 1


@pytest.mark.parametrize("query", ["first_from=0001-01-01T00:00:00%2B08:00", "first_to=9999-12-31T23:59:59-08:00"])
def test_a_year_that_nobody_means_is_refused(client, admin, query):
    assert client.get(f"{POINTS}?{query}", headers=admin.headers).status_code == 422
    at = query.partition("=")[2]
    asked = f"/api/v1/zones/at?lon=109.3&lat=24.2&datum=WGS84&at={at}"
    assert client.get(asked, headers=admin.headers).status_code == 422


def test_the_command_of_the_page_for_admins_works(app, client, session, admin, tmp_path):
    name = session.get_one(User, admin.id).name
    file = tmp_path / "viirs.csv"
    file.write_bytes(viirs((LIUJIANG, DAY, "549"), (north(300), DAY, "549")))
    run = app.test_cli_runner().invoke
    args = ["fire-points", "import", str(file), "--form", "firms", "--by", name]
    assert "2 sightings: 2 new, 0 known; 1 fire points opened" in run(args=[*args, "--dry-run"]).output
    assert listed(client, admin) == []
    assert run(args=args).exit_code == 0
    assert len(listed(client, admin)) == 1
    file.write_bytes(EXCHANGED)
    refused = run(args=args)
    assert refused.exit_code == 1
    assert "axes-exchanged" in refused.output

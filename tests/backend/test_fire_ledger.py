"""What is made of the fire points: the ledger, handling rates against targets, daily reports with deliberate zeros."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import AuditEvent, FirePoint
from tests.backend.fires import north, reported, taken, viirs
from tests.backend.records import CHENGZHONG, LIUJIANG, Records
from tests.backend.test_commands_fire_point_verify import answered
from tests.backend.test_zones_api import in_force

DAY = "2026-11-22"
REPORT = {"people": 12, "vehicles": 3, "fires": 0, "zero_report": True, "note": None}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records):
    return records.person("admin")


def sheet_of(client, person, **query: Any) -> tuple[list[list[Any]], bytes]:
    answer = client.get("/api/v1/exports/fire-ledger.xlsx", query_string=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)], answer.data


@pytest.mark.both_databases
def test_the_ledger_has_the_offices_columns_and_comes_out_the_same_again(client, server, session, admin, time):
    in_force(client, admin)
    wei = server.phone("wei")
    point = reported(client, admin, time.now(), source="12345", place="=黄岭屯")
    wei.sync()
    answered(wei, point["id"], penalty_yuan=500)
    (title, headings, row), data = sheet_of(client, admin)
    said = dict(zip(headings, row, strict=True))
    assert title[0] == "火点台账"
    assert {
        name: said[name] for name in ("火点编号", "来源", "村屯及小地名", "作物", "是否禁烧区", "核查结果", "处置")
    } == {
        "火点编号": point["number"],
        "来源": "12345热线",
        "村屯及小地名": "=黄岭屯",
        "作物": "甘蔗叶",
        "是否禁烧区": "禁烧区",
        "核查结果": "查实-秸秆",
        "处置": "教育、扑灭",
    }
    assert (said["过火面积(亩)"], said["处罚金额(元)"], said["反馈人"]) == (1.5, 500, "wei")
    assert str(said["扑灭时间"]) == "2026-11-22 18:25:00"
    assert sheet_of(client, admin)[1] == data
    assert session.scalar(select(AuditEvent.action).where(AuditEvent.action == "export.fire-ledger").limit(1))
    assert len(sheet_of(client, admin, outcome="ruled_out", lang="en")[0]) == 2


def test_how_far_off_a_place_may_be_is_told_in_whole_metres(client, session, admin, time):
    point = session.get_one(FirePoint, reported(client, admin, time.now())["id"])
    point.reach_m = 375 / 2**0.5
    session.commit()
    (_title, headings, row), _data = sheet_of(client, admin)
    assert dict(zip(headings, row, strict=True))["位置误差(米)"] == 265


def rate(client, person, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/fire-rates", query_string={"from": DAY, "to": DAY, **query}, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


@pytest.mark.both_databases
def test_the_handling_rate_is_by_county_against_the_target_of_its_plan(app, client, server, records, admin, time):
    wei = server.phone("wei")
    points = [reported(client, admin, time.now(), at=north(-900 * n)) for n in range(4)]
    taken(app, client, admin, viirs((CHENGZHONG, DAY, "549"), (CHENGZHONG, "2025-11-22", "549")))
    wei.sync()
    time.pass_by(hours=1)
    for point in points[:3]:
        answered(wei, point["id"])
    time.pass_by(hours=4)
    other, ours = sorted(rate(client, admin), key=lambda row: row["cell"])
    assert (other["cell"], other["points"], other["rate"], other["points_year_before"]) == ("450202", 1, 0.0, 1)
    assert (ours["cell"], ours["points"], ours["handled"], ours["in_time"], ours["rate"]) == ("450206", 4, 3, 3, 0.75)
    assert (ours["target"], ours["met"]) == (0.9, False)
    answered(wei, points[3]["id"], outcome="ruled_out")
    (video,) = rate(client, admin, source="video")
    assert (video["rate"], video["in_time"], video["ruled_out"], video["met"]) == (1.0, 3, 1, True)
    assert [row["cell"] for row in rate(client, records.person("supervisor", "450202"))] == ["450202"]


def test_rates_by_month_take_the_target_of_the_month(app, client, admin):
    taken(app, client, admin, viirs((LIUJIANG, "2024-11-30", "549"), (LIUJIANG, "2024-12-01", "549")))
    taken(app, client, admin, viirs((LIUJIANG, "2024-12-31", "1559"), (LIUJIANG, "2024-12-31", "1600"), satellite="N"))
    rows = rate(client, admin, **{"from": "2024-11-01", "to": "2025-01-31", "monthly": True})
    assert [(row["period"], row["points"], row["target"]) for row in rows] == [
        ("2024-11", 1, 0.85),
        ("2024-12", 2, 0.85),
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-02-01", "2026-01-01"),
        ("2020-01-01", "2026-01-01"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_period_that_is_none_is_refused(client, admin, first, last):
    answer = client.get(f"/api/v1/fire-rates?from={first}&to={last}", headers=admin.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "input-invalid")


def day_of(client, person, cell: str = "450200", day: str = DAY) -> dict[str, Any]:
    return client.get(f"/api/v1/fire-days?cell={cell}&day={day}", headers=person.headers).json


def put(client, person, unit: str = "450206", day: str = DAY, **changes: Any) -> Any:
    return client.put(f"/api/v1/fire-days/{unit}/{day}", json={**REPORT, **changes}, headers=person.headers)


@pytest.mark.both_databases
def test_a_zero_report_is_not_the_same_as_none(client, records, admin):
    assert put(client, records.person("supervisor", "450206")).json["state"] == "zero"
    assert put(client, records.person("supervisor", "450202"), "450202", fires=2, zero_report=False).status_code == 200
    day = day_of(client, admin)
    states = {item["unit"]: item["state"] for item in day["items"]}
    assert (states["450206"], states["450202"], states["450203"]) == ("zero", "reported", "missing")
    assert day["sums"] == {"people": 24, "vehicles": 6, "fires": 2, "zero_reports": 1, "missing": len(states) - 2}


def test_a_zero_report_on_a_day_with_a_fire_is_pointed_out(client, admin, time):
    reported(client, admin, time.now())
    said = put(client, admin).json
    assert (said["known_fires"], said["differs"]) == (1, True)
    revised = put(client, admin, fires=1, zero_report=False).json
    assert (revised["rev"], revised["state"], revised["differs"]) == (2, "reported", False)


@pytest.mark.parametrize(
    ("unit", "day", "changes", "status"),
    [
        ("450206", DAY, {"zero_report": False}, 422),
        ("450206", DAY, {"fires": 1}, 422),
        ("450206", DAY, {"people": -1, "fires": 0}, 422),
        ("450206", "2026-11-23", {}, 422),
        ("450206", "yesterday", {}, 422),
        ("450206", "0001-01-01", {}, 422),
        ("450299", DAY, {}, 404),
        ("450202", DAY, {}, 403),
    ],
)
def test_what_no_report_can_say_is_refused(client, records, unit, day, changes, status):
    assert put(client, records.person("supervisor", "450206"), unit, day, **changes).status_code == status

"""The daily and the monthly report of an area, opened as its readers would, and held against the statistics."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.models import Patrol
from backend.services.figures import FIGURES, definitions
from tests.backend.counted import DUE, NOON, Reader, Register
from tests.backend.fires import reported
from tests.backend.records import CHENGZHONG, GUIGANG, Person, Records, new_id
from tests.backend.test_export_formats import Bench
from tests.stories import FakeTime

both = pytest.mark.both_databases
DAY = "2026-11-22"
MONTH = {"from": "2026-11-01", "to": "2026-11-30"}
CITY = {"cell": "450200"}
SUM = "合计"
Rows = dict[str, dict[str, Any]]


class Opened:
    """A report as its reader sees it: the sentences, each table by heading and first column, and the overdue ones."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(data))
        front, self.list, notes = self.book.worksheets
        self.front = front
        lines = [[cell.value for cell in row] for row in front.iter_rows()]
        self.title = lines[0][0]
        self.said = "\n".join(str(line[0]) for line in lines[1:5])
        self.tables: list[Rows] = []
        headings: list[Any] = []
        for line in lines[5:]:
            if line[0] in ("辖区", "专题", "来源", "单位"):
                headings = line
                self.tables.append({})
            elif headings and any(value is not None for value in line[1:]):
                said = zip(headings[1:], line[1:], strict=True)
                self.tables[-1][line[0]] = {heading: value for heading, value in said if heading}
        self.places, self.topics, self.fires, self.sources, self.duty = self.tables
        words, *rows = ([cell.value for cell in row] for row in self.list.iter_rows(min_row=2))
        self.overdue = [dict(zip(words, row, strict=True)) for row in rows]
        self.notes = {row[0].value: row[1].value for row in notes.iter_rows()}


@pytest.fixture
def desk(app: Flask, client: FlaskClient, session: Session) -> Bench:
    return Bench(app, client)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def register(records: Records) -> Register:
    return Register(records)


@pytest.fixture
def luo(records: Records, time: FakeTime) -> Person:
    """The supervisor of the city, at the desk on the 26th."""
    time.pass_by(days=4)
    return records.person("supervisor", "450200")


def patrol(register: Register, cell: str = "450206100", days: int = 0) -> None:
    at = NOON + timedelta(days=days)
    row = Patrol(
        id=new_id(), author_id=register.author.id, stream_id=new_id(), started_at=at, ended_at=at, received_at=at,
        cell_code=cell, cells=[], walked=[], missed=[], gaps=[], flags=[], track="none", rev=1,
    )  # fmt: skip
    register.records.session.add(row)
    register.records.session.commit()


def on_duty(client: FlaskClient, person: Person, unit: str, day: str = DAY, **said: Any) -> None:
    body = {"people": 12, "vehicles": 3, "fires": 0, "zero_report": True, **said}
    answer = client.put(f"/api/v1/fire-days/{unit}/{day}", json=body, headers=person.headers)
    assert answer.status_code == 200, answer.json


@pytest.fixture
def november(register: Register, client: FlaskClient, luo: Person) -> None:
    """A month in two counties of a city, and something beyond it."""
    site = register.records.site(name="某某工地", responsible_unit="甲公司")
    office = register.office()
    register.finding("closed", put_right=1, closed=2)
    register.finding("feedback", put_right=5)
    register.finding("rectifying", office=office, site_id=site.id, number="LZ-LATE", deadline_at=DUE)
    register.finding("rectifying", CHENGZHONG, topic="straw")
    register.finding("rejected")
    register.finding("reopened", CHENGZHONG, reopened=1)
    register.finding("closed", day=-30, put_right=0, closed=0.1)  # of October, closed on the 22nd
    register.finding("rectifying", day=-30, due=NOON - timedelta(days=20), number="LZ-OLD")
    register.finding("rectifying", GUIGANG)
    register.records.inspection(register.author, register.records.checklist("dust-liujiang"), "450206100")
    for cell, days in (("450206100", 0), ("450202", 0), ("450206100", -1), ("450802", 0)):
        patrol(register, cell, days)
    first = reported(client, luo, NOON)
    reported(client, luo, NOON, CHENGZHONG, source="12345")
    link = client.post(
        f"/api/v1/fire-points/{first['id']}/links", json={"name": "村干部", "hours": 2}, headers=luo.headers
    )
    answer = {"answer": '{"outcome": "straw"}'}
    told = client.post("/api/v1/fire-answer", data=answer, headers={"X-Fire-Link": link.json["token"]})
    assert told.status_code in (200, 201), told.text
    on_duty(client, luo, "450206", people=7, vehicles=2, fires=1, zero_report=False)
    on_duty(client, luo, "450202")
    on_duty(client, luo, "450202", "2026-11-21", people=1, vehicles=1)


@both
@pytest.mark.usefixtures("november")
def test_a_report_agrees_with_the_statistics(desk: Bench, client: FlaskClient, luo: Person) -> None:
    report = Opened(desk.bytes(luo, "monthly-report", "xlsx", filters={**CITY, "month": "2026-11"}))
    reader, as_of = Reader(client, luo), "2026-11-26T00:00:00+08:00"
    for by, table in (("county", report.places), ("topic", report.topics)):
        told = reader.statistics(by=by, as_of=as_of, **CITY)
        lines = {line["name"]: line for line in told["items"]} | {SUM: told["total"]}
        for name, line in lines.items():
            shown = {figure: table[name][definitions()["figures"][figure]["zh"]] for figure in FIGURES}
            assert shown == {figure: line["figures"][figure]["n"] for figure in FIGURES}, name
        assert {name for name, row in table.items() if row["发现"]} == set(lines)
    whole = reader.statistics(by="total", **CITY)["total"]
    assert report.places[SUM]["检查次数"] == whole["inspections"]["n"] == 1
    assert report.places[SUM]["整改率(%)"] == round(100 * whole["rates"]["rectification_rate"]["rate"], 1)
    ever = reader.statistics(**{"from": "2025-01-01", "to": "2026-11-30", "by": "total", "as_of": as_of, **CITY})
    assert report.places[SUM]["累计超期"] == ever["total"]["figures"]["overdue"]["n"] == len(report.overdue) == 3
    handling = whole["fire_handling"]
    fires = (report.fires[SUM]["火点数"], report.fires[SUM]["已处置"])
    assert fires == (handling["points"]["n"], handling["handled"]["n"]) == (2, 1)
    rates = reader.get("fire-rates", **MONTH, **CITY).json["items"]
    for row in rates:
        shown = report.fires[row["name"]]
        assert (shown["火点数"], shown["已处置"], shown["按时处置"], shown["查实"]) == (
            row["points"], row["handled"], row["in_time"], row["confirmed"],
        )  # fmt: skip
    for source, name in (("video", "视频监控"), ("12345", "12345热线")):
        (row,) = reader.get("fire-rates", source=source, **MONTH, **CITY).json["items"]
        assert report.sources[name]["火点数"] == row["points"] == 1


@pytest.mark.usefixtures("november")
def test_a_day_has_its_findings_rounds_units_and_what_is_still_overdue(desk: Bench, luo: Person) -> None:
    report = Opened(desk.bytes(luo, "daily-report", "xlsx", filters={**CITY, "day": DAY}))
    assert report.title == "柳州市网格巡查日报（2026年11月22日）"
    units = len(report.duty) - 1
    assert report.said.split("\n") == [
        "2026年11月22日，巡查2次，检查1次，发现问题5个，其中已整改2个，按时整改1个，反复1个。",
        "期内销号1个（含以前发现的）。尚未办结5个，其中截至2026-11-26 00:00超期3个，名单见超期清单。",
        "新增火点2个，已处置1个，其中接报后120分钟内处置1个。",
        f"应报单位{units}个，报告2次，其中零报告1次，未报{units - 2}次；出动人员19人次、车辆5台次。",
    ]
    liujiang = report.places["柳江区"]
    assert (liujiang["巡查次数"], liujiang["发现"], liujiang["期内销号"], liujiang["累计未办结"]) == (1, 3, 1, 3)
    assert report.places["融安县"]["发现"] == 0  # all counties are there
    assert (report.duty["柳江区"]["人员(人次)"], report.duty["柳江区"]["台账火点"]) == (7, 1)
    assert (report.duty["城中区"]["其中零报告"], report.duty["城中区"]["台账火点"]) == (1, 1)
    assert (report.duty["融安县"]["未报(日)"], report.duty["融安县"]["人员(人次)"]) == (1, None)
    late = {row["问题编号"]: row for row in report.overdue}
    assert len(late) == 3
    assert "LZ-OLD" in late
    shown = [late["LZ-LATE"][each] for each in ("点位名称", "责任单位", "承办单位", "所属辖区", "状态", "超期天数")]
    assert shown == ["某某工地", "甲公司", "柳江区住建局", "柳江区", "整改中", 1]
    assert str(late["LZ-LATE"]["整改时限"]) == "2026-11-25 12:00:00"
    for sheet, rows in ((report.front, "$1:$1"), (report.list, "$1:$2")):
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert sheet.print_title_rows == rows
    assert report.notes["　日期"] == DAY


@pytest.mark.usefixtures("november")
def test_a_month_counts_the_days_that_have_come_and_the_same_again_is_the_same_file(desk: Bench, luo: Person) -> None:
    filters = {**CITY, "month": "2026-11"}
    made = desk.made(luo, "monthly-report", "xlsx", filters=filters)
    report = Opened(desk.fetch(luo, made["id"]).data)
    chengzhong = report.duty["城中区"]
    assert [chengzhong[each] for each in ("已报(日)", "其中零报告", "未报(日)", "人员(人次)")] == [2, 2, 24, 13]
    assert (report.places[SUM]["巡查次数"], report.places[SUM]["期内销号"]) == (3, 2)
    assert (made["progress"]["done"], made["file_name"].split("-seq")[0]) == (3, "月报-2026-11-26")
    assert desk.made(luo, "monthly-report", "xlsx", filters=filters)["sha256"] == made["sha256"]
    english = openpyxl.load_workbook(
        io.BytesIO(desk.bytes(luo, "monthly-report", "xlsx", filters=filters, language="en"))
    )
    assert english.sheetnames == ["Monthly report", "Overdue", "Notes"]


@pytest.mark.usefixtures("november")
def test_a_county_is_told_by_township_and_to_its_own_people(desk: Bench, records: Records) -> None:
    wei = records.person("supervisor", "450206")
    report = Opened(desk.bytes(wei, "daily-report", "xlsx", filters={"cell": "450206", "day": DAY}))
    assert sum(row["发现"] for name, row in report.places.items() if name != SUM) == report.places[SUM]["发现"] == 3
    assert set(report.duty) <= set(report.places)
    assert "城中区" not in report.places
    refused = [
        ({**CITY, "day": DAY}, 403, "not-allowed"),
        ({"day": DAY}, 422, "filter-invalid"),
        ({"cell": "450206"}, 422, "filter-invalid"),
        ({"cell": "450206", "day": "2026-02-30"}, 422, "filter-invalid"),
        ({"cell": "450206", "day": "9999-12-31"}, 422, "filter-invalid"),
        ({"cell": "450206", "month": "2026-11"}, 422, "filter-invalid"),
        ({"cell": "unassigned", "day": DAY}, 422, "filter-invalid"),
    ]
    for filters, status, code in refused:
        answer = desk.ask(wei, "daily-report", filters=filters)
        assert (answer.status_code, answer.json["code"]) == (status, code), filters
    for month in ("2026-13", "2026-1", "²026-01", ""):
        answer = desk.ask(wei, "monthly-report", filters={"cell": "450206", "month": month})
        assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "filter-invalid", "month")

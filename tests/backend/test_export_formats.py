"""What is in exported files, opened as their readers would: the ledger's columns, the weekly sheet, maps and tables."""

from __future__ import annotations

import csv
import io
import json
import time as clock
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import geopandas
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports.columns import columns_of
from backend.exports.geo_table import BATCH, write_geopackage
from backend.models import Case, CaseStep, Hop, HopExtension, Office
from backend.services.case_rows import beginning, days_late
from backend.services.export_kinds import KINDS
from tests.backend.fires import reported
from tests.backend.records import NOON, Person, Records, jpeg, new_id
from tests.backend.test_exports import Desk

LEDGER = [column.key for column in columns_of("ledger")]


class Bench(Desk):
    """The desk, and the bytes of what it makes."""

    def bytes(self, person: Person, kind: str, format: str, **more: Any) -> bytes:
        made = self.made(person, kind, format, **more)
        data: bytes = self.fetch(person, made["id"]).data
        return data


@pytest.fixture
def desk(app: Flask, client: FlaskClient, session: Session) -> Bench:
    return Bench(app, client)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def luo(records: Records) -> Person:
    return records.person("supervisor", "450206")


@pytest.fixture
def closed(records: Records, session: Session, luo: Person) -> str:
    """A finding that went all the way, two days late; returns its number."""
    site = records.site(phone="0772-1234567")
    finding = records.finding(luo, site_id=site.id, state="closed", deadline_at=NOON, requirement="补全围挡")
    for role, colour in (("before", "red"), ("after", "green")):
        records.photo(luo, finding, records.bytes_of(luo, jpeg(colour)), role=role)
    office = Office(id=new_id(), code="LJ-ZJ", name="柳江区住建局", kind="department", cell_code="450206")
    session.add(office)
    session.flush()
    done, hop = NOON + timedelta(days=2), new_id()
    session.add(
        Case(
            finding_id=finding.id,
            office_id=office.id,
            offices=[office.id],
            due_at=NOON,
            rectified_by=luo.id,
            rectified_at=done,
            rechecked_by=luo.id,
            rechecked_at=done,
            closed_by=luo.id,
            closed_at=done,
        )
    )
    session.add(
        Hop(
            id=hop,
            finding_id=finding.id,
            n=1,
            kind="dispatch",
            office_id=office.id,
            given_by=luo.id,
            given_at=NOON - timedelta(days=3),
            due_at=NOON,
            ended_at=done,
            outcome="replied",
        )
    )
    session.flush()
    session.add(
        HopExtension(
            id=new_id(),
            hop_id=hop,
            n=1,
            asked_by=luo.id,
            asked_at=NOON,
            reason="下雨",
            wanted_until=done,
            decided_by=luo.id,
            decided_at=NOON,
            granted=False,
        )
    )
    for n, (action, to) in enumerate((("close", "closed"), ("look-back", "look_back"), ("holds", "closed")), start=1):
        session.add(
            CaseStep(
                id=new_id(),
                finding_id=finding.id,
                n=n,
                action=action,
                start="recheck",
                to=to,
                by_id=luo.id,
                role="supervisor",
                at=done,
                received_at=done,
                photos=[],
                details={},
            )
        )
    session.commit()
    return finding.number


def test_the_ledger_tells_what_became_of_a_finding(desk, luo, closed):
    sheet = openpyxl.load_workbook(io.BytesIO(desk.bytes(luo, "ledger", "xlsx"))).worksheets[0]
    said = dict(zip(LEDGER, (cell.value for cell in sheet[3]), strict=True))
    headings = dict(zip(LEDGER, (cell.value for cell in sheet[2]), strict=True))
    assert (headings["document"], headings["leader"]) == ("交办文号/期号", "责任领导")
    done = datetime(2026, 11, 24, 12, 0)
    expected = {
        "number": closed, "document": None, "leader": None, "office": "柳江区住建局", "phone": "0772-1234567",
        "dispatched_at": done - timedelta(days=5), "deadline": done - timedelta(days=2), "done_at": done,
        "state": "已销号", "days_late": 2, "rechecked_by": "测试supervisor", "rechecked_at": done, "recheck": "合格",
        "penalty": "否", "closed_at": done, "closed_by": "测试supervisor", "look_back": "合格",
        "extensions": "申请延至2026-11-24 12:00，未同意",
    }  # fmt: skip
    assert {key: said[key] for key in expected} == expected
    columns = sorted(LEDGER[image.anchor._from.col] for image in sheet._images)
    assert columns == ["after", "before"]


def test_the_weekly_list_is_fifteen_columns_on_landscape_a3_without_coordinates(desk, luo, closed):
    sheet = openpyxl.load_workbook(io.BytesIO(desk.bytes(luo, "weekly-list", "xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet[2]] == [
        "序号", "问题编号", "辖区", "点位及地址", "存在问题", "整改前照片", "整改要求及时限", "责任单位", "监管部门",
        "责任领导", "联系人及电话", "完成情况", "整改后照片", "是否销号", "备注",
    ]  # fmt: skip
    row = [cell.value for cell in sheet[3]]
    assert row[2:4] == ["柳江区\n拉堡镇", "拉堡安置房项目\n柳江区拉堡镇"]
    assert row[6] == "补全围挡\n限2026-11-22 12:00前"
    assert row[10:12] == ["张三\n0772-1234567", "已销号\n完成时间 2026-11-24 12:00\n超期2天"]
    assert row[13] == "是"
    assert [image.anchor._from.col for image in sheet._images] == [5, 12]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 8)
    assert (sheet.page_setup.fitToHeight, sheet.print_title_rows) == (0, "$1:$2")
    assert "&P" in sheet.oddFooter.center.text
    assert "&N" in sheet.oddFooter.center.text


def test_a_page_of_a_list_says_from_when_it_is_and_has_room_to_sign_and_the_notes_fit_a_page(desk, luo, closed):
    book = openpyxl.load_workbook(io.BytesIO(desk.bytes(luo, "weekly-list", "xlsx")))
    sheet, notes = book.worksheets
    assert sheet.oddFooter.left.text.startswith("数据截至：2026-11-2")
    assert [sheet.oddFooter.right.text.count(word) for word in ("制表：", "审核：", "签发：")] == [1, 1, 1]
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:O1"]
    assert (notes.page_setup.fitToHeight, notes.sheet_properties.pageSetUpPr.fitToPage) == (0, True)


def test_the_summary_counts_by_unit_and_adds_up(desk, records, luo, closed):
    records.finding(luo, lead_department="住建", deadline_at=NOON - timedelta(days=9))
    records.finding(luo, lead_department="住建", state="rejected")
    said = list(csv.reader(io.StringIO(desk.bytes(luo, "unit-summary", "csv").decode("utf-8-sig"))))
    assert said[0][:4] == ["序号", "所属辖区", "承办或监管单位", "问题总数"]
    assert said[1:] == [
        ["1", "柳江区", "住建", "2", "0", "0", "1", "1", "0", "1", "0.0"],
        ["2", "柳江区", "柳江区住建局", "1", "1", "0", "0", "0", "0", "0", "100.0"],
        ["", "", "合计", "3", "1", "0", "1", "1", "0", "1", "50.0"],
    ]


def test_a_csv_runs_no_formula_and_opens_as_chinese(desk, records, luo):
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1", '说"了",\n换行', "平常"]
    for text in hostile:
        records.finding(luo, description=text)
    data = desk.bytes(luo, "findings", "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["问题描述"] for row in rows] == ["'" + text for text in hostile[:6]] + hostile[6:]
    assert rows[0]["坐标系"] == "CGCS2000"


def test_geojson_names_its_datum_and_keeps_findings_without_a_place(desk, records, luo):
    finding = records.finding(luo)
    records.finding(luo, None)
    said = json.loads(desk.bytes(luo, "findings", "geojson"))
    assert (said["type"], said["datum"]) == ("FeatureCollection", "CGCS2000")
    placed, bare = said["features"]
    assert placed["geometry"] == {"type": "Point", "coordinates": [finding.lon, finding.lat]}
    assert (placed["properties"]["number"], placed["properties"]["state_code"]) == (finding.number, "submitted")
    assert (bare["geometry"], bare["properties"]["datum"]) == (None, None)


def test_a_geopackage_holds_points_times_and_notes(desk, records, luo, tmp_path):
    finding = records.finding(luo)
    records.finding(luo, None)
    path = tmp_path / "a.gpkg"
    path.write_bytes(desk.bytes(luo, "findings", "gpkg"))
    layer = geopandas.read_file(path, layer="findings")
    assert layer.crs.to_epsg() == 4490
    assert list(layer.columns[:-1]) == [column.key for column in columns_of("findings")]
    assert (layer.geometry[0].x, layer.geometry[0].y, layer.geometry[1]) == (finding.lon, finding.lat, None)
    assert layer["found_at"][0] == finding.found_at
    notes = geopandas.read_file(path, layer="notes")
    assert dict(zip(notes["name"], notes["value"], strict=True))["问题数"] == "2"


@pytest.mark.parametrize(("format", "encoding"), [("shp", "UTF-8"), ("shp-gbk", "GBK")])
def test_a_shapefile_says_its_encoding_and_has_a_key_that_counts_what_was_cut(
    desk, records, luo, tmp_path, format, encoding
):
    records.finding(luo, description="裸土" * 100)
    records.finding(luo, None, description="𠮷")
    path = tmp_path / "a.zip"
    path.write_bytes(desk.bytes(luo, "findings", format))
    parts = zipfile.ZipFile(path)
    assert parts.read("findings.cpg").decode() == encoding
    assert b"CGCS" in parts.read("findings.prj") or b"China_2000" in parts.read("findings.prj")
    key = list(csv.reader(io.StringIO(parts.read("fields.csv").decode("utf-8-sig"))))
    cut = {row[0]: row[4] for row in key[1:]}
    assert cut["descript"] == ("1" if encoding == "UTF-8" else "2")
    assert "seq" in parts.read("notes.txt").decode("utf-8-sig")
    layer = geopandas.read_file(f"zip://{path}")
    assert list(layer.columns[:-1]) == [column.short for column in columns_of("findings")]
    assert layer.crs.to_epsg() == 4490
    assert layer["descript"][0] == ("裸土" * 100)[: 84 if encoding == "UTF-8" else 127]
    assert (layer["state"][0], layer.geometry[1]) == ("已上报", None)


@pytest.mark.parametrize("format", ["geojson", "gpkg", "shp", "shp-gbk", "csv"])
def test_the_same_again_gives_the_same_bytes_even_of_nothing(desk, records, luo, format):
    assert desk.made(luo, "findings", format)["progress"] == {"done": 0, "total": 0}
    records.finding(luo)
    first, second = (desk.made(luo, "findings", format)["sha256"] for _ in range(2))
    assert first == second


def test_a_geopackage_does_not_tell_how_fast_it_was_written(tmp_path):
    def rows(slowly: bool) -> Iterator[tuple[tuple[float, float], list[Any]]]:
        """More than are written at a time."""
        for n in range(BATCH + 1):
            if slowly and n == BATCH:
                began = clock.time_ns()
                while clock.time_ns() < began + 2_000_000:  # into another millisecond
                    continue
            yield (109.3, 24.3 + n / 10_000), [NOON if column.kind == "instant" else n for column in columns]

    columns = columns_of("findings")
    written = set()
    for n in range(4):
        path = tmp_path / f"{n}.gpkg"
        write_geopackage(path, columns, rows(slowly=n % 2 == 1), lambda count: [("n", str(count))], "")
        written.add(path.read_bytes())
    assert len(written) == 1


def test_the_ledger_of_fire_points_comes_through_the_same_jobs(desk, luo):
    data = desk.bytes(luo, "fire-point-ledger", "xlsx", filters={"state": "open"}, language="en")
    assert openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].cell(2, 2).value == "Fire point"


def test_the_ledger_of_fire_points_is_narrowed_by_all_that_its_list_is(desk, client, luo, time):
    reported(client, luo, time.now())

    def places(**filters: str) -> list[Any]:
        data = desk.bytes(luo, "fire-point-ledger", "xlsx", filters=filters)
        return [row[0].value for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(min_row=3)]

    assert places(handled="false", bbox="109,24,110,25") == [1]
    assert places(handled="true") == []
    assert places(bbox="110,24,111,25") == []
    for wrong in ({"handled": "perhaps"}, {"bbox": "1,2,3"}):
        answer = desk.ask(luo, "fire-point-ledger", filters=wrong)
        assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "filter-invalid", *wrong)


def test_every_filter_of_an_export_has_a_word():
    assert {name for kind in KINDS.values() for name in kind.names} <= set(catalogue.codes("filter"))


def test_lateness_is_counted_to_the_beginning_of_a_day_and_not_of_what_is_parked_or_turned_down():
    due, until = beginning(date(2026, 11, 22)), beginning(date(2026, 11, 25))
    assert days_late("rectifying", due, None, until) == 3
    assert days_late("rectifying", until, None, until) == 0
    assert days_late("rectifying", None, None, until) is None
    assert days_late("rejected", due, None, until) is None
    assert days_late("penalty_transfer", due, None, until) == 0
    assert days_late("rectifying", due, Case(parked_until=until), until) == 0
    assert days_late("feedback", due, Case(rectified_at=due + timedelta(hours=1)), until) == 1


def test_every_exported_column_reads_something_that_is_there():
    for name in ("ledger", "weekly_of_findings", "unit_summary", "findings"):
        assert columns_of(name)
    assert all(column.short for column in columns_of("findings"))
    assert len(columns_of("weekly_of_findings")) == 15
    assert [column.key for column in columns_of("ledger") if column.source is None] == []

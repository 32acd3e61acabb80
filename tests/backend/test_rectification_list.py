"""The rectification list, opened as a reader would: what findings say, their photos, and the same again on demand."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import storage
from backend.exports.columns import columns_of
from backend.models import AuditEvent
from backend.services.finding_filters import Filters
from backend.services.rectification_list import write_rectification_list
from backend.transactions import reading
from tests.backend.records import BEIJING_CITY, CHENGZHONG, ITEM, LIUJIANG, NOON, Person, Records, jpeg, statements

URL = "/api/v1/exports/rectification-list.xlsx"
COLUMNS = {column.key: n for n, column in enumerate(columns_of("rectification_list"), start=1)}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def supervisor(records: Records) -> Person:
    return records.person("supervisor", "450200")


def fetch(client: FlaskClient, person: Person, **query: Any) -> Any:
    answer = client.get(URL, query_string=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer


def opened(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


def value(sheet: Worksheet, row: int, key: str) -> Any:
    return sheet.cell(2 + row, COLUMNS[key]).value


@pytest.mark.both_databases
def test_the_list_says_what_a_finding_says(client, records, supervisor):
    version = records.checklist()
    site = records.site(name="拉堡安置房项目", kind="construction")
    finding = records.finding(
        supervisor, site_id=site.id, item=ITEM, checklist=version.code, checklist_version=version.version,
        basis="市行动方案（十四）", requirement="补全围挡", rectification_kind="time_limited", deadline_at=NOON,
        severity="serious", flags=[{"code": "position-mocked"}, {"code": "something-new"}],
    )  # fmt: skip
    codes = {cell.scheme: cell.code for cell in finding.cells}
    sheet = opened(fetch(client, supervisor).data)
    assert sheet.title == "整改清单"
    assert sheet.cell(1, 1).value == "整改清单"
    assert [cell.value for cell in sheet[2]][:3] == ["序号", "问题编号", "发现时间"]
    said = {key: value(sheet, 1, key) for key in COLUMNS}
    assert said["item"].startswith("围挡率")
    assert said | {"item": None} == {
        "n": 1, "number": finding.number, "found_at": datetime(2026, 11, 22, 11, 59), "source": "现场上报",
        "grade": "线索", "topic": "扬尘", "site_name": "拉堡安置房项目", "site_kind": "施工工地",
        "address": "柳江区拉堡镇", "lon": LIUJIANG[0], "lat": LIUJIANG[1], "datum": "CGCS2000",
        "district": "柳江区", "township": "拉堡镇",
        "district_code": "450206100", "square": codes["square-1000"], "beidou": codes["beidou"], "item": None,
        "description": "裸土未覆盖", "basis": "市行动方案（十四）", "severity": "严重", "requirement": "补全围挡",
        "rectification_kind": "限期整改", "responsible_unit": "某建筑公司", "responsible_person": "张三",
        "supervisor": "柳江区住房和城乡建设局", "deadline": datetime(2026, 11, 22, 12, 0), "state": "已上报",
        "before": None, "remarks": "疑似模拟定位；something-new",
    }  # fmt: skip
    assert sheet.cell(3, COLUMNS["found_at"]).number_format == "yyyy-mm-dd hh:mm"
    assert sheet.cell(3, COLUMNS["lon"]).number_format == "0.000000"


def test_the_list_is_laid_out_for_a3_with_its_headings_on_every_page(client, records, supervisor):
    records.finding(supervisor)
    sheet = opened(fetch(client, supervisor).data)
    last = openpyxl.utils.get_column_letter(len(COLUMNS))
    assert sheet.freeze_panes == "C3"
    assert sheet.auto_filter.ref == f"A2:{last}3"
    assert sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 8)
    assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)


def test_a_list_too_wide_for_one_page_spreads_over_more_with_the_numbers_of_its_rows_on_each(
    client, records, supervisor
):
    records.finding(supervisor)
    sheet = opened(fetch(client, supervisor).data)
    assert (sheet.page_setup.fitToWidth, sheet.print_title_cols) == (2, "$A:$B")
    assert sheet.page_setup.pageOrder == "overThenDown"
    assert not sheet.merged_cells.ranges  # a title in the middle would be torn apart


def test_before_photos_stand_in_their_cell_and_the_row_is_high_enough(client, records, supervisor):
    finding, bare = records.finding(supervisor), records.finding(supervisor)
    for n, colour in enumerate(("red", "green", "blue", "black")):
        records.photo(supervisor, finding, records.bytes_of(supervisor, jpeg(colour, (480, 640 + n))), role="scene")
    records.photo(supervisor, finding, "e" * 64)  # not here yet
    records.photo(supervisor, finding, records.bytes_of(supervisor, b"%PDF-1.7", "application/pdf"), role="before")
    records.photo(supervisor, finding, records.bytes_of(supervisor, jpeg("white")), role="after")
    sheet = opened(fetch(client, supervisor).data)
    anchors = [(image.anchor._from.row, image.anchor._from.col) for image in sheet._images]
    assert anchors == [(2, COLUMNS["before"] - 1)] * 3
    assert value(sheet, 1, "before") == "另有1张；1个文件无法预览；1张未上传"
    for image in sheet._images:
        small = Image.open(image.ref)
        assert (small.format, max(small.size) <= 200) == ("JPEG", True)
        bottom = image.anchor.to.row
        assert bottom == 2  # the picture ends in its own row
        assert image.anchor.to.col == COLUMNS["before"] - 1
    assert sheet.row_dimensions[3].height >= 70
    assert sheet.row_dimensions[4].height < 40
    assert value(sheet, 2, "number") == bare.number


def test_a_photo_that_has_gone_bad_on_disk_does_not_cost_the_list(client, records, supervisor):
    finding = records.finding(supervisor)
    records.photo(supervisor, finding, records.bytes_of(supervisor, jpeg()[:300]))
    sheet = opened(fetch(client, supervisor).data)
    assert value(sheet, 1, "before") == "1个文件无法预览"


def test_no_text_of_the_field_runs_as_a_formula_or_breaks_the_file(client, records, supervisor):
    hostile = {
        '=HYPERLINK("http://x")': '=HYPERLINK("http://x")',
        "+1+1": "+1+1",
        "-2": "-2",
        "@SUM(A1)": "@SUM(A1)",
        "http://example.org/x": "http://example.org/x",
        "{=A1}": "{=A1}",
        "<r><t>rich</t></r>": "<r><t>rich</t></r> ",
        "<b>&amp;]]>": "<b>&amp;]]>",
        "铃\x07声\x1b": "铃\ufffd声\ufffd",
        "半\ufffe个": "半\ufffd个",
        "_x0041_": "_x0041_",
        "第一行\r\n第二行": "第一行\n第二行",
        "𠮷野家": "𠮷野家",
    }
    for text in hostile:
        records.finding(supervisor, description=text)
    data = fetch(client, supervisor).data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(parts.read(name))
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml
    sheet = opened(data)
    shown = [sheet.cell(3 + n, COLUMNS["description"]) for n in range(len(hostile))]
    unescaped = [cell.value.replace("_x005F_x0041_", "_x0041_") for cell in shown]
    assert unescaped == list(hostile.values())
    assert all(cell.data_type in ("s", "inlineStr") for cell in shown)
    assert [cell.quotePrefix for cell in shown[:5]] == [True] * 4 + [False]


def test_a_text_that_is_too_long_for_excel_is_cut_with_a_mark(client, records, supervisor):
    records.finding(supervisor, description="𠮷" * 20_000)
    sheet = opened(fetch(client, supervisor).data)
    text = value(sheet, 1, "description")
    assert len(text.encode("utf-16-le")) // 2 <= 32_767
    assert text.endswith("𠮷…（过长，已截断）")
    assert sheet.row_dimensions[3].height > 400


def test_the_list_is_narrowed_by_the_filters_of_the_findings(client, records, supervisor):
    wanted = records.finding(supervisor, topic="straw")
    records.finding(supervisor, CHENGZHONG)
    sheet = opened(fetch(client, supervisor, topic="straw", cell="450206").data)
    assert (value(sheet, 1, "number"), sheet.max_row) == (wanted.number, 3)


def test_the_list_holds_what_its_maker_may_see(client, records, supervisor):
    inspector = records.person("inspector", "450206")
    records.finding(inspector, LIUJIANG)
    records.finding(inspector, CHENGZHONG)
    nowhere = records.finding(inspector, BEIJING_CITY)
    assert opened(fetch(client, records.person("supervisor", "450206")).data).max_row == 3
    whole = opened(fetch(client, supervisor).data)
    assert whole.max_row == 5
    assert (value(whole, 3, "number"), value(whole, 3, "district")) == (nowhere.number, "未落入辖区")
    assert client.get(URL, headers=inspector.headers).status_code == 403


def test_the_same_data_and_filters_give_the_same_bytes_and_other_data_others(client, records, supervisor, time):
    finding = records.finding(supervisor)
    records.photo(supervisor, finding, records.bytes_of(supervisor, jpeg()))
    first = fetch(client, supervisor)
    again = fetch(client, supervisor)
    assert again.data == first.data
    assert again.headers["X-Content-SHA256"] == first.headers["X-Content-SHA256"]
    records.finding(supervisor)
    assert fetch(client, supervisor).data != first.data


def test_the_notes_say_how_to_make_the_list_again(client, records, supervisor):
    records.finding(supervisor)
    answer = fetch(client, supervisor, topic="dust", text="=裸土")
    notes = openpyxl.load_workbook(io.BytesIO(answer.data))["说明"]
    said = {row[0].value.strip("　"): row[1].value for row in notes.iter_rows()}
    assert said["数据序号 (seq)"] == answer.headers["X-Bluegrid-Seq"]
    assert (said["专题"], said["关键字"], said["问题数"], said["可见范围"]) == ("dust", "=裸土", "0", "450200")
    assert said["制表人"] == supervisor.actor.name
    assert f"seq {answer.headers['X-Bluegrid-Seq']}" in opened(answer.data).oddFooter.center.text


def test_an_empty_list_opens_too(client, supervisor):
    sheet = opened(fetch(client, supervisor).data)
    assert (sheet.max_row, sheet.cell(2, 2).value) == (2, "问题编号")


def test_the_file_has_a_chinese_name_and_a_plain_one(client, supervisor):
    answer = fetch(client, supervisor)
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    said = answer.headers["Content-Disposition"]
    assert 'filename="rectification-list-' in said
    assert "filename*=UTF-8''%E6%95%B4%E6%94%B9%E6%B8%85%E5%8D%95-20" in said
    said.encode("ascii")


def test_an_english_list_has_english_headings_and_labels(client, records, supervisor):
    records.finding(supervisor, severity="serious")
    sheet = opened(fetch(client, supervisor, lang="en").data)
    assert (sheet.cell(2, 2).value, value(sheet, 1, "severity"), sheet.title) == (
        "Finding",
        "Serious",
        "Rectification list",
    )


def test_each_export_is_in_the_audit_trail_without_the_text_looked_for(client, session, records, supervisor):
    answer = fetch(client, supervisor, text="张三", topic="dust")
    session.rollback()
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "export.rectification-list")).one()
    assert event.actor_id == supervisor.id
    assert event.details["filters"] == {"topic": "dust"}
    assert event.details["sha256"] == answer.headers["X-Content-SHA256"]


@pytest.mark.parametrize(
    "query", [{"bbox": "1"}, {"topic": "x"}, {"lang": "fr"}, {"cell": "1"}, {"text": "\0"}, {"limit": 5}]
)
def test_a_list_that_makes_no_sense_is_refused_with_a_code(client, supervisor, query):
    answer = client.get(URL, query_string=query, headers=supervisor.headers)
    assert answer.status_code == 422
    assert answer.json["code"]


def test_a_long_list_costs_statements_by_the_batch_and_not_by_the_row(app, records, supervisor):
    for _ in range(210):
        records.finding(supervisor)
    seen = statements(app)
    with reading() as session:
        facts = write_rectification_list(session, supervisor.actor, Filters(), io.BytesIO(), blobs=storage.blobs())
    assert facts.rows == 210
    assert len(seen) < 25


@pytest.mark.slow
def test_a_list_five_times_as_long_takes_hardly_more_memory(app, records, supervisor, tmp_path):
    def peak() -> int:
        tracemalloc.start()
        with reading() as session, (tmp_path / "list.xlsx").open("wb") as file:
            write_rectification_list(session, supervisor.actor, Filters(), file)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    for _ in range(450):  # more than two batches, which are in memory at once
        records.finding(supervisor)
    peak()
    short = peak()
    for _ in range(1800):
        records.finding(supervisor)
    assert peak() < 1.5 * short

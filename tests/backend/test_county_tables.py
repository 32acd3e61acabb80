"""Counties' own tables: sent out blank, sent back, looked at, applied as looked at; every file and every word kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from backend.exports.columns import columns_of
from backend.models import (
    AuditEvent,
    CountyTable,
    Finding,
    Hop,
    IssuedPaper,
    Office,
    Paper,
    PaperFinding,
    Statement,
    User,
)
from backend.services import accounts, written_days
from tests.backend.records import CHENGZHONG, Person, Records, new_id
from tests.backend.test_export_formats import LEDGER
from tests.backend.test_exports import Desk
from tests.backend.test_periods import COLUMNS, Weeks
from tests.backend.test_spreadsheets import xlsx
from tests.stories import FakeTime

URL = "/api/v1/county-tables"
HEADINGS = ["序号", "问题编号", "责任领导", "联系人及电话", "完成情况", "完成时限", "完成日期", "备注"]
BLANK = {column.key: n for n, column in enumerate(columns_of("county_table"), start=1)}
COUNTY = "450206"


class County:
    """A county that fills in tables, and the city that takes them."""

    def __init__(self, app: Flask, weeks: Weeks) -> None:
        self.weeks, self.client, self.session, self.admin = weeks, weeks.client, weeks.session, weeks.admin
        self.desk = Desk(app, weeks.client)

    def send(self, data: bytes, person: Person | None = None, cell: str = COUNTY, name: str = "柳江区.xlsx") -> Any:
        form = {"file": (io.BytesIO(data), name), "cell": cell}
        return self.client.post(URL, data=form, headers=(person or self.admin).headers)

    def looked(self, data: bytes, state: str = "checked") -> Any:
        answer = self.send(data)
        assert answer.status_code == 201, answer.text
        assert answer.json["state"] == state, answer.json["report"]
        return answer.json

    def apply(self, table: Any, person: Person | None = None, sha256: str | None = None) -> Any:
        said = {"sha256": sha256 or table["sha256"]}
        return self.client.post(f"{URL}/{table['id']}/apply", json=said, headers=(person or self.admin).headers)

    def applied(self, data: bytes) -> Any:
        answer = self.apply(self.looked(data))
        assert answer.status_code == 200, answer.text
        return answer.json

    def said(self, finding: Finding) -> list[dict[str, Any]]:
        answer = self.client.get(f"/api/v1/findings/{finding.id}/statements", headers=self.admin.headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json)

    def issued(self, number: str, finding: Finding) -> None:
        """A paper about a finding, as if it had been issued."""
        office = Office(id=new_id(), code=new_id(), name="柳州市大气办", kind="department", active=True)
        by, now, paper_id = self.admin.id, self.weeks.time.at, new_id()
        paper = Paper(
            id=paper_id, kind="assignment", office_id=office.id, said={}, state="issued", created_by=by, created_at=now
        )
        self.session.add_all([office, paper])
        self.session.flush()
        self.session.add(PaperFinding(paper_id=paper_id, finding_id=finding.id, n=1))
        self.session.add(
            IssuedPaper(
                paper_id=paper_id, office_id=office.id, kind="assignment", year=2026, n=1, number=number, signer="韦",
                filled={}, template_sha256="0" * 64, data=b"", sha256="0" * 64, by_id=by, at=now,
            )
        )  # fmt: skip
        self.session.commit()

    def handler(self, cell: str | None = COUNTY) -> tuple[Person, Office]:
        office = Office(id=new_id(), code=new_id(), name="柳江区政府", kind="county", cell_code=cell, active=True)
        self.session.add(office)
        self.session.flush()
        user = accounts.create_user(
            self.session,
            id=new_id(),
            now=self.weeks.time.at,
            name=new_id(),
            role="handler",
            grants=[],
            office=office.id,
        )
        token, _ = accounts.open_login(self.session, user, self.weeks.time.at, hours=12)
        self.session.commit()
        return Person(user, token), office


@pytest.fixture
def county(app: Flask, client: FlaskClient, session: Session, time: FakeTime) -> County:
    return County(app, Weeks(client, Records(app, session), time))


def row(finding: Finding | str, **given: Any) -> list[Any]:
    number = finding if isinstance(finding, str) else finding.number
    said = {
        "序号": 1,
        "问题编号": number,
        "责任领导": "覃副区长",
        "联系人及电话": "李四 13800000000",
        "完成情况": "已覆盖防尘网",
    }
    return [{**said, **given}.get(heading) for heading in HEADINGS]


def table(*rows: Sequence[Any], merge: tuple[str, ...] = ()) -> bytes:
    return xlsx(["柳江区整改情况"], HEADINGS, *[list(each) for each in rows], merge=("A1:H1", *merge))


def faults(found: Any) -> list[tuple[str, str]]:
    return [(each["cell"], each["code"]) for each in found["report"]["fault_list"]]


def warnings(found: Any) -> list[tuple[str, str]]:
    return [(each["cell"], each["code"]) for each in found["report"]["warning_list"]]


@pytest.mark.both_databases
def test_a_blank_table_goes_out_comes_back_filled_and_stands_in_the_ledger_and_the_next_period(county, session):
    mine, other = county.weeks.found(), county.weeks.found(CHENGZHONG)
    done = county.weeks.found()
    county.weeks.step(done, "closed")
    period = county.weeks.week()
    asked = {"period": period["id"], "cell": COUNTY}
    blank = county.client.get(f"{URL}/blank.xlsx", query_string=asked, headers=county.admin.headers)
    assert blank.status_code == 200, blank.text
    book = openpyxl.load_workbook(io.BytesIO(blank.data))
    sheet = book.worksheets[0]
    numbers = [sheet.cell(line, BLANK["number"]).value for line in range(3, sheet.max_row + 1)]
    assert numbers == [mine.number]
    filled = {
        "leader": "覃副区长",
        "contact": "李四",
        "phone": "13800000000",
        "progress": "已覆盖防尘网",
        "done_on": date(2026, 11, 20),
    }
    for key, value in filled.items():
        sheet.cell(3, BLANK[key]).value = value
    file = io.BytesIO()
    book.save(file)
    looked = county.looked(file.getvalue())
    assert (looked["report"]["matched"], looked["report"]["new"], looked["report"]["faults"]) == (1, 1, 0)
    assert looked["report"]["changes"][0]["fields"]["leader"] == [None, "覃副区长"]
    assert county.said(mine) == [], "a look changes nothing"
    assert county.apply(looked).json["state"] == "applied"
    [statement] = county.said(mine)
    assert (statement["n"], statement["leader"], statement["done_on"]) == (1, "覃副区长", "2026-11-20")
    made = county.desk.made(county.admin)
    ledger = openpyxl.load_workbook(io.BytesIO(county.desk.fetch(county.admin, made["id"]).data)).worksheets[0]
    rows = {line[LEDGER.index("number")].value: line for line in ledger.iter_rows(min_row=3)}
    told = dict(zip(LEDGER, (cell.value for cell in rows[mine.number]), strict=True))
    assert (told["leader"], told["phone"]) == ("覃副区长", "李四 13800000000")
    assert told["state"] == "已上报\n县区反馈：已覆盖防尘网\n县区报完成：2026-11-20"
    assert told["document"] == "2026年第1期（柳大气办〔2026〕48号）"
    assert rows[other.number][LEDGER.index("leader")].value in (None, "")
    county.issued("柳大气办交〔2026〕1号", mine)
    printed = county.weeks.list(county.weeks.week())
    listed = openpyxl.load_workbook(io.BytesIO(printed)).worksheets[0]
    lines = {line[COLUMNS["number"] - 1].value: line for line in listed.iter_rows(min_row=3)}
    said = {key: lines[mine.number][n - 1].value for key, n in COLUMNS.items()}
    assert (said["leader"], said["contact"]) == ("覃副区长", "李四 13800000000")
    assert said["progress"] == "已上报\n县区反馈：已覆盖防尘网\n县区报完成：2026-11-20"
    assert said["remarks"] == "上期结转；交办文号：柳大气办交〔2026〕1号"
    again = county.client.get(f"{URL}/blank.xlsx", query_string=asked, headers=county.admin.headers)
    sent_back = county.looked(again.data)
    assert (sent_back["report"]["same"], sent_back["report"]["changes"]) == (1, []), "what it said stands in the next"


@pytest.mark.both_databases
def test_the_newest_word_holds_and_all_earlier_ones_and_files_are_kept(county, session):
    finding = county.weeks.found()
    first = table(row(finding, 完成时限=date(2026, 12, 1)))
    one = county.applied(first)
    two = county.applied(table(row(finding, 完成情况="已完成", 责任领导=None, 完成日期="2026年11月21日")))
    newest, oldest = county.said(finding)
    assert (newest["n"], newest["progress"], newest["done_on"]) == (2, "已完成", "2026-11-21")
    assert (newest["leader"], newest["due_on"]) == ("覃副区长", "2026-12-01"), "an empty cell leaves what was said"
    assert (oldest["n"], oldest["progress"], oldest["table"]) == (1, "已覆盖防尘网", one["id"])
    assert two["report"]["changes"][0]["fields"] == {
        "progress": ["已覆盖防尘网", "已完成"], "done_on": [None, "2026-11-21"],
    }  # fmt: skip
    file = county.client.get(f"{URL}/{one['id']}/file", headers=county.admin.headers)
    assert (file.data, file.headers["X-Content-SHA256"]) == (first, one["sha256"])
    listed = county.client.get(URL, query_string={"cell": COUNTY}, headers=county.admin.headers).json["items"]
    assert [each["id"] for each in listed] == [two["id"], one["id"]]
    assert "changes" not in listed[0]["report"]
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == one["id"]).order_by(AuditEvent.n))
    assert list(actions) == ["county-table.check", "county-table.apply", "read.county-tables"]
    for statement in ("UPDATE statement SET progress = 'x'", "DELETE FROM statement"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(statement))
        session.rollback()


def test_rows_that_cannot_be_taken_are_named_and_stop_the_whole_table(county, session):
    mine, other, twice = county.weeks.found(), county.weeks.found(CHENGZHONG), county.weeks.found()
    looked = county.looked(
        table(
            row(mine, 完成日期="11月20日前"),
            row("LZ-20990101-0001"),
            row(other),
            row(twice),
            row(twice),
            row(mine, 问题编号=None),
            row("LZ-20990101-0002", 完成时限="长期坚持"),
            row("LZ-20990101-0003", 责任领导="覃" * 81),
        ),
        state="refused",
    )
    assert faults(looked) == [
        ("G3", "date-without-year"), ("B4", "finding-unknown"), ("B5", "finding-elsewhere"), ("B7", "code-duplicate"),
        ("B8", "cell-empty"), ("F9", "date-unclear"), ("C10", "text-too-long"),
    ]  # fmt: skip
    said = {each["cell"]: each["message"]["zh-CN"] for each in looked["report"]["fault_list"]}
    assert said["B5"] == f"B5：这个问题不在本县区（{other.number} 城中区）"
    assert said["G3"] == "G3：日期没有年份，请写作2026-11-25（11月20日前）"
    refused = county.apply(looked)
    assert (refused.status_code, refused.json["code"]) == (409, "import-not-ready")
    assert session.scalar(select(func.count()).select_from(Statement)) == 0
    assert session.get(CountyTable, looked["id"]).data, "the file is kept all the same"


def test_merged_cells_and_text_dates_are_told(county):
    first, second = county.weeks.found(), county.weeks.found()
    closed = county.weeks.found(state="closed")
    looked = county.looked(
        table(
            row(first, 完成日期="2026.11.20"),
            row(second, 责任领导=None, 完成日期=46346),
            row(closed, 完成日期=date(2027, 1, 5)),
            merge=("C3:C4",),
        )
    )
    assert warnings(looked) == [
        ("C3", "cells-merged"), ("G3", "date-as-text"), ("G4", "date-as-text"), ("G5", "date-ahead"),
        ("B5", "finding-settled"),
    ]  # fmt: skip
    assert [each["fields"]["leader"][1] for each in looked["report"]["changes"]] == ["覃副区长"] * 3
    assert [each["fields"]["done_on"][1] for each in looked["report"]["changes"]] == [
        "2026-11-20", "2026-11-20", "2027-01-05",
    ]  # fmt: skip


def test_a_merged_heading_over_two_columns_is_not_guessed(county):
    finding = county.weeks.found()
    headings = ["问题编号", "完成情况", "联系人及电话", None]
    data = xlsx(headings, [finding.number, "已完成", "李四", "13800000000"], merge=("C1:D1",))
    looked = county.looked(data, state="refused")
    assert faults(looked) == [("C1", "heading-repeated")]
    assert "C, D" in looked["report"]["fault_list"][0]["message"]["zh-CN"]


@pytest.mark.parametrize("headings", [["序号", "完成情况"], ["问题编号", "存在问题"]])
def test_a_table_without_numbers_or_without_anything_said_is_refused(county, headings):
    answer = county.send(xlsx(headings, ["1", "2"]))
    assert (answer.status_code, answer.json["code"]) == (422, "table-unreadable")


@pytest.mark.both_databases
def test_what_is_applied_is_what_was_looked_at(county):
    finding = county.weeks.found()
    looked = county.looked(table(row(finding)))
    other_file = county.apply(looked, sha256="0" * 64)
    assert (other_file.status_code, other_file.json["code"]) == (409, "table-overtaken")
    county.applied(table(row(finding, 完成情况="别的情况")))
    overtaken = county.apply(looked)
    assert (overtaken.status_code, overtaken.json["code"]) == (409, "table-overtaken")
    assert [each["progress"] for each in county.said(finding)] == ["别的情况"]
    last = county.looked(table(row(finding)))
    done = county.apply(last)
    assert county.apply(last).json == done.json, "an answer that was lost is asked for again"
    assert len(county.said(finding)) == 2


def test_a_handler_speaks_for_the_own_county_and_the_findings_that_it_was_given(county, session):
    given, not_given = county.weeks.found(), county.weeks.found()
    handler, office = county.handler()
    now = county.weeks.time.at
    session.add(
        Hop(
            id=new_id(),
            finding_id=given.id,
            n=1,
            kind="dispatch",
            office_id=office.id,
            given_by=county.admin.id,
            given_at=now,
        )
    )
    session.commit()
    period = county.weeks.week()
    blank = county.client.get(
        f"{URL}/blank.xlsx", query_string={"period": period["id"], "cell": COUNTY}, headers=handler.headers
    )
    sheet = openpyxl.load_workbook(io.BytesIO(blank.data)).worksheets[0]
    assert [sheet.cell(line, BLANK["number"]).value for line in range(3, sheet.max_row + 1)] == [given.number]
    offered = county.client.get(f"{URL}/offered", headers=handler.headers).json
    assert (offered["cell"], [each["id"] for each in offered["periods"]]) == (COUNTY, [period["id"]])
    out = {"period": period["id"], "cell": COUNTY}
    assert county.client.get(f"{URL}/left-out", query_string=out, headers=handler.headers).status_code == 403
    mine = county.send(table(row(given)), handler)
    assert county.apply(mine.json, handler).json["state"] == "applied"
    foreign = county.send(table(row(not_given)), handler)
    assert faults(foreign.json) == [("B3", "finding-unknown")]
    assert county.send(table(row(given)), handler, cell="450202").json["code"] == "not-allowed"
    stranger, _ = county.handler("450202")
    assert county.send(table(row(given)), stranger).json["code"] == "not-allowed"
    for method, path in (("GET", ""), ("GET", "/file")):
        answer = county.client.open(f"{URL}/{mine.json['id']}{path}", method=method, headers=stranger.headers)
        assert answer.status_code == 404
    assert county.apply(mine.json, stranger).status_code == 404
    assert county.send(table(row(given)), cell="999999").json["field"] == "cell"


def test_an_admin_is_told_which_findings_a_countys_table_leaves_out_and_why(county, session):
    given, answered, never_given, closed = (county.weeks.found() for _ in range(4))
    in_the_city, _elsewhere = county.weeks.found(), county.weeks.found(CHENGZHONG)
    in_the_city.cell_code = "450200"
    _, office = county.handler()
    by, now = county.admin.id, county.weeks.time.at
    for finding in (given, answered, closed):
        session.add(
            Hop(
                id=new_id(), finding_id=finding.id, n=1, kind="dispatch", office_id=office.id, given_by=by, given_at=now
            )
        )
    session.commit()
    county.weeks.step(closed, "closed")
    period = county.weeks.week()
    county.applied(table(row(answered)))
    asked = {"period": period["id"], "cell": COUNTY}
    told = county.client.get(f"{URL}/left-out", query_string=asked, headers=county.admin.headers).json["items"]
    assert {each["number"]: each["why"] for each in told} == {
        given.number: "unanswered", never_given.number: "not-given", closed.number: "closed",
        in_the_city.number: "no-county",
    }  # fmt: skip


def test_a_handler_of_an_office_without_a_cell_is_offered_no_period(county):
    county.weeks.week()
    handler, _ = county.handler(cell=None)
    assert county.client.get(f"{URL}/offered", headers=handler.headers).json == {"cell": None, "periods": []}


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-25", date(2026, 11, 25)), ("2026/11/5", date(2026, 11, 5)), ("2026年11月25日前", date(2026, 11, 25)),
        ("２０２６．１１．２５", date(2026, 11, 25)), ("20261125", date(2026, 11, 25)), ("46351", date(2026, 11, 25)),
        ("2026-11-25 18:00", date(2026, 11, 25)), ("2026年11月25号 18时前完成", date(2026, 11, 25)),
        ("2026-02-30", None), ("11月25日", None), ("11.25", None), ("长期坚持", None), ("2026年11月底", None),
        ("2026-11-25至2026-12-01", None), ("1234567890", None), ("0000-00-00", None), ("99999", None),
    ],
)  # fmt: skip
def test_a_day_is_read_in_the_forms_that_offices_write_and_never_guessed(written, day):
    read = written_days.read(written)
    assert read.day == day
    assert (read.fault is None) == (day is not None)


@pytest.mark.both_databases
def test_who_is_named_in_a_statement_is_cleared_when_the_persons_data_is_erased_and_nothing_else(county, session):
    wang, _ = county.handler()
    user = session.get(User, wang.id)
    user.display_name, user.phone = "王强", "138 0000 0000"
    session.commit()
    finding, other = county.weeks.found(), county.weeks.found(CHENGZHONG)
    table = county.applied(xlsx([], HEADINGS, row(finding, 责任领导="副区长王强", 联系人及电话="李工 13800000000")))
    elsewhere = county.send(xlsx([], HEADINGS, row(other, 责任领导="王强", 联系人及电话="李四")), cell="450202").json
    assert county.apply(elsewhere).status_code == 200
    url = f"/api/v1/users/{wang.id}"
    admin = county.admin.headers
    rev = county.client.get(url, headers=admin).json["rev"]
    rev = county.client.patch(url, json={"rev": rev, "active": False}, headers=admin).json["rev"]
    plan = county.client.get(f"{url}/erasure", headers=admin).json
    assert [(each["number"], each["field"]) for each in plan["statements"]] == [
        (finding.number, "leader"),
        (finding.number, "contact"),
    ]
    assert {"what": "county_table_file", "rows": 1, "why": "sent"} in plan["kept"]
    assert {"statements", "name"} <= set(plan["erased"])
    done = county.client.post(f"{url}/erasure", json={"rev": rev, "reason": "left"}, headers=admin)
    assert done.status_code == 200, done.text
    [said] = county.said(finding)
    assert (said["leader"], said["contact"], said["progress"]) == (None, None, "已覆盖防尘网")
    assert county.said(other)[0]["leader"] == "王强"  # somebody else of that name, in another county
    report = county.client.get(f"{URL}/{table['id']}", headers=admin).json["report"]
    assert "王强" not in str(report)
    assert "13800000000" not in str(report)
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text("UPDATE statement SET leader = 'x'"))

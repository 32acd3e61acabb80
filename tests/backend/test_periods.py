"""Periods of the list (第N期): frozen once, late items in the next one, corrections as reissues, the same on paper."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from backend.exports.columns import columns_of
from backend.models import AuditEvent, CaseStep, Finding, Period, PeriodRow, PeriodVersion, Site, User
from backend.services import accounts
from tests.backend.records import CHENGZHONG, LIUJIANG, Person, Records, jpeg, new_id
from tests.stories import FakeTime

URL = "/api/v1/periods"
COLUMNS = {column.key: n for n, column in enumerate(columns_of("weekly_list"), start=1)}


class Weeks:
    """The office's weeks: people, findings with their steps, and periods through the API."""

    def __init__(self, client: FlaskClient, records: Records, time: FakeTime) -> None:
        self.client, self.records, self.time = client, records, time
        self.session = records.session
        self.admin = records.person("admin")
        user = self.session.get(User, self.admin.id)
        token, _ = accounts.open_login(self.session, user, time.at, hours=24 * 1500)  # the office's weeks go by
        self.session.commit()
        self.admin.headers = {"Authorization": f"Bearer {token}"}
        self.wei = records.person("inspector", "450206")

    def found(self, at: tuple[float, float] = LIUJIANG, **given: Any) -> Finding:
        """A finding of now, and at once on the server unless it says otherwise."""
        return self.records.finding(self.wei, at, **{"found_at": self.time.at, "received_at": self.time.at, **given})

    def step(self, finding: Finding, to: str, at: datetime | None = None, received: datetime | None = None) -> None:
        """A step taken now, or at another time and heard of later."""
        n = len(self.session.scalars(select(CaseStep.id).where(CaseStep.finding_id == finding.id)).all())
        at = at or self.time.at
        self.session.add(
            CaseStep(
                id=new_id(), finding_id=finding.id, n=n + 1, action="step", start=finding.state, to=to,
                by_id=self.wei.id, role="supervisor", at=at, received_at=received or at, photos=[], details={},
            )
        )  # fmt: skip
        finding.state = to
        self.session.commit()

    def opened(self, **said: Any) -> dict[str, Any]:
        """The next period, cut off a minute from now."""
        answer = self.post("", **{"cell": "450200", "cut_off": self.ahead(minutes=1), **said})
        assert answer.status_code == 201, answer.text
        return answer.json

    def week(self, **said: Any) -> dict[str, Any]:
        """A week that ends now: its period opened, cut off and frozen."""
        made = self.opened(**said)
        self.time.pass_by(minutes=2)
        return self.frozen(made)

    def frozen(self, period: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(f"/{period['id']}/freeze", document_no="柳大气办〔2026〕48号", signer="韦主任")
        assert answer.status_code == 200, answer.text
        self.session.expire_all()
        return answer.json

    def post(self, path: str, person: Person | None = None, **body: Any) -> Any:
        return self.client.post(f"{URL}{path}", json=body, headers=(person or self.admin).headers)

    def get(self, path: str, person: Person | None = None, **query: Any) -> Any:
        return self.client.get(f"{URL}{path}", query_string=query, headers=(person or self.admin).headers)

    def rows(self, period: dict[str, Any], **query: Any) -> dict[str, tuple[str, str, bool]]:
        found = self.get(f"/{period['id']}/rows", **query).json
        return {row["finding"]: (row["origin"], row["outcome"], row["late"]) for row in found}

    def ahead(self, **span: float) -> str:
        return (self.time.at + timedelta(**span)).isoformat()

    def list(self, period: dict[str, Any], **query: Any) -> bytes:
        answer = self.get(f"/{period['id']}/list.xlsx", **query)
        assert answer.status_code == 200, answer.text
        return answer.data


@pytest.fixture
def weeks(app: Flask, client: FlaskClient, session: Session, time: FakeTime) -> Weeks:
    return Weeks(client, Records(app, session), time)


def sums(period: dict[str, Any]) -> dict[str, int]:
    return {name: n for name, n in period["versions"][-1]["counts"]["all"].items() if n}


@pytest.mark.both_databases
def test_a_period_carries_over_what_was_open_and_counts_what_came_what_closed_and_what_is_left(weeks):
    stays, closes = weeks.found(), weeks.found()
    first = weeks.week()
    assert sums(first) == {"new": 2, "open": 2}
    weeks.step(closes, "closed")
    fresh = weeks.found()
    weeks.time.pass_by(days=7)
    second = weeks.week()
    assert (second["number"], second["state"], second["version"]) == (2, "frozen", 1)
    assert weeks.rows(second) == {
        stays.id: ("carried", "open", False),
        closes.id: ("carried", "closed", False),
        fresh.id: ("new", "open", False),
    }
    assert sums(second) == {"carried": 2, "new": 1, "closed": 1, "open": 2}
    assert weeks.rows(weeks.week()) == {stays.id: ("carried", "open", False), fresh.id: ("carried", "open", False)}
    assert second["versions"][0]["rests_on"] == {"period": first["id"], "version": 1}


@pytest.mark.both_databases
def test_what_was_found_before_the_cut_off_and_synced_after_the_freeze_is_late_in_the_next_period(weeks):
    before = weeks.time.at
    first = weeks.week()
    late = weeks.found(found_at=before)
    weeks.time.pass_by(days=1)
    second = weeks.week()
    assert weeks.rows(first) == {}
    assert weeks.rows(second) == {late.id: ("new", "open", True)}
    assert sums(second) == {"new": 1, "late": 1, "open": 1}
    sheet = openpyxl.load_workbook(io.BytesIO(weeks.list(second))).worksheets[0]
    assert sheet.cell(3, COLUMNS["remarks"]).value == "迟报"


def test_what_came_between_cut_off_and_freeze_is_in_when_it_was_found_before_and_not_when_after(weeks):
    made, before = weeks.opened(), weeks.time.at
    weeks.time.pass_by(minutes=5)
    slow, after = weeks.found(found_at=before), weeks.found()
    assert weeks.rows(weeks.frozen(made)) == {slow.id: ("new", "open", False)}
    assert weeks.rows(weeks.week()) == {slow.id: ("carried", "open", False), after.id: ("new", "open", False)}


def test_a_finding_stands_as_it_stood_at_the_cut_off_by_the_time_of_its_steps(weeks):
    finding, made = weeks.found(), weeks.opened()
    weeks.time.pass_by(minutes=5)
    weeks.step(finding, "closed")
    assert weeks.rows(weeks.frozen(made)) == {finding.id: ("new", "open", False)}
    [row] = weeks.get(f"/{made['id']}/rows").json
    assert row["state"] == "submitted"
    assert weeks.rows(weeks.week()) == {finding.id: ("carried", "closed", False)}


def test_a_relapse_comes_back_and_what_is_moved_out_or_rejected_leaves(weeks):
    relapsed, moved, rejected = weeks.found(), weeks.found(CHENGZHONG, topic="dust"), weeks.found()
    never = weeks.found()
    weeks.step(relapsed, "closed")
    weeks.step(never, "rejected")
    assert sums(weeks.week(topic="dust")) == {"new": 3, "closed": 1, "open": 2}
    weeks.time.pass_by(days=1)
    weeks.step(relapsed, "reopened")
    weeks.step(rejected, "rejected")
    moved.topic = "noise"
    weeks.session.commit()
    second = weeks.week(topic="dust")
    assert weeks.rows(second) == {
        relapsed.id: ("reopened", "open", False),
        moved.id: ("carried", "removed", False),
        rejected.id: ("carried", "removed", False),
    }
    assert sums(second) == {"carried": 2, "reopened": 1, "removed": 2, "open": 1}


def test_the_first_period_of_a_series_carries_over_what_was_open_when_it_started(weeks):
    old, done = weeks.found(), weeks.found()
    weeks.step(done, "closed")
    weeks.time.pass_by(days=1)
    start = weeks.time.at
    weeks.time.pass_by(days=1)
    fresh = weeks.found()
    made = weeks.week(starts_at=start.isoformat(), number=17)
    assert made["number"] == 17
    assert weeks.rows(made) == {old.id: ("carried", "open", False), fresh.id: ("new", "open", False)}


@pytest.mark.both_databases
def test_a_frozen_period_is_one_snapshot_however_often_it_is_frozen(weeks, session):
    weeks.found()
    made = weeks.opened()
    assert weeks.post(f"/{made['id']}/freeze", document_no="1号", signer="韦").json["code"] == "period-not-ready"
    weeks.time.pass_by(minutes=5)
    nameless = weeks.post(f"/{made['id']}/freeze")
    assert (nameless.status_code, nameless.json["field"]) == (422, "document_no")
    first = weeks.frozen(made)
    weeks.time.pass_by(minutes=5)
    other = weeks.records.person("admin")
    assert weeks.frozen(made) == first
    assert weeks.post(f"/{made['id']}/freeze", other).json == first
    second = PeriodVersion(
        period_id=made["id"], version=1, document_no="x", signer="y", counts={}, rows=0, sha256="0" * 64,
        by_id=other.id, at=weeks.time.at,
    )  # fmt: skip
    session.expunge_all()
    session.add(second)
    with pytest.raises(DatabaseError):  # of two at once the database lets one through
        session.flush()
    session.rollback()
    for statement in ("UPDATE period_row SET unit = 'x'", "DELETE FROM period_row", "UPDATE period_version SET rows=9"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(statement))
        session.rollback()


@pytest.mark.parametrize("said", [{"document_no": "另一个"}, {"signer": "别人"}])
def test_a_frozen_period_is_not_frozen_with_another_number_or_signer(weeks, said):
    first = weeks.week()
    refused = weeks.post(f"/{first['id']}/freeze", **said)
    assert (refused.status_code, refused.json["code"]) == (409, "period-frozen")
    assert (refused.json["document_no"], refused.json["signer"]) == (first["document_no"], first["signer"])
    assert "reissue" in refused.json["detail"]
    assert weeks.get(f"/{first['id']}").json == first


def test_a_late_repeat_of_a_freeze_is_answered_after_a_reissue_too(weeks):
    first = weeks.week()
    again = weeks.post(f"/{first['id']}/reissue", version=1, reason="更正签发人", signer="罗副主任").json
    assert weeks.frozen(first) == again


@pytest.mark.both_databases
def test_a_correction_is_a_reissue_and_both_versions_stay(weeks, session):
    wrong, right = weeks.found(description="错"), weeks.found()
    first = weeks.week()
    before = weeks.list(first)
    wrong.description = "裸土未覆盖，约200平方米"
    session.commit()
    weeks.step(right, "rejected")
    weeks.found(found_at=weeks.time.at - timedelta(days=1))  # of before the cut-off: the next period's
    asked = {"version": 1, "reason": "描述有误", "signer": "罗副主任"}
    again = weeks.post(f"/{first['id']}/reissue", **asked).json
    assert (again["state"], again["version"], again["signer"]) == ("reissued", 2, "罗副主任")
    assert [each["reason"] for each in again["versions"]] == [None, "描述有误"]
    assert weeks.rows(first, version=2) == {wrong.id: ("new", "open", False)}
    assert set(weeks.rows(first, version=1)) == {wrong.id, right.id}
    assert weeks.list(first, version=1) == before
    assert "第2次印发" in openpyxl.load_workbook(io.BytesIO(weeks.list(first))).worksheets[0].cell(1, 1).value
    stale = weeks.post(f"/{first['id']}/reissue", **asked)
    assert (stale.status_code, stale.json["code"], stale.json["version"]) == (409, "period-changed", 2)


def test_a_period_that_rests_on_a_reissued_one_says_so_until_it_is_issued_again(weeks):
    finding = weeks.found()
    first, second = weeks.week(), weeks.week()
    assert weeks.rows(second) == {finding.id: ("carried", "open", False)}
    weeks.post(f"/{first['id']}/reissue", version=1, reason="更正签发人")
    assert weeks.get(f"/{second['id']}").json["stale"] is True
    again = weeks.post(f"/{second['id']}/reissue", version=1, reason="随上期更正").json
    assert (again["stale"], again["versions"][1]["rests_on"]["version"]) == (False, 2)


@pytest.mark.both_databases
def test_one_period_of_a_series_is_open_at_a_time_and_numbers_go_up(weeks, session):
    made = weeks.opened()
    refused = weeks.post("", cell="450200", cut_off=weeks.ahead(days=7))
    assert (refused.status_code, refused.json["code"]) == (409, "period-not-ready")
    assert weeks.opened(topic="dust")["number"] == 1  # another series
    kept = session.get(Period, made["id"])
    columns = {name: getattr(kept, name) for name in Period.__table__.columns.keys()}  # noqa: SIM118
    later = {"id": new_id(), "number": 2, "cut_off": kept.cut_off + timedelta(days=1)}
    session.add(Period(**{**columns, **later}))
    with pytest.raises(DatabaseError):
        session.flush()
    session.rollback()
    weeks.time.pass_by(minutes=5)
    weeks.frozen(made)
    taken = weeks.post("", cell="450200", cut_off=weeks.ahead(days=7), number=1)
    assert (taken.status_code, taken.json["code"]) == (409, "already-exists")
    early = weeks.post("", cell="450200", cut_off=weeks.ahead(days=-7))
    assert (early.status_code, early.json["field"]) == (422, "cut_off")
    assert weeks.opened(cut_off="2027-01-04T00:00:00+08:00")["number"] == 1  # a new year begins with the first


@pytest.mark.parametrize(
    ("said", "field"),
    [({"cell": "999999"}, "cell"), ({"topic": "gossip"}, "topic")],
)
def test_a_series_names_what_is_known(weeks, said, field):
    answer = weeks.post("", **{"cell": "450200", "cut_off": weeks.ahead(days=1), **said})
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_the_list_is_what_was_frozen_whatever_happens_later(weeks, session):
    site = weeks.records.site()
    finding = weeks.found(site_id=site.id, requirement="全部覆盖", rectification_kind="time_limited")
    finding.deadline_at = weeks.time.at + timedelta(days=3)
    session.commit()
    for role, colour in (("before", "red"), ("after", "green")):
        weeks.records.photo(weeks.wei, finding, weeks.records.bytes_of(weeks.wei, jpeg(colour)), role)
    made = weeks.week()
    printed = weeks.list(made)
    session.get(Site, site.id).name = "改了名"
    session.get(Finding, finding.id).description = "改了"
    weeks.step(session.get(Finding, finding.id), "closed")
    weeks.records.photo(weeks.wei, finding, weeks.records.bytes_of(weeks.wei, jpeg("blue")), "after")
    weeks.time.pass_by(days=30)
    assert weeks.list(made) == printed
    book = openpyxl.load_workbook(io.BytesIO(printed))
    sheet, notes = book.worksheets
    assert sheet.cell(1, 1).value == "柳州市问题整改清单（2026年第1期）"
    assert [cell.value for cell in sheet[2]] == [
        "序号", "问题编号", "辖区", "点位及地址", "存在问题", "整改前照片", "整改要求及时限", "责任单位", "监管部门",
        "责任领导", "联系人及电话", "完成情况", "整改后照片", "是否销号", "备注",
    ]  # fmt: skip
    said = {key: sheet.cell(3, n).value or None for key, n in COLUMNS.items()}
    assert said == {
        "n": 1, "number": finding.number, "district": "柳江区", "place": "拉堡安置房项目\n柳江区拉堡镇",
        "problem": "裸土未覆盖", "before": None, "requirement": "全部覆盖\n限期整改\n限2026-11-25 18:00前完成",
        "responsible_unit": "某建筑公司", "supervisor": "柳江区住房和城乡建设局", "leader": None,
        "contact": "张三", "progress": "已上报", "after": None, "closed": "否", "remarks": None,
    }  # fmt: skip
    assert sorted(image.anchor._from.col + 1 for image in sheet._images) == [COLUMNS["before"], COLUMNS["after"]]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 8)
    assert (sheet.print_title_rows, sheet.max_column, sheet.page_setup.fitToHeight) == ("$1:$2", 15, 0)
    assert "柳大气办〔2026〕48号" in sheet.oddFooter.center.text
    assert "韦主任" in sheet.oddFooter.center.text
    told = {row[0].value: row[1].value for row in notes.iter_rows()}
    assert told["清单数据 SHA-256"] == made["versions"][0]["sha256"]
    assert "本期新增 1" in told["柳江区住房和城乡建设局"]


def test_an_open_periods_list_says_that_it_is_not_settled(weeks):
    weeks.found()
    made = weeks.opened()
    assert len(weeks.rows(made)) == 1
    title = openpyxl.load_workbook(io.BytesIO(weeks.list(made))).worksheets[0].cell(1, 1).value
    assert title.endswith("（未定稿）")
    assert weeks.get(f"/{made['id']}/list.xlsx", version=1).status_code == 404


def test_a_supervisor_sees_the_periods_of_the_own_area_and_no_other(weeks):
    city, county = weeks.opened(), weeks.opened(cell="450206")
    luo = weeks.records.person("supervisor", "450206")
    assert [each["id"] for each in weeks.get("", luo).json["items"]] == [county["id"]]
    assert weeks.get(f"/{city['id']}", luo).status_code == 404
    assert weeks.get(f"/{county['id']}/rows", luo).status_code == 200
    assert weeks.post(f"/{county['id']}/freeze", luo).status_code == 403


def test_freezing_and_printing_are_in_the_audit_trail(weeks, session):
    made = weeks.week()
    weeks.list(made)
    done = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == made["id"]).order_by(AuditEvent.n))
    assert list(done) == ["period.create", "period.freeze", "period.print"]


def test_a_campaigns_series_is_of_its_cells_days_and_topic(weeks):
    said = {
        "code": "Z1", "name": "秋冬攻坚", "topic": "straw", "cells": ["450206"], "first_day": "2026-11-01",
        "last_day": "2026-12-31",
    }  # fmt: skip
    answer = weeks.client.post("/api/v1/campaigns", json=said, headers=weeks.admin.headers)
    assert answer.status_code == 201, answer.text
    inside = weeks.found(topic="straw")
    weeks.found(topic="dust")
    weeks.found(CHENGZHONG, topic="straw")
    assert set(weeks.rows(weeks.week(campaign=answer.json["id"]))) == {inside.id}


def test_the_rows_of_a_version_are_those_in_the_database(weeks, session):
    weeks.found()
    made = weeks.week()
    kept = session.scalars(select(PeriodRow).where(PeriodRow.period_id == made["id"])).one()
    [shown] = weeks.get(f"/{made['id']}/rows").json
    assert (shown["finding"], shown["facts"]) == (kept.finding_id, kept.facts)


def test_lists_and_figures_of_a_frozen_period_are_of_exactly_its_findings(weeks):
    carried, closes = weeks.found(), weeks.found()
    first = weeks.week()
    weeks.step(closes, "closed")
    weeks.time.pass_by(days=1200)  # far longer than a span may be
    new = weeks.found()
    second = weeks.week()
    weeks.found()

    def of(period: dict[str, Any], path: str, **query: Any) -> Any:
        asked = {"period": period["id"], **query}
        answer = weeks.client.get(f"/api/v1/{path}", query_string=asked, headers=weeks.admin.headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    for period, inside in ((first, {carried.id, closes.id}), (second, {carried.id, closes.id, new.id})):
        assert {row["id"] for row in of(period, "findings")["items"]} == inside == set(weeks.rows(period))
        told = of(period, "statistics", by="county")
        assert {line["figures"]["found"]["n"] for line in told["items"]} == {len(inside)}
        shown = weeks.client.get(told["total"]["figures"]["closed"]["query"], headers=weeks.admin.headers).json
        assert [row["id"] for row in shown["items"]] == [closes.id]
    assert [line["period"] for line in of(second, "statistics", by="total", monthly=True)["items"]] == [
        f"{at:%Y-%m}" for at in (carried.found_at, new.found_at)
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [({}, "input-invalid"), ({"period": "x"}, "filter-invalid"), ({"from": "2026-11-01"}, "input-invalid")],
)
def test_statistics_say_their_days_or_a_period_that_is_there(weeks, query, code):
    answer = weeks.client.get("/api/v1/statistics", query_string=query, headers=weeks.admin.headers)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_an_open_period_narrows_nothing_yet(weeks):
    period = weeks.opened()
    answer = weeks.client.get("/api/v1/findings", query_string={"period": period["id"]}, headers=weeks.admin.headers)
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "filter-invalid", "period")

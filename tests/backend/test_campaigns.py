"""Campaigns and rosters: their life, who is told what, tables with faults, duty, and what came of a campaign."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.models import AuditEvent, User
from backend.services import accounts, campaign_hours, campaigns, fire_duty, rosters
from backend.services.errors import InputInvalid
from backend.services.working_time import CHINA
from backend.transactions import reading
from tests.stories import Phone, Server

pytestmark = pytest.mark.both_databases
LABAO, COUNTY = "450206100", "450206"
HEAD = ["网格编码", "日期", "开始", "结束", "姓名", "电话", "职责", "账号"]
WEI = [LABAO, "2026-11-22", "17:00", "23:00", "韦一", "13800000001", "巡查", "wei"]


class Desk:
    def __init__(self, client: FlaskClient, token: dict[str, str]) -> None:
        self.client, self.token = client, token

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def draft(self, **more: Any) -> Any:
        body = {
            "code": "QD-2026",
            "name": "秋冬季秸秆禁烧专项行动",
            "topic": "straw",
            "document_no": "柳政办〔2026〕1号",
            "first_day": "2026-11-01",
            "last_day": "2027-03-31",
            "cells": [COUNTY],
        }
        return self.send("POST", "/campaigns", {**body, **more})

    def running(self, **more: Any) -> str:
        made = self.draft(**more)
        assert made.status_code == 201, made.json
        assert self.send("POST", f"/campaigns/{made.json['id']}/start").status_code == 200
        return str(made.json["id"])

    def roster(self, campaign: str, *rows: list[Any], dry_run: bool = False) -> Any:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (["柳江区值班表"], HEAD, *rows):
            sheet.append(row)
        file = io.BytesIO()
        book.save(file)
        file.seek(0)
        data = {"file": (file, "值班表.xlsx"), "dry_run": json.dumps(dry_run)}
        return self.client.post(f"/api/v1/campaigns/{campaign}/roster", headers=self.token, data=data)


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    return lambda name, *grants, role="supervisor": Desk(client, server.token(name, role, grants or (COUNTY,)))


@pytest.fixture
def luo(desk: Callable[..., Desk]) -> Desk:
    return desk("luo")


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(LABAO,))


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


# the life of a campaign -------------------------------------------------------------------------------------
def test_a_draft_is_the_offices_and_a_running_one_is_on_every_device(luo: Desk, wei: Phone) -> None:
    made = luo.draft()
    assert (made.status_code, made.json["state"]) == (201, "draft")
    wei.sync()
    assert list(wei.device.mirror.rows("campaign")) == []
    luo.send("POST", f"/campaigns/{made.json['id']}/start")
    wei.sync()
    (row,) = wei.device.mirror.rows("campaign")
    assert (row["name"], row["state"], row["document_no"]) == ("秋冬季秸秆禁烧专项行动", "running", "柳政办〔2026〕1号")
    luo.send("POST", f"/campaigns/{made.json['id']}/end")
    wei.sync()
    assert [row["state"] for row in wei.device.mirror.rows("campaign")] == ["ended"]
    assert problem(luo.send("POST", f"/campaigns/{made.json['id']}/end")) == (409, "campaign-not-ready")
    assert problem(luo.send("POST", f"/campaigns/{made.json['id']}/start")) == (409, "campaign-not-ready")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cells": []}, "input-invalid"),
        ({"cells": ["999"]}, "input-invalid"),
        ({"cells": ["450202"]}, "not-allowed"),
        ({"last_day": "2026-10-01"}, "input-invalid"),
        ({"hours": ["25:00-26:00"]}, "input-invalid"),
        ({"seasons": ["13-01..04-30"]}, "input-invalid"),
        ({"topic": "weather"}, "input-invalid"),
    ],
)
def test_what_makes_no_campaign_is_refused_in_words(luo: Desk, change: dict[str, Any], code: str) -> None:
    assert luo.draft(**change).json["code"] == code


def test_of_two_who_change_it_the_second_looks_again(luo: Desk) -> None:
    made = luo.draft().json
    assert luo.send("PATCH", f"/campaigns/{made['id']}", {"rev": 1, "name": "甲"}).json["rev"] == 2
    assert problem(luo.send("PATCH", f"/campaigns/{made['id']}", {"rev": 1, "name": "乙"})) == (409, "revision-stale")
    assert problem(luo.draft()) == (409, "already-exists")


def test_a_supervisor_of_one_town_keeps_no_campaign_of_the_county(luo: Desk, desk: Callable[..., Desk]) -> None:
    campaign = luo.running()
    town = desk("town", LABAO)
    assert town.send("GET", f"/campaigns/{campaign}").status_code == 200
    assert problem(town.send("POST", f"/campaigns/{campaign}/end")) == (403, "not-allowed")
    elsewhere = desk("elsewhere", "450202")
    assert problem(elsewhere.send("GET", f"/campaigns/{campaign}")) == (404, "not-found")


# seasons and hours ------------------------------------------------------------------------------------------
PLACE = (109.33, 24.25)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("seasons", "hours", "instant", "holds"),
    [
        ([], [], "2026-06-01T12:00", True),
        (["10-15..04-30"], [], "2027-01-01T12:00", True),
        (["10-15..04-30"], [], "2026-06-01T12:00", False),
        ([], ["18:00-23:00"], "2026-11-25T22:59", True),
        ([], ["22:00-02:00"], "2026-11-25T01:00", True),
        ([], ["18:00-24:00"], "2026-11-25T23:59", True),
        ([], ["dusk"], "2026-11-25T18:10", True),
        ([], ["dusk"], "2026-11-25T12:00", False),
        ([], ["first-half-of-night"], "2026-11-25T22:00", True),
        ([], ["before-rain"], "2026-11-25T10:00", True),
        ([], ["before-rain"], "2026-11-25T20:00", False),
    ],
)
def test_hours_hold_by_clock_by_sun_and_by_word(
    seasons: list[str], hours: list[str], instant: str, holds: bool
) -> None:
    campaign_hours.require_known(seasons, hours)
    assert campaign_hours.holds(seasons, hours, at(instant), PLACE, at("2026-11-25T18:00")) is holds


def test_a_word_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputInvalid):
        campaign_hours.require_known([], ["teatime"])


# rosters ----------------------------------------------------------------------------------------------------
def test_a_roster_is_looked_at_entered_changed_and_left_as_it_is(luo: Desk, wei: Phone) -> None:
    campaign = luo.running()
    dry = luo.roster(campaign, WEI, dry_run=True).json
    assert (dry["rows"], dry["new"], dry["faults"]) == (1, 1, 0)
    assert luo.send("GET", f"/campaigns/{campaign}/roster").json == []
    luo.roster(campaign, WEI)
    changed = luo.roster(campaign, [*WEI[:5], "13900000002", *WEI[6:]]).json
    assert (changed["new"], changed["changed"], changed["same"]) == (0, 1, 0)
    assert luo.roster(campaign, [*WEI[:5], "13900000002", *WEI[6:]]).json["same"] == 1
    (entry,) = luo.send("GET", f"/campaigns/{campaign}/roster").json
    assert (entry["name"], entry["phone"], entry["duty"]) == ("韦一", "13900000002", "patrol")


def test_devices_mirror_the_roster_of_their_cells_without_phones(luo: Desk, wei: Phone, server: Server) -> None:
    far = server.phone("far", grants=("450202",))
    luo.roster(luo.running(), WEI)
    wei.sync(), far.sync()
    (row,) = wei.device.mirror.rows("roster_entry")
    assert (row["name"], row["cell_name"]) == ("韦一", "拉堡镇")
    assert "138" not in json.dumps(row)
    assert list(far.device.mirror.rows("roster_entry")) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (0, "", "cell-empty"),
        (0, "999", "cell-unknown"),
        (0, "450202", "site-outside-area"),
        (1, "somewhen", "time-invalid"),
        (1, "2026-02-30", "time-invalid"),
        (1, "2025-11-22", "outside-campaign"),
        (2, "傍晚", "time-invalid"),
        (7, "nobody", "account-unknown"),
    ],
)
def test_one_fault_and_nothing_of_the_table_is_entered(
    luo: Desk, wei: Phone, column: int, value: str, code: str
) -> None:
    campaign = luo.running()
    wrong = [*WEI]
    wrong[column] = value
    told = luo.roster(campaign, [*WEI[:4], "另一人", *WEI[5:]], wrong).json
    assert {fault["code"] for fault in told["fault_list"]} == {code}
    assert luo.send("GET", f"/campaigns/{campaign}/roster").json == []


def test_a_line_that_is_there_twice_is_named(luo: Desk, wei: Phone) -> None:
    told = luo.roster(luo.running(), WEI, WEI).json
    assert [(fault["code"], fault["line"]) for fault in told["fault_list"]] == [("code-duplicate", 4)]


@pytest.mark.parametrize(
    ("day", "start", "end", "starts"),
    [
        (datetime(2026, 11, 22), datetime(2026, 11, 22, 17).time(), "23:00", "2026-11-22T09:00:00+00:00"),
        ("2026/11/22", "17:00", "23:00", "2026-11-22T09:00:00+00:00"),
        ("11月22日", "17时", "23点", "2026-11-22T09:00:00+00:00"),
        ("1月5日", "17:00", "24:00", "2027-01-05T09:00:00+00:00"),
    ],
)
def test_days_and_times_are_read_as_offices_write_them(
    luo: Desk, wei: Phone, day: Any, start: Any, end: str, starts: str
) -> None:
    campaign = luo.running()
    told = luo.roster(campaign, [LABAO, day, start, end, *WEI[4:]]).json
    assert told["fault_list"] == []
    (entry,) = luo.send("GET", f"/campaigns/{campaign}/roster").json
    assert entry["starts_at"] == starts


def test_what_is_no_table_is_refused(luo: Desk) -> None:
    data = {"file": (io.BytesIO(b"\0\1\2"), "x.xls")}
    answer = luo.client.post(f"/api/v1/campaigns/{luo.running()}/roster", headers=luo.token, data=data)
    assert problem(answer) == (422, "table-unreadable")


# duty -------------------------------------------------------------------------------------------------------
def test_who_is_on_duty_is_told_with_the_phone_to_those_of_the_area_and_written_down(
    server: Server, luo: Desk, wei: Phone, desk: Callable[..., Desk]
) -> None:
    campaign = luo.running()
    leader = [COUNTY, "2026-11-22", "17:00", "08:00", "罗二", "13800000002", "带班", ""]
    luo.roster(campaign, WEI, leader)
    found = luo.send("GET", f"/duty?cell={LABAO}").json
    assert [(one["name"], one["phone"], one["duty"]) for one in found] == [
        ("韦一", "13800000001", "patrol"),
        ("罗二", "13800000002", "leader"),
    ]
    server.time.pass_by(hours=8)  # after midnight in China the patrol has gone home
    assert [one["name"] for one in luo.send("GET", f"/duty?cell={LABAO}").json] == ["罗二"]
    assert problem(desk("elsewhere", "450202").send("GET", f"/duty?cell={LABAO}")) == (404, "not-found")
    with server.app.app_context(), reading() as session:
        looks = session.scalars(select(AuditEvent).where(AuditEvent.action == "roster.read")).all()
        assert len(looks) == 2
        assert "1380000" not in json.dumps([look.details for look in looks])


def test_a_cancelled_entry_stays_in_the_table_and_is_on_duty_no_more(luo: Desk, wei: Phone) -> None:
    campaign = luo.running()
    luo.roster(campaign, WEI)
    (entry,) = luo.send("GET", f"/duty?cell={LABAO}").json
    assert luo.send("DELETE", f"/roster/{entry['id']}").json["cancelled"] is True
    assert luo.send("GET", f"/duty?cell={LABAO}").json == []
    assert len(luo.send("GET", f"/campaigns/{campaign}/roster").json) == 1


def test_a_fire_point_goes_to_who_is_on_patrol(server: Server, luo: Desk, wei: Phone) -> None:
    server.person("lan", grants=(LABAO,))
    luo.roster(luo.running(), WEI)
    now = server.time.now()
    with server.app.app_context(), reading() as session:
        wei_id = session.scalar(select(User.id).where(User.name == "wei"))
        assert fire_duty.in_charge(session, LABAO, now) == wei_id
        assert fire_duty.in_charge(session, LABAO, now + timedelta(days=1)) is None  # two inspectors share the town
        assert rosters.inspector_on_duty(session, "450202", now) is None


@pytest.mark.parametrize(("asks", "wanted"), [(True, True), (False, False)])
def test_tracks_are_wanted_of_those_on_duty_where_a_campaign_asks(
    server: Server, luo: Desk, wei: Phone, asks: bool, wanted: bool
) -> None:
    luo.roster(luo.running(asks_for_tracks=asks), WEI)
    now = server.time.now()
    with server.app.app_context(), reading() as session:
        wei_id = accounts.by_name(session, "wei").id
        luo_id = accounts.by_name(session, "luo").id
        assert (campaigns.tracks_wanted(session, wei_id, LABAO, now) is not None) is wanted
        assert campaigns.tracks_wanted(session, luo_id, LABAO, now) is None
        assert campaigns.tracks_wanted(session, wei_id, LABAO, now + timedelta(days=1)) is None
        assert campaigns.tracks_wanted(session, wei_id, "450202", now) is None


# what came of it --------------------------------------------------------------------------------------------
def test_findings_and_statistics_are_those_of_its_cells_days_and_topic_by_cell(
    server: Server, luo: Desk, wei: Phone
) -> None:
    campaign = luo.running()
    inside = wei.report(topic="straw")
    wei.report(topic="dust")
    wei.report(topic="straw", found_at="2026-10-01T12:00:00+08:00")
    assert wei.sync().quiet
    listed = luo.send("GET", f"/findings?campaign={campaign}").json["items"]
    assert [each["id"] for each in listed] == [inside]
    told = luo.send("GET", f"/campaigns/{campaign}/statistics").json["cells"]
    assert told == [
        {"cell": LABAO, "name": "拉堡镇", "findings": {"submitted": 1}, "inspections": 0, "fire_points": {}}
    ]
    assert problem(luo.send("GET", "/findings?campaign=nothing")) == (422, "filter-invalid")
    assert "韦" not in json.dumps(told, ensure_ascii=False)

"""A whole day in the field, from enrolment to close-out, with the server gone while the inspector works."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone, standing_at_the_site
from tests.browser.photos import photo
from tests.browser.pictures.field import before_the_day
from tests.browser.test_crashes import HASHES, inspections_of
from tests.browser.test_field_day import CHECKLIST, SITE, findings_of

FIRE = "穿山镇演示工业园东侧蔗地"
OFFICE = "演示区住建局（虚构）"


@pytest.mark.slow
def test_a_day_without_a_network_from_enrolment_to_close_out(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    before_the_day(station)
    before, inspections = findings_of(admin), inspections_of(admin)
    wei = Phone(browsers, "wei")
    wei.enrol(station, "demo-wei")
    expect(wei.page.get_by_role("link", name=FIRE)).to_be_visible()
    wei.wait_for_checklists(SITE, CHECKLIST)
    station.kill()
    original = photo(900, 700)
    an_inspection(wei, original)
    put_right_at_once(wei)
    a_fire(wei)
    a_patrol(wei)
    wei.crash("/app/outbox")
    expect(wei.page.get_by_text("在本机").first).to_be_visible()

    station.start()
    hand_in(wei)
    new = {str(each["description"]): each for key, each in findings_of(admin).items() if key not in before}
    assert sorted(new) == ["信息不全", "车轮带泥"]
    assert {name: each["state"] for name, each in new.items()} == {"信息不全": "submitted", "车轮带泥": "closed"}
    finding = str(new["信息不全"]["id"])
    assert len(inspections_of(admin) - inspections) == 1
    assert [each["state"] for each in admin.get("/api/v1/fire-points")["items"] if each["place"] == FIRE] == [
        "answered"
    ]
    assert [each["note"] for each in admin.get("/api/v1/patrols")].count("沿线未发现焚烧") == 1

    at_the_desks(station, finding)
    hand_in(wei)
    wei.page.goto("/app/recheck")
    expect(wei.page.get_by_role("link", name="信息不全")).to_be_visible()
    station.kill()
    recheck(wei, finding)
    station.start()
    hand_in(wei)
    luo = Phone(browsers, "luo")
    luo.enrol(station, "demo-luo")
    close(luo, finding)

    closed = admin.get(f"/api/v1/findings/{finding}")
    assert closed["state"] == "closed"
    assert [each["to"] for each in closed["steps"]] == WAY
    assert [each["role"] for each in closed["photos"]].count("after") == 1
    assert hashlib.sha256(original).hexdigest() in {each["sha256"] for each in closed["photos"]}
    assert all(each["stored"] for each in closed["photos"])
    hand_in(wei)
    wei.page.goto(f"/app/finding/{finding}")
    expect(wei.page.get_by_text("已销号").first).to_be_visible()
    assert {each["description"] for key, each in findings_of(admin).items() if key not in before} == set(new)
    stored = admin.post("/api/v1/media/status", {"sha256": wei.page.evaluate(HASHES)})
    assert {each["status"] for each in stored["items"].values()} == {"stored"}
    assert wei.faults + luo.faults == []


WAY = ["verified", "registered", "dispatched", "rectifying", "feedback", "recheck", "closed"]


def hand_in(phone: Phone) -> None:
    phone.page.goto("/app/outbox")
    phone.sync()
    expect(phone.page.get_by_text("全部已送达").last).to_be_visible(timeout=90_000)


def an_inspection(phone: Phone, original: bytes) -> None:
    page = phone.page
    page.get_by_role("button", name="开始", exact=True).click()
    first = page.locator("#item-1")
    first.get_by_role("radio", name="不合格").click()
    first.get_by_role("button", name="信息不全").click()
    phone.photograph(first)
    phone.choose_photo(first, "large.jpg", original)
    page.locator("#item-2").get_by_role("textbox").first.fill("1200")
    for item in ("#item-2", "#item-3"):
        page.locator(item).get_by_role("radio", name="合格", exact=True).click()
    page.get_by_role("button", name="下一步：人员与签字").click()
    phone.name_officer("韦敏", "GX-0001")
    phone.have_it_signed("李工")
    page.get_by_role("button", name="下一步：核对并提交").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交：先存在本机，有网后自动上报。")).to_be_visible()


def put_right_at_once(phone: Phone) -> None:
    """A finding that is none any more while she stands there."""
    page = phone.page
    page.goto("/app/")
    standing_at_the_site(page)
    page.get_by_role("link", name="上报问题").click()
    expect(page.get_by_text("定位良好").first).to_be_visible()
    phone.photograph(page)
    phone.report("车轮带泥")
    page.get_by_text("当场整改（立行立改）").click()
    phone.photograph(page)
    page.get_by_role("button", name="当场销号").click()
    expect(page.get_by_text("已销号").first).to_be_visible()


def a_fire(phone: Phone) -> None:
    page = phone.page
    page.goto("/app/")
    page.get_by_role("link", name=FIRE).click()
    page.get_by_role("button", name="我到了").click()
    page.get_by_role("radio").last.check()
    phone.photograph(page)
    page.get_by_role("button", name="提交反馈").click()
    expect(page.get_by_text("反馈已提交：先存在本机")).to_be_visible()


def a_patrol(phone: Phone) -> None:
    page = phone.page
    page.goto("/app/patrol")
    page.get_by_role("button", name="开始巡查").click()
    page.get_by_role("button", name="结束巡查").click()
    page.get_by_label("巡查情况").fill("沿线未发现焚烧")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交：先存在本机，有网后自动送达。")).to_be_visible()


def at_the_desks(station: Station, finding: str) -> None:
    """The supervisor gives it to an office, and the office says that it was put right."""
    luo, pan = Asker(station, "demo-luo"), Asker(station, "demo-pan")
    office = next(each["id"] for each in luo.get("/api/v1/offices") if each["name"] == OFFICE)
    more: dict[str, dict[str, Any]] = {"dispatched": {"office": office}, "feedback": {"note": "已补全公示信息"}}
    for start, to in zip(["submitted", *WAY[:4]], WAY[:5], strict=True):
        who = pan if to in ("rectifying", "feedback") else luo
        who.post(f"/api/v1/findings/{finding}/steps", {"from": start, "to": to, **more.get(to, {})})


def recheck(phone: Phone, finding: str) -> None:
    """On the spot and without a network; the phone dies before it is handed in."""
    page = phone.page
    page.get_by_role("link", name="信息不全").click()
    phone.photograph(page)
    page.get_by_role("radio", name="合格").check()
    page.get_by_label("说明", exact=True).fill("公示牌已补全")
    expect(page.get_by_text("提交后由网格长销号。")).to_be_visible()
    phone.crash(f"/app/recheck/{finding}")
    page = phone.page
    expect(page.get_by_label("说明", exact=True)).to_have_value("公示牌已补全")
    page.get_by_role("button", name="提交结论").click()
    expect(page.get_by_role("heading", name="信息不全")).to_be_visible()
    phone.crash()


def close(phone: Phone, finding: str) -> None:
    """The supervisor, who has seen the inspector's photo."""
    page = phone.page
    page.goto(f"/app/recheck/{finding}")
    page.get_by_role("radio", name="合格").check()
    page.get_by_label("说明", exact=True).fill("同意")
    expect(page.get_by_text("提交后即销号。")).to_be_visible()
    page.get_by_role("button", name="提交结论").click()
    expect(page.get_by_role("heading", name="信息不全")).to_be_visible()
    hand_in(phone)

"""Two people and one finding: what both changed is seen by both and decided in plain words; nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone

MUDDY = "两辆渣土车轮胎带泥上路"


def open_finding(page: Page, finding: str) -> None:
    page.goto(f"/app/finding/{finding}")
    expect(page.get_by_role("button", name="修改")).to_be_visible()


def edit(page: Page, finding: str, description: str) -> None:
    open_finding(page, finding)
    page.get_by_role("button", name="修改").click()
    page.get_by_label("问题描述").fill(description)
    page.get_by_role("button", name="提交修改").click()
    expect(page.get_by_role("heading", name=description)).to_be_visible()


def comment_with_photo(phone: Phone, text: str) -> None:
    page = phone.page
    page.get_by_label("补充说明").fill(text)
    page.get_by_role("button", name="加照片").click()
    phone.photograph(page)
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text(text, exact=True).last).to_be_visible()


def hand_in(phone: Phone) -> None:
    phone.page.goto("/app/outbox")
    phone.sync()
    expect(phone.page.get_by_text("全部已送达").last).to_be_visible()


@pytest.mark.slow
def test_two_who_changed_one_finding_see_it_and_one_decides(station: Station, browsers: Browsers, admin: Asker) -> None:
    finding = next(
        each["id"] for each in admin.get("/api/v1/findings?limit=100")["items"] if each["description"] == MUDDY
    )
    photos = len(admin.get(f"/api/v1/findings/{finding}")["photos"])
    wei, luo = Phone(browsers, "wei"), Phone(browsers, "luo")
    wei.enrol(station, "demo-wei")
    luo.enrol(station, "demo-luo")
    for phone in (wei, luo):
        open_finding(phone.page, finding)  # it has come
    station.line.cut()
    edit(luo.page, finding, "一辆渣土车带泥上路")
    comment_with_photo(luo, "罗看到的")
    edit(wei.page, finding, "三辆渣土车带泥上路")
    comment_with_photo(wei, "韦看到的")
    station.line.mend()
    hand_in(luo)
    hand_in(wei)

    open_finding(wei.page, finding)
    expect(wei.page.get_by_text("由网格长决定用哪一个。")).to_be_visible()
    hand_in(luo)
    open_finding(luo.page, finding)
    conflict = luo.page.locator("section").filter(has=luo.page.get_by_role("heading", name="两人改得不一样"))
    expect(conflict.get_by_text("一辆渣土车带泥上路")).to_be_visible()
    conflict.get_by_text("三辆渣土车带泥上路").click()
    conflict.get_by_role("button", name="按所选确定").click()
    expect(conflict).to_have_count(0)
    hand_in(luo)
    for phone in (luo, wei):
        hand_in(phone)
        open_finding(phone.page, finding)
        expect(phone.page.get_by_role("heading", name="三辆渣土车带泥上路")).to_be_visible()
        expect(phone.page.get_by_text("两人改得不一样")).to_have_count(0)
        for text in ("罗看到的", "韦看到的"):
            expect(phone.page.get_by_text(text, exact=True).first).to_be_visible()
    kept = admin.get(f"/api/v1/findings/{finding}")["photos"]
    assert (len(kept), all(photo["stored"] for photo in kept)) == (photos + 2, True)
    assert wei.faults + luo.faults == []


@pytest.mark.slow
def test_what_was_put_right_is_sent_back_once_and_closed_the_second_time(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    finding = next(
        each["id"] for each in admin.get("/api/v1/findings?limit=100")["items"] if each["description"] == MUDDY
    )
    wei, luo = Phone(browsers, "wei"), Phone(browsers, "luo")
    wei.enrol(station, "demo-wei")
    luo.enrol(station, "demo-luo")
    for outcome, note in (("退回整改", "没有整改"), ("合格", "已冲洗")):
        hand_in(wei)
        open_finding(wei.page, finding)
        wei.page.get_by_role("button", name="反馈", exact=True).click()
        wei.photograph(wei.page)
        wei.page.get_by_role("button", name="确认反馈").click()
        expect(wei.page.get_by_role("button", name="确认反馈")).to_have_count(0)
        hand_in(wei)
        hand_in(luo)
        page = luo.page
        page.goto(f"/app/recheck/{finding}")
        expect(page.get_by_role("button", name="整改前").first).to_be_enabled()
        station.line.cut()
        page.get_by_role("button", name="拍照").first.click()
        expect(page.get_by_role("img", name="整改前的照片")).to_be_visible()
        page.get_by_role("button", name="完成", exact=True).click()
        luo.photograph(page)
        page.get_by_role("radio", name=outcome).check()
        page.get_by_label("理由（必填）" if outcome == "退回整改" else "说明", exact=True).fill(note)
        page.get_by_role("button", name="提交结论").click()
        expect(page.get_by_role("button", name="修改")).to_be_visible()
        station.line.mend()
        hand_in(luo)
        if outcome == "退回整改":
            assert admin.get(f"/api/v1/findings/{finding}")["state"] == "returned"
            open_finding(page, finding)
            page.get_by_role("button", name="重新整改").click()
            page.get_by_role("button", name="确认重新整改").click()
            expect(page.get_by_role("button", name="确认重新整改")).to_have_count(0)
            hand_in(luo)
    closed = admin.get(f"/api/v1/findings/{finding}")
    assert (closed["state"], all(photo["stored"] for photo in closed["photos"])) == ("closed", True)
    assert [photo["role"] for photo in closed["photos"]].count("after") == 3
    assert wei.faults + luo.faults == []

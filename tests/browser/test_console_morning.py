"""A supervisor's morning, each button pressed: several at once and taken back, places, links, fire points, the feed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from sync import bundle_check
from tests.browser.conftest import PHONE, Asker, Browsers, Station
from tests.browser.desk import Desk
from tests.browser.test_console_day import FRESH, OFFICE, standing
from tests.pictures import jpeg

OTHER, ELSEWHERE, WITH_OFFICE = "喷漆房集气罩", "来宾方向河对岸有烟", "两辆渣土车轮胎带泥上路"
ALARM = "10时05分，百朋镇路边有人烧甘蔗叶，北纬24.165 东经109.213，联系人 13800000002"
PHOTO = FilePayload(name="整改后.jpg", mimeType="image/jpeg", buffer=jpeg(Image.new("RGB", (640, 480), "olive")))


@pytest.mark.slow
def test_several_are_verified_dispatched_and_taken_back_merged_and_parted_again(
    browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page

    def choose(*words: str) -> None:
        for each in words:
            page.get_by_role("row").filter(has_text=each).get_by_role("checkbox").press("Space")
        expect(page.get_by_text(f"已选 {len(words)} 条")).to_be_visible()

    desk.go("问题")
    for deed in ("核实", "登记"):
        choose(FRESH, OTHER)
        desk.press(deed)
        if deed == "核实":
            expect(desk.dialog.get_by_role("group").or_(desk.dialog.get_by_text("没有发现疑点。"))).to_be_visible()
            for doubtful in desk.dialog.get_by_role("checkbox").all():
                doubtful.press("Space")
        desk.look(deed)
        desk.press(f"{deed} (2)", desk.dialog)
        expect(desk.dialog).to_contain_text("成功 2 条")
        desk.press("关闭", desk.dialog.locator(".el-dialog__footer"))
    choose(FRESH, OTHER)
    desk.press("交办")
    desk.choose("承办单位", OFFICE, desk.dialog)
    desk.press("交办 (2)", desk.dialog)
    expect(desk.dialog).to_contain_text("成功 2 条")
    desk.look("dispatched")
    desk.press("撤销已办理的", desk.dialog)
    expect(desk.dialog).to_contain_text("已撤销 2 条")
    desk.press("关闭", desk.dialog.locator(".el-dialog__footer"))
    assert {standing(admin, each)["state"] for each in (FRESH, OTHER)} == {"registered"}
    desk.press("取消选择")
    choose(FRESH, OTHER)
    desk.press("并入")
    desk.look("merging")
    desk.press("并入 (1)", desk.dialog)
    expect(desk.dialog).to_contain_text("成功 1 条")
    desk.press("撤销已办理的", desk.dialog)
    expect(desk.dialog).to_contain_text("已撤销 1 条")
    desk.press("关闭", desk.dialog.locator(".el-dialog__footer"))
    desk.has_pressed(
        "POST /findings/to-verify", "POST /findings/*/steps", "POST /findings/*/merge", "DELETE /findings/*/merge"
    )
    assert desk.faults == []


@pytest.mark.slow
def test_the_unit_s_link_is_made_answered_on_a_phone_and_another_one_revoked(
    station: Station, browsers: Browsers
) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.open_finding(WITH_OFFICE)
    page.get_by_label("单位名称（不填则用点位的责任单位）").fill("演示运输公司")
    desk.press("生成新链接")
    expect(page.get_by_role("img", name="演示运输公司的二维码")).to_be_visible()
    desk.look("unit's link")
    link = urlsplit(page.locator(".copy code").filter(has_text="/rectify#").inner_text())
    phone = browsers.open("phone", PHONE).pages[0]
    phone.goto(f"{link.path}#{link.fragment}")
    phone.locator("input[type=file]").set_input_files(PHOTO)
    phone.get_by_label("整改情况").fill("已冲洗轮胎并加装自动冲洗")
    phone.get_by_label("填报人姓名").fill("周经理")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("已收到，承办单位会核对")).to_be_visible()
    page.reload()
    expect(page.get_by_text("演示运输公司 · 已反馈")).to_be_visible()
    expect(page.get_by_text("已冲洗轮胎并加装自动冲洗")).to_be_visible()
    desk.press("生成新链接")
    desk.press("作废")
    desk.agree("作废")
    expect(page.get_by_text("已作废")).to_be_visible()
    desk.has_pressed("POST /findings/*/unit-link", "DELETE /findings/*/unit-link")
    assert desk.faults == []


@pytest.mark.slow
def test_a_finding_beyond_the_cells_is_declined_and_photos_are_looked_at_side_by_side(
    browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.open_finding(ELSEWHERE)
    page.get_by_label("理由（圆外网格或推辞时必填）").fill("在来宾市境内")
    desk.press("不属我辖区")
    desk.told("已记录确权意见")
    expect(page.get_by_text("在来宾市境内")).to_be_visible()
    desk.open_finding("北侧土堆")
    photo = page.get_by_role("button", name=re.compile("放大查看")).first
    photo.press("Enter")
    expect(desk.dialog).to_be_visible()
    desk.look("photo")
    desk.press("前后对比", desk.dialog)
    desk.look("photos side by side")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(photo).to_be_focused()
    page.get_by_label("写备注（Ctrl+Enter 发送）").fill("土堆已在清运，周五再看")
    desk.press("发送")
    expect(page.get_by_role("article").filter(has_text="土堆已在清运，周五再看")).to_be_visible()
    desk.has_pressed("POST /findings/*/place", "POST /findings/*/comments")
    assert desk.faults == []


@pytest.mark.slow
def test_an_evidence_bundle_is_made_for_a_transfer_and_stands_the_check_of_others(
    browsers: Browsers, tmp_path: Path
) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.open_finding(FRESH)
    bundle = desk.take(tmp_path, "制作证据包")
    said = page.locator(".copy code").filter(has_text=re.compile("^[0-9a-f]{64}$"))
    expect(said).to_have_text(hashlib.sha256(bundle.read_bytes()).hexdigest())
    expect(page.get_by_text(f"python -m sync.bundle_check {bundle.name} bluegrid-keys.json")).to_be_visible()
    desk.look("evidence bundle")
    keys = desk.take(tmp_path, "下载服务器公钥")
    with bundle.open("rb") as file:
        report = bundle_check.check(file, bundle_check.read_keys(keys.read_bytes()))
    assert keys.name == "bluegrid-keys.json"
    assert report.trusted
    desk.has_pressed("POST /evidence/bundles/*")
    assert desk.faults == []


@pytest.mark.slow
def test_a_pasted_alarm_becomes_a_fire_point_somebody_is_sent_and_answers_by_a_link(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("火点")
    desk.press("粘贴报警文字")
    desk.dialog.get_by_label("报警文字").fill("村口有烟")
    desk.choose("坐标来自", re.compile("GCJ-02"), desk.dialog)
    desk.press("识别", desk.dialog)
    expect(desk.dialog).to_contain_text("请补上经纬度")
    desk.look("alarm without a place")
    desk.dialog.get_by_label("报警文字").fill(ALARM)
    desk.press("识别", desk.dialog)
    expect(desk.dialog).to_contain_text("新增火点 1 处")
    desk.look("alarm")
    desk.press("保存为火点", desk.dialog)
    desk.told("已保存：新增 1 处")
    page.get_by_role("row").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="派人")).to_be_visible()
    page.get_by_label("给谁（姓名）").fill("村支书老陈")
    desk.press("生成")
    expect(page.locator(".copy code")).to_be_visible()
    desk.look("fire point")
    link = urlsplit(page.locator(".copy code").inner_text())
    phone = browsers.open("phone", PHONE).pages[0]
    phone.goto(f"{link.path}#{link.fragment}")
    expect(phone.locator("form")).to_be_visible()
    desk.choose("处置人", re.compile("韦敏"))
    with page.expect_response("**/assignee"):
        desk.press("指定")
    desk.has_pressed("POST /fire-imports", "POST /fire-imports/*/apply", "PUT /fire-points/*/assignee")
    desk.has_pressed("POST /fire-points/*/links")
    assert desk.faults == []


@pytest.mark.slow
def test_what_is_asked_of_the_list_stands_in_its_address_and_what_one_is_told_is_read(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("问题")
    desk.choose("专题", "VOCs")
    page.keyboard.press("Escape")
    expect(page.get_by_role("row").filter(has_text="渣土车")).to_have_count(0)
    page.get_by_text("地图", exact=True).click()
    expect(page.locator("canvas").first).to_be_visible()
    desk.look("map of findings")
    address = page.url
    page.goto("/console/today")
    page.goto(address)
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_text("列表", exact=True).click()
    expect(page.get_by_role("row").filter(has_text=FRESH)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="渣土车")).to_have_count(0)
    desk.press(re.compile("动态"))
    page.get_by_role("link", name="全部动态").click()
    desk.press("全部标为已读")
    expect(page.get_by_role("button", name="动态，未读 0 条")).to_be_visible()
    desk.has_pressed("PUT /feed/read")
    assert desk.faults == []

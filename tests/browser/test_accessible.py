"""Every screen, sheet and notice of the field app, in both languages and both themes: axe finds nothing that WCAG 2.2 A
and AA forbid. A route of the app's router that is not visited fails the test.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import FilePayload, expect

from tests.backend.serving import Served
from tests.browser.conftest import HOST, Asker, Browsers, Station
from tests.browser.looker import Looker
from tests.browser.phone import Phone, standing_at_the_site
from tests.browser.photos import photo
from tests.browser.pictures.field import before_the_day
from tests.browser.test_field_day import CHECKLIST, SITE

BY_THEMSELVES = (
    *("/tasks", "/tasks?show=pool", "/tasks?show=campaigns", "/sites", "/sites/new", "/scan", "/scan/AB2CD3EF"),
    *("/findings", "/inspections", "/recheck", "/fire", "/outbox", "/settings", "/settings/lock", "/settings/export"),
    *("/inspection/new", "/enrol", "/nowhere", "/tasks/none", "/sites/none", "/campaigns/none", "/finding/none"),
    *("/fire/none", "/inspection/none", "/inspection/none/run", "/recheck/none", "/outbox/none"),
)
PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 13; V2227A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Mobile Safari/537.36"
)
WECHAT = f"{ANDROID} MicroMessenger/8.0.50.2701(0x28003255) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN"


@pytest.mark.slow
def test_no_screen_of_the_field_app_shuts_anybody_out(station: Station, browsers: Browsers, admin: Asker) -> None:
    before_the_day(station)
    campaign = a_campaign(admin)
    phone = Phone(browsers, "wei")
    looker = Looker(phone)
    enrolment(looker, station)
    for path in BY_THEMSELVES:
        looker.go(path)
    looker.go(f"/campaigns/{campaign}")
    looker.go(f"/sites/{admin.get('/api/v1/sites')['items'][0]['id']}")
    findings(looker, admin)
    a_report(looker)
    an_inspection(looker)
    a_task(looker)
    a_fire(looker)
    a_patrol(looker)
    a_map(looker)
    what_is_in_danger(looker, station)
    the_lock(looker)
    assert looker.unseen() == {"/finding/new"}  # it begins a draft and leads on at once
    assert looker.found == []
    assert phone.faults == []


def a_campaign(admin: Asker) -> str:
    today = datetime.now(UTC).date()
    made = admin.post(
        "/api/v1/campaigns",
        {
            "code": "QD-1",
            "name": "秋冬季秸秆禁烧专项行动",
            "topic": "straw",
            "document_no": "柳政办〔2026〕1号",
            "first_day": str(today - timedelta(days=3)),
            "last_day": str(today + timedelta(days=60)),
            "cells": ["450206"],
            "hours": ["dusk", "18:00-23:00"],
            "asks_for_tracks": True,
        },
    )
    admin.post(f"/api/v1/campaigns/{made['id']}/start", {})
    return str(made["id"])


def enrolment(looker: Looker, station: Station) -> None:
    page = looker.page
    page.goto("/app/")
    looker.look("enrolment")
    page.get_by_role("button", name="扫描邀请二维码").click()
    expect(page.get_by_label("取景画面")).to_be_visible()
    looker.look("enrolment: scanning")
    page.get_by_role("button", name="改为输入邀请码").click()
    for code, said in (("123", "这不是邀请码。"), ("AB2CD-EF3GH-JK4LM-NP5QR", "邀请码只能用一次")):
        page.get_by_label("邀请码或邀请链接").fill(code)
        page.get_by_role("button", name="启用", exact=True).click()
        expect(page.get_by_text(said)).to_be_visible()
        looker.look(f"enrolment: {said}")
    looker.phone.enrol(station, "demo-wei")
    expect(page.get_by_text("待核查火点")).to_be_visible()
    expect(page.get_by_role("button", name="添加", exact=True)).to_be_visible()
    looker.look("today, with the offer to install")
    page.get_by_role("button", name="以后再说").click()


def findings(looker: Looker, admin: Asker) -> None:
    """One under way, with its photos large, a step begun, and a comment; its edit; its recheck with what is missing."""
    page = looker.page
    all_of_them = admin.get("/api/v1/findings?limit=100")["items"]
    rectifying, closed = (next(each for each in all_of_them if each["state"] == s) for s in ("rectifying", "closed"))
    page.goto(f"/app/finding/{rectifying['id']}")
    page.get_by_role("button", name="反馈", exact=True).click()
    page.get_by_role("button", name="加照片").click()
    page.get_by_label("补充说明").fill("已通知")
    looker.look("finding")
    page.get_by_role("list").get_by_role("button", name="整改前").first.click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    looker.look("finding: photo")
    page.get_by_role("button", name="关闭").click()
    looker.go(f"/finding/{rectifying['id']}/edit")
    looker.go(f"/finding/{closed['id']}")
    looker.go(f"/finding/{rectifying['id']}/at-once")
    looker.go(f"/recheck/{rectifying['id']}")
    page.goto(f"/app/recheck/{closed['id']}")
    page.get_by_role("radio", name="问题反弹").check()
    page.get_by_role("button", name="提交结论").click()
    expect(page.get_by_text("请写明理由")).to_be_visible()
    looker.look("recheck")


def a_report(looker: Looker) -> None:
    """Everything that can be taken, and how it is looked at; then the finding on the device, and at-once."""
    phone, page = looker.phone, looker.page
    page.goto("/app/finding/new")
    page.get_by_role("button", name="提交", exact=True).click()
    looker.look("report: what is missing")
    page.get_by_role("button", name=re.compile("^坐标系")).click()
    looker.look("report: datums")
    page.get_by_role("button", name="在地图上标注").click()
    expect(page.get_by_role("button", name="用这个位置")).to_be_enabled()
    looker.look("report: place put by hand")
    page.get_by_role("button", name="取消").click()
    page.get_by_role("button", name="拍照").first.click()
    expect(page.get_by_role("dialog").get_by_role("button", name="拍照", exact=True).last).to_be_enabled()
    looker.look("camera")
    page.get_by_role("button", name="录像").click()
    page.get_by_role("button", name="开始录像").click()
    expect(page.get_by_text("录像中，还可录")).to_be_visible()
    looker.look("camera: filming")
    page.get_by_role("button", name="停止录像").click()
    expect(page.get_by_text(re.compile(r"已保存 \d+ 个原件"))).to_be_visible()
    page.get_by_role("button", name="完成", exact=True).click()
    held(looker, "film")
    page.get_by_role("button", name="其他方式").click()
    looker.look("other ways")
    page.get_by_role("button", name="录音", exact=True).click()
    expect(page.get_by_role("button", name="停止并保存")).to_be_enabled()
    looker.look("sound")
    page.get_by_role("button", name="停止并保存").click()
    expect(page.get_by_role("button", name="停止并保存")).to_have_count(0)
    held(looker, "sound")
    page.get_by_role("button", name="其他方式").click()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="文件（PDF 或图片）").click()
    asked.value.set_files(FilePayload(name="许可.pdf", mimeType="application/pdf", buffer=PAPER))
    held(looker, "document")
    phone.choose_photo(page, "gallery.jpg", photo(400, 300))
    held(looker, "photo")
    page.get_by_role("button", name="其他方式").click()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="从相册选择").click()
    asked.value.set_files(FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"?"))
    expect(page.get_by_text("不支持这种文件。")).to_be_visible()
    looker.look("a file that is refused")
    phone.report("裸土未覆盖")
    looker.look("finding on the device")
    page.get_by_text("当场整改（立行立改）").click()
    expect(page.get_by_role("button", name="当场销号")).to_be_visible()
    looker.look("at once")
    phone.look_at_submissions()
    page.get_by_role("listitem").filter(has_text="裸土未覆盖").get_by_role("link").click()
    expect(page.get_by_text("照片和附件")).to_be_visible()
    looker.look("submission")


def held(looker: Looker, what: str) -> None:
    """The last of what is held, large."""
    page = looker.page
    page.get_by_role("button", name=re.compile("^查看")).last.click()
    expect(page.get_by_text("原图未改动 ✓").last).to_be_visible()
    looker.look(f"held: {what}")
    page.get_by_role("button", name="关闭").click()


def an_inspection(looker: Looker) -> None:
    """An administrative one whose representative refuses, from the start to what it became; and a draft let go."""
    phone, page = looker.phone, looker.page
    page.goto("/app/")
    phone.wait_for_checklists(SITE, CHECKLIST)
    page.get_by_text("行政检查", exact=True).click()
    looker.look("inspection: start")
    page.get_by_role("button", name="更换").click()
    looker.look("inspection: choice of the site")
    page.get_by_text(SITE).first.click()
    page.get_by_text(CHECKLIST).click()
    page.get_by_role("button", name="开始", exact=True).click()
    first = page.locator("#item-1")
    first.get_by_role("radio", name="不合格").click()
    first.get_by_role("button", name="信息不全").click()
    first.get_by_text("无法取证？说明原因").click()
    page.locator("#item-2").get_by_role("textbox").first.fill("很高")
    page.locator("#item-3").get_by_role("radio", name="不适用").click()
    looker.look("checklist")
    page.get_by_role("button", name="下一步：人员与签字").click()
    looker.look("papers")
    page.get_by_text("拒签或不在场").click()
    looker.look("papers: refused")
    page.get_by_role("button", name="下一步：核对并提交").click()
    expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
    looker.look("review: what is missing")
    page.get_by_role("link", name="去补答").first.click()
    looker.look("checklist: what is missing")
    looker.go("/")
    page.goto("/app/inspections")
    page.get_by_role("button", name=re.compile("^删除草稿")).click()
    looker.look("inspections: a draft let go")
    page.get_by_role("button", name="保留").click()
    page.get_by_role("link", name=SITE).first.click()
    phone.photograph(first)
    first.get_by_role("button", name=re.compile("^查看")).first.click()
    page.get_by_role("button", name="关闭").click()
    page.locator("#item-2").get_by_role("textbox").first.fill("1200")
    for item in ("#item-2", "#item-3"):
        page.locator(item).get_by_role("radio", name="合格", exact=True).click()
    page.get_by_role("button", name="下一步：人员与签字").click()
    phone.name_officer("韦敏", "GX-0001")
    page.get_by_text("当场签字").click()
    phone.have_it_signed("李工")
    looker.look("papers: signed")
    page.get_by_role("button", name="下一步：核对并提交").click()
    standing_at_the_site(page)
    expect(page.get_by_role("button", name="提交", exact=True)).to_be_enabled()
    looker.look("review")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("各项结果")).to_be_visible()
    looker.look("inspection")


def a_task(looker: Looker) -> None:
    page = looker.page
    page.goto("/app/tasks")
    page.get_by_role("link", name="工地扬尘检查").click()
    page.get_by_role("button", name="退回任务").click()
    expect(page.get_by_label("退回原因（必填）")).to_be_visible()
    looker.look("task")


def a_fire(looker: Looker) -> None:
    page = looker.page
    page.goto("/app/")
    page.get_by_role("link", name="穿山镇演示工业园东侧蔗地").click()
    page.get_by_role("button", name="我到了").click()
    page.get_by_role("button", name="提交反馈").click()
    expect(page.get_by_text("请选择核查结果。")).to_be_visible()
    looker.look("fire: what is missing")
    page.get_by_role("radio").nth(0).check()
    page.get_by_label("过火面积（亩）").fill("很大")
    looker.look("fire: burnt")
    page.get_by_label("过火面积（亩）").fill("2")
    looker.phone.photograph(page)
    page.get_by_role("button", name="提交反馈").click()
    expect(page.get_by_text("更正我的反馈")).to_be_visible()
    looker.look("fire: answered")


def a_patrol(looker: Looker) -> None:
    page = looker.page
    page.goto("/app/patrol")
    expect(page.get_by_role("button", name="开始巡查")).to_be_visible()
    looker.look("patrol")
    page.get_by_role("button", name="开始巡查").click()
    page.get_by_role("button", name="看地图").click()
    expect(page.locator("canvas").first).to_be_visible()
    looker.look("patrol: walking")
    page.get_by_role("button", name="结束巡查").click()
    expect(page.get_by_label("巡查情况")).to_be_visible()
    looker.look("patrol: ended")
    page.get_by_role("button", name="放弃本次巡查").click()
    expect(page.get_by_text("确定放弃？")).to_be_visible()
    looker.look("patrol: let go?")
    page.get_by_role("button", name="取消").click()


def a_map(looker: Looker) -> None:
    page = looker.page
    page.goto("/app/map")
    expect(page.locator("canvas").first).to_be_visible()
    looker.look("map")
    page.get_by_role("button", name="列表").click()
    expect(page.get_by_role("region", name="列表")).to_be_visible()
    looker.look("map: list")


def what_is_in_danger(looker: Looker, station: Station) -> None:
    """A phone without room and without a network, and the file for the worst day."""
    page = looker.page
    looker.phone.has_room(10)
    station.line.cut()
    page.goto("/app/outbox")
    expect(page.get_by_text("本机空间已满")).to_be_visible()
    expect(page.get_by_text("连不上服务器。")).to_be_visible(timeout=90_000)
    looker.look("outbox in danger")
    looker.go("/settings")
    page.goto("/app/settings/export")
    page.get_by_role("button", name="生成文件").click()
    expect(page.get_by_text("密码太短")).to_be_visible()
    looker.look("export: too short")
    page.get_by_label("设置文件密码").fill("南河边的三棵榕树")
    page.get_by_label("再输一次").fill("南河边的三棵榕树")
    page.get_by_role("button", name="生成文件").click()
    expect(page.get_by_role("link", name="保存到手机")).to_be_visible()
    looker.look("export: ready")
    station.line.mend()


def the_lock(looker: Looker) -> None:
    page = looker.page
    page.goto("/app/settings/lock")
    page.get_by_label("设置数字密码").fill("1111")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("太简单了")).to_be_visible()
    looker.look("lock: too simple")
    for label in ("设置数字密码", "再输一次"):
        page.get_by_label(label).fill("4071")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("应用锁已设好。")).to_be_visible()
    looker.look("lock: set")
    page.get_by_role("button", name="立即锁定").click()
    page.get_by_label("输入密码").fill("9999")
    page.get_by_role("button", name="解锁").click()
    expect(page.get_by_text("密码不对，请再试。")).to_be_visible()
    looker.look("locked")
    page.get_by_role("button", name="忘记密码").click()
    page.get_by_role("button", name="用邀请码解锁").click()
    expect(page.get_by_text("这不是邀请码。")).to_be_visible()
    looker.look("locked: forgotten")


def look_where_it_cannot_work(phone: Phone, heading: str, address: str = "/app/") -> None:
    phone.page.goto(address)
    expect(phone.page.get_by_role("heading", name=heading)).to_be_visible()
    looker = Looker(phone)
    looker.look(heading)
    assert looker.found == []
    assert phone.faults == []


@pytest.mark.slow
def test_inside_wechat_it_says_how_to_get_out_of_it(browsers: Browsers) -> None:
    look_where_it_cannot_work(Phone(browsers, "wei", user_agent=WECHAT), "请在浏览器中打开")


@pytest.mark.slow
def test_without_https_it_says_so(station: Station, browsers: Browsers) -> None:
    station.kill()
    plain = Served(station.data, BLUEGRID_DEMO="1").ready()
    try:
        address = f"http://{HOST}:{plain.port}/app/"
        look_where_it_cannot_work(Phone(browsers, "wei"), "网址不是 HTTPS，无法使用", address)
    finally:
        plain.clear_away()


@pytest.mark.slow
def test_in_an_old_browser_and_without_storage_it_says_what_would_help(browsers: Browsers) -> None:
    old, full = Phone(browsers, "old"), Phone(browsers, "full")
    old.page.add_init_script("delete window.CompressionStream")
    full.page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('', 'InvalidStateError') }")
    look_where_it_cannot_work(old, "浏览器版本太低")
    look_where_it_cannot_work(full, "打不开本机存储")

"""An inspector's way through the field app, with a picture wherever the guide explains something."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Geolocation, Locator, Page, expect

from tests.browser.conftest import AT_THE_SITE, Asker, Browsers, Station
from tests.browser.phone import Phone, standing_at_the_site
from tests.browser.pictures.album import Album, standing_still

SITE = "演示工地一号（虚构）"
CHECKLIST = "柳江区道路裸地矿山扬尘检查表"


def walk(album: Album, station: Station, browsers: Browsers) -> None:
    phone = Phone(browsers, "wei")
    page = phone.page
    before_the_day(station)
    page.goto("/app/")
    expect(page.get_by_role("heading", name="启用这台设备")).to_be_visible()
    album.take(page, "enrol")
    phone.enrol(station, "demo-wei")
    expect(page.get_by_text("待核查火点")).to_be_visible()
    expect(page.get_by_text("已同步")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="以后再说").click()
    album.take(page, "today")
    looking_around(album, phone)
    a_fire(album, page)
    a_patrol(album, page)
    out_of_reach(station, phone)
    an_inspection(album, phone)
    a_finding(album, phone)
    phone.look_at_submissions()
    expect(page.get_by_text("正在同步")).to_have_count(0)
    album.take(page, "outbox")
    station.line.mend()
    phone.context.set_offline(False)
    page.get_by_role("button", name="立即同步").click()
    expect(page.get_by_text("原图未改动 ✓").first).to_be_visible()
    album.take(page, "outbox-complete")
    at_once(album, phone)
    a_recheck(album, page)
    settings(album, page)
    album.again_in_english(page)


def out_of_reach(station: Station, phone: Phone) -> None:
    """No network, and the phone knows it: what was under way ends, and nothing begins."""
    station.line.cut()
    without_network(phone)


def without_network(phone: Phone) -> None:
    """Tell the page that is open now, too: a page that is opened without a network thinks it has one until told."""
    expect(phone.page.get_by_role("banner")).to_be_visible()  # it listens from then on
    phone.context.set_offline(False)
    phone.context.set_offline(True)
    expect(phone.page.get_by_text("离线", exact=True)).to_be_visible()


def to_the_top(part: Locator) -> None:
    """Scroll so that this part begins below the head of the screen."""
    part.evaluate("(it) => { it.style.scrollMarginTop = '4rem'; it.scrollIntoView() }")


def before_the_day(station: Station) -> None:
    """What the office does before: a task, a fire point from an alarm, a campaign against straw fires."""
    admin = Asker(station, "demo-admin")
    now = datetime.now(UTC).replace(microsecond=0)
    wei = next(each for each in admin.get("/api/v1/users?limit=50")["items"] if each["name"] == "demo-wei")
    site = next(each for each in admin.get("/api/v1/sites?limit=50")["items"] if each["name"] == SITE)
    admin.post(
        "/api/v1/tasks",
        {
            "kind": "inspection",
            "title": "工地扬尘检查",
            "site": site["id"],
            "assignee": wei["id"],
            "due_at": (now + timedelta(hours=5)).isoformat(),
        },
    )
    fire = admin.post(
        "/api/v1/fire-points",
        {
            "source": "12345",
            "position": {"lon": 109.3362, "lat": 24.1312, "datum": "CGCS2000"},
            "seen_at": (now - timedelta(minutes=20)).isoformat(),
            "place": "穿山镇演示工业园东侧蔗地",
        },
    )
    admin.put(f"/api/v1/fire-points/{fire['id']}/assignee", {"user": wei["id"]})


def looking_around(album: Album, phone: Phone) -> None:
    """The tabs at the foot."""
    page = phone.page
    phone.tab("任务")
    expect(page.get_by_text("工地扬尘检查")).to_be_visible()
    album.take(page, "tasks")
    page.goto("/app/sites")
    expect(page.get_by_text(SITE)).to_be_visible()
    album.take(page, "sites")
    page.get_by_text(SITE).click()
    expect(page.get_by_role("link", name="开始检查")).to_be_visible()
    album.take(page, "site")
    page.goto("/app/map")
    page.wait_for_load_state("networkidle")
    standing_at_the_site(page)
    expect(page.get_by_text("定位良好").first).to_be_visible()
    standing_still(page)  # where the map begins follows from the place; from there outwards
    for _ in range(3):
        page.locator(".maplibregl-ctrl-zoom-out").click()
    album.take(page, "map")
    page.get_by_role("button", name="列表").click()
    expect(page.get_by_role("region", name="列表")).to_be_visible()
    album.take(page, "map-list")


def a_fire(album: Album, page: Page) -> None:
    page.goto("/app/")
    page.get_by_role("link", name="穿山镇演示工业园东侧蔗地").click()
    expect(page.get_by_role("heading", name="现场反馈")).to_be_visible()
    page.wait_for_load_state("networkidle")
    standing_at_the_site(page)
    album.take(page, "fire")
    standing_at_the_site(page)
    page.get_by_role("button", name="我到了").click()
    to_the_top(page.get_by_role("heading", name="现场反馈"))
    album.take(page, "fire-answer")


def a_patrol(album: Album, page: Page) -> None:
    page.goto("/app/patrol")
    start = page.get_by_role("button", name="开始巡查")
    page.get_by_text("秋冬季秸秆禁烧专项巡查").click()
    standing_at_the_site(page)
    album.take(page, "patrol")
    start.click()
    expect(page.get_by_role("button", name="结束巡查")).to_be_visible()
    for step in range(1, 9):  # at a walk: faster than anybody goes would be a gap in the track
        page.wait_for_timeout(1500)
        place = Geolocation(latitude=AT_THE_SITE["latitude"] + step * 1e-5, longitude=109.33, accuracy=8.0)
        page.context.set_geolocation(place)
    album.take(page, "patrol-walking")
    page.get_by_role("button", name="结束巡查").click()
    expect(page.get_by_label("巡查情况")).to_be_visible()
    page.get_by_label("巡查情况").fill("沿线未发现焚烧")
    album.take(page, "patrol-ended")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text(re.compile("有网.*自动送达"))).to_be_visible()


def an_inspection(album: Album, phone: Phone) -> None:
    """From the choice of a checklist to the submission, without a network."""
    page = phone.page
    page.goto("/app/")
    without_network(phone)
    standing_at_the_site(page)
    phone.wait_for_checklists(SITE, CHECKLIST)
    album.take(page, "inspection-start")
    page.get_by_role("button", name="开始", exact=True).click()
    first = page.locator("#item-1")
    first.get_by_role("radio", name="不合格").click()
    first.get_by_role("button", name="信息不全").click()
    to_the_top(first)
    album.take(page, "inspection")
    first.get_by_role("button", name="拍照").first.click()
    expect(page.get_by_role("button", name="拍照", exact=True).last).to_be_enabled()
    album.take(page, "camera")
    page.get_by_role("button", name="拍照", exact=True).last.click()
    expect(page.get_by_text("照片已存本机").first).to_be_visible()
    page.get_by_role("button", name="完成", exact=True).click()
    to_the_top(first)
    album.take(page, "photo-kept")
    first.get_by_role("button", name="其他方式").first.click()
    expect(page.get_by_text("从相册选择")).to_be_visible()
    album.take(page, "capture-more")
    page.get_by_text("取消", exact=True).click()
    page.locator("#item-2").get_by_role("textbox").first.fill("1200")
    for item in ("#item-2", "#item-3"):
        page.locator(item).get_by_role("radio", name="合格", exact=True).click()
    page.get_by_role("button", name="下一步：人员与签字").click()
    phone.name_officer("韦敏", "GX-0001")
    phone.have_it_signed("李工")
    album.take(page, "inspection-papers")
    page.get_by_role("button", name="下一步：核对并提交").click()
    expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
    album.take(page, "inspection-review")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="有网后自动上报")).to_be_visible()
    album.take(page, "inspection-done")


def a_finding(album: Album, phone: Phone) -> None:
    page = phone.page
    page.goto("/app/")
    without_network(phone)
    standing_at_the_site(page)
    page.get_by_role("link", name="上报问题").click()
    expect(page.get_by_text("定位良好").first).to_be_visible()
    phone.photograph(page)
    page.get_by_role("radio", name="扬尘", exact=True).click()
    page.get_by_label("问题描述").fill("裸土未覆盖")
    page.evaluate("scrollTo(0, 0)")
    album.take(page, "finding-write")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("在本机，待上报").first).to_be_visible()


def at_once(album: Album, phone: Phone) -> None:
    """What was put right while the inspector stood there."""
    page = phone.page
    page.goto("/app/findings")
    page.get_by_role("link", name="裸土未覆盖").first.click()
    expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    album.take(page, "finding")
    page.get_by_text("当场整改（立行立改）").click()
    expect(page.get_by_role("button", name="当场销号")).to_be_visible()
    album.take(page, "at-once")


def a_recheck(album: Album, page: Page) -> None:
    """Looking again at what an office says is put right, with the before-photo beside the camera."""
    page.goto("/app/recheck")
    again = page.get_by_role("link").filter(has_text="防尘网被掀开")
    expect(again.first).to_be_visible()
    album.take(page, "rechecks")
    again.first.click()
    expect(page.get_by_role("radio", name="合格")).to_be_visible()
    standing_at_the_site(page)
    expect(page.get_by_text("联网后可看")).to_have_count(0)
    album.take(page, "recheck")
    page.get_by_role("button", name="拍照").first.click()
    expect(page.get_by_role("button", name="拍照", exact=True).last).to_be_enabled()
    album.take(page, "recheck-camera")
    page.get_by_role("button", name="拍照", exact=True).last.click()
    expect(page.get_by_text("照片已存本机").first).to_be_visible()
    page.get_by_role("button", name="完成", exact=True).click()
    page.get_by_role("radio", name="合格").click()
    page.get_by_role("heading", name="结论").scroll_into_view_if_needed()
    album.take(page, "recheck-passed")


def settings(album: Album, page: Page) -> None:
    page.goto("/app/settings")
    expect(page.get_by_text("长期保存").first).to_be_visible()
    album.take(page, "settings")
    page.goto("/app/settings/lock")
    expect(page.get_by_label("设置数字密码")).to_be_visible()
    album.take(page, "lock")
    page.goto("/app/settings/export")
    expect(page.get_by_role("button", name="生成文件")).to_be_visible()
    album.take(page, "export")

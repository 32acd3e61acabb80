"""A supervisor's, a handler's and an admin's ways through the console, with a picture of what the guide explains."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Browsers, Station
from tests.browser.desk import Desk
from tests.browser.pictures.album import Album

FRESH = "调漆间3只稀释剂桶未加盖"
OFFICE = "演示区住建局（虚构）"
OF_ADMINS = (
    ("任务", "tasks"),
    ("专项行动", "campaigns"),
    ("公文", "papers"),
    ("督办", "supervision"),
    ("统计", "statistics"),
    ("人员", "people"),
    ("设备", "devices"),
    ("网格区划", "grid"),
    ("点位", "sites"),
    ("检查表", "checklists"),
    ("规则", "rules"),
    ("运行", "running"),
    ("审计", "audit"),
)


def walk(album: Album, station: Station, browsers: Browsers) -> None:
    a_supervisor(album, browsers)
    a_handler(album, browsers)
    an_admin(album, browsers)


def settled(page: Page) -> None:
    """Until what the page asked for is there."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")


def entry(album: Album, desk: Desk, called: str, name: str) -> None:
    """One page of the menu."""
    desk.go(called)
    settled(desk.page)
    album.take(desk.page, name)


def a_supervisor(album: Album, browsers: Browsers) -> None:
    """Her morning: today, the list, the map, several at once, one by one, what is doubtful, fire points."""
    desk = Desk(browsers, "demo-luo")
    page = desk.page
    page.goto("/console/")
    expect(page.get_by_label("用户名")).to_be_visible()
    album.take(page, "sign-in")
    desk.sign_in()
    settled(page)
    album.take(page, "today")
    entry(album, desk, "问题", "findings")
    page.get_by_text("地图", exact=True).first.click()
    settled(page)
    expect(page.locator("canvas").first).to_be_visible()
    album.take(page, "findings-map")
    page.get_by_text("列表", exact=True).first.click()
    page.get_by_role("checkbox", name="选择已显示的全部").press("Space")
    page.get_by_role("button", name="核实", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    album.take(page, "bulk")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    desk.open_finding(FRESH)
    settled(page)
    album.take(page, "finding")
    desk.step("核实")
    desk.step("登记")
    page.get_by_role("button", name="交办", exact=True).click()
    page.get_by_role("combobox", name="承办单位").scroll_into_view_if_needed()
    album.take(page, "dispatch")
    page.get_by_role("combobox", name="承办单位").click()
    page.get_by_role("option", name=OFFICE).click()
    page.get_by_role("button", name="确定交办").click()
    expect(page.get_by_text("：已交办")).to_be_visible()
    entry(album, desk, "冲突", "conflicts")
    entry(album, desk, "火点", "fires")
    page.get_by_role("button", name="粘贴报警文字").click()
    page.get_by_role("textbox", name="报警文字").fill(
        "9时15分，成团镇四方村附近有烟，北纬24.135 东经109.145，联系人 13800000000"
    )
    album.take(page, "fires-paste")
    album.again_in_english(page)


def a_handler(album: Album, browsers: Browsers) -> None:
    """What an office has been given."""
    desk = Desk(browsers, "demo-pan").sign_in()
    settled(desk.page)
    desk.page.get_by_role("tab", name="待签收").click()
    expect(desk.page.get_by_text(FRESH)).to_be_visible()
    album.take(desk.page, "inbox")
    desk.page.get_by_role("row").filter(has_text=FRESH).get_by_role("link").click()
    settled(desk.page)
    album.take(desk.page, "inbox-item")
    album.again_in_english(desk.page)


def an_admin(album: Album, browsers: Browsers) -> None:
    """Friday's list, the files, and keeping the house."""
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    entry(album, desk, "期次", "periods")
    page.get_by_role("link", name=re.compile("年第.+期")).first.click()
    expect(page.get_by_role("link", name="返回期次")).to_be_visible()
    settled(page)
    album.take(page, "period")
    entry(album, desk, "县区报表", "county-tables")
    entry(album, desk, "导出", "exports")
    for called, name in OF_ADMINS:
        entry(album, desk, called, name)
    album.again_in_english(page)

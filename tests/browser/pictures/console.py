"""A supervisor's, a handler's and an admin's ways through the console, with a picture of what the guide explains."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Browsers, Station
from tests.browser.desk import Desk
from tests.browser.pictures.album import Album

FRESH = "调漆间3只稀释剂桶未加盖"
RECHECKED = "塔吊喷淋未开启"
OFFICE = "演示区住建局（虚构）"
OPEN_FIRE = "拉堡镇演示路东侧荒地"
OF_SUPERVISORS = (
    ("/supervision", "supervision"),
    ("/tasks", "tasks"),
    ("/tasks/rules", "task-rules"),
    ("/campaigns", "campaigns"),
    ("/inspections", "inspections"),
    ("/certificates", "certificates"),
    ("/feed", "feed"),
    ("/account", "account"),
)
OF_THE_CITY = (
    ("/statistics", "statistics"),
    ("/papers", "papers"),
    ("/papers/new", "paper-new"),
    ("/papers/templates", "paper-templates"),
)
OF_ADMINS = (
    ("/county-tables", "county-tables"),
    ("/exports", "exports"),
    ("/people", "people"),
    ("/devices", "devices"),
    ("/grid", "grid"),
    ("/sites", "sites"),
    ("/imports", "imports"),
    ("/checklists", "checklists"),
    ("/rules", "rules"),
    ("/hooks", "hooks"),
    ("/running", "running"),
    ("/audit", "audit"),
)


def walk(album: Album, station: Station, browsers: Browsers) -> None:
    a_supervisor(album, browsers)
    a_handler(album, browsers)
    an_air_office(album, browsers)
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


def by_address(album: Album, page: Page, pages: tuple[tuple[str, str], ...]) -> None:
    """Pages one after the other; the console remembers who signed in."""
    for address, name in pages:
        page.goto(f"/console{address}")
        settled(page)
        album.take(page, name)


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
    desk.open_finding(RECHECKED)
    settled(page)
    album.take(page, "finding-returned")
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
    fires(album, desk)
    by_address(album, page, OF_SUPERVISORS)
    page.goto("/console/campaigns")
    settled(page)
    page.get_by_role("link", name="秋冬季秸秆禁烧专项巡查").first.click()
    settled(page)
    album.take(page, "campaign")
    album.again_in_english(page)


def fires(album: Album, desk: Desk) -> None:
    """The list, one fire point, and a new one from an alarm's text."""
    page = desk.page
    entry(album, desk, "火点", "fires")
    page.get_by_role("link").filter(has_text=OPEN_FIRE).or_(
        page.get_by_role("row").filter(has_text=OPEN_FIRE).get_by_role("link")
    ).first.click()
    expect(page).to_have_url(re.compile("/fires/."))
    settled(page)
    album.take(page, "fire")
    desk.go("火点")
    page.get_by_role("button", name="粘贴报警文字").click()
    page.get_by_role("textbox", name="报警文字").fill(
        "9时15分，成团镇四方村附近有烟，北纬24.135 东经109.145，联系人 13800000000"
    )
    album.take(page, "fires-paste")


def a_handler(album: Album, browsers: Browsers) -> None:
    """What an office has been given."""
    desk = Desk(browsers, "demo-pan").sign_in()
    settled(desk.page)
    desk.page.get_by_role("tab", name="整改中").click()
    expect(desk.page.get_by_text("两辆渣土车轮胎带泥上路")).to_be_visible()
    album.take(desk.page, "inbox")
    desk.page.get_by_role("tab", name="待签收").click()
    expect(desk.page.get_by_text(FRESH)).to_be_visible()
    desk.page.get_by_role("row").filter(has_text=FRESH).get_by_role("link").click()
    expect(desk.page.get_by_role("heading", name="办理", exact=True)).to_be_visible()
    settled(desk.page)
    album.take(desk.page, "inbox-item")
    album.again_in_english(desk.page)


def an_air_office(album: Album, browsers: Browsers) -> None:
    """The city's figures, papers, and one of them."""
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    by_address(album, page, OF_THE_CITY)
    page.goto("/console/statistics")
    settled(page)
    page.locator('a[href*="/statistics/hundreds?"]').first.click()
    settled(page)
    album.take(page, "hundreds")
    page.goto("/console/papers")
    settled(page)
    page.get_by_role("link", name=re.compile("〔")).first.click()
    expect(page).to_have_url(re.compile("/papers/."))
    settled(page)
    album.take(page, "paper")
    album.again_in_english(page)


def an_admin(album: Album, browsers: Browsers) -> None:
    """Friday's list, the files, and keeping the house."""
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    entry(album, desk, "期次", "periods")
    page.get_by_role("link", name=re.compile("年第3期")).first.click()
    expect(page.get_by_role("link", name="返回期次")).to_be_visible()
    settled(page)
    album.take(page, "period")
    by_address(album, page, OF_ADMINS)
    page.goto("/console/tasks/draws")
    settled(page)
    page.get_by_role("button", name=re.compile(r"\d{4}Q\d")).first.click()
    settled(page)
    album.take(page, "draws")
    page.goto("/console/checklists")
    page.get_by_placeholder("查找检查表").fill("straw-liujiang")
    page.get_by_role("button", name="与前一版比对").first.click()
    settled(page)
    album.take(page, "checklist-compare")
    page.goto("/console/people")
    settled(page)
    page.get_by_role("link", name=re.compile("韦敏")).first.click()
    expect(page).to_have_url(re.compile("/people/."))
    settled(page)
    album.take(page, "person")
    album.again_in_english(page)

"""Every page and dialog of the console in both languages, day and night: axe finds nothing, all fits, focus returns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.serving import ROOT
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.desk import Desk
from tests.browser.looking import forbidden, misfits, settled
from tests.browser.routes import paths

Address = Callable[[Asker], str]
DESKTOP, TABLET = {"width": 1280, "height": 720}, {"width": 1024, "height": 768}
# A page that a role has no business with answers too; what stands behind `next` and `from` is what leads there.
PLAIN = (
    *("/", "/account", "/audit", "/campaigns", "/certificates", "/checklists", "/conflicts", "/county-tables"),
    *("/devices", "/exports", "/feed", "/findings", "/fires", "/grid", "/hooks", "/imports", "/inbox"),
    *("/inspections", "/not-yours", "/papers", "/papers/new", "/papers/templates", "/people", "/periods", "/rules"),
    *("/running", "/sign-in", "/sites", "/statistics", "/statistics/hundreds", "/supervision", "/tasks"),
    *("/tasks/draws", "/tasks/rules", "/today"),
)
ALARM = "9时15分，成团镇四方村附近有烟，北纬24.135 东经109.145，联系人 13800000000"


def first(path: str) -> Address:
    """The address of one thing of a list: its page stands below the list's."""

    def address(admin: Asker) -> str:
        found = admin.get(f"/api/v1{path}")
        return str((found if isinstance(found, list) else found["items"])[0]["id"])

    return address


def with_office(admin: Asker) -> str:
    found = admin.get("/api/v1/findings?limit=100")["items"]
    return str(next(each["id"] for each in found if each["state"] == "rectifying"))


IDS: dict[str, Address] = {
    "/campaigns/:id": first("/campaigns"),
    "/findings/:id": with_office,
    "/fires/:id": first("/fire-points"),
    "/inbox/:id": with_office,
    "/papers/:id": first("/papers"),
    "/people/:id": first("/users"),
    "/periods/:id": first("/periods"),
}
ASKED: dict[str, Address] = {
    "/:rest(.*)*": lambda _: "/nowhere",
    "/sites/labels": lambda admin: f"/sites/labels?site={first('/sites')(admin)}",
}
DIALOGS = (
    *(("/people", "people.add"), ("/people/:id", "certificates.add"), ("/devices", "devices.invite")),
    *(("/grid", "admin.units.add"), ("/checklists", "admin.checklists.send"), ("/checklists", "admin.checklists.read")),
    *(("/hooks", "admin.hooks.add"), ("/tasks", "tasks.make"), ("/tasks/rules", "tasks.rules.make")),
    *(("/tasks/draws", "tasks.draws.make"), ("/campaigns", "campaigns.make"), ("/campaigns/:id", "campaigns.change")),
    *(("/campaigns/:id", "campaigns.roster.import"), ("/periods", "periods.newSeries")),
    *(("/periods", "periods.openNext"), ("/periods/:id", "periods.reissue"), ("/fires", "fires.paste")),
    *(("/findings", "findings.keys"), ("/findings/:id", "findings.keys")),
)


def addresses(admin: Asker) -> dict[str, str]:
    """Where each path of the router is visited."""
    of_ids = {path: path.replace(":id", of(admin)) for path, of in IDS.items()}
    return {**{path: path for path in PLAIN}, **of_ids, **{path: of(admin) for path, of in ASKED.items()}}


def word(key: str, language: str) -> str:
    """A text of the console, as its file of words has it."""
    found: Any = {}
    for file in (ROOT / "web/src/console/words").glob(f"*.{language}.json"):
        found |= json.loads(file.read_text("utf-8"))
    for name in key.split("."):
        found = found[name]
    return str(found)


@pytest.fixture
def furnished(browsers: Browsers, admin: Asker) -> Desk:
    """An admin's desk where each kind of page has something to show."""
    days = {"first_day": str(date.today()), "last_day": str(date.today() + timedelta(days=60))}
    campaign = {"code": "JS-2026", "name": "秋冬季禁烧", "topic": "straw", "cells": ["450206"], **days}
    made = admin.post("/api/v1/campaigns", campaign)
    admin.post(f"/api/v1/campaigns/{made['id']}/start", {})
    desk = Desk(browsers, "demo-admin", viewport=DESKTOP).sign_in()
    desk.go("火点")
    desk.press("粘贴报警文字")
    desk.dialog.get_by_label("报警文字").fill(ALARM)
    desk.choose("坐标来自", "微信、高德", desk.dialog)
    desk.press("识别", desk.dialog)
    desk.press("保存为火点", desk.dialog)
    desk.told("已保存")
    return desk


def look(desk: Desk, where: str) -> list[str]:
    """What axe finds by day and by night, and what does not fit a desktop or a tablet."""
    page, found = desk.page, []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        settled(page)
        found += forbidden(page, f"{where} {theme}")
    for size in (TABLET, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        settled(page)
        found += misfits(page, f"{where} {size['width']}")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def speak(desk: Desk, language: str) -> None:
    if language == "en":
        desk.press("English")
        expect(desk.page.locator("html")).to_have_attribute("lang", "en")


def test_every_page_of_the_router_is_visited() -> None:
    assert sorted({*PLAIN, *IDS, *ASKED}) == paths()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_page_of_the_console_shuts_anybody_out(furnished: Desk, admin: Asker, language: str) -> None:
    desk, found = furnished, list[str]()
    speak(desk, language)
    for path, address in addresses(admin).items():
        desk.page.goto(f"/console{address}")
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        found += look(desk, path)
    assert found == []
    assert desk.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_dialog_of_the_console_shuts_anybody_out_and_escape_leads_back(
    furnished: Desk, admin: Asker, language: str
) -> None:
    desk, found, page = furnished, list[str](), furnished.page
    speak(desk, language)
    at = addresses(admin)
    for path, key in DIALOGS:
        page.goto(f"/console{at[path]}")
        button = page.get_by_role("button", name=re.compile("^" + re.escape(word(key, language)))).first
        button.press("Enter")
        expect(desk.dialog).to_be_visible()
        found += look(desk, f"{path} {key}")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        if not button.evaluate("(each) => each === document.activeElement"):
            found.append(f"{path} {key}: the focus is lost")
    page.get_by_role("banner").get_by_role("button").first.press("Enter")
    found += look(desk, "feed")
    assert found == []
    assert desk.faults == []


@pytest.mark.slow
def test_over_a_dialog_too_one_signs_in_again_and_what_was_typed_goes_on(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("推送")
    desk.press("新增推送")
    desk.dialog.get_by_label("名称").fill("指挥中心")
    desk.dialog.get_by_label("地址").fill("https://hooks.example.com/in")
    Asker(station, "demo-admin").delete("/api/v1/auth/sign-ins")
    desk.press("保存", desk.dialog)
    over = page.get_by_role("dialog", name="登录已失效")
    expect(over).to_be_visible()
    desk.look("sign-in over a dialog")
    over.get_by_label("密码", exact=True).fill("wrong-2026-wrong")
    desk.press("登录", over)
    expect(over.get_by_role("alert")).to_be_visible()
    desk.look("sign-in refused")
    desk.say_who()
    expect(over).to_be_hidden()
    expect(page.get_by_role("dialog", name="新增推送")).to_contain_text("只显示这一次")
    assert [each["name"] for each in Asker(station, "demo-admin").get("/api/v1/web-hooks")] == ["指挥中心"]
    assert desk.faults == []

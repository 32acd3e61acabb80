"""An inspector's day without a network: enrol, inspect, crash, and hand everything in when the server is back."""

from __future__ import annotations

import hashlib
from functools import partial

from playwright.sync_api import expect

from tests.backend.serving import eventually
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo

SITE = "演示工地一号（虚构）"
PIECE = 1024 * 1024
"""What the app sends at a time."""
CHECKLIST = "柳江区道路裸地矿山扬尘检查表"


def findings_of(admin: Asker) -> dict[str, dict[str, object]]:
    return {each["id"]: each for each in admin.get("/api/v1/findings?limit=100")["items"]}


def test_an_inspection_made_with_the_server_dead_arrives_whole_and_once(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    before = findings_of(admin)
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    phone.wait_for_checklists(SITE, CHECKLIST)
    station.kill()
    page = phone.page
    page.get_by_role("button", name="开始", exact=True).click()
    first = page.locator("#item-1")
    first.get_by_role("radio", name="不合格").click()
    first.get_by_role("button", name="信息不全").click()
    phone.crash()  # half-way: what was answered is there again
    page = phone.page
    page.get_by_text("点开继续").click()
    page.get_by_role("link", name=SITE).first.click()
    first = page.locator("#item-1")
    expect(first.get_by_role("radio", name="不合格")).to_be_checked()
    phone.photograph(first)
    page.locator("#item-2").get_by_role("textbox").first.fill("1200")
    for item in ("#item-2", "#item-3"):
        page.locator(item).get_by_role("radio", name="合格", exact=True).click()
    page.get_by_role("button", name="下一步：人员与签字").click()
    phone.name_officer("韦敏", "GX-0001")
    phone.have_it_signed("李工")
    page.get_by_role("button", name="下一步：核对并提交").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交：先存在本机，有网后自动上报。")).to_be_visible()

    phone.crash()  # after the tick that says "on this device"
    page = phone.page
    phone.look_at_submissions()
    expect(page.get_by_text("照片已存 0 / 2")).to_be_visible()

    station.start()
    page.get_by_role("button", name="立即同步").click()
    expect(page.get_by_text("照片已存 2 / 2")).to_be_visible()
    expect(page.get_by_text("原图未改动 ✓")).to_be_visible()
    new = [each for key, each in findings_of(Asker(station, "demo-admin")).items() if key not in before]
    assert [each["description"] for each in new] == ["信息不全"]
    assert all(each["stored"] for each in admin.get(f"/api/v1/findings/{new[0]['id']}")["photos"])
    assert phone.faults == []


def test_a_photo_goes_on_where_the_line_was_cut(station: Station, browsers: Browsers, admin: Asker) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    before = findings_of(admin)
    original = photo(2000, 1600)  # four pieces
    station.line.cut()
    page = phone.page
    page.get_by_role("link", name="上报问题").click()
    phone.choose_photo(page, "large.jpg", original)
    phone.report("裸土未覆盖")
    phone.look_at_submissions()
    line = station.line
    sent_before = line.sent
    line.cut_after(1_500_000, then=partial(line.cut_after, 1_300_000))
    phone.sync()
    eventually(partial(line.was_cut, 2), "two cuts inside the upload")
    phone.sync()
    expect(page.get_by_text("原图未改动 ✓").first).to_be_visible(timeout=60_000)
    assert line.sent - sent_before < len(original) + 2 * PIECE + 300_000  # what had arrived was not sent again
    new = [each for key, each in findings_of(admin).items() if key not in before]
    assert [each["description"] for each in new] == ["裸土未覆盖"]
    (kept,) = admin.get(f"/api/v1/findings/{new[0]['id']}")["photos"]
    assert (kept["stored"], kept["sha256"]) == (True, hashlib.sha256(original).hexdigest())
    assert phone.faults == []

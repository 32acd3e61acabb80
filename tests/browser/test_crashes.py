"""Deaths of the phone and of the server, wherever they come: everything is there once in the end."""

from __future__ import annotations

import contextlib
import hashlib
import re
from functools import partial

import pytest
from playwright.sync_api import Error, Locator, expect

from tests.backend.serving import eventually
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_field_day import CHECKLIST, SITE, findings_of

REFUSE_THE_ANSWER = {"patterns": [{"urlPattern": "*/api/v1/devices/enrol", "requestStage": "Response"}]}
HASHES = """() => new Promise((done) => {
  const asked = indexedDB.open('bluegrid-field')
  asked.onsuccess = () => {
    const keys = asked.result.transaction('media').objectStore('media').getAllKeys()
    keys.onsuccess = () => (asked.result.close(), done(keys.result))
  }
})"""


def inspections_of(admin: Asker) -> set[str]:
    return {each["id"] for each in admin.get("/api/v1/inspections?limit=100")["items"]}


def devices_of(admin: Asker, user: str) -> int:
    return sum(each["user"] == user for each in admin.get("/api/v1/devices"))


@pytest.mark.slow
def test_an_inspection_outlives_a_reload_and_a_crash_at_each_of_its_steps(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    findings, inspections, devices = findings_of(admin), inspections_of(admin), devices_of(admin, "demo-wei")
    phone = Phone(browsers, "wei")
    enrol_with_the_answer_lost(phone, station)
    phone.end_and_return(lambda: expect(phone.page.get_by_role("heading", name="今天", exact=True)).to_be_visible())
    phone.wait_for_checklists(SITE, CHECKLIST)
    station.kill()
    original = photo(2000, 1600)
    answer_each_step(phone, original)

    station.line.cut_after(1_500_000, then=partial(browsers.kill, "wei"))  # within the upload
    station.start()
    with contextlib.suppress(Error):
        phone.page.get_by_role("button", name="立即同步").click()
    eventually(partial(station.line.was_cut, 1), "the browser's end within its upload")
    phone.come_back("/app/outbox")
    phone.sync()
    expect(phone.page.get_by_text("照片已存 3 / 3")).to_be_visible(timeout=60_000)
    phone.end_and_return(lambda: expect(phone.page.get_by_text("原图未改动 ✓")).to_be_visible())

    again = Asker(station, "demo-admin")
    assert devices_of(again, "demo-wei") == devices + 1
    (made,) = inspections_of(again) - inspections
    (found,) = (each for key, each in findings_of(again).items() if key not in findings)
    assert found["description"] == "信息不全"
    kept = again.get(f"/api/v1/inspections/{made}")
    said = [(each["result"], each["value"], each["note"]) for each in kept["answers"]]
    assert said == [("fail", None, "信息不全"), ("pass", 1200, None), ("pass", None, None)]
    papers = kept["details"]
    assert [each["certificate_no"] for each in papers["officers"]] == ["GX-0001"]
    assert papers["representative"]["name"] == "李工"
    photos = again.get(f"/api/v1/findings/{found['id']}")["photos"]
    on_the_phone = set(phone.page.evaluate(HASHES))
    assert hashlib.sha256(original).hexdigest() in on_the_phone
    assert {*(each["sha256"] for each in photos), papers["signature"]["sha256"]} == on_the_phone
    assert (len(photos), all(each["stored"] for each in photos)) == (2, True)
    assert phone.faults == []


def enrol_with_the_answer_lost(phone: Phone, station: Station) -> None:
    """The server has taken the invitation, its answer never comes, and the phone dies: the same invitation is good."""
    code = str(station.invite("demo-wei")["code"])
    phone.page.goto("/app/")
    network = phone.context.new_cdp_session(phone.page)
    network.on("Fetch.requestPaused", lambda said: network.send("Fetch.failRequest", lost(said)))
    network.send("Fetch.enable", REFUSE_THE_ANSWER)
    phone.page.get_by_label("邀请码或邀请链接").fill(code)
    phone.page.get_by_role("button", name="启用", exact=True).click()
    expect(phone.page.get_by_role("alert")).to_be_visible()
    phone.crash()
    phone.take_invitation(code)


def lost(said: dict[str, object]) -> dict[str, object]:
    return {"requestId": said["requestId"], "errorReason": "ConnectionReset"}


def answer_each_step(phone: Phone, original: bytes) -> None:
    """From the start to the outbox, with a reload and a crash after each step."""

    def item(number: int) -> Locator:
        return phone.page.locator(f"#item-{number}")

    phone.page.get_by_role("button", name="开始", exact=True).click()
    phone.end_and_return(lambda: expect(item(1)).to_be_visible())
    item(1).get_by_role("radio", name="不合格").click()
    item(1).get_by_role("button", name="信息不全").click()
    expect(phone.page.get_by_text("草稿已存本机 ✓")).to_be_visible()
    phone.end_and_return(lambda: expect(item(1).get_by_role("radio", name="不合格")).to_be_checked())
    expect(item(1).get_by_role("textbox").first).to_have_value("信息不全")
    phone.photograph(item(1))
    phone.end_and_return(lambda: expect(item(1).get_by_role("button", name="查看照片")).to_have_count(1))
    phone.choose_photo(item(1), "large.jpg", original)
    phone.end_and_return(lambda: expect(item(1).get_by_role("button", name="查看照片")).to_have_count(2))
    item(2).get_by_role("textbox").first.fill("1200")
    expect(phone.page.get_by_text("草稿已存本机 ✓")).to_be_visible()
    phone.end_and_return(lambda: expect(item(2).get_by_role("textbox").first).to_have_value("1200"))
    for number in (2, 3):
        item(number).get_by_role("radio", name="合格", exact=True).click()
    phone.page.get_by_role("button", name="下一步：人员与签字").click()
    phone.name_officer("韦敏", "GX-0001")
    expect(phone.page.get_by_text("草稿已存本机 ✓")).to_be_visible()
    phone.end_and_return(lambda: expect(phone.page.get_by_label("执法证号").first).to_have_value("GX-0001"))
    phone.have_it_signed("李工")
    phone.end_and_return(lambda: expect(phone.page.get_by_text("签名已存本机，原图未改动")).to_be_visible())
    phone.page.get_by_role("button", name="下一步：核对并提交").click()
    phone.end_and_return(lambda: expect(phone.page.get_by_role("button", name="提交", exact=True)).to_be_enabled())
    phone.page.get_by_role("button", name="提交", exact=True).click()
    expect(phone.page.get_by_text("已提交：先存在本机，有网后自动上报。")).to_be_visible()
    phone.end_and_return(lambda: expect(phone.page.get_by_text("在本机，待上报").first).to_be_visible())
    phone.look_at_submissions()
    phone.end_and_return(lambda: expect(phone.page.get_by_text("照片已存 0 / 3")).to_be_visible())


@pytest.mark.slow
def test_what_is_half_done_on_a_finding_outlives_a_crash_with_its_photos(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    finding = next(
        each["id"] for each in admin.get("/api/v1/findings?limit=100")["items"] if each["state"] == "rectifying"
    )
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    phone.page.goto(f"/app/finding/{finding}")
    photos = phone.page.get_by_role("button", name=re.compile("^查看照片"))
    phone.page.get_by_role("button", name="反馈", exact=True).click()
    phone.page.get_by_label("说明", exact=True).fill("已冲洗")
    phone.photograph(phone.page)
    phone.page.get_by_label("补充说明").fill("门口还有泥")
    phone.page.get_by_role("button", name="加照片").click()
    phone.photograph(phone.page.locator("section").filter(has=phone.page.get_by_label("补充说明")))
    expect(photos).to_have_count(2)

    phone.crash(f"/app/finding/{finding}")
    photos = phone.page.get_by_role("button", name=re.compile("^查看照片"))
    expect(photos).to_have_count(2)
    expect(phone.page.get_by_label("补充说明")).to_have_value("门口还有泥")
    expect(phone.page.get_by_label("说明", exact=True)).to_have_value("已冲洗")
    phone.page.get_by_role("button", name="发送").click()
    phone.page.get_by_role("button", name="确认反馈").click()
    expect(photos).to_have_count(0)

    phone.page.goto("/app/finding/new")
    phone.photograph(phone.page)
    phone.report("当场就改")
    phone.page.get_by_text("当场整改（立行立改）").click()
    phone.photograph(phone.page)
    phone.crash(phone.page.url)
    expect(phone.page.get_by_role("button", name=re.compile("^查看照片"))).to_have_count(1)
    phone.page.get_by_role("button", name="当场销号").click()
    phone.look_at_submissions()
    phone.sync()
    expect(phone.page.get_by_text("全部已送达").last).to_be_visible()
    (at_once,) = (each for each in findings_of(admin).values() if each["description"] == "当场就改")
    assert at_once["state"] == "closed"
    told = admin.get(f"/api/v1/findings/{finding}")
    assert (told["state"], [each["text"] for each in told["comments"]].count("门口还有泥")) == ("feedback", 1)
    assert all(each["stored"] for each in told["photos"])
    assert phone.faults == []


@pytest.mark.slow
def test_a_server_killed_within_a_push_and_within_an_upload_has_everything_once_in_the_end(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    before = findings_of(admin)
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page, line = phone.page, station.line
    original = photo(2000, 1600)
    line.cut()
    for description in ("第一处", "第二处"):
        page.goto("/app/finding/new")
        phone.choose_photo(page, f"{description}.jpg", original if description == "第二处" else photo(300, 200))
        phone.report(description)
    phone.look_at_submissions()
    for cut, sent in enumerate((4_000, 8_000, 1_700_000), start=1):
        line.cut_after(sent, then=station.kill)
        phone.sync()
        eventually(partial(line.was_cut, cut), "the server's end")
        station.start()
    phone.sync()
    expect(page.get_by_text("原图未改动 ✓")).to_have_count(2, timeout=90_000)
    again = Asker(station, "demo-admin")
    new = {str(each["description"]): key for key, each in findings_of(again).items() if key not in before}
    assert sorted(new) == ["第一处", "第二处"]
    (kept,) = again.get(f"/api/v1/findings/{new['第二处']}")["photos"]
    assert (kept["stored"], kept["sha256"]) == (True, hashlib.sha256(original).hexdigest())
    assert phone.faults == []

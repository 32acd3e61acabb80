"""A supervisor's morning and an office's Friday at the console, in a real browser against a real server."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.desk import Desk

FRESH = "调漆间3只稀释剂桶未加盖"
OFFICE = "演示区住建局（虚构）"


def standing(admin: Asker, words: str) -> dict[str, object]:
    """The finding with these words, as the server has it."""
    (found,) = [
        each for each in admin.get("/api/v1/findings?limit=100")["items"] if str(each["description"]).startswith(words)
    ]
    return dict(found)


def test_a_supervisor_verifies_registers_and_dispatches_what_came_in(browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    expect(desk.page.get_by_role("heading", name="今日待办")).to_be_visible()
    desk.page.get_by_role("link", name="新上报").click()
    desk.page.get_by_role("row").filter(has_text=FRESH).get_by_role("link").first.click()
    for deed in ("核实", "登记"):
        desk.step(deed)
    desk.step("交办", office=OFFICE)
    found = standing(admin, FRESH)
    assert found["state"] == "dispatched"
    assert found["case"]["office"]["name"] == OFFICE  # type: ignore[index]
    assert desk.faults == []


@pytest.mark.slow
def test_a_handler_signs_for_what_was_dispatched_and_replies(browsers: Browsers, admin: Asker, tmp_path: Path) -> None:
    luo = Desk(browsers, "demo-luo").sign_in()
    luo.open_finding(FRESH)
    for deed in ("核实", "登记"):
        luo.step(deed)
    luo.step("交办", office=OFFICE)
    pan = Desk(browsers, "demo-pan").sign_in()
    page = pan.page
    page.get_by_role("tab", name="待签收").click()
    page.get_by_role("row").filter(has_text=FRESH).get_by_role("link").click()
    page.get_by_role("button", name="签收", exact=True).first.click()
    page.get_by_role("button", name="签收", exact=True).last.click()
    expect(page.get_by_text("“签收”已完成")).to_be_visible()
    page.get_by_role("button", name="反馈整改情况").first.click()
    page.get_by_label("整改情况").fill("三只桶已加盖")
    page.get_by_role("button", name="反馈整改情况").last.click()
    expect(page.get_by_text("“反馈整改情况”已完成")).to_be_visible()
    assert standing(admin, FRESH)["state"] in ("feedback", "recheck")
    assert pan.faults == luo.faults == []


@pytest.mark.slow
def test_an_admin_s_friday_ends_with_a_list_that_excel_opens(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("期次")
    page.get_by_role("button", name="开启下一期").click()
    page.get_by_role("button", name="开启", exact=True).click()
    expect(page.get_by_role("button", name="定稿", exact=True)).to_be_visible()
    desk.go("导出")
    page.get_by_role("button", name="生成文件").click()
    line = page.get_by_role("row").filter(has_text="每周问题清单").first
    with page.expect_download() as coming:
        line.get_by_role("button", name="下载").click(timeout=60_000)
    file = tmp_path / "list.xlsx"
    coming.value.save_as(file)
    sheet = openpyxl.load_workbook(file).worksheets[0]
    said = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None}
    assert any(FRESH in text for text in said)
    assert desk.faults == []


@pytest.mark.slow
def test_of_two_supervisors_on_one_finding_the_later_hears_of_the_first_and_keeps_her_words(
    browsers: Browsers, admin: Asker
) -> None:
    luo, mo = Desk(browsers, "demo-luo").sign_in(), Desk(browsers, "demo-mo").sign_in()
    for each in (luo, mo):
        each.open_finding(FRESH)
    mo.page.get_by_label("说明").fill("不属本市")
    mo.page.get_by_role("button", name="不予登记", exact=True).click()
    luo.step("核实")
    mo.page.get_by_role("button", name="确定不予登记").click()
    expect(mo.page.get_by_text("现状态为“已核实”")).to_be_visible()
    expect(mo.page.get_by_label("说明")).to_have_value("不属本市")
    assert standing(admin, FRESH)["state"] == "verified"


@pytest.mark.slow
def test_a_sign_in_that_ends_half_way_through_a_form_loses_nothing_typed(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.open_finding(FRESH)
    page.get_by_label("说明").fill("现场看过，属实")
    page.get_by_role("button", name="核实", exact=True).click()
    Asker(station, "demo-luo").delete("/api/v1/auth/sign-ins")
    page.get_by_role("button", name="确定核实").click()
    expect(page.get_by_role("dialog", name="登录已失效")).to_be_visible()
    desk.say_who()
    expect(page.get_by_role("dialog", name="登录已失效")).to_be_hidden()
    expect(page.get_by_text("已核实").first).to_be_visible()
    found = standing(admin, FRESH)
    assert found["state"] == "verified"
    assert "现场看过，属实" in str(admin.get(f"/api/v1/findings/{found['id']}"))


@pytest.mark.slow
def test_words_begun_outlast_a_reload_and_an_ended_sign_in_for_their_own_person_and_go_when_sent(
    station: Station, browsers: Browsers
) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.open_finding(FRESH)
    address = page.url
    box, note = page.get_by_label("写备注（Ctrl+Enter 发送）"), page.get_by_label("说明")
    box.fill("照片看不清桶身，请补一张")
    note.fill("等补照片")
    page.reload()
    expect(box).to_have_value("照片看不清桶身，请补一张")
    expect(note).to_have_value("等补照片")
    Asker(station, "demo-luo").delete("/api/v1/auth/sign-ins")
    page.goto("/console/sign-in")
    desk.who = "demo-mo"
    desk.say_who()
    expect(desk.menu).to_be_visible()
    page.goto(address)
    expect(box).to_have_value("")
    Asker(station, "demo-mo").delete("/api/v1/auth/sign-ins")
    page.goto(address)
    desk.who = "demo-luo"
    desk.say_who()
    expect(box).to_have_value("照片看不清桶身，请补一张")
    desk.press("发送")
    expect(page.get_by_role("article").filter(has_text="请补一张")).to_be_visible()
    page.reload()
    expect(note).to_have_value("等补照片")
    expect(box).to_have_value("")
    assert desk.faults == []

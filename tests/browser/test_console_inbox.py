"""A handler's inbox and the dispatcher's answers, each deed pressed: time, return, parking, passing on, the reply."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Asker, Browsers
from tests.browser.desk import Desk
from tests.browser.test_console_day import FRESH, OFFICE, standing
from tests.browser.test_console_morning import PHOTO, WITH_OFFICE

AIR = "演示市大气办（虚构）"
SCAN = FilePayload(name="整改报告.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF\n")


class Case:
    """One finding with its office, as somebody has it open."""

    def __init__(self, desk: Desk, tab: str, words: str) -> None:
        self.desk = desk
        desk.go("收件箱")
        desk.page.get_by_role("tab", name=tab, exact=True).click()
        desk.page.get_by_role("row").filter(has_text=words).get_by_role("link").click()
        expect(desk.page.get_by_role("heading", name="办理", exact=True)).to_be_visible()

    def does(self, deed: str, **said: str) -> None:
        """Open a deed's form, fill it in, and see that it is done."""
        self.desk.press(deed)
        for field, value in said.items():
            self.desk.page.get_by_label(field).fill(value)
        self.finish(deed)

    def finish(self, deed: str) -> None:
        self.desk.look(f"inbox: {deed}")
        self.desk.page.locator("form").get_by_role("button", name=deed, exact=True).click()
        self.desk.told(f"“{deed}”已完成")


@pytest.mark.slow
def test_more_time_and_a_return_are_asked_for_and_answered_parked_and_replied_to(
    browsers: Browsers, admin: Asker
) -> None:
    pan, luo = Desk(browsers, "demo-pan").sign_in(), Desk(browsers, "demo-luo").sign_in()
    case = Case(pan, "整改中", WITH_OFFICE)
    case.does("申请延期", 理由="冲洗设备下周到货")
    answer = Case(luo, "待答复申请", WITH_OFFICE)
    answer.does("同意延期")
    case = Case(pan, "整改中", WITH_OFFICE)
    case.does("申请延期", 理由="还差一天")
    case.does("申请退回", 理由="应由城管办理")
    answer = Case(luo, "待答复申请", WITH_OFFICE)
    answer.does("不同意延期")
    answer.does("不同意退回", 说明="工地出口归住建")
    pan.page.reload()
    pan.press("挂账")
    until = pan.page.get_by_role("combobox", name="至哪一天（含当天）")
    until.fill(f"{date.today() + timedelta(days=20)}")
    until.press("Enter")
    pan.page.get_by_label("理由").fill("等待市政改管")
    case.finish("挂账")

    pan.press("生成链接")
    expect(pan.page.get_by_role("img", name="责任单位链接的二维码")).to_be_visible()
    pan.press("生成链接")
    pan.agree("生成链接")
    expect(pan.page.get_by_text("已换新")).to_be_visible()
    pan.press("作废")
    pan.agree("作废")
    pan.told("链接已作废")

    pan.press("反馈整改情况")
    pan.page.get_by_label("整改情况").fill("出口已设冲洗台")
    pan.page.get_by_label("选择扫描件（PDF 或图片）").last.set_input_files(SCAN)
    pan.page.get_by_label("选择照片").last.set_input_files(PHOTO)
    expect(pan.page.get_by_text("已上传", exact=False)).to_have_count(2)
    case.finish("反馈整改情况")
    assert standing(admin, WITH_OFFICE)["state"] in ("feedback", "recheck")
    pan.has_pressed("POST /findings/*/extension", "POST /findings/*/return", "POST /findings/*/parking", "POST /media")
    pan.has_pressed("POST /findings/*/unit-link", "DELETE /findings/*/unit-link", "POST /findings/*/steps")
    luo.has_pressed("PUT /findings/*/extension", "DELETE /findings/*/return")
    assert pan.faults == luo.faults == []


@pytest.mark.slow
def test_what_is_passed_on_is_with_the_other_office_until_it_is_taken_back(browsers: Browsers, admin: Asker) -> None:
    luo, pan = Desk(browsers, "demo-luo").sign_in(), Desk(browsers, "demo-pan").sign_in()
    luo.open_finding(FRESH)
    for deed in ("核实", "登记"):
        luo.step(deed)
    luo.step("交办", office=OFFICE)
    case = Case(pan, "待签收", FRESH)
    pan.press("转办")
    pan.choose("承办单位", AIR)
    case.finish("转办")
    assert standing(admin, FRESH)["case"]["office"]["name"] == AIR  # type: ignore[index]
    luo.page.reload()
    luo.step("收回", note="改由区里办理")
    assert standing(admin, FRESH)["state"] == "registered"
    pan.has_pressed("POST /findings/*/pass")
    assert pan.faults == luo.faults == []

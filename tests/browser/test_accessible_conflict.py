"""What two people see who changed one finding, as axe sees it in both languages and themes, until it is decided."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.looker import Looker
from tests.browser.phone import Phone
from tests.browser.test_two_phones import MUDDY, edit, hand_in, open_finding


@pytest.mark.slow
def test_a_conflict_and_what_became_of_it_shut_nobody_out(station: Station, browsers: Browsers, admin: Asker) -> None:
    finding = next(
        each["id"] for each in admin.get("/api/v1/findings?limit=100")["items"] if each["description"] == MUDDY
    )
    wei, luo = Phone(browsers, "wei"), Phone(browsers, "luo")
    wei.enrol(station, "demo-wei")
    luo.enrol(station, "demo-luo")
    for phone in (wei, luo):
        open_finding(phone.page, finding)  # it has come
    station.line.cut()
    edit(luo.page, finding, "一辆渣土车带泥上路")
    edit(wei.page, finding, "三辆渣土车带泥上路")
    wei.context.set_offline(True)  # or it might be the first
    station.line.mend()
    hand_in(luo)
    wei.context.set_offline(False)
    hand_in(wei)

    overtaken = re.compile("已被.+处理，您的内容和照片已保留。")
    inspector, supervisor = Looker(wei), Looker(luo)
    undecided = wei.page.get_by_text(re.compile("两份内容由网格长决定。"))
    wei.page.goto("/app/")
    expect(wei.page.get_by_text(overtaken)).to_be_visible()
    inspector.look("today: overtaken")
    wei.page.goto("/app/outbox")
    expect(wei.page.get_by_text(overtaken)).to_be_visible()
    wei.page.get_by_role("listitem").filter(has=undecided).get_by_role("link").click()
    expect(wei.page.get_by_role("link", name="打开这条记录")).to_be_visible()
    expect(wei.page.get_by_role("status").filter(has_text=overtaken)).to_be_visible()
    inspector.look("submission: overtaken")
    wei.page.get_by_role("link", name="打开这条记录").click()
    expect(wei.page.get_by_text("由网格长决定用哪一个。")).to_be_visible()
    inspector.look("finding: two said different things")

    hand_in(luo)
    open_finding(luo.page, finding)
    conflict = luo.page.locator("section").filter(has=luo.page.get_by_role("heading", name="两人改得不一样"))
    conflict.get_by_text("三辆渣土车带泥上路").click()
    expect(conflict.get_by_role("button", name="按所选确定")).to_be_enabled()
    supervisor.look("finding: one chosen")
    conflict.get_by_role("button", name="按所选确定").click()
    expect(conflict.get_by_role("status")).to_be_visible()
    supervisor.look("finding: decided on this device")
    assert inspector.found + supervisor.found == []
    assert wei.faults + luo.faults == []

"""What devices sent and nobody could simply take, and what is overdue: decided at the console, each button pressed."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station, device_of
from tests.browser.desk import Desk
from tests.browser.test_console_day import standing
from tests.browser.test_console_morning import WITH_OFFICE
from tests.field_device import FieldDevice, Node
from tests.stories import new_id


def comment(device: FieldDevice, finding: str, text: str) -> None:
    act = {"cmd": "finding.comment", "row": finding, "args": {"text": text, "photos": []}}
    subject = {"type": "finding", "id": finding}
    device.do("record", acts=[act], submission={"id": new_id(), "kind": "other", "title": "", "subject": subject})


@pytest.mark.slow
def test_a_conflict_is_decided_and_of_two_held_ops_one_is_let_through_and_one_refused(
    station: Station, browsers: Browsers, admin: Asker, node: Node
) -> None:
    wei, luo, qin = (device_of(node, station, f"demo-{name}") for name in ("wei", "luo", "qin"))
    finding = wei.report()
    for device in (wei, luo, qin, wei):
        device.sync()
    wei.change(finding, description="先到的说法")
    luo.change(finding, description="后到的说法")
    for text in ("我也看到了", "与我无关"):
        comment(qin, finding, text)
    person = next(each for each in admin.get("/api/v1/users?name=demo-qin")["items"])
    admin.patch(f"/api/v1/users/{person['id']}", {"rev": person["rev"], "grants": ["450206107"]})
    for device in (wei, luo, qin):
        device.sync()

    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("冲突")
    desk.look("conflict")
    page.get_by_text("后到的说法").click()
    desk.press("按所选裁定")
    expect(page.get_by_text("没有数据冲突。")).to_be_visible()
    assert standing(admin, "后到的说法")["id"] == finding
    page.get_by_role("tab", name="待处理操作（2）").click()
    desk.look("held")
    card = page.get_by_role("article")
    card.filter(has_text="我也看到了").get_by_role("button", name="放行").click()
    desk.told("已生效")
    expect(card).to_have_count(1)
    desk.press("驳回", card)
    card.get_by_label("驳回理由（上报人会看到）").fill("不属本辖区")
    desk.press("驳回", card)
    desk.told("已驳回")
    expect(page.get_by_text("没有待处理操作。")).to_be_visible()
    page.get_by_role("tab", name="其他（1）").click()
    expect(page.get_by_text("不属本辖区")).to_be_visible()
    desk.look("others")
    desk.has_pressed(
        "POST /attention/conflicts/*/resolve", "POST /attention/ops/*/*/retry", "POST /attention/ops/*/*/dismiss"
    )
    assert desk.faults == []


@pytest.mark.slow
def test_what_is_overdue_is_urged_by_a_signature_or_not_with_a_reason(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    def overdue() -> None:
        with sqlite3.connect(station.data / "bluegrid.sqlite3") as store:
            store.execute("UPDATE hop SET due_at = '2026-01-05 08:00:00.000000' WHERE ended_at IS NULL")
        said = "from backend.jobs.kinds import propose_supervision\nprint(propose_supervision(lambda: None))\n"
        station.flask("shell", said=said)

    overdue()
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.go("督办")
    row = page.get_by_role("row").filter(has_text=str(standing(admin, WITH_OFFICE)["number"]))
    row.get_by_role("button", name="不发").click()
    desk.look("not to be sent")
    desk.dialog.get_by_label("理由").fill("承办单位已口头答复")
    desk.press("不发", desk.dialog)
    desk.told("已记下，不发")
    expect(row).to_have_count(0)
    desk.choose("状态", "全部")
    expect(row).to_contain_text("承办单位已口头答复")
    desk.look("supervision")
    desk.has_pressed("POST /supervision/*/dismiss")
    assert desk.faults == []

"""Who goes where: tasks, recurring tasks, draws and campaigns, each button pressed in a browser."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.backend.test_campaigns import HEAD
from tests.backend.test_spreadsheets import xlsx
from tests.browser.conftest import Asker, Browsers, Station, device_of
from tests.browser.desk import Desk
from tests.field_device import FieldDevice, Node
from tests.stories import new_id

TODAY = datetime.now(ZoneInfo("Asia/Shanghai"))
LATER = TODAY + timedelta(days=3)


@pytest.mark.slow
def test_a_task_is_given_handed_on_put_back_and_called_off(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("任务")
    desk.press("布置任务")
    desk.look("new task")
    desk.dialog.get_by_label("名称").fill("夜间巡查禁烧区")
    desk.choose("类型", "巡查", desk.dialog)
    desk.choose_typed("可领取", "拉堡镇", desk.dialog)
    desk.press("布置", desk.dialog)
    expect(desk.dialog.get_by_role("alert").first).to_be_visible()  # until when is not said yet
    desk.look("task refused")
    due = desk.dialog.get_by_role("combobox", name="截止时间")
    due.fill(f"{LATER:%Y-%m-%d} 20:00")
    due.press("Enter")
    desk.press("布置", desk.dialog)
    desk.told("任务已布置")
    page.get_by_role("button", name="夜间巡查禁烧区").click()
    expect(desk.dialog.get_by_role("heading", name="经过")).to_be_visible()
    desk.look("task")
    desk.choose("承办人", re.compile("韦敏"), desk.dialog)
    desk.press("改派", desk.dialog)
    expect(desk.dialog).to_contain_text("办理中")
    desk.press("退回待领取", desk.dialog)
    expect(desk.dialog).to_contain_text("待领取")
    desk.press("取消任务", desk.dialog)
    desk.look("why it is called off")
    desk.dialog.get_by_role("textbox").fill("天气转雨")
    desk.press("取消任务", desk.dialog)
    expect(page.get_by_role("dialog", name="夜间巡查禁烧区").first).to_contain_text("天气转雨")
    page.keyboard.press("Escape")
    expect(page.get_by_role("row").filter(has_text="夜间巡查禁烧区")).to_contain_text("已取消")
    desk.has_pressed("POST /tasks", "PUT /tasks/*/assignee", "POST /tasks/*/cancel")
    assert desk.faults == []


def answer(device: FieldDevice, command: str, task: str, **args: object) -> None:
    """What a phone says of a task, sent at once."""
    act = {"cmd": command, "row": task, "args": args}
    submission = {"id": new_id(), "kind": "other", "title": "", "subject": {"type": "task", "id": task}}
    device.do("record", acts=[act], submission=submission)
    device.sync()


@pytest.mark.slow
def test_a_supervisor_gives_a_task_sees_it_handed_back_gives_it_to_another_and_reads_how_it_was_done(
    station: Station, browsers: Browsers, admin: Asker, node: Node
) -> None:
    wei, qin = (device_of(node, station, f"demo-{name}") for name in ("wei", "qin"))
    desk = Desk(browsers, "demo-luo").sign_in()
    page, title = desk.page, "查渣土车冲洗台"
    desk.go("任务")
    desk.press("布置任务")
    desk.dialog.get_by_label("名称").fill(title)
    desk.choose_typed("辖区", "拉堡镇", desk.dialog)
    desk.choose("承办人", re.compile("韦敏"), desk.dialog)
    due = desk.dialog.get_by_role("combobox", name="截止时间")
    due.fill(f"{LATER:%Y-%m-%d} 18:00")
    due.press("Enter")
    desk.dialog.get_by_label("说明").fill("先看出口，再看台账")
    desk.press("布置", desk.dialog)
    desk.told("任务已布置")
    row = page.get_by_role("row").filter(has_text=title)
    expect(row).to_contain_text("韦敏")
    expect(row).to_contain_text("办理中")

    (task,) = [str(each["id"]) for each in admin.get("/api/v1/tasks")["items"] if each["title"] == title]
    wei.sync()
    answer(wei, "task.return", task, note="今天在培训")
    desk.go("任务")
    expect(row).to_contain_text("拉堡镇人员可领取")
    row.get_by_role("button", name=title).click()
    expect(desk.dialog).to_contain_text("今天在培训")
    desk.choose("承办人", re.compile("覃强"), desk.dialog)
    desk.press("改派", desk.dialog)
    desk.told("已保存")
    page.keyboard.press("Escape")

    qin.sync()
    finding = qin.report()
    answer(qin, "task.done", task, note="已查，另报一条", evidence=[{"type": "finding", "id": finding}])
    desk.choose("承办人", re.compile("覃强"))
    expect(row).to_contain_text("已完成")
    row.get_by_role("button", name=title).click()
    expect(desk.dialog).to_contain_text("已查，另报一条")
    desk.look("task that is done")
    desk.dialog.get_by_role("link", name="所报问题").click()
    expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
    desk.has_pressed("POST /tasks", "PUT /tasks/*/assignee")
    assert desk.faults == []


@pytest.mark.slow
def test_a_recurring_task_is_made_paused_resumed_and_ended(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.go("任务")
    page.get_by_role("link", name="周期任务").click()
    desk.press("新建周期任务")
    desk.look("new recurring task")
    desk.dialog.get_by_label("名称").fill("每周走访涂装厂")
    desk.choose_typed("点位", "演示涂装厂", desk.dialog)
    desk.choose_typed("可领取", "拉堡镇", desk.dialog)
    desk.dialog.get_by_role("checkbox", name="周四").press("Space")
    first = desk.dialog.get_by_role("combobox", name="起始日")
    first.fill(f"{TODAY:%Y-%m-%d}")
    first.press("Enter")
    desk.press("保存", desk.dialog)
    desk.told("已建立")
    row = page.get_by_role("row").filter(has_text="每周走访涂装厂")
    row.get_by_role("button", name="暂停").click()
    desk.look("why it is paused")
    desk.dialog.get_by_role("textbox").fill("停产检修")
    desk.press("暂停", desk.dialog)
    expect(row).to_contain_text("已暂停")
    row.get_by_role("button", name="恢复").click()
    expect(row).to_contain_text("执行中")
    row.get_by_role("button", name="结束").click()
    desk.dialog.get_by_role("textbox").fill("企业搬迁")
    desk.press("结束", desk.dialog)
    expect(row).to_contain_text("已结束")
    desk.has_pressed(
        "POST /task-rules", "POST /task-rules/*/pause", "POST /task-rules/*/resume", "POST /task-rules/*/end"
    )
    assert desk.faults == []


@pytest.mark.slow
def test_a_draw_is_made_and_given_out_as_tasks(browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("任务")
    page.get_by_role("link", name="双随机抽查").click()
    desk.press("本季度抽查")
    desk.look("new draw")
    desk.choose_typed("抽查范围", "柳江区", desk.dialog)
    for share in ("重点单位 %", "特殊单位 %", "一般单位 %"):
        desk.dialog.get_by_label(share).fill("100")
    desk.press("抽取", desk.dialog)
    expect(desk.dialog.get_by_role("alert").first).to_be_visible()  # nobody of the demo has a certificate
    desk.look("draw refused")
    desk.dialog.get_by_role("checkbox", name="只选派持有效执法证的人员").press("Space")
    desk.press("抽取", desk.dialog)
    expect(page.get_by_role("dialog", name="双随机抽查")).to_contain_text(re.compile("抽中 [1-9]"))
    desk.look("draw")
    desk.press("下发为任务", desk.dialog)
    desk.agree("下发为任务")
    expect(page.get_by_role("dialog", name="双随机抽查")).to_contain_text("下发，已生成任务")
    desk.has_pressed("POST /draws", "POST /draws/*/publish")
    assert desk.faults == []


@pytest.mark.slow
def test_a_campaign_is_made_started_rostered_rained_upon_and_ended(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-luo").sign_in()
    page = desk.page
    desk.go("专项行动")
    desk.press("新建专项行动")
    desk.look("new campaign")
    form = page.get_by_role("dialog", name="新建专项行动")  # the days open a dialog of their own
    form.get_by_label("编号").fill("JS-2027")
    form.get_by_label("名称").fill("冬春季禁烧")
    for field, day in (("起始日", TODAY), ("截止日", TODAY + timedelta(days=60))):
        form.get_by_placeholder(field).fill(f"{day:%Y-%m-%d}")
    form.get_by_placeholder("截止日").press("Enter")
    desk.choose_typed("范围", "柳江区", form)
    page.keyboard.press("Escape")
    desk.choose("重点时段", "雨前", form)
    page.keyboard.press("Escape")
    desk.press("保存", form)
    desk.told("已保存")
    page.get_by_role("link", name="冬春季禁烧").click()
    desk.press("启动")
    desk.agree("启动")
    expect(page.get_by_text("进行中", exact=True)).to_be_visible()
    desk.press("修改")
    desk.dialog.get_by_label("名称").fill("2026年冬春季禁烧")
    desk.press("保存", desk.dialog)
    expect(page.get_by_role("heading", level=1, name="2026年冬春季禁烧")).to_be_visible()
    rain = page.get_by_role("combobox", name="预计降雨至")
    rain.fill(f"{LATER:%Y-%m-%d} 08:00")
    rain.press("Enter")
    expect(page.get_by_text("预计降雨至", exact=False).first).to_be_visible()
    desk.press("取消")
    expect(page.get_by_text("没有预报")).to_be_visible()

    duty = ["450206100", f"{LATER:%Y-%m-%d}", "18:00", "23:00", "黄大勇", "13800000001", "", ""]
    wrong, right = tmp_path / "wrong.xlsx", tmp_path / "roster.xlsx"
    wrong.write_bytes(xlsx(["值班表"], HEAD, ["999", *duty[1:]]))
    right.write_bytes(xlsx(["值班表"], HEAD, duty))
    desk.press("导入值班表")
    page.locator("input[type=file]").set_input_files(wrong)
    desk.press("试导入")
    expect(desk.dialog.get_by_role("table")).to_be_visible()
    desk.look("roster with a fault")
    page.locator("input[type=file]").set_input_files(right)
    desk.press("试导入")
    desk.press("正式导入")
    desk.told("值班表已导入")
    row = page.get_by_role("row").filter(has_text="黄大勇")
    expect(row).to_contain_text("13800000001")
    desk.look("campaign")
    row.get_by_role("button", name="撤下").click()
    desk.agree("撤下")
    expect(row).to_have_count(0)
    desk.press("结束")
    desk.agree("结束")
    expect(page.get_by_text("已结束", exact=True)).to_be_visible()
    desk.has_pressed(
        "POST /campaigns",
        "POST /campaigns/*/start",
        "PATCH /campaigns/*",
        "PUT /campaigns/*/rain",
        "POST /campaigns/*/roster",
        "DELETE /roster/*",
        "POST /campaigns/*/end",
    )
    assert desk.faults == []

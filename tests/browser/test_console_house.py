"""Keeping the house: grid, units, files taken in, sites, checklists and web hooks, each button pressed in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.backend import redrawn
from tests.backend.receivers import receiving, says
from tests.backend.serving import eventually
from tests.backend.test_site_imports import line, table
from tests.backend.test_zones_api import DOCUMENT
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.desk import Desk

CHECKLIST = "dust-liujiang"
GONE = "450206108"
"""A township that the new grid makes part of another."""


@pytest.fixture
def station(played_day: Path, tmp_path: Path) -> Iterator[Station]:
    """A server that lets web hooks lead to this machine."""
    shutil.copytree(played_day, tmp_path / "data")
    made = Station(tmp_path / "data", BLUEGRID_HOOKS_PRIVATE="1").start()
    try:
        yield made
    finally:
        made.close()


def take_in(desk: Desk, kind: str, file: Path, datum: str = "") -> None:
    """Look at a file as a dry run."""
    page = desk.page
    page.get_by_text(kind, exact=True).last.click()
    page.locator("input[type=file]").set_input_files(file)
    if datum:
        desk.choose("坐标系", datum)
    desk.press("试导入")


def open_county(page: Page) -> None:
    for code in (redrawn.COUNTY[:4] + "00", redrawn.COUNTY):
        node = page.locator(f"[data-key='{code}']")
        node.locator(".el-tree-node__expand-icon").first.click()
        expect(node).to_have_attribute("aria-expanded", "true")


@pytest.mark.slow
def test_a_new_border_is_taken_in_compared_and_put_into_force(browsers: Browsers, admin: Asker, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("导入")
    file = redrawn.write(tmp_path / "柳江新区划.geojson", redrawn.townships(without=GONE))
    take_in(desk, "网格", file)
    expect(page.get_by_role("alert")).to_be_visible()  # the datum is never guessed
    desk.look("refused for want of a datum")
    take_in(desk, "网格", file, "CGCS2000（国家2000）")
    page.get_by_role("link", name="到“网格”中比对并启用").click()
    expect(page.get_by_role("treeitem", name=re.compile("柳州市"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"图中有 [1-9]\d* 个网格"))).to_be_visible()
    page.get_by_role("treeitem", name=re.compile("柳州市")).press("Enter")
    expect(page.get_by_text("图中有 10 个网格")).to_be_visible()
    open_county(page)
    expect(page.locator(f"[data-key='{GONE}']")).to_be_visible()
    line = page.get_by_role("row").filter(has_text="待启用")
    line.get_by_role("button", name="比对").click()
    expect(page.get_by_role("dialog", name="与现行网格比对")).to_contain_text("个问题")
    desk.look("grid changes")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(line.get_by_role("button", name="比对")).to_be_focused()
    line.get_by_role("button", name="比对").press("Enter")
    desk.press("启用此版本")
    desk.agree("启用此版本")
    desk.told("已启用")
    expect(page.get_by_role("row").filter(has_text="柳江新区划")).to_contain_text("现行")
    open_county(page)
    expect(page.locator(f"[data-key='{redrawn.LABAO}']")).to_be_visible()
    expect(page.locator(f"[data-key='{GONE}']")).to_have_count(0)  # the tree is of the grid that holds now

    desk.press("新增管理单元")
    desk.look("new unit")
    desk.dialog.get_by_label("编码").fill("M-LJ-01")
    desk.dialog.get_by_label("名称").fill("穿山工业园")
    desk.choose("类型", "工业园区", desk.dialog)
    desk.choose_typed("所含网格", "拉堡镇", desk.dialog)
    page.keyboard.press("Escape")
    desk.press("保存", desk.dialog)
    row = page.get_by_role("row").filter(has_text="M-LJ-01")
    expect(row).to_contain_text("拉堡镇")
    row.get_by_role("button", name="修改").click()
    desk.dialog.get_by_label("名称").fill("穿山工业园区")
    desk.press("保存", desk.dialog)
    expect(page.get_by_role("row").filter(has_text="穿山工业园区")).to_be_visible()
    desk.has_pressed("POST /cells/versions", "POST /cells/versions/*/activate", "POST /units", "PATCH /units/*")
    assert desk.faults == []


@pytest.mark.slow
def test_sites_and_zones_are_taken_in_and_a_site_is_accepted_labelled_and_closed(
    browsers: Browsers, admin: Asker, tmp_path: Path
) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    wrong, right = tmp_path / "错.xlsx", tmp_path / "工地.xlsx"
    wrong.write_bytes(table(line("LJ-901", 点位类型="茶馆")))
    right.write_bytes(table(line("LJ-901")))
    desk.go("导入")
    take_in(desk, "点位", wrong, "WGS-84（GPS）")
    expect(page.get_by_text("有错误")).to_be_visible()
    desk.look("sites refused")
    take_in(desk, "点位", right)
    desk.look("sites to be taken in")
    desk.press("正式导入")
    desk.agree("正式导入")
    again, applied = page.get_by_role("button", name="查看进度"), page.get_by_text("已导入", exact=True)
    expect(again.or_(applied)).to_be_visible()
    while again.is_visible():
        again.click(trial=False, no_wait_after=True)
        expect(again.and_(page.locator(":enabled")).or_(applied)).to_be_visible()
    zones = tmp_path / "柳州.yaml"
    zones.write_text(yaml.safe_dump(DOCUMENT, allow_unicode=True), "utf-8")
    take_in(desk, "区划", zones)
    desk.look("zones to be taken in")
    desk.press("正式导入")
    desk.agree("正式导入")
    desk.told("已开始导入")

    desk.go("点位")
    page.get_by_label("名称、编号、地址、单位").fill("LJ-901")
    desk.press("查询")
    row = page.get_by_role("row").filter(has_text="LJ-901")
    expect(row).to_contain_text("在册")
    row.get_by_role("checkbox").press("Space")
    desk.press("打印二维码（1）")
    expect(page.get_by_role("img", name="拉堡工地的二维码")).to_be_visible()
    desk.look("labels")
    page.go_back()
    row.get_by_role("button", name="关闭").click()
    desk.agree("关闭")
    desk.told("已保存")
    expect(row).to_contain_text("已关闭")
    desk.has_pressed("POST /site-imports", "POST /site-imports/*/apply", "POST /zone-imports/*/apply", "PATCH /sites/*")
    assert desk.faults == []


@pytest.mark.slow
def test_a_checklist_is_taken_along_drafted_published_compared_and_retired(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("检查表")
    page.get_by_label("查找检查表").fill(CHECKLIST)
    old = page.get_by_role("row").filter(has_text="2024.1")
    text = desk.take(tmp_path, "YAML", old).read_text("utf-8")
    assert desk.take(tmp_path, "XLSForm", old).read_bytes().startswith(b"PK")
    old.get_by_role("button", name="查看").click()
    expect(desk.dialog).to_be_visible()
    desk.look("checklist read")
    page.keyboard.press("Escape")

    def send(version: str) -> None:
        draft = tmp_path / f"{version}.yaml"
        draft.write_text(text.replace("2024.1", version), "utf-8")
        desk.press("导入草稿")
        desk.look("draft")
        page.locator("input[type=file]").set_input_files(draft)
        desk.press("导入", desk.dialog)
        desk.told("已存为草稿")

    broken = tmp_path / "broken.yaml"
    broken.write_text("code: [", "utf-8")
    desk.press("导入草稿")
    page.locator("input[type=file]").set_input_files(broken)
    desk.press("导入", desk.dialog)
    expect(desk.dialog.get_by_role("alert").first).to_be_visible()
    desk.look("draft refused")
    page.keyboard.press("Escape")
    for version in ("2030.1", "2030.2"):
        send(version)
    page.get_by_role("row").filter(has_text="2030.2").get_by_role("button", name="删除草稿").click()
    desk.agree("删除草稿")
    expect(page.get_by_role("row").filter(has_text="2030.2")).to_have_count(0)
    new = page.get_by_role("row").filter(has_text="2030.1")
    new.get_by_role("button", name="发布", exact=True).click()
    desk.agree("发布")
    expect(new).to_contain_text("已发布")
    new.get_by_role("button", name="与前一版比对").click()
    expect(desk.dialog).to_be_visible()
    desk.look("checklists compared")
    page.keyboard.press("Escape")
    new.get_by_role("button", name="停用").click()
    desk.agree("停用")
    expect(new).to_contain_text("已停用")
    desk.has_pressed(
        "POST /checklists/drafts",
        "DELETE /checklists/drafts/*/*",
        "POST /checklists/drafts/*/*/publish",
        "POST /checklists/*/*/retire",
    )
    assert desk.faults == []


@pytest.mark.slow
def test_a_web_hook_is_made_tested_sent_again_changed_turned_off_and_removed(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    with receiving(says(204)) as receiver:
        desk.go("推送")
        desk.press("新增推送")
        desk.look("new hook")
        desk.dialog.get_by_label("名称").fill("市指挥中心")
        desk.dialog.get_by_label("地址").fill(receiver.url)
        desk.press("保存", desk.dialog)
        expect(desk.dialog).to_contain_text("只显示这一次")
        desk.look("hook's secret")
        desk.press("关闭", desk.dialog.locator(".el-dialog__body"))
        row = page.get_by_role("row").filter(has_text="市指挥中心")
        row.get_by_role("button", name="测试").click()
        eventually(lambda: bool(receiver.got), "the test message")
        again, arrived = desk.dialog.get_by_role("button", name="刷新"), desk.dialog.get_by_text("已送达").last
        eventually(lambda: again.click() is None and arrived.is_visible(), "that it has arrived")
        desk.look("deliveries")
        desk.press("重发", desk.dialog)
        desk.told("已重新排队")
        eventually(lambda: len(receiver.got) == 2, "the same message once more")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        row.get_by_role("button", name="修改").click()
        desk.dialog.get_by_label("名称").fill("市指挥中心大屏")
        desk.press("保存", desk.dialog)
        row = page.get_by_role("row").filter(has_text="市指挥中心大屏")
        row.get_by_role("button", name="停用").click()
        expect(row.get_by_role("button", name="启用")).to_be_visible()
        row.get_by_role("button", name="启用").click()
        expect(row.get_by_role("button", name="停用")).to_be_visible()
        row.get_by_role("button", name="删除").click()
        desk.agree("删除")
        expect(row).to_have_count(0)
    desk.has_pressed("POST /web-hooks/*/deliveries/*/send")
    desk.has_pressed("POST /web-hooks", "POST /web-hooks/*/test", "PATCH /web-hooks/*", "DELETE /web-hooks/*")
    assert desk.faults == []

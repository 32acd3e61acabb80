"""The console on a slow and a failing network: no old answer to a new question, nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Page, expect

from backend import clock, create_app
from backend.config import from_environment
from backend.extensions import db
from backend.services import accounts
from tests.backend.serving import eventually
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.desk import Desk
from tests.many_findings import ManyFindings

pytestmark = pytest.mark.slow
SOME = 400
LONG = "现场看过，情况属实。" * 390
"""Longer than a new connection's greetings, so that a line can be cut within it."""
WITHIN = 5_000


@pytest.fixture
def station(played_day: Path, tmp_path: Path) -> Iterator[Station]:
    """A server with some hundreds of findings more."""
    copytree(played_day, tmp_path / "data")
    fill(tmp_path / "data", SOME)
    made = Station(tmp_path / "data").start()
    try:
        yield made
    finally:
        made.close()


def fill(data: Path, findings: int) -> None:
    """So many findings more in a demo's data folder, by its inspector."""
    app = create_app(from_environment({"BLUEGRID_DATA": str(data), "BLUEGRID_DEMO": "1"}))
    with app.app_context():
        author = accounts.by_name(db.session(), "demo-wei").id
        ManyFindings(author, clock.now()).up_to(findings)
        db.session.remove()
        db.engine.dispose()


def numbers(page: Page) -> list[str]:
    """Those of the rows that are shown."""
    return page.locator(".findings-table tbody tr a").all_inner_texts()


def state_of(admin: Asker, number: str) -> str:
    (found,) = admin.get(f"/api/v1/findings?text={number}")["items"]
    return str(found["state"])


def steps_of(admin: Asker, number: str) -> list[str]:
    (found,) = admin.get(f"/api/v1/findings?text={number}")["items"]
    return [str(step["to"]) for step in admin.get(f"/api/v1/findings/{found['id']}")["steps"]]


def waiting(admin: Asker) -> list[str]:
    """The newest findings that nobody has verified yet."""
    return [str(each["number"]) for each in admin.get("/api/v1/findings?state=submitted&text=B-")["items"]]


def ask(page: Page, words: str) -> None:
    page.get_by_label("编号、内容、点位").fill(words)
    page.get_by_role("button", name="查询", exact=True).click()


def begin(page: Page, number: str) -> None:
    """Open a finding and write a long note for its first step."""
    page.goto(f"/console/findings?text={number}")
    page.get_by_role("link", name=number).click()
    page.get_by_label("说明").fill(LONG)
    page.get_by_role("button", name="核实", exact=True).click()


def test_a_list_that_is_slow_in_coming_shows_that_it_is_on_its_way_and_nothing_old(
    station: Station, browsers: Browsers
) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    desk.go("问题")
    expect(page.get_by_text("已显示 50 条")).to_be_visible()
    station.line.hold()
    ask(page, "裸土")
    expect(page.get_by_text("正在读取…")).to_be_visible()
    expect(page.get_by_text("正在统计…")).to_be_visible()
    assert numbers(page) == []
    ask(page, "第77处")
    station.line.release()
    expect(page.get_by_text("共 1 条")).to_be_visible()
    expect(page.get_by_text("已显示 1 条")).to_be_visible()
    assert numbers(page) == ["B-00000077"]
    assert desk.faults == []


def test_a_list_that_does_not_come_says_so_and_comes_when_it_is_asked_for_again(
    station: Station, browsers: Browsers
) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    desk.go("问题")
    expect(page.get_by_text("已显示 50 条")).to_be_visible()
    station.line.cut()
    ask(page, "第77处")
    expect(page.locator(".end").get_by_text("连接不上服务器")).to_be_visible()
    assert numbers(page) == []
    station.line.mend()
    page.locator(".end").get_by_role("button", name="重试").click()
    expect(page.get_by_text("已显示 1 条")).to_be_visible()
    assert numbers(page) == ["B-00000077"]


def test_a_step_that_does_not_get_through_keeps_what_was_typed_and_is_taken_once(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    number = waiting(admin)[0]
    begin(page, number)
    station.line.cut()
    page.get_by_role("button", name="仍要核实").click()
    expect(page.get_by_text("连接不上服务器")).to_be_visible()
    expect(page.get_by_text("您填写的内容还在。")).to_be_visible()
    expect(page.get_by_label("说明")).to_have_value(LONG)
    assert steps_of(admin, number) == []
    station.line.mend()
    page.get_by_role("button", name="仍要核实").click()
    expect(page.get_by_text(f"{number}：已核实")).to_be_visible()
    assert steps_of(admin, number) == ["verified"]
    assert desk.faults == []


def test_a_step_whose_answer_is_lost_is_not_taken_twice(station: Station, browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    number = waiting(admin)[0]
    begin(page, number)
    station.line.hold(after=WITHIN)
    page.get_by_role("button", name="仍要核实").click()
    eventually(lambda: state_of(admin, number) == "verified", "the step")
    station.line.cut()
    station.line.release()
    expect(page.get_by_text("连接不上服务器")).to_be_visible()
    expect(page.get_by_label("说明")).to_have_value(LONG)
    station.line.mend()
    page.get_by_role("button", name="仍要核实").click()
    expect(page.get_by_text("现状态为“已核实”")).to_be_visible()
    expect(page.get_by_label("说明")).to_have_value(LONG)
    assert steps_of(admin, number) == ["verified"]


@pytest.mark.parametrize("lost", ["question", "answer"])
def test_of_a_deed_for_several_that_is_cut_half_way_it_is_told_which_are_done_and_none_is_done_twice(
    lost: str, station: Station, browsers: Browsers, admin: Asker
) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    page.goto("/console/findings?state=submitted")
    first, second, third = waiting(admin)[:3]
    for number in (first, second, third):
        page.get_by_label(f"选择 {number}").check(force=True)
    page.locator(".bar").get_by_role("button", name="核实", exact=True).click()
    for number in (first, second, third):  # none of them has a photo
        page.get_by_role("checkbox", name=f"{number} 一并办理").press("Space")
    dialog = page.get_by_role("dialog", name="核实（3 条）")
    dialog.get_by_label("说明").fill(LONG)
    within_the_second = len(LONG.encode()) + WITHIN
    if lost == "question":
        station.line.cut_after(within_the_second, then=station.line.cut)
        dialog.get_by_role("button", name="核实 (3)").click()
    else:
        station.line.hold(after=within_the_second)
        dialog.get_by_role("button", name="核实 (3)").click()
        eventually(lambda: state_of(admin, second) == "verified", "the second step")
        station.line.cut()
        station.line.release()
    expect(dialog.get_by_text("成功 1 条，未成功 0 条")).to_be_visible()
    expect(dialog.get_by_text("另有 2 条没有收到答复，可能已办，也可能未办。")).to_be_visible()
    expect(dialog.get_by_role("listitem").filter(has_text="没有收到答复")).to_have_count(2)
    expect(dialog.get_by_role("listitem").filter(has_text=first)).not_to_contain_text("没有收到答复")
    reached = [state_of(admin, number) for number in (first, second, third)]
    assert reached == ["verified", "submitted" if lost == "question" else "verified", "submitted"]
    station.line.mend()
    dialog.get_by_role("button", name="再试没有答复的").click()
    expect(dialog.get_by_text("成功 3 条，未成功 0 条")).to_be_visible()
    assert [steps_of(admin, number) for number in (first, second, third)] == [["verified"]] * 3
    assert desk.faults == []

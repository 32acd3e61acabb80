"""The whole queue by keyboard alone: from the sign-in to the dispatch, with the focus always seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Asker, Browsers
from tests.browser.desk import Desk
from tests.browser.test_console_day import FRESH, OFFICE, standing

SEEN = """() => {
  const at = document.activeElement
  if (at === document.body || at.id === 'main') return 'nowhere'
  const shows = (each) => {
    const style = getComputedStyle(each)
    return (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none'
  }
  // a box or a dot is drawn beside the field that has the focus
  if (at.nextElementSibling && shows(at.nextElementSibling)) return 'seen'
  for (let each = at, n = 0; each && n < 4; each = each.parentElement, n++) if (shows(each)) return 'seen'
  return at.outerHTML.slice(0, 140)
}"""


def walk(page: Page, most: int = 60) -> list[str]:
    """Go on with Tab; the elements on which nobody sees the focus."""
    unseen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(SEEN)
        if found not in ("seen", "nowhere"):
            unseen.append(found)
    return unseen


@pytest.mark.slow
def test_a_supervisor_s_queue_is_done_by_keyboard_alone(browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-luo")
    page, keys = desk.page, desk.page.keyboard
    page.goto("/console/")
    expect(page.get_by_label("用户名")).to_be_visible()
    page.get_by_label("用户名").focus()
    keys.type("demo-luo")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="今日待办")).to_be_visible()
    page.get_by_role("link", name="问题", exact=True).press("Enter")
    expect(page.get_by_role("row").filter(has_text=FRESH)).to_be_visible()
    unseen = walk(page)
    assert unseen == []

    keys.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    here = page.locator("tr.here").filter(has_text=FRESH)
    for _ in range(10):
        keys.press("j")
        if here.is_visible():
            break
    expect(here).to_be_visible()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
    for key, deed in (("v", "核实"), ("r", "登记")):
        expect(page.get_by_role("button", name=deed, exact=True)).to_be_visible()
        keys.press(key)
        expect(page.get_by_text(f"：已{deed}")).to_be_visible()
    expect(page.get_by_role("button", name="交办", exact=True)).to_be_visible()
    keys.press("d")
    office = page.get_by_role("combobox", name="承办单位")
    office.focus()
    keys.press("Enter")
    option = page.get_by_role("option", name=OFFICE)
    expect(option).to_be_visible()
    keys.press("ArrowDown")
    for _ in range(5):
        if "is-hovering" in (option.get_attribute("class") or ""):
            break
        keys.press("ArrowDown")
    keys.press("Enter")
    page.get_by_role("button", name="确定交办").press("Enter")
    expect(page.get_by_text("：已交办")).to_be_visible()
    unseen = walk(page)
    assert unseen == []
    keys.press("u")
    expect(page.get_by_role("heading", level=1, name="问题")).to_be_visible()
    assert standing(admin, FRESH)["state"] == "dispatched"
    assert desk.faults == []

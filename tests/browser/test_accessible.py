"""Every screen of the field app, in both themes: axe finds nothing that WCAG 2.2 A and AA forbid."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.backend.serving import ROOT
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.test_field_day import CHECKLIST, SITE

AXE = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS_SETTLED = """() => Promise.allSettled(
  document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished)
)"""
SCREENS = (
    *("/", "/tasks", "/sites", "/sites/new", "/map", "/outbox", "/findings", "/inspections", "/recheck", "/fire"),
    *("/patrol", "/settings", "/settings/lock", "/settings/export", "/inspection/new", "/scan", "/enrol", "/nowhere"),
)


def faults_of(page: Page, where: str) -> list[str]:
    """What axe finds on the screen as it is: rule, element and how it fails."""
    said: list[dict[str, Any]] = page.evaluate(
        "(rules) => axe.run(document, { runOnly: rules }).then((found) => found.violations)", RULES
    )
    return [
        f"{where}: {rule['id']}: {node['html'][:160]}: {node['failureSummary'][:200]}"
        for rule in said
        for node in rule["nodes"]
    ]


class Looker:
    """Goes from screen to screen, as links in the app would lead, and keeps what axe finds in both themes."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.found: list[str] = []

    def go(self, path: str) -> None:
        self.phone.page.goto(f"/app{path}")
        self.look(path)

    def look(self, where: str) -> None:
        page = self.phone.page
        expect(page.get_by_role("heading", level=1).first).to_be_attached()
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
        page.evaluate(AXE)  # the policy of the page lets no script tag in
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-theme", "night" if theme == "dark" else "light")
            page.evaluate(COLOURS_SETTLED)
            self.found += faults_of(page, f"{where} {theme}")


@pytest.mark.slow
def test_no_screen_of_the_field_app_shuts_anybody_out(station: Station, browsers: Browsers, admin: Asker) -> None:
    phone = Phone(browsers, "wei")
    looker = Looker(phone)
    phone.page.goto("/app/")
    looker.look("enrolment")
    phone.enrol(station, "demo-wei")
    for path in SCREENS:
        looker.go(path)
    page = phone.page
    finding = next(each for each in admin.get("/api/v1/findings?limit=100")["items"] if each["state"] == "rectifying")
    for path in ("", "/edit"):
        looker.go(f"/finding/{finding['id']}{path}")
    looker.go(f"/recheck/{finding['id']}")
    looker.go(f"/sites/{admin.get('/api/v1/sites')['items'][0]['id']}")
    page.goto("/app/finding/new")
    expect(page.get_by_label("问题描述")).to_be_visible()
    looker.look("finding write")
    page.get_by_role("button", name="拍照").first.click()
    expect(page.get_by_role("button", name="完成", exact=True)).to_be_visible()
    looker.look("camera")
    page.get_by_role("button", name="完成", exact=True).click()
    page.goto("/app/")
    phone.wait_for_checklists(SITE, CHECKLIST)
    page.get_by_role("button", name="开始", exact=True).click()
    expect(page.locator("#item-1")).to_be_visible()
    page.locator("#item-1").get_by_role("radio", name="不合格").click()
    looker.look("checklist")
    page.get_by_role("button", name="下一步：人员与签字").click()
    expect(page.get_by_label("姓名").first).to_be_visible()
    looker.look("papers")
    page.get_by_role("button", name="下一步：核对并提交").click()
    expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
    looker.look("review")
    assert looker.found == []

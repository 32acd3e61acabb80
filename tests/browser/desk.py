"""A desk as its person uses it: the console in a browser of its own, signed in by typing."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PASSWORD, Browsers

UNSURE = re.compile("Content Security Policy|Vue warn")


class Desk:
    """The console of one person; faults that she would not see are kept for the test."""

    def __init__(self, browsers: Browsers, who: str, **options: object) -> None:
        self.who = who
        self.faults: list[str] = []
        self.page: Page = browsers.open(f"desk-{who}", DESK, **options).pages[0]
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if UNSURE.search(said.text) else None)

    def sign_in(self) -> Desk:
        """Come in by the front door; the first page of the person's menu is open afterwards."""
        self.page.goto("/console/")
        self.say_who()
        expect(self.menu).to_be_visible()
        return self

    def say_who(self) -> None:
        """Fill the sign-in in, at the door or over a page whose sign-in has ended."""
        name = self.page.get_by_label("用户名")
        if name.is_editable():
            name.fill(self.who)
        self.page.get_by_label("密码", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()

    @property
    def menu(self) -> Locator:
        return self.page.get_by_role("navigation", name="主菜单")

    def go(self, entry: str) -> None:
        """By the menu at the left; the page is there when this returns."""
        link = self.menu.get_by_role("link", name=entry, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def open_finding(self, words: str) -> None:
        """From the list, by its number in the line that holds `words`."""
        self.go("问题")
        self.page.get_by_role("row").filter(has_text=words).get_by_role("link").first.click()
        expect(self.page.get_by_role("heading", name="办理经过")).to_be_visible()

    def step(self, deed: str, note: str = "", office: str = "") -> None:
        """Take one step of a finding's way, and see that it was taken; one that asks for nothing is taken at once."""
        if note:
            self.page.get_by_label("说明").fill(note)
        self.page.get_by_role("button", name=deed, exact=True).click()
        if office:
            self.page.get_by_role("combobox", name="承办单位").click()
            self.page.get_by_role("option", name=office).click()
        if note or office:
            self.page.get_by_role("button", name=f"确定{deed}").click()
        expect(self.page.get_by_text(f"：已{deed}")).to_be_visible()

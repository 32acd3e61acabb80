"""A desk as its person uses it: the console in a browser of its own, signed in by typing."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, Response, expect

from tests.browser.conftest import DESK, HOST, PASSWORD, Browsers
from tests.browser.looking import forbidden, misfits, settled

UNSURE = re.compile("Content Security Policy|Vue warn")


class Desk:
    """The console of one person; faults that she would not see are kept for the test.

    `pressed` is every change of the API that her buttons asked for and the server granted: `POST /findings/…/steps`.
    """

    def __init__(self, browsers: Browsers, who: str, **options: object) -> None:
        self.who = who
        self.faults: list[str] = []
        self.pressed: list[str] = []
        self.page: Page = browsers.open(f"desk-{who}", **{"viewport": DESK, **options}).pages[0]
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if UNSURE.search(said.text) else None)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != HOST:
            self.faults.append(f"asked another host: {request.url}")

    def _answered(self, answer: Response) -> None:
        path = urlsplit(answer.url).path
        if path.startswith("/api/v1/") and answer.request.method != "GET" and answer.ok:
            self.pressed.append(f"{answer.request.method} {path.removeprefix('/api/v1')}")
        if answer.status >= 500:
            self.faults.append(f"{answer.status}: {answer.request.method} {answer.url}")

    def has_pressed(self, *changes: str) -> None:
        """Each of these changes was asked for by a button of this desk and granted; `*` stands for an id."""
        for change in changes:
            assert any(fnmatchcase(each, change) for each in self.pressed), f"{change} is not among {self.pressed}"

    def look(self, where: str) -> None:
        """Look at what is open now as axe does, and whether all of it fits; what is wrong is among the faults."""
        settled(self.page)
        self.faults += forbidden(self.page, where) + misfits(self.page, where)

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

    @property
    def dialog(self) -> Locator:
        """The dialog or drawer on top; what a date field folds out calls itself a dialog too, but is none."""
        return self.page.locator('[role="dialog"][aria-modal="true"]').locator("visible=true").last

    def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def choose(self, field: str, option: str | re.Pattern[str], within: Locator | None = None) -> None:
        """One entry of a list that opens."""
        # what is chosen lies over the field that is named; what must be filled in is named with a star
        named = re.compile(rf"^\*?\s*{re.escape(field)}$")
        (within or self.page).get_by_role("combobox", name=named).click(force=True)
        self.page.get_by_role("option", name=option).locator("visible=true").first.click()

    def choose_typed(self, field: str, text: str, within: Locator | None = None) -> None:
        """One entry of a list that is found by typing."""
        box = (within or self.page).get_by_role("combobox", name=field).last
        box.fill(text)
        self.page.get_by_role("option", name=text).locator("visible=true").first.click()

    def agree(self, deed: str) -> None:
        """Say yes to the question whether to do it; the yes is called as the deed."""
        self.look(f"question: {deed}")
        self.press(deed, self.dialog)

    def told(self, words: str | re.Pattern[str]) -> None:
        """A short message at the top says it."""
        expect(self.page.get_by_role("alert").filter(has_text=words).first).to_be_visible()

    def take(self, folder: Path, name: str, within: Locator | None = None) -> Path:
        """Press what downloads a file; where it is kept."""
        with self.page.expect_download() as coming:
            self.press(name, within)
        file = folder / coming.value.suggested_filename
        coming.value.save_as(file)
        return file

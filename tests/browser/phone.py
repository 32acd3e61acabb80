"""A phone as its person uses it: what she taps and what the screen says, nothing of how the app is built."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Browsers, Station

READY = "async () => (await navigator.serviceWorker?.getRegistration())?.active?.state === 'activated'"


class Phone:
    """The field app in a browser of its own; faults that a person would not see are kept for the test."""

    def __init__(self, browsers: Browsers, who: str) -> None:
        self.browsers = browsers
        self.who = who
        self.faults: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.wake()

    def wake(self) -> None:
        """Open the browser, the first time or again after a crash."""
        self.context = self.browsers.open(self.who)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.text))

    def _heard(self, said: str) -> None:
        if "Content Security Policy" in said or "[Vue warn]" in said:
            self.faults.append(said)

    def crash(self) -> None:
        """End the browser at once, and open it again on the same profile."""
        self.context.close()
        self.wake()
        self.page.goto("/app/")

    def enrol(self, station: Station, user: str) -> None:
        """Take an invitation by typing it, as on a phone without a working camera."""
        self.page.goto("/app/")
        self.page.get_by_label("邀请码或邀请链接").fill(str(station.invite(user)["code"]))
        self.page.get_by_role("button", name="启用", exact=True).click()
        expect(self.page.get_by_role("heading", name=re.compile("今天"))).to_be_visible()
        self.page.wait_for_function(f"({READY})()")

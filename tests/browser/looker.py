"""Whoever looks at each screen as axe does: in both languages and both themes, and remembers which routes were seen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.backend.serving import ROOT
from tests.browser.phone import Phone

AXE = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS_SETTLED = """async () => {
  for (;;) {
    await new Promise(requestAnimationFrame)
    // One within a closed part stays listed when it is over.
    const under = (each) => each instanceof CSSTransition && each.playState !== 'finished'
    const turning = document.getAnimations().filter(under)
    if (turning.length === 0) return
    await Promise.allSettled(turning.map((each) => each.finished))
  }
}"""
THE_APP = "document.querySelector('#app').__vue_app__"
ROUTES = f"() => {THE_APP}.config.globalProperties.$router.getRoutes().map((each) => each.path)"
ROUTE_NOW = f"() => {THE_APP}.config.globalProperties.$router.currentRoute.value.matched[0]?.path"
SPEAK = f"""(language) => {{
  const given = {THE_APP}._context.provides
  const speak = Object.getOwnPropertySymbols(given).find((each) => each.description === 'speak')
  return given[speak](language)
}}"""
"""The language is changed in place, as the choice in the settings does it, so that a sheet that is open stays open."""


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
    """Goes from screen to screen and keeps what axe finds."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.found: list[str] = []
        self.seen: set[str] = set()

    @property
    def page(self) -> Page:
        return self.phone.page

    def go(self, path: str) -> None:
        """Open an address as if by itself, and look."""
        self.page.goto(f"/app{path}")
        self.look(path)

    def look(self, where: str) -> None:
        """The screen as it is, whatever is open over it."""
        page = self.page
        expect(page.get_by_role("heading", level=1).first).to_be_attached()
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
        self.seen.add(page.evaluate(ROUTE_NOW))
        page.evaluate("scrollTo(0, 0)")  # a button half below the line that stays at the top is no small button
        page.evaluate(AXE)  # the policy of the page lets no script tag in
        for language in ("en", "zh-CN"):
            page.evaluate(SPEAK, language)
            expect(page.locator("html")).to_have_attribute("lang", language)
            for theme in ("dark", "light"):
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                expect(page.locator("html")).to_have_attribute("data-theme", "night" if theme == "dark" else "light")
                page.evaluate(COLOURS_SETTLED)
                self.found += faults_of(page, f"{where} {language} {theme}")

    def unseen(self) -> set[str]:
        """Paths of the app's own router that nobody looked at."""
        return set(self.page.evaluate(ROUTES)) - self.seen

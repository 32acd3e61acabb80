"""What a look at a page shows: what axe forbids, and what does not fit a small screen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.backend.serving import ROOT

AXE = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Two frames: the first begins what changes, and only then it is known.
STILL = """async () => {
  for (let n = 0; n < 2; n++) await new Promise((then) => requestAnimationFrame(then))
  const passing = document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime))
  await Promise.allSettled(passing.map((each) => each.finished))
}"""
# A short message goes after a moment, unless a pointer is over it: axe is to see it whole, or not at all.
POINT = "(what) => document.querySelectorAll('.el-message').forEach((each) => each.dispatchEvent(new MouseEvent(what)))"
# A page is too wide when it can be pushed sideways; a word is cut when its box hides a part of it and nothing tells the
# whole; letters below 10 px nobody reads; a control is out of reach when no pushing brings it into the window.
MISFITS = """() => {
  const found = []
  const name = (each) => each.outerHTML.replace(/\\s+/g, ' ').slice(0, 140)
  const scrolls = (each, axis) => /auto|scroll/.test(getComputedStyle(each)['overflow' + axis])
  for (const each of [document.scrollingElement, document.querySelector('main')]) {
    const over = each ? each.scrollWidth - each.clientWidth : 0
    if (over > 1) found.push(`too wide by ${over}: ${name(each)}`)
  }
  const shown = (each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  for (const each of document.querySelectorAll('body *')) {
    const says = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
    const points = parseFloat(getComputedStyle(each).fontSize)
    if (says && points < 10 && shown(each)) found.push(`too small to be read, ${points} px: ${name(each)}`)
    if (!each.childElementCount && each.textContent.trim() && shown(each)) {
      const style = getComputedStyle(each)
      const hides = style.overflowX === 'hidden' || style.overflowX === 'clip'
      const forEarsOnly = each.clientWidth <= 1 || style.clip !== 'auto'
      const blank = parseFloat(style.fontSize) / 2 + 1 // a Chinese bracket at the end of a line is half empty
      const cut = hides && !forEarsOnly && each.scrollWidth > each.clientWidth + blank && !each.closest('[title]')
      if (cut) found.push(`cut: ${name(each)}`)
    }
  }
  for (const each of document.querySelectorAll('button, a[href], input, select, textarea, [role=button], [role=tab]')) {
    const box = each.getBoundingClientRect()
    if (!shown(each) || !box.width || !box.height || box.right < 0) continue
    let left = 0, right = innerWidth, top = 0, bottom = innerHeight
    for (let over = each.parentElement; over; over = over.parentElement) {
      const style = getComputedStyle(over)
      if (scrolls(over, 'X')) { left = -Infinity; right = Infinity }
      if (scrolls(over, 'Y')) { top = -Infinity; bottom = Infinity }
      if (style.position === 'fixed') break
    }
    const there = box.left >= left - 1 && box.right <= right + 1 && box.top >= top - 1 && box.bottom <= bottom + 1
    if (!there) found.push(`out of reach: ${name(each)}`)
  }
  return found
}"""


def settled(page: Page) -> None:
    """Until what the page asked for is there and nothing fades or moves; short messages then stay until looked at."""
    page.wait_for_load_state("networkidle")
    page.evaluate(POINT, "mouseenter")
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
    page.evaluate(STILL)


def forbidden(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it is: rule, element and how it fails. The page's policy lets no script tag in."""
    page.evaluate(AXE)
    said: list[dict[str, Any]] = page.evaluate(
        "(rules) => axe.run(document, { runOnly: rules }).then((found) => found.violations)", RULES
    )
    return [
        f"{where}: {rule['id']}: {node['html'][:160]}: {node['failureSummary'][:200]}"
        for rule in said
        for node in rule["nodes"]
    ]


def misfits(page: Page, where: str) -> list[str]:
    """What does not fit the window: pages to be pushed sideways, words cut, controls out of reach."""
    found = [f"{where}: {each}" for each in page.evaluate(MISFITS)]
    page.evaluate(POINT, "mouseleave")
    return found

"""An album: the pictures that a guide shows, and on demand every page in both languages, by day and by night."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.backend.serving import ROOT, eventually

MOST_BYTES = 60_000
BUSY = ", ".join(
    (
        ".el-message",
        ".el-skeleton:visible",
        ".el-loading-mask:visible",
        ".is-loading:visible",
        "[aria-busy=true]:visible",
        ".sync-line.running:visible",
    )
)
"""What says that a page has not come to rest: it fetches, it syncs, or it has a notice up that goes away."""
DRAWN = {".maplibregl-canvas:visible": 100, ".chart:visible": 20}
"""What is drawn late, and from how many colours on it is there."""
PICTURES_ARE_THERE = """() => [...document.images].every(
  (image) => image.complete || image.getBoundingClientRect().top > innerHeight
)"""
LANGUAGE = "localStorage.setItem('bluegrid.language', {!r})"


def webp(png: bytes) -> bytes:
    """The picture in the best quality that is small enough to be read on a slow line."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 20, -10):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise AssertionError("a picture does not become small enough")


def standing_still(page: Page) -> bytes:
    """A screenshot once nothing changes any more, no notice is up, and a map is drawn if there is one."""

    def looked() -> bytes | None:
        if page.locator(BUSY).count() or not page.evaluate(PICTURES_ARE_THERE):
            return None
        for drawn, least in DRAWN.items():
            found = page.locator(drawn)
            if found.count() and colours(found.first.screenshot()) < least:
                return None
        before, after = (page.screenshot(animations="disabled") for _ in range(2))
        return after if before == after else None

    return eventually(looked, "the page stands still")


def colours(png: bytes) -> int:
    found = Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 24)
    return len(found or ())


class Album:
    """Takes pictures of pages under names; keeps what the guide shows, or everything in a folder of one's choice."""

    def __init__(self, app: str, everything_into: Path | None = None, *, night: bool = True) -> None:
        self.guide = (ROOT / "docs" / f"guide-{app}.zh-CN.md").read_text("utf-8")
        self.everything = everything_into is not None
        self.night = night
        self.folder = everything_into or ROOT / "docs" / "pictures" / app
        self.shown = set(re.findall(rf"pictures/{app}/([\w-]+)\.webp", self.guide))
        self.taken: list[str] = []
        self._places: dict[str, str] = {}

    def take(self, page: Page, name: str) -> None:
        """The page once it stands still, by day and by night; its address is kept for the other language."""
        self._places.setdefault(page.url, name)
        self._both_lights(page, name)

    def again_in_english(self, page: Page) -> None:
        """The pages that this person can open by their addresses, in English: what the guide shows, or all."""
        wanted = {at: name for at, name in self._places.items() if self.everything or f"{name}-en" in self.shown}
        self._places.clear()
        if not wanted:
            return
        page.evaluate(LANGUAGE.format("en"))
        for address, name in wanted.items():
            page.goto("about:blank")
            page.goto(address)
            expect(page.get_by_role("heading").first).to_be_visible()
            page.wait_for_load_state("networkidle")
            self._both_lights(page, f"{name}-en")

    def lacking(self) -> set[str]:
        """What the guide shows and nobody took."""
        return self.shown - set(self.taken)

    def _both_lights(self, page: Page, name: str) -> None:
        for light, suffix in (("light", ""), ("dark", "-night")):
            called = name + suffix
            self.taken.append(called)
            if called in self.shown or (self.everything and (self.night or not suffix)):
                page.emulate_media(color_scheme=light, reduced_motion="reduce")  # type: ignore[arg-type]
                self.folder.mkdir(parents=True, exist_ok=True)
                (self.folder / f"{called}.webp").write_bytes(webp(standing_still(page)))
        page.emulate_media(color_scheme="light")

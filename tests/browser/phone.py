"""A phone as its person uses it: what she taps and what the screen says, nothing of how the app is built."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Error, FilePayload, Geolocation, Locator, Page, expect

from tests.backend.serving import eventually
from tests.browser.conftest import AT_THE_SITE, PHONE, Browsers, Station

READY = """async () => {
  const { active } = await navigator.serviceWorker.ready
  while (active.state !== 'activated') await new Promise((done) => (active.onstatechange = done))
}"""


def standing_at_the_site(page: Page) -> None:
    """A fresh fix: the browser's feigned receiver says a place once, and an old one does not count."""
    for metres in (9.0, 8.0):
        place = Geolocation(latitude=AT_THE_SITE["latitude"], longitude=AT_THE_SITE["longitude"], accuracy=metres)
        page.context.set_geolocation(place)


class Phone:
    """The field app in a browser of its own; faults that a person would not see are kept for the test."""

    def __init__(self, browsers: Browsers, who: str, **options: Any) -> None:
        self.browsers = browsers
        self.who = who
        self.options = options
        self.faults: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.wake()

    def wake(self) -> None:
        """Open the browser, the first time or again after a crash."""
        self.context = self.browsers.open(self.who, **self.options)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.text))

    def _heard(self, said: str) -> None:
        if "Content Security Policy" in said or "[Vue warn]" in said:
            self.faults.append(said)

    def crash(self, to: str = "/app/") -> None:
        """Its processes end at once and are told nothing; then the browser is opened again on the same profile."""
        self.browsers.kill(self.who)
        self.come_back(to)

    def come_back(self, to: str = "/app/") -> None:
        """Open the browser again after it has died."""
        with contextlib.suppress(Error):
            self.context.close()  # the harness learns of it
        self.wake()
        self.page.goto(to)

    def end_and_return(self, still: Callable[[], None]) -> None:
        """Reload the page, then crash, and come back to where it was: what `still` looks for is there each time."""
        still()
        where = self.page.url
        self.page.reload()
        still()
        self.crash(where)
        still()

    def has_room(self, megabytes: int) -> None:
        """What the browser says of the room that is left, from the next page on; Chromium always says the same."""
        said = f"async () => ({{ usage: 0, quota: {megabytes} * 2 ** 20 }})"
        self.page.add_init_script(f"StorageManager.prototype.estimate = {said}")

    def enrol(self, station: Station, user: str) -> None:
        """Take an invitation by typing it, as on a phone without a working camera."""
        self.page.goto("/app/")
        self.take_invitation(str(station.invite(user)["code"]))

    def take_invitation(self, code: str) -> None:
        """Type it, and wait until the device is the person's and works without a network."""
        self.page.get_by_label("邀请码或邀请链接").fill(code)
        self.page.get_by_role("button", name="启用", exact=True).click()
        expect(self.page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
        self.page.evaluate(READY)

    def tab(self, name: str) -> None:
        """Tap one of the tabs at the foot of the screen."""
        self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()

    def sync(self) -> None:
        """Tap the button that syncs, on the page of the submissions, and wait for the end, whatever it is."""
        self.page.get_by_role("button", name="立即同步").click()
        expect(self.page.get_by_role("button", name="正在同步")).to_have_count(0, timeout=90_000)

    def report(self, description: str) -> None:
        """What a finding says, under the photos that were taken, and its hand-in."""
        self.page.get_by_role("radio", name="扬尘", exact=True).click()
        self.page.get_by_label("问题描述").fill(description)
        self.page.get_by_role("button", name="提交", exact=True).click()
        standing = re.compile("^(在本机，待上报|已收到，照片上传中|已完整上报 ✓)$")  # as fast as the network is
        expect(self.page.get_by_text(standing).first).to_be_visible()

    def report_and_hand_in(self, description: str) -> None:
        self.report(description)
        self.look_at_submissions()
        self.sync()
        line = self.page.get_by_role("listitem").filter(has_text=description)
        expect(line.get_by_text("原图未改动 ✓")).to_be_visible()

    def look_at_submissions(self) -> None:
        """Tap the line at the head of every screen, which says what has arrived."""
        self.page.get_by_role("banner").or_(self.page.locator("body")).get_by_role("link").first.click()
        expect(self.page.get_by_role("heading", name="我的提交")).to_be_visible()

    def wait_for_checklists(self, site: str, checklist: str) -> None:
        """Stand before the start of an inspection, with a checklist chosen that has come to the device."""
        self.tab("点位")
        self.page.get_by_text(site).click()
        self.page.get_by_role("link", name="开始").first.click()
        self.page.get_by_text(checklist).click()
        self.page.get_by_text("巡查", exact=True).click()

    def photograph(self, where: Locator | Page) -> None:
        """Take one photo with the app's own camera, at the site; it is on the disk when this returns."""
        standing_at_the_site(self.page)
        where.get_by_role("button", name="拍照").first.click()
        camera, screen = self.page.get_by_role("dialog"), {"x": 0, "y": 0, **PHONE}
        eventually(lambda: camera.bounding_box() == screen, "the camera over the whole screen")
        self.page.get_by_role("button", name="拍照", exact=True).last.click()
        expect(self.page.get_by_text(re.compile(r"已保存 \d+ 个原件"))).to_be_visible()
        self.page.get_by_role("button", name="完成", exact=True).click()

    def choose_photo(self, where: Locator | Page, name: str, content: bytes) -> None:
        """Take a photo out of the phone's gallery, as it is."""
        where.get_by_role("button", name="其他方式").first.click()
        with self.page.expect_file_chooser() as asked:
            self.page.get_by_role("button", name="从相册选择").click()
        asked.value.set_files(FilePayload(name=name, mimeType="image/jpeg", buffer=content))
        expect(self.page.get_by_text("照片已存本机·相册").first).to_be_visible()

    def name_officer(self, name: str, certificate: str) -> None:
        self.page.get_by_label("姓名").first.fill(name)
        self.page.get_by_label("执法证号").first.fill(certificate)

    def have_it_signed(self, name: str) -> None:
        """The representative writes on the glass."""
        self.page.get_by_label("姓名").last.fill(name)
        self.page.get_by_label("职务").fill("项目经理")
        self.page.get_by_label("电话").fill("13800000000")
        glass = self.page.locator("canvas").first
        glass.scroll_into_view_if_needed()
        box = glass.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 40, box["y"] + 40)
        self.page.mouse.down()
        for step in range(20):
            self.page.mouse.move(box["x"] + 40 + step * 8, box["y"] + 40 + (step % 5) * 12)
        self.page.mouse.up()
        self.page.get_by_role("button", name="确认签名").click()
        expect(self.page.get_by_text("签名已存本机，原图未改动")).to_be_visible()

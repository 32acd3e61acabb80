"""A phone that fills up: it says so before the day and at the write that fails, and nothing that was kept is lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from playwright.sync_api import FilePayload, Page, Playwright, expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_faults import named

MIB = 2**20
DISK_MIB = 420
"""Chromium gives one site six tenths of a disk: less than a day's photos of this one."""
NEARLY_FULL = "本机空间快满了，可能不够存一天的照片。"
FULL = "本机空间已满，新的照片可能存不下。"
NO_DAY = "不够存一天的照片"
ROOM_AS_SAID = "async () => { const { usage, quota } = await navigator.storage.estimate(); return quota - usage }"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own for the browser; where none may be mounted the test cannot be run."""
    place = Path(mkdtemp(prefix="bluegrid-small-phone-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("a file system of one's own cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()


def allow(phone: Phone, station: Station, megabytes: int) -> None:
    """The quota that the browser holds the app to; what it says of it stays as it was."""
    browser = phone.context.new_cdp_session(phone.page)
    browser.send("Storage.overrideQuotaForOrigin", {"origin": station.url, "quotaSize": megabytes * MIB})


def fill(place: Path) -> Path:
    """A file that takes all that is left."""
    filler = place / "other-things"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                continue
        except OSError:
            return filler
    raise AssertionError("the disk has no end")


@pytest.mark.slow
def test_a_browser_that_claims_room_that_it_would_not_give_is_not_believed(
    station: Station, browsers: Browsers
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.goto("/app/settings")
    expect(page.get_by_text("够存一天的照片", exact=True)).to_be_visible()
    for megabytes, said in ((150, NEARLY_FULL), (15, FULL)):
        allow(phone, station, megabytes)
        assert page.evaluate(ROOM_AS_SAID) > 1000 * MIB
        for path in ("/app/", "/app/outbox", "/app/settings"):
            page.goto(path)
            expect(page.get_by_text(said)).to_be_visible()
            expect(page.get_by_text("请清理手机里的其他内容。")).to_be_visible()
        expect(page.get_by_text(NO_DAY, exact=True)).to_be_visible()
    allow(phone, station, 2000)
    page.goto("/app/settings")
    expect(page.get_by_text("够存一天的照片", exact=True)).to_be_visible()
    expect(page.get_by_text("本机空间")).to_have_count(0)
    assert phone.faults == []


def choose(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("button", name="其他方式").first.click()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="从相册选择").click()
    asked.value.set_files(FilePayload(name=name, mimeType="image/jpeg", buffer=content))


@pytest.mark.slow
def test_on_a_phone_that_fills_up_nothing_is_lost_and_what_did_not_fit_is_kept_once_there_is_room(
    station: Station, playwright: Playwright, small_disk: Path, admin: Asker
) -> None:
    browsers = Browsers(playwright, station, small_disk)
    try:
        phone = Phone(browsers, "wei")
        phone.enrol(station, "demo-wei")
        page = phone.page
        page.goto("/app/")
        expect(page.get_by_text(NEARLY_FULL)).to_be_visible()
        station.line.cut()
        page.get_by_role("link", name="上报问题").click()
        phone.choose_photo(page, "before.jpg", photo(1200, 900))
        phone.report("满了以前")
        page.goto("/app/")
        page.get_by_role("link", name="上报问题").click()
        page.get_by_label("问题描述").fill("满了以后")
        expect(page.get_by_text("草稿已存本机 ✓")).to_be_visible()
        filler = fill(small_disk)
        choose(page, "after.jpg", photo(3000, 2000))
        expect(page.get_by_text("没有保存成功。")).to_be_visible()
        filler.unlink()
        page.get_by_role("button", name="再存一次（1 个）").click()
        expect(page.get_by_text("照片已存本机·相册").first).to_be_visible()
        expect(page.get_by_text("没有保存成功。")).to_have_count(0)
        phone.report("满了以后")
        station.line.mend()
        phone.look_at_submissions()
        phone.sync()
        for description in ("满了以前", "满了以后"):
            (found,) = named(admin, description)
            kept = admin.get(f"/api/v1/findings/{found['id']}")["photos"]
            assert [each["stored"] for each in kept] == [True]
        assert phone.faults == []
    finally:
        browsers.close()

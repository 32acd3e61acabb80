"""Photo, film, sound and document: each arrives as the bytes that the phone took, with where and when."""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import AT_THE_SITE, Asker, Browsers, Station
from tests.browser.phone import Phone, standing_at_the_site
from tests.browser.test_accessible import PAPER
from tests.browser.test_crashes import HASHES
from tests.browser.test_faults import named


@pytest.mark.slow
def test_photo_film_sound_and_document_arrive_as_they_were_taken(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    station.line.cut()
    standing_at_the_site(page)
    page.get_by_role("link", name="上报问题").click()
    expect(page.get_by_text("定位良好").first).to_be_visible()
    page.get_by_role("button", name="拍照").first.click()
    page.get_by_role("button", name="拍照", exact=True).last.click()
    expect(page.get_by_text("已保存 1 个原件")).to_be_visible()
    page.get_by_role("button", name="录像").click()
    page.get_by_role("button", name="开始录像").click()
    expect(page.get_by_text(re.compile("录像中，还可录 00:5[0-8]"))).to_be_visible()  # something was recorded
    page.get_by_role("button", name="停止录像").click()
    expect(page.get_by_text("已保存 2 个原件")).to_be_visible()
    page.get_by_role("button", name="完成", exact=True).click()
    page.get_by_role("button", name="其他方式").click()
    page.get_by_role("button", name="录音", exact=True).click()
    expect(page.get_by_role("timer")).not_to_have_text(re.compile("0:00"))
    page.get_by_role("button", name="停止并保存").click()
    expect(page.get_by_role("button", name="停止并保存")).to_have_count(0)
    page.get_by_role("button", name="其他方式").click()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="文件（PDF 或图片）").click()
    asked.value.set_files(FilePayload(name="许可.pdf", mimeType="application/pdf", buffer=PAPER))
    expect(page.get_by_role("button", name=re.compile("^查看"))).to_have_count(4)
    standing_at_the_site(page)
    expect(page.get_by_text("定位良好").first).to_be_visible()
    phone.report("四种证据")
    station.line.mend()
    phone.look_at_submissions()
    phone.sync()
    expect(page.get_by_text("照片已存 4 / 4")).to_be_visible()
    (found,) = named(admin, "四种证据")
    kept = admin.get(f"/api/v1/findings/{found['id']}")
    assert {each["sha256"] for each in kept["photos"]} == set(page.evaluate(HASHES))
    assert hashlib.sha256(PAPER).hexdigest() in {each["sha256"] for each in kept["photos"]}
    assert all(each["stored"] for each in kept["photos"])
    place = kept["position"]
    assert (place["lon"], place["lat"]) == (AT_THE_SITE["longitude"], AT_THE_SITE["latitude"])
    assert place["accuracy_m"] == AT_THE_SITE["accuracy"]
    assert phone.faults == []

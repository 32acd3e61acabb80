"""The worst day: a phone that reaches no server gives its outbox as an encrypted file, and nothing comes twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_faults import named

SECRET = "南河边的三棵榕树"


def exported(phone: Phone, folder: Path) -> Path:
    """The file that the phone makes and saves."""
    page = phone.page
    page.get_by_role("link", name="无法联网？导出加密备份").click()
    for label in ("设置文件密码", "再输一次"):
        page.get_by_label(label).fill(SECRET)
    page.get_by_role("button", name="生成文件").click()
    expect(page.get_by_role("link", name="保存到手机")).to_be_visible(timeout=90_000)
    with page.expect_download() as coming:
        page.get_by_role("link", name="保存到手机").click()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


@pytest.mark.slow
def test_an_outbox_that_is_handed_in_as_a_file_is_there_and_comes_once(
    station: Station, browsers: Browsers, admin: Asker, tmp_path: Path
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    original = photo(1200, 900)
    station.line.cut()
    phone.page.get_by_role("link", name="上报问题").click()
    phone.choose_photo(phone.page, "large.jpg", original)
    phone.report("没有网络的一天")
    phone.look_at_submissions()
    file = exported(phone, tmp_path)
    assert "没有网络的一天".encode() not in file.read_bytes()
    assert original[1000:1100] not in file.read_bytes()

    said = station.flask("devices", "hand-in", str(file), "--passphrase", SECRET)
    assert "1 stored" in said
    (found,) = named(admin, "没有网络的一天")
    (kept,) = admin.get(f"/api/v1/findings/{found['id']}")["photos"]
    assert (kept["stored"], kept["sha256"]) == (True, hashlib.sha256(original).hexdigest())

    sent_before = station.line.sent
    station.line.mend()
    phone.look_at_submissions()
    phone.sync()
    expect(phone.page.get_by_text("原图未改动 ✓")).to_be_visible()
    assert station.line.sent - sent_before < len(original)  # the bytes are there already
    assert [each["id"] for each in named(admin, "没有网络的一天")] == [found["id"]]
    assert len(admin.get(f"/api/v1/findings/{found['id']}")["photos"]) == 1
    assert phone.faults == []

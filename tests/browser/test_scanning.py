"""QR codes before the phone's camera: an invitation enrols, and a site's label opens its page without a network."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import READY, Phone
from tests.browser.test_field_day import SITE


def film_of(text: str, file: Path) -> Path:
    """What a camera sees that is held before a printed code: the same picture, over and over."""
    printed = io.BytesIO()
    segno.make(text, error="m").save(printed, kind="png", scale=8, border=4)
    code = Image.open(printed).convert("RGB")
    seen = Image.new("RGB", (640, 480), "#c9c3b8")
    code.thumbnail((440, 440))
    seen.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    frame = io.BytesIO()
    seen.save(frame, "JPEG", quality=90)
    file.write_bytes(frame.getvalue() * 10)
    return file


@pytest.mark.slow
def test_an_invitation_and_a_site_s_label_are_read_by_the_camera(
    station: Station, browsers: Browsers, admin: Asker, tmp_path: Path
) -> None:
    code = station.invite("demo-wei")["code"]
    film = film_of(f"{station.url}/app/#/enrol/{code}", tmp_path / "seen.mjpeg")
    phone = Phone(browsers, "wei", before_the_lens=film)
    page = phone.page
    page.goto("/app/")
    page.get_by_role("button", name="扫描邀请二维码").click()
    expect(page.get_by_label("邀请码或邀请链接")).to_have_value(code)
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    page.evaluate(READY)
    site = next(each for each in admin.get("/api/v1/sites")["items"] if each["name"] == SITE)
    phone.tab("点位")
    expect(page.get_by_text(SITE)).to_be_visible()  # it has come
    station.line.cut()
    film_of(f"{station.url}/app/#/site/{site['label']}", film)
    phone.crash("/app/scan")
    expect(phone.page.get_by_role("heading", name=SITE)).to_be_visible()
    assert phone.faults == []

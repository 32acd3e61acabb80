"""The field app as it is built: it starts from the network once, and afterwards without any."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Browsers, Station
from tests.browser.phone import Phone


def test_the_app_starts_again_with_the_server_dead(station: Station, browsers: Browsers) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    station.kill()
    phone.page.reload()
    expect(phone.page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    phone.crash()
    expect(phone.page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    assert phone.faults == []

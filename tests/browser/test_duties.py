"""Which duties there are: a chosen site's own cell offers them, and where the inspector stands asks for them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browsers, Station
from tests.browser.phone import Phone, standing_at_the_site
from tests.browser.test_field_day import CHECKLIST, SITE

IN_GUIGANG = {"latitude": 22.97, "longitude": 109.60, "accuracy": 40.0}
GUIGANGS = "贵港市施工扬尘检查表"


@pytest.mark.slow
def test_a_chosen_site_decides_what_is_offered_and_where_one_stands_what_is_asked(
    station: Station, browsers: Browsers
) -> None:
    phone = Phone(browsers, "wei", geolocation=IN_GUIGANG)
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.goto("/app/inspection/new")
    offered = page.get_by_role("radiogroup", name="检查表")
    expect(offered.get_by_text(GUIGANGS)).to_be_visible()
    expect(offered.get_by_text(CHECKLIST)).to_have_count(0)
    page.get_by_role("button", name=SITE).click()
    expect(offered.get_by_text(CHECKLIST)).to_be_visible()
    expect(offered.get_by_text(GUIGANGS)).to_have_count(0)
    offered.get_by_text(CHECKLIST).click()
    page.get_by_role("button", name="开始", exact=True).click()
    expect(page.get_by_text("按您现在的位置，这份检查表没有适用的检查项。")).to_be_visible()
    standing_at_the_site(page)
    expect(page.locator("#item-1")).to_be_visible()
    assert phone.faults == []

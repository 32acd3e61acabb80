"""A server that dies in the middle of what it is told: everything is there once in the end."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.backend.serving import eventually
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_field_day import findings_of


@pytest.mark.slow
def test_a_server_killed_within_a_push_and_within_an_upload_has_everything_once_in_the_end(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    before = findings_of(admin)
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page, line = phone.page, station.line
    original = photo(2000, 1600)
    line.cut()
    for description in ("第一处", "第二处"):
        page.goto("/app/finding/new")
        phone.choose_photo(page, f"{description}.jpg", original if description == "第二处" else photo(300, 200))
        phone.report(description)
    phone.look_at_submissions()
    for cut, sent in enumerate((4_000, 8_000, 1_700_000), start=1):
        line.cut_after(sent, then=station.kill)
        phone.sync()
        eventually(partial(line.was_cut, cut), "the server's end")
        station.start()
    phone.sync()
    expect(page.get_by_text("原图未改动 ✓")).to_have_count(2, timeout=90_000)
    again = Asker(station, "demo-admin")
    new = {str(each["description"]): key for key, each in findings_of(again).items() if key not in before}
    assert sorted(new) == ["第一处", "第二处"]
    (kept,) = again.get(f"/api/v1/findings/{new['第二处']}")["photos"]
    assert (kept["stored"], kept["sha256"]) == (True, hashlib.sha256(original).hexdigest())
    assert phone.faults == []

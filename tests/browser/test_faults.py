"""Wrong clocks, swept storage, refused cameras and places: nothing is lost, and nothing comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_field_day import findings_of


def named(admin: Asker, description: str) -> list[dict[str, object]]:
    return [each for each in findings_of(admin).values() if each["description"] == description]


@pytest.mark.slow
def test_a_finding_by_a_clock_that_is_hours_off_is_received_and_flagged(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.clock.set_system_time(datetime.now(UTC) + timedelta(hours=5))
    page.get_by_role("link", name="上报问题").click()
    phone.photograph(page)
    phone.report_and_hand_in("时钟不准")
    (found,) = named(admin, "时钟不准")
    flags = [flag["code"] for flag in admin.get(f"/api/v1/findings/{found['id']}")["flags"]]
    assert "device-clock-off" in flags
    page.clock.set_system_time(datetime.now(UTC) - timedelta(days=2))
    page.get_by_role("link", name="今天").click()
    page.get_by_role("link", name="上报问题").click()
    phone.photograph(page)
    phone.report_and_hand_in("时钟慢了两天")
    assert len(named(admin, "时钟慢了两天")) == 1
    assert phone.faults == []


@pytest.mark.slow
def test_storage_swept_behind_the_apps_back_is_said_and_doubles_nothing(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.get_by_role("link", name="上报问题").click()
    phone.photograph(page)
    phone.report_and_hand_in("已送达的")
    station.line.cut()
    page.get_by_role("link", name="今天").click()
    page.get_by_role("link", name="上报问题").click()
    phone.choose_photo(page, "没有送达的.jpg", photo(40, 30))  # a camera's first frame may be the one before
    phone.report("没有送达的")
    page.evaluate(SWEEP_BYTES)
    page.goto("/app/outbox")
    expect(page.get_by_text("有 2 张照片在本机的原图不见了")).to_be_visible()  # no backup has the first yet
    station.line.mend()
    phone.sync()
    expect(page.get_by_text("已收到").first).to_be_visible()

    before = findings_of(admin)
    page.goto("about:blank")
    swept = phone.context.new_cdp_session(page)
    swept.send("Storage.clearDataForOrigin", {"origin": station.url, "storageTypes": "all"})
    phone.enrol(station, "demo-wei")  # it asks for an invitation, as on its first day
    phone.page.goto("/app/findings")
    expect(page.get_by_text("已送达的").first).to_be_visible()
    assert findings_of(admin).keys() == before.keys()
    assert [len(named(admin, each)) for each in ("已送达的", "没有送达的")] == [1, 1]
    assert phone.faults == []


SWEEP_BYTES = """async () => {
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve, reject) => {
      const asked = indexedDB.open(name)
      asked.onsuccess = () => resolve(asked.result)
      asked.onerror = reject
    })
    if (db.objectStoreNames.contains('bytes')) {
      const sweep = db.transaction('bytes', 'readwrite')
      sweep.objectStore('bytes').clear()
      await new Promise((resolve) => (sweep.oncomplete = resolve))
    }
    db.close()
  }
}"""
"""What a browser in need of room may do: take the large values and leave the rest."""


@pytest.mark.slow
def test_who_refuses_the_camera_is_told_the_way_out_and_takes_a_picture_of_the_gallery(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
    )
    page.get_by_role("link", name="上报问题").click()
    page.get_by_role("button", name="拍照").first.click()
    expect(page.get_by_text("没有相机或麦克风权限。")).to_be_visible()
    phone.choose_photo(page, "gallery.jpg", photo(400, 300))
    phone.report_and_hand_in("相册的照片")
    (found,) = named(admin, "相册的照片")
    assert [each["stored"] for each in admin.get(f"/api/v1/findings/{found['id']}")["photos"]] == [True]


@pytest.mark.slow
def test_who_refuses_the_place_and_allows_it_later_is_placed_from_then_on(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    permissions = phone.context.new_cdp_session(page)

    def place(setting: str) -> None:
        said = {"permission": {"name": "geolocation"}, "setting": setting, "origin": station.url}
        permissions.send("Browser.setPermission", said)

    place("denied")
    page.get_by_role("link", name="上报问题").click()
    expect(page.get_by_text("没有定位权限")).to_be_visible()
    place("granted")
    page.get_by_role("button", name="重新定位").click()
    expect(page.get_by_text("定位良好")).to_be_visible()
    phone.photograph(page)
    phone.report_and_hand_in("后来有定位")
    (found,) = named(admin, "后来有定位")
    assert admin.get(f"/api/v1/findings/{found['id']}")["position"] is not None
    assert phone.faults == []

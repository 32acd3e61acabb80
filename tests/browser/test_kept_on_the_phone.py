"""What the app says of its place on the phone: the offer to install it, and how safe what is kept here is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browsers, Station
from tests.browser.phone import Phone

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
NO_OFFER = "addEventListener('beforeinstallprompt', (event) => event.stopImmediatePropagation())"
EVICTION = "系统空间不足时，浏览器可能清理本机数据。"
BY_MENU = "点浏览器的“分享”，选“添加到主屏幕”"


@pytest.mark.slow
def test_the_app_can_be_installed_and_offers_it_on_the_page_of_today_until_it_is_told_later(
    station: Station, browsers: Browsers
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    page.reload()  # now the service worker stands behind the page
    browser = phone.context.new_cdp_session(page)
    assert browser.send("Page.getAppManifest")["errors"] == []
    assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    offer = page.get_by_role("button", name="添加", exact=True)
    expect(offer).to_be_visible()
    phone.tab("任务")
    expect(offer).to_have_count(0)  # it takes room, which only the page of today has
    phone.tab("今天")
    expect(offer).to_be_visible()
    page.get_by_role("button", name="以后再说").click()
    expect(offer).to_have_count(0)
    page.reload()
    page.get_by_role("link", name="设置", exact=True).click()
    expect(page.get_by_role("button", name="添加到桌面")).to_be_visible()  # the browser's offer has come again
    page.get_by_role("button", name="返回").click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    expect(offer).to_have_count(0)
    assert phone.faults == []


@pytest.mark.slow
def test_on_an_iphone_which_offers_nothing_it_says_how_a_person_does_it(station: Station, browsers: Browsers) -> None:
    phone = Phone(browsers, "wei", user_agent=IPHONE)
    phone.page.add_init_script(NO_OFFER)
    phone.enrol(station, "demo-wei")
    expect(phone.page.get_by_text(BY_MENU)).to_be_visible()
    phone.page.get_by_role("button", name="以后再说").click()
    phone.page.reload()
    expect(phone.page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    expect(phone.page.get_by_text(BY_MENU)).to_have_count(0)
    phone.page.get_by_role("link", name="设置", exact=True).click()
    expect(phone.page.get_by_text(BY_MENU)).to_be_visible()


@pytest.mark.slow
def test_storage_that_may_be_evicted_or_is_nearly_full_is_said_until_it_is_safe(
    station: Station, browsers: Browsers
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    assert page.evaluate("() => navigator.storage.persisted()") is False
    for megabytes, said in ((200, "本机空间快满了，"), (10, "本机空间已满")):
        phone.has_room(megabytes)
        page.goto("/app/settings")
        expect(page.get_by_text(said)).to_be_visible()
    phone.has_room(10_000)
    page.goto("/app/settings")
    expect(page.get_by_text(EVICTION)).to_be_visible()
    expect(page.get_by_text("本机空间")).to_have_count(0)
    page.goto("/app/outbox")  # where the person sees what has not arrived
    expect(page.get_by_text(EVICTION)).to_be_visible()
    page.get_by_role("button", name="请求长期保存").click()
    expect(page.get_by_text(EVICTION)).to_be_visible()  # the browser says no
    browser = phone.context.new_cdp_session(page)
    kept = {"permission": {"name": "persistent-storage"}, "setting": "granted", "origin": station.url}
    browser.send("Browser.setPermission", kept)
    page.get_by_role("button", name="请求长期保存").click()
    expect(page.get_by_text(EVICTION)).to_have_count(0)
    page.goto("/app/settings")
    expect(page.get_by_text("是，系统不会自动清理")).to_be_visible()
    assert phone.faults == []

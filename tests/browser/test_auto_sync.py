"""Nobody has to tap: what was recorded goes by itself at each occasion that a browser gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.phone import Phone
from tests.browser.test_faults import named

ALL_THERE = "照片已存 1 / 1"


def in_an_hour(route: Route) -> None:
    """The server is busy and says when to come again, so that no timer of the app's own can be what sends."""
    route.fulfill(status=503, headers={"Retry-After": "3600", "Content-Type": "application/problem+json"}, body="{}")


def told_to_wait(phone: Phone, description: str) -> None:
    """A finding is on the phone, the server has refused it for now, and its page shows that it has not gone."""
    phone.context.route("**/api/**", in_an_hour)
    phone.page.get_by_role("link", name="上报问题").click()
    phone.photograph(phone.page)
    phone.report(description)
    phone.look_at_submissions()
    expect(phone.page.get_by_text("服务器暂时不能处理。")).to_be_visible()
    expect(phone.page.get_by_text("照片已存 0 / 1")).to_be_visible()


def comes_back_online(phone: Phone) -> None:
    phone.context.set_offline(True)
    expect(phone.page.get_by_text("现在离线，联网后自动同步")).to_be_visible()
    phone.context.unroute("**/api/**")
    phone.context.set_offline(False)


def comes_to_the_front(phone: Phone) -> None:
    """The harness keeps every page in front, so it tells the page what a browser tells it then."""
    phone.context.unroute("**/api/**")
    phone.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def is_opened_again(phone: Phone) -> None:
    phone.context.unroute("**/api/**")
    phone.page.reload()


@pytest.mark.slow
@pytest.mark.parametrize("occasion", [comes_back_online, comes_to_the_front, is_opened_again])
def test_what_waits_goes_by_itself_when_the_phone(
    occasion: Callable[[Phone], None], station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    told_to_wait(phone, occasion.__name__)
    occasion(phone)
    expect(phone.page.get_by_text(ALL_THERE)).to_be_visible()
    assert len(named(admin, occasion.__name__)) == 1
    assert phone.faults == []


@pytest.mark.slow
def test_a_record_goes_without_a_tap_at_once_or_as_soon_as_the_server_answers_again(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    for description in ("有网时发现", "断网时发现"):
        if description == "断网时发现":
            station.line.cut()
        phone.page.goto("/app/finding/new")
        phone.photograph(phone.page)
        phone.report(description)
        phone.look_at_submissions()
        line = phone.page.get_by_role("listitem").filter(has_text=description)
        if description == "断网时发现":
            expect(phone.page.get_by_text("连不上服务器。")).to_be_visible()
            expect(line.get_by_text("照片已存 0 / 1")).to_be_visible()
            station.line.mend()
        expect(line.get_by_text(ALL_THERE)).to_be_visible(timeout=90_000)
        assert len(named(admin, description)) == 1
    assert phone.faults == []

"""The field app as it is built: it starts from the network once, and afterwards without any."""

from __future__ import annotations

from tests.browser.conftest import Browsers, Station


def test_the_app_starts_again_with_the_server_dead(station: Station, browsers: Browsers) -> None:
    phone = browsers.open("wei")
    page = phone.pages[0]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto("/app/")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'")
    station.kill()
    page.reload()
    assert page.title() == "蓝格现场检查"
    assert page.locator("#app > *").count() > 0
    assert faults == []

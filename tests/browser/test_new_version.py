"""A newer version of the app comes while records wait: offered, not taken before they went, and nothing is lost."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.backend.serving import ROOT
from tests.browser.conftest import Browsers, Station
from tests.browser.looker import Looker
from tests.browser.phone import Phone

NEXT = "蓝格现场检查（新版）"


def newer_program(folder: Path) -> Path:
    """The same server with a build of the field app that differs in its page, as the office would install it."""
    for part in ("backend", "sync", "geo", "checklists", "web/dist"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "wsgi.py", folder)
    field = folder / "web" / "dist" / "field"
    page = (field / "index.html").read_text("utf-8")
    changed = re.sub("<title>.*</title>", f"<title>{NEXT}</title>", page)
    assert changed != page
    (field / "index.html").write_text(changed, "utf-8")
    worker = (field / "sw.js").read_text("utf-8")
    revision = hashlib.md5(changed.encode(), usedforsecurity=False).hexdigest()
    named, times = re.subn(
        r'"revision":"\w+","url":"index.html"', f'"revision":"{revision}","url":"index.html"', worker
    )
    assert times == 1
    (field / "sw.js").write_text(named, "utf-8")
    return folder


@pytest.mark.slow
def test_a_new_version_is_offered_and_waits_until_all_was_handed_in(
    station: Station, browsers: Browsers, tmp_path: Path
) -> None:
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    page = phone.page
    phone.context.route("**/api/**", lambda route: route.abort())  # the network carries nothing but the app's files
    page.get_by_role("link", name="上报问题").click()
    phone.photograph(page)
    phone.report("裸土未覆盖")
    station.kill()
    station.start(newer_program(tmp_path / "newer"))
    page.goto("/app/")
    expect(page.get_by_text("新版本已准备好。")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="更新", exact=True).click()
    expect(page.get_by_text(re.compile("后再更新。"))).to_be_visible()
    looker = Looker(phone)
    looker.look("a newer version waits")
    assert looker.found == []
    page.reload()
    expect(page.get_by_text("新版本已准备好。")).to_be_visible()
    assert page.title() != NEXT
    phone.look_at_submissions()
    expect(page.get_by_text("照片已存 0 / 1")).to_be_visible()

    phone.context.unroute("**/api/**")
    phone.sync()
    expect(page.get_by_text("原图未改动 ✓").first).to_be_visible()
    phone.tab("今天")
    page.get_by_role("button", name="更新", exact=True).click()
    expect(page).to_have_title(NEXT)
    phone.look_at_submissions()
    expect(page.get_by_text("照片已存 1 / 1")).to_be_visible()
    assert phone.faults == []

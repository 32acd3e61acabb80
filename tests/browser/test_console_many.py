"""The console before a hundred thousand findings: pages, filters, the map from county to street, links, return."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import quote

import mapbox_vector_tile
import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.desk import Desk
from tests.browser.test_console_line import fill, numbers

pytestmark = pytest.mark.slow
FINDINGS = 100_000
PAGE = 50
MOST_BYTES = 256 * 1024
"""Of a tile: some hundred squares with their states, or at most 1,000 single findings."""
TILE = re.compile(r"/tiles/(findings|cells)/(\d+)/(\d+)/(\d+)\.mvt")


@pytest.fixture(scope="module")
def crowded_day(played_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data after its day, and a hundred thousand findings more."""
    data = tmp_path_factory.mktemp("crowded") / "data"
    copytree(played_day, data)
    fill(data, FINDINGS)
    return data


@pytest.fixture
def station(crowded_day: Path) -> Iterator[Station]:
    """A server on these; no test here changes them."""
    made = Station(crowded_day).start()
    try:
        yield made
    finally:
        made.close()


class Tiles:
    """The tiles that a page has read, by where they lie."""

    def __init__(self, page: Page) -> None:
        self.read: dict[tuple[str, int, int, int], bytes] = {}
        page.on("response", self._came)

    def _came(self, response: Response) -> None:
        if (found := TILE.search(response.url)) and response.status == 200:
            self.read[found[1], *(int(number) for number in found.groups()[1:])] = response.body()  # type: ignore[index]

    def largest(self) -> int:
        return max(len(body) for body in self.read.values())

    def points(self, zoom: int) -> list[dict[str, Any]]:
        """The findings, single or gathered, of the tiles of a zoom, with their longitudes and latitudes."""
        found = []
        for (layer, z, x, y), body in self.read.items():
            if layer == "findings" and z == zoom and body:
                drawn = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["findings"]
                for each in drawn["features"]:
                    across, down = each["geometry"]["coordinates"]
                    place = degrees(x + across / drawn["extent"], y + down / drawn["extent"], z)
                    found.append({**each["properties"], "lon": place[0], "lat": place[1]})
        return found


def degrees(column: float, row: float, zoom: int) -> tuple[float, float]:
    """Longitude and latitude of a point in tiles of a zoom."""
    turns = math.pi * (1 - 2 * row / 2**zoom)
    return column / 2**zoom * 360 - 180, math.degrees(math.atan(math.sinh(turns)))


def stands(page: Page, lon: float, lat: float, zoom: float) -> None:
    """Open the map there, and wait until all of it is drawn."""
    page.goto(f"/console/findings?view=map&at={lon:.4f},{lat:.4f},{zoom:.1f}")
    drawn(page)


def drawn(page: Page) -> None:
    expect(page.get_by_role("region", name="问题地图")).to_have_attribute("aria-busy", "false", timeout=90_000)


def at(page: Page) -> tuple[float, ...]:
    """Where the map stands, by the page's address: longitude, latitude, zoom."""
    found = re.search(r"at=([^&]+)", page.url)
    assert found is not None, page.url
    return tuple(float(number) for number in found[1].replace("%2C", ",").split(","))


def press_middle(page: Page) -> None:
    box = page.get_by_role("region", name="问题地图").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_the_list_goes_on_page_by_page_newest_first_and_is_narrowed(browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    desk.go("问题")
    expect(page.get_by_text("超过 10000 条")).to_be_visible()
    for pages in range(1, 5):
        expect(page.get_by_text(f"已显示 {pages * PAGE} 条")).to_be_visible()
        page.get_by_role("button", name="加载更多").click()
    expect(page.get_by_text(f"已显示 {5 * PAGE} 条")).to_be_visible()
    shown = numbers(page)
    assert shown == [each["number"] for each in admin.get(f"/api/v1/findings?limit={5 * PAGE}")["items"]]
    assert len(set(shown)) == 5 * PAGE
    page.get_by_label("编号、内容、点位").fill("第777处")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_text("共 100 条")).to_be_visible()
    expect(page.get_by_text(f"已显示 {PAGE} 条")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="第777处")).to_have_count(PAGE)
    page.get_by_role("button", name="加载更多").click()
    expect(page.get_by_text("已显示 100 条")).to_be_visible()
    expect(page.get_by_role("button", name="加载更多")).to_be_hidden()
    assert desk.faults == []


def test_who_comes_back_from_a_finding_finds_the_list_as_it_was(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    page.goto("/console/findings?severity=serious&state=submitted,dispatched")
    page.get_by_role("button", name="加载更多").click()
    expect(page.get_by_text(f"已显示 {2 * PAGE} 条")).to_be_visible()
    before, asked = numbers(page), page.url
    page.get_by_role("link", name=before[70]).click()
    expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
    page.go_back()
    expect(page.get_by_text(f"已显示 {2 * PAGE} 条")).to_be_visible()
    assert (page.url, numbers(page)) == (asked, before)
    expect(page.get_by_role("row").filter(has_text=before[70])).to_be_in_viewport()
    assert desk.faults == []


def test_the_map_leads_from_the_county_to_single_findings_by_pressing_what_is_gathered(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    tiles = Tiles(page)
    stands(page, 109.415, 24.325, 8.0)
    assert sum(each["count"] for each in tiles.points(8)) > FINDINGS * 0.9
    assert 0 < len(tiles.points(8)) < 600
    lon, lat, zoom = 109.415, 24.325, 8.0
    while zoom < 17:
        here = tiles.points(min(16, int(zoom)))
        nearest = min(here, key=lambda each: math.hypot(each["lon"] - lon, each["lat"] - lat))
        stands(page, nearest["lon"], nearest["lat"], zoom)
        press_middle(page)
        if "id" in nearest:
            break
        expect(page).to_have_url(re.compile(rf"at=[^&]*(,|%2C){zoom + 2:.1f}"))
        drawn(page)
        lon, lat, zoom = at(page)
    else:
        pytest.fail("there is no single finding even in a street")
    expect(page.get_by_label("地图上选中的内容").get_by_role("link", name=str(nearest["number"]))).to_be_visible()
    assert tiles.largest() < MOST_BYTES
    assert desk.faults == []


def test_a_link_to_a_narrowed_map_shows_another_person_the_same_and_return_brings_it_back(
    browsers: Browsers, admin: Asker
) -> None:
    mo, other = Desk(browsers, "demo-mo").sign_in(), Desk(browsers, "demo-admin").sign_in()
    page = mo.page
    page.goto("/console/findings?cell=450206&severity=serious&view=map&at=109.3300,24.2500,11.0")
    drawn(page)
    total = admin.get("/api/v1/findings?cell=450206&severity=serious&limit=1&total=true")["total"]
    assert 0 < total < 10_000
    other.page.goto(page.url)
    for each in (page, other.page):
        drawn(each)
        expect(each.get_by_text(f"共 {total} 条")).to_be_visible()
        assert at(each) == (109.33, 24.25, 11.0)
    link = other.page.url
    other.go("期次")
    other.page.go_back()
    drawn(other.page)
    assert other.page.url == link
    other.page.get_by_text("列表", exact=True).click()
    expect(other.page.get_by_text(f"已显示 {PAGE} 条")).to_be_visible()
    expect(other.page.get_by_role("row").filter(has_text="严重")).to_have_count(PAGE)
    assert mo.faults == other.faults == []


def test_no_tile_is_large_whatever_it_is_narrowed_by(admin: Asker) -> None:
    for zoom in range(6, 17):
        column = int((109.415 + 180) / 360 * 2**zoom)
        row = int((1 - math.asinh(math.tan(math.radians(24.325))) / math.pi) / 2 * 2**zoom)
        for query in ("", f"text={quote('裸土')}", "cell=450206", "found_from=2020-01-01", "figure=overdue"):
            for layer in ("findings", "cells"):
                body = admin.bytes_of(f"/api/v1/tiles/{layer}/{zoom}/{column}/{row}.mvt?{query}")
                assert len(body) < MOST_BYTES, (layer, zoom, query)

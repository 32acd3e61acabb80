"""The field app on a slow phone: Chromium with its processor slowed fourfold, the built app, a real server over HTTPS.

    python bench/field_bench.py [--rounds 5] [--rows 20000] [--json FILE]

Each figure is a median in milliseconds, and its ratio to something bare that the same browser does in the same run:
a start without a network to an empty picture out of the same service worker; a checklist to as many bare fields; a
photo of 12 megapixels and the mirror to bare puts of the same bytes and rows into IndexedDB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import FilePayload, Page, expect, sync_playwright
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from backend import create_app
from backend.config import from_environment
from backend.extensions import db
from bench import bulk
from bench.thumbnail_bench import photo
from checklists import library, pack_yaml
from tests.backend.serving import Served
from tests.browser.conftest import Browsers, Station
from tests.browser.phone import READY, Phone

SLOWER = 4
SITE = "演示工地一号（虚构）"
OF_THE_PLAN, LONG = "柳江区施工扬尘检查表", "六十项检查表"
ITEMS = 60
SHOWN = """(selector) => new Promise((done) => {
  const look = () => document.querySelector(selector)
    ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look)
  look()
})"""
"""Milliseconds since the page's start at which something is on the screen."""
ROWS_KEPT = """(wanted) => new Promise((done) => {
  const asked = indexedDB.open('bluegrid-field')
  asked.onsuccess = () => {
    const look = () => {
      const count = asked.result.transaction('rows').objectStore('rows').count()
      count.onsuccess = () => {
        if (count.result < wanted) return setTimeout(look, 20)
        asked.result.close()
        done(performance.now())
      }
    }
    look()
  }
})"""
BARE = """const bare = await new Promise((done) => {
  indexedDB.deleteDatabase('bare')
  const asked = indexedDB.open('bare', 1)
  asked.onupgradeneeded = () => asked.result.createObjectStore('all')
  asked.onsuccess = () => done(asked.result)
})
const put = (pairs) => new Promise((done) => {
  const writing = bare.transaction('all', 'readwrite', { durability: 'strict' })
  for (const [key, value] of pairs) writing.objectStore('all').put(value, key)
  writing.oncomplete = done
})
"""
BARE_ROWS = (
    "async () => {"
    + BARE
    + """const rows = await new Promise((done) => {
    const asked = indexedDB.open('bluegrid-field')
    asked.onsuccess = () => {
      const all = asked.result.transaction('rows').objectStore('rows').getAll()
      all.onsuccess = () => (asked.result.close(), done(all.result))
    }
  })
  const begun = performance.now()
  for (let i = 0; i < rows.length; i += 500) await put(rows.slice(i, i + 500).map((row) => [row.key, row]))
  const took = performance.now() - begun
  bare.close()
  return took
}"""
)
BARE_BYTES = (
    "async (size) => {"
    + BARE
    + """const blob = new Blob([new Uint8Array(size)])
  const begun = performance.now()
  await put([['photo', blob]])
  const took = performance.now() - begun
  bare.close()
  return took
}"""
)
BARE_FIELDS = """(items) => new Promise((done) => {
  const begun = performance.now()
  const all = document.createElement('div')
  for (let i = 0; i < items; i++)
    all.insertAdjacentHTML('beforeend', `<fieldset>${'<label><input type="radio">x</label>'.repeat(3)}</fieldset>`)
  document.body.append(all)
  all.getBoundingClientRect()
  requestAnimationFrame(() => (all.remove(), done(performance.now() - begun)))
})"""


def filled(data: Path, rows: int) -> int:
    """Rows more in the inspector's area, like the findings that are there; returns how many."""
    app = create_app(from_environment({"BLUEGRID_DATA": str(data), "BLUEGRID_DEMO": "1"}))
    with app.app_context(), db.engine.connect() as connection:
        row_id, content = connection.execute(
            text("SELECT row_id, content FROM synced_row WHERE type = 'finding' ORDER BY seq LIMIT 1")
        ).one()
        found = connection.execute(
            text("SELECT scope FROM entry WHERE type = 'finding' AND row_id = :id AND scope LIKE 'area:%'"),
            {"id": row_id},
        )
        scopes = [scope for (scope,) in found]
        connection.rollback()
        bulk.fill(connection, content.replace(row_id, "{id}"), 1, rows, scopes)
        db.session.remove()
        connection.close()
        db.engine.dispose()
    return rows


def slow(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def first_pull(phone: Phone, station: Station, rows: int) -> dict[str, float]:
    """From the tap that enrols to the last of the rows, the server's part included."""
    page = phone.page
    slow(page)
    page.goto("/app/")
    page.get_by_label("邀请码或邀请链接").fill(str(station.invite("demo-wei")["code"]))
    begun = page.evaluate("() => performance.now()")
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.get_by_role("heading", name="今天")).to_be_visible(timeout=120_000)
    page.context.set_default_timeout(600_000)
    took = page.evaluate(ROWS_KEPT, rows) - begun
    page.evaluate(READY)
    return {"ours": took, "bare": page.evaluate(BARE_ROWS)}


def cold_start(phone: Phone) -> dict[str, float]:
    """A browser that was ended, and no network."""
    took = {}
    for name, path, shown in (("bare", "/app/icon.svg", "svg"), ("ours", "/app/", "main h1")):
        phone.context.close()
        phone.wake()
        slow(phone.page)
        phone.page.goto(path, wait_until="commit")
        took[name] = phone.page.evaluate(SHOWN, shown)
    return took


def sixty_items(folder: Path) -> tuple[str, Path]:
    """A checklist as long as the promise: the first items of all the plans' packs for the county, made to apply at its
    building sites. No single pack of the plans has so many for one site. Its version, and the file to import.
    """
    items: dict[str, dict[str, Any]] = {}
    for (code, _), published in sorted(library.shipped().items()):
        if code.endswith("-liujiang"):
            for item in json.loads(published.data)["items"]:
                items.setdefault(item["code"], {**item, "applies": {"site_kinds": ["construction"]}})
    pack = {
        "code": "sixty-liujiang",
        "version": "2026.1",
        "topic": "dust",
        "status": "draft",
        "title": {"zh": LONG, "en": "Checklist of sixty items"},
        "area": {"include": ["450206"], "exclude": []},
        "valid_from": "2026-01-01",
        "items": list(items.values())[:ITEMS],
    }
    file = folder / "sixty.yaml"
    file.write_text(pack_yaml.dump(pack), "utf-8")
    return "sixty-liujiang@2026.1", file


def checklist(page: Page, title: str) -> dict[str, float]:
    """A checklist at the demo's building site, from the tap on "begin" to its items on the screen."""
    page.goto("/app/sites")
    page.get_by_text(SITE).click()
    page.get_by_role("link", name="开始").first.click()
    page.get_by_text(title).click()
    begun = page.evaluate("() => performance.now()")
    page.get_by_role("button", name="开始", exact=True).click()
    took = page.evaluate(SHOWN, "[id^=item-]") - begun
    items = page.locator("[id^=item-]").count()
    return {"ours": took, "bare": page.evaluate(BARE_FIELDS, items), "items": items}


def large_photo(phone: Phone, content: bytes) -> dict[str, float]:
    """From the choice of the file to the word that it is kept: hashed, durable, read back, with its thumbnail begun."""
    page = phone.page
    page.goto("/app/finding/new")
    page.get_by_role("button", name="其他方式").click()
    page.evaluate(
        "() => addEventListener('change', () => (window.begun = performance.now()), { capture: true, once: true })"
    )
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="从相册选择").click()
    asked.value.set_files(FilePayload(name="large.jpg", mimeType="image/jpeg", buffer=content))
    took = page.evaluate(SHOWN, ".held .safe") - page.evaluate("() => window.begun")
    return {"ours": took, "bare": page.evaluate(BARE_BYTES, len(content))}


def shown(name: str, reference: str, rounds: list[dict[str, float]]) -> dict[str, Any]:
    ours, bare = (statistics.median(each[part] for each in rounds) for part in ("ours", "bare"))
    print(f"{name}: {ours:.0f} ms; {reference} {bare:.0f} ms; ratio {ours / bare:.1f}", flush=True)
    return {"what": name, "reference": reference, "ours_ms": round(ours), "reference_ms": round(bare, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rounds = range(arguments.rounds)
    with TemporaryDirectory(prefix="bluegrid-bench-", ignore_cleanup_errors=True) as name, sync_playwright() as playing:
        folder = Path(name)
        demo = Served(folder / "data", "--demo", DEMO_ONCE="1", DEMO_WEEKS="0")
        assert demo.ended() == 0, "\n".join(demo.lines)
        filled(folder / "data", arguments.rows)
        station = Station(folder / "data")
        version, file = sixty_items(folder)
        station.flask("checklists", "import", str(file))
        station.flask("checklists", "publish", version)
        station.start()
        browsers = Browsers(playing, station, folder / "browsers")
        try:
            phone = Phone(browsers, "wei")
            mirrored = [first_pull(phone, station, arguments.rows)]
            phone.wait_for_checklists(SITE, LONG)  # its file comes after the rows
            station.kill()
            starts = [cold_start(phone) for _ in rounds]
            lists = [[checklist(phone.page, title) for _ in rounds] for title in (OF_THE_PLAN, LONG)]
            assert lists[1][0]["items"] == ITEMS
            content = photo()
            photos = [large_photo(phone, content[:-2] + bytes([n]) + content[-2:]) for n in rounds]
        finally:
            browsers.close()
            station.close()
    found = [
        shown(f"mirror of {arguments.rows} rows, with the server", "bare puts of the same rows", mirrored),
        shown("start without a network", "an empty picture out of the service worker", starts),
        *(shown(f"checklist of {each[0]['items']:.0f} items", "as many bare fields", each) for each in lists),
        shown(f"photo of 12 MP, {len(content) / 1e6:.1f} MB, kept", "a bare put of as many bytes", photos),
    ]
    if arguments.json:
        arguments.json.write_text(json.dumps({"bench": "field", "slower": SLOWER, "figures": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""The console before very many findings: time to the first useful list and map, and what each of their requests costs.

    python -m bench.console_bench                                  10,000 and 100,000 findings, SQLite
    python -m bench.console_bench --findings 100000,1000000        what the office of a city may come to

A city's supervisor opens the page of findings in Chromium (1280 × 720, a fresh profile each time, the built console,
two web processes): as a list, until its rows stand there; as a map, until cells and findings are drawn and nothing is
on its way. The reference is the same page of the same server before there were any findings. Then each request that
these pages make, in process: the reference is one finding looked up by its key, in the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from backend import clock
from backend.extensions import db
from backend.services import accounts
from backend.transactions import writing
from bench.growing_findings import measured
from bench.installation import Installation, installation
from geo.tiles.tile import tile_at
from tests.browser.conftest import CHROMIUM, DESK, PASSWORD
from tests.many_findings import CENTRE, CITY, ManyFindings, finding_id

WHO = "mo"
PAGES = {
    "list": ("/console/findings", ".end[aria-busy=false]"),
    "map": ("/console/findings?view=map", "[role=region][aria-busy=false] canvas"),
}
"""Address, and what is there once it is useful; a list with findings has rows as well."""
ROWS = ".findings-table tbody tr td"
ZOOMS = (8, 10, 12, 14, 16)


def filters(now: datetime) -> dict[str, str]:
    """What a supervisor narrows by, as query strings."""
    return {
        "all": "",
        "a county": "cell=450204",
        "a township": "cell=450206100",
        "a topic": "topic=noise",
        "a state": "state=submitted",
        "a rare state": "state=reopened",
        "a severity": "severity=serious",
        "30 days": f"found_from={now - timedelta(days=30):%Y-%m-%d}",
        "a year": f"found_from={now - timedelta(days=465):%Y-%m-%d}&found_to={now - timedelta(days=100):%Y-%m-%d}",
        "a common word": "text=裸土",
        "a rare word": "text=第777处",
        "no such word": "text=没有这样的字",
        "overdue": "figure=overdue",
        "waiting": "waiting=return,extension",
        "a flag": "flag=position-mocked",
    }


def requests(now: datetime) -> Iterator[tuple[str, str]]:
    """What the pages ask the server: names and paths."""
    for name, query in filters(now).items():
        yield f"list, {name}", f"/api/v1/findings?limit=50&{query}"
        yield f"count, {name}", f"/api/v1/findings?limit=1&total=true&{query}"
        for zoom in ZOOMS:
            _, x, y = tile_at(*CENTRE, zoom)
            yield f"tile {zoom}, {name}", f"/api/v1/tiles/findings/{zoom}/{x}/{y}.mvt?{query}"
        _, x, y = tile_at(*CENTRE, 10)
        yield f"cells 10, {name}", f"/api/v1/tiles/cells/10/{x}/{y}.mvt?{query}"
    yield "doubtful places", "/api/v1/doubtful-places"
    yield "attention", "/api/v1/attention"


def people(place: Installation) -> None:
    with place.app.app_context(), writing() as session:
        for name, role in ((WHO, "supervisor"), ("wei", "inspector")):
            given = {"name": name, "role": role, "grants": [CITY], "password": PASSWORD, "display_name": name}
            accounts.create_user(session, id=clock.new_id(), now=clock.now(), **given)


@contextmanager
def signed_in(browser: Browser, url: str) -> Iterator[Any]:
    """Cookies of the supervisor, for one fresh profile after another."""
    context = browser.new_context(base_url=url, viewport=DESK, locale="zh-CN")
    said = {"username": WHO, "password": PASSWORD}
    answer = context.request.post("/api/v1/auth/session", data=said, headers={"Origin": url})
    assert answer.ok, answer.text()
    yield context.storage_state()
    context.close()


def opened(place: Installation, rounds: int, full: bool) -> dict[str, float]:
    """The median of some rounds in milliseconds, by page."""
    took: dict[str, list[float]] = {name: [] for name in PAGES}
    with place.serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with signed_in(browser, server.url) as state:
            for _ in range(rounds):
                for name, (path, done) in PAGES.items():
                    context = browser.new_context(
                        base_url=server.url, viewport=DESK, locale="zh-CN", storage_state=state
                    )
                    page = context.new_page()
                    page.goto(path, wait_until="commit")
                    for shown in (ROWS, done) if full and name == "list" else (done,):
                        page.locator(shown).first.wait_for(timeout=600_000)
                    took[name].append(page.evaluate("() => performance.now()"))
                    context.close()
        browser.close()
    return {name: statistics.median(each) for name, each in took.items()}


def asked(place: Installation, rounds: int) -> Iterator[dict[str, Any]]:
    """p50 and p95 of each request, and p50 as a multiple of looking one finding up."""
    with place.app.app_context(), writing() as session:
        token, _ = accounts.open_login(session, accounts.by_name(session, WHO), clock.now(), 12)
        now = clock.now()
    headers = {"Authorization": f"Bearer {token}"}
    client = place.app.test_client()

    def figures(path: str) -> tuple[float, float]:
        client.get(path, headers=headers)  # outlines of cells and the like are made once a process
        return measured(lambda: client.get(path, headers=headers).status_code, rounds)

    bare, _ = figures(f"/api/v1/findings/{finding_id(1)}")
    for what, path in requests(now):
        p50, p95 = figures(path)
        size = len(client.get(path, headers=headers).data)
        ratio = round(p50 / bare, 1)
        yield {"what": what, "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "bytes": size, "ratio": ratio}


def measure(wanted: Sequence[int], rounds: int) -> Iterator[dict[str, Any]]:
    with installation("sqlite") as place:
        people(place)
        bare = opened(place, rounds, full=False)
        with place.app.app_context():
            author = accounts.by_name(db.session(), "wei").id
            many = ManyFindings(author, clock.now())
        for size in wanted:
            with place.app.app_context():
                many.up_to(size)
                db.session.remove()
            for name, took in opened(place, rounds, full=True).items():
                yield {
                    "findings": size,
                    "what": f"first useful {name}",
                    "p50_ms": round(took),
                    "ratio": round(took / bare[name], 2),
                }
            yield from ({"findings": size, **row} for row in asked(place, rounds))
            place.release()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    said = parser.parse_args(arguments)
    rows = []
    for row in measure([int(each) for each in said.findings.split(",")], said.rounds):
        rows.append(row)
        reference = "one finding" if "bytes" in row else "the page without findings"
        took = f"p50 {row['p50_ms']:>8} ms  p95 {row.get('p95_ms', '–'):>8} ms  {row.get('bytes', '–'):>8} bytes"
        print(
            f"{row['findings']:>9} findings  {row['what']:<24}{took}  {row['ratio']:>6} times {reference}", flush=True
        )
    if said.json:
        said.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

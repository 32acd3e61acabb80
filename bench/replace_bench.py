"""Findings placed anew by a new grid version, and the pushes that go through meanwhile.

    python -m bench.replace_bench                                100,000 findings, SQLite
    python -m bench.replace_bench --findings 1000000

First every finding is told to devices for the first time, the dearest case: all of them move. Then Baipeng's border is
redrawn, and those in the strip move. One phone pushes batches of 20 over HTTP to a server of one worker on the same
database; the reference is the same pushes with nothing beside them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import update

from backend.extensions import db
from backend.jobs import kinds
from backend.models import Finding
from backend.services import accounts, grids
from backend.services.grids import Reading
from backend.transactions import writing
from bench.pushed_day import enrolled, record
from bench.serverside import served
from tests.backend import redrawn
from tests.backend.serving import Served
from tests.many_findings import ManyFindings
from tests.stories import Server, new_id

BATCH, ALONE = 20, 30


def measure(database: str, findings: int, most_pushes: int) -> list[dict[str, Any]]:
    with served(database) as (app, server, url), TemporaryDirectory(prefix="bluegrid-bench-") as folder:
        ops = record(enrolled(server, "phone"), BATCH * (ALONE + 2 * most_pushes))
        host = Served(Path(folder), BLUEGRID_DATABASE_URL=url, BLUEGRID_DEMO="1").ready()
        try:
            pushing = _pushes(host, ops.token, iter(ops.batches(BATCH)))
            alone = [next(pushing) for _ in range(ALONE)]
            author = server.person("wei")
            with app.app_context():
                ManyFindings(author, server.time.now()).up_to(findings)
            with app.app_context(), writing() as session:
                session.execute(update(Finding).where(Finding.number.startswith("B-")).values(placed_n=0))
            rows = [_row(database, "told first", alone, *_beside(app, pushing, most_pushes))]
            _redraw(app, server, Path(folder))
            rows.append(_row(database, "redrawn", alone, *_beside(app, pushing, most_pushes)))
        finally:
            host.process.terminate()
            host.process.wait(60)
        return rows


def _redraw(app: Flask, server: Server, folder: Path) -> None:
    server.person("li", "admin", ("450000",))
    file = redrawn.write(folder / "townships.geojson", redrawn.townships())
    with app.app_context(), writing() as session:
        actor, now = accounts.actor_of(accounts.by_name(session, "li")), server.time.now()
        staged = grids.stage(session, actor, new_id(), now, file, file.name, Reading("CGCS2000"))
        grids.activate(session, actor, staged.id, now, now, new_id)


def _pushes(host: Served, token: str, batches: Iterator[bytes]) -> Iterator[float]:
    """Seconds of one push after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=120)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for body in batches:
        begun = perf_counter()
        connection.request("POST", "/api/v1/sync/push", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200 or {each["status"] for each in json.loads(said)["results"]} != {"applied"}:
            raise RuntimeError(f"a push was answered {answer.status}: {said[:300]!r}")
        yield perf_counter() - begun


@contextmanager
def _pushing(pushing: Iterator[float], most: int) -> Iterator[list[float]]:
    """Pushes in another thread, until the work beside them is done or there are enough."""
    done, taken = threading.Event(), list[float]()

    def push() -> None:
        while not done.is_set() and len(taken) < most:
            taken.append(next(pushing))

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield taken
    finally:
        done.set()
        thread.join()


def _beside(app: Flask, pushing: Iterator[float], most: int) -> tuple[dict[str, Any], float, list[float]]:
    begun = perf_counter()
    with _pushing(pushing, most) as taken, app.app_context():
        told = kinds.replace_cells(lambda: None)
        db.session.remove()
        seconds = perf_counter() - begun
    return told, seconds, taken


def _row(
    database: str, what: str, alone: Sequence[float], told: dict[str, Any], seconds: float, meanwhile: Sequence[float]
) -> dict[str, Any]:
    def ms(taken: Sequence[float], share: int) -> float:
        return round(float(np.percentile(taken, share)) * 1000, 1) if taken else 0.0

    return {
        "database": database,
        "what": what,
        "looked_at": told["looked_at"],
        "moved": told["moved"],
        "seconds": round(seconds, 2),
        "rows_per_s": round(told["looked_at"] / seconds, 1),
        "pushes": len(meanwhile),
        "push_p50_ms": [ms(alone, 50), ms(meanwhile, 50)],
        "push_p95_ms": [ms(alone, 95), ms(meanwhile, 95)],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--pushes", type=int, default=500, help="at most so many meanwhile, each time")
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    rows = measure(chosen.database, chosen.findings, chosen.pushes)
    for row in rows:
        print(
            f"  {row['database']:<11}{row['what']}: {row['looked_at']} looked at, {row['moved']} moved in "
            f"{row['seconds']} s ({row['rows_per_s']}/s); {row['pushes']} pushes of {BATCH} meanwhile: p50 "
            f"{row['push_p50_ms'][1]} ms ({row['push_p50_ms'][0]} alone), p95 {row['push_p95_ms'][1]} ms "
            f"({row['push_p95_ms'][0]} alone)"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""What taking in a table of sites and a satellite's file costs, to the last row told to devices.

    python -m bench.import_bench                            20,000 sites, 100,000 fire points, SQLite
    python -m bench.import_bench --database postgresql --sites 2000 --fires 10000

By the API and the jobs, in process: the look at the file, then the applying. The reference writes each row's fields as
JSON into a bare table of the same database, 500 a commit, in the same run. Sites lie at random over Liujiang, fires
over all counties and a season of 120 days.
"""

from __future__ import annotations

import argparse
import io
import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import openpyxl
import psycopg
from flask import Flask

from backend.extensions import db
from backend.jobs import work
from backend.services import cells
from bench.serverside import served
from geo.locate import locate_many
from tests.backend.fires import viirs
from tests.stories import Server

COUNTY = ((109.2, 24.05), (109.5, 24.38))
BOTH_CITIES = ((108.5, 22.6), (110.7, 26.1))
HEADINGS = ("点位编号", "点位名称", "点位类型", "地址", "经度", "纬度", "责任单位", "建筑面积")
A_COMMIT = 500
SEASON_DAYS, PASSES_A_DAY = 120, 4


def measure(database: str, sites: int, fires: int) -> list[dict[str, Any]]:
    with served(database) as (app, server, url):
        headers = server.token("import-admin", "admin", ())
        at, burning = _places(app, COUNTY, sites), _places(app, BOTH_CITIES, fires)
        table, lines = _table(at), _pixels(server, burning)
        return [
            _row(database, "sites", sites, *_taken(app, headers, "site", table), _bare(url, "sites", at)),
            _row(database, "fires", fires, *_taken(app, headers, "fire", lines), _bare(url, "fires", burning)),
        ]


def _places(app: Flask, box: Any, how_many: int) -> np.ndarray:
    """Points at random that lie in a cell."""
    random, found = np.random.default_rng(11), np.empty((0, 2))
    with app.app_context():
        while len(found) < how_many:
            some = random.uniform(*box, (how_many, 2)).round(5)
            codes = locate_many(some[:, 0], some[:, 1], cells.grid()).codes(cells.grid())
            found = np.concatenate([found, some[[code is not None for code in codes]]])
        db.session.remove()
    return found[:how_many]


def _table(places: np.ndarray) -> bytes:
    """An office's register of construction sites as xlsx."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("点位")
    sheet.append(HEADINGS)
    for n, (lon, lat) in enumerate(places):
        sheet.append([f"LJ-{n:06d}", f"工地{n}", "施工工地", f"拉堡镇{n}号", lon, lat, f"建设单位{n % 300}", 1000 + n])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _pixels(server: Server, places: np.ndarray) -> bytes:
    """A satellite's file of the last two weeks, in the order of its passes."""
    begun, between = server.time.now() - timedelta(days=SEASON_DAYS), 24 * 60 // PASSES_A_DAY
    rows = []
    for n, (lon, lat) in enumerate(places):
        minutes = SEASON_DAYS * 24 * 60 * n // len(places) // between * between
        at = begun + timedelta(minutes=minutes)
        rows.append(((float(lon), float(lat)), f"{at:%Y-%m-%d}", f"{at:%H%M}"))
    return viirs(*rows)


def _taken(app: Flask, headers: dict[str, str], kind: str, data: bytes) -> tuple[float, float, float]:
    """Seconds of the look, of the applying, and of the longest transaction."""
    client = app.test_client()
    form = {"datum": "WGS84"} if kind == "site" else {"form": "firms"}
    named = {"file": (io.BytesIO(data), "表.xlsx" if kind == "site" else "火点.csv")}
    begun = perf_counter()
    answer = client.post(f"/api/v1/{kind}-imports", data=form | named, headers=headers)
    looked = perf_counter() - begun
    if answer.status_code != 201 or answer.json["state"] != "checked":
        raise RuntimeError(f"the file was refused: {answer.get_data()[:500]!r}")
    own = f"/api/v1/{kind}-imports/{answer.json['id']}"
    begun, longest = perf_counter(), 0.0
    if client.post(f"{own}/apply", headers=headers).status_code != 202:
        raise RuntimeError("the file was not to be applied")
    with app.app_context():
        while waiting := work.due():
            for job in waiting:
                started = perf_counter()
                if not work.run(job):
                    raise RuntimeError("a part of the file could not be applied")
                longest = max(longest, perf_counter() - started)
        db.session.remove()
    applied = perf_counter() - begun
    if client.get(own, headers=headers).json["state"] != "applied":
        raise RuntimeError("the file was not applied to its end")
    return looked, applied, longest


def _bare(url: str, name: str, places: np.ndarray) -> float:
    """Seconds for bare rows of about the same bytes."""
    rows = [
        (n, json.dumps({"n": n, "lon": lon, "lat": lat, "name": "工地" * 10})) for n, (lon, lat) in enumerate(places)
    ]
    chunks = [rows[start : start + A_COMMIT] for start in range(0, len(rows), A_COMMIT)]
    if url.startswith("sqlite"):
        lite = sqlite3.connect(url.removeprefix("sqlite:///") + ".bare", isolation_level=None)
        lite.execute("PRAGMA journal_mode=WAL")
        lite.execute("PRAGMA synchronous=FULL")
        lite.execute(f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, body TEXT)")
        begun = perf_counter()
        for chunk in chunks:
            lite.execute("BEGIN IMMEDIATE")
            lite.executemany(f"INSERT INTO {name} VALUES (?, ?)", chunk)
            lite.execute("COMMIT")
        return perf_counter() - begun
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        connection.execute(f"CREATE TABLE bare_{name} (n INTEGER PRIMARY KEY, body TEXT)".encode())
        begun = perf_counter()
        for chunk in chunks:
            connection.cursor().executemany(f"INSERT INTO bare_{name} VALUES (%s, %s)".encode(), chunk)
            connection.commit()
        return perf_counter() - begun


def _row(
    database: str, what: str, rows: int, looked: float, applied: float, longest: float, bare: float
) -> dict[str, Any]:
    return {
        "database": database,
        "what": what,
        "rows": rows,
        "look_s": round(looked, 2),
        "apply_s": round(applied, 2),
        "longest_transaction_s": round(longest, 2),
        "bare_s": round(bare, 3),
        "ratio": round(applied / bare, 1),
        "ms_per_row": round((looked + applied) / rows * 1000, 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--fires", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    print("ratio = seconds of applying to those of bare rows, 500 a commit")
    rows = measure(chosen.database, chosen.sites, chosen.fires)
    for row in rows:
        print(
            f"  {row['database']:<11}{row['rows']:>7} {row['what']}: looked at in {row['look_s']} s, applied in "
            f"{row['apply_s']} s, longest transaction {row['longest_transaction_s']} s; {row['ms_per_row']} ms a row; "
            f"bare {row['bare_s']} s, ratio {row['ratio']}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

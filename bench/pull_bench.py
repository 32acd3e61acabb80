"""What a pull costs as the database grows, and the first sync of 100,000 rows.

    python -m bench.pull_bench                         10,000, 100,000 and 1,000,000 rows, SQLite and PostgreSQL
    python -m bench.pull_bench --rows 1000,10000 --first 5000 --database sqlite

At each size two devices pull: one whose area keeps the same rows while the database grows (aim: flat), and one whose
area grows with it. References in the same run, by the same driver: for a page the bare indexed query and JSON of the
same rows; for an idle pull one bare look at the index. In process: no socket. CPU is that of this process (on
PostgreSQL the server's own is not in it).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

import orjson
import psycopg
from flask import Flask
from sqlalchemy import text

from backend.extensions import db
from bench import bulk
from bench.serverside import push, recorded, served
from sync import digest
from sync.pull import Cursor
from tests.stories import Phone, Server

PAGE, CHANGES = 500, 100
CITY, COUNTY, ELSEWHERE = "450200", "450206", "450222"
PULL = "/api/v1/sync/pull"
GZIP = {"Accept-Encoding": "gzip"}
LOOK = "SELECT seq FROM entry WHERE scope = ? AND seq > ? ORDER BY seq LIMIT 1"

Query = Callable[[str, tuple[Any, ...]], list[Any]]


class Grown:
    """A database that is filled up to one size after another."""

    def __init__(self, app: Flask, server: Server, constant: int) -> None:
        self.app = app
        self.constant = constant
        self.page = min(PAGE, constant)
        self.filled = 0
        self.phones = {"fixed": server.phone("wei", grants=(COUNTY,)), "growing": server.phone("city", grants=(CITY,))}
        push(self.phones["fixed"], recorded(self.phones["fixed"], 1))
        with app.app_context(), db.engine.connect() as connection:
            row_id, content = connection.execute(
                text("SELECT row_id, content FROM synced_row WHERE type = 'finding'")
            ).one()
            self.template = (
                content.replace(row_id, "{id}").replace("109.33", "109.{east}").replace("24.255", "24.{north}")
            )

    def grow(self, rows: int) -> float:
        """Fill up to `rows`, of which the first `constant` lie in the county; returns the seconds."""
        begun = perf_counter()
        with self.app.app_context(), db.engine.connect() as connection:
            county = min(rows, self.constant)
            for last, area in ((county, COUNTY), (rows, ELSEWHERE)):
                if self.filled < last:
                    scopes = (f"area:{area}", f"area:{CITY}", "area:450000")
                    bulk.fill(connection, self.template, self.filled + 1, last, scopes)
                    self.filled = last
        with self.app.app_context(), db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # what its autovacuum would have done by and by
                with connection.execution_options(isolation_level="AUTOCOMMIT") as alone:
                    alone.execute(text("VACUUM ANALYZE synced_row, entry, scope_digest"))
        return perf_counter() - begun

    def cursor(self, phone: Phone) -> str:
        """The cursor of a device that has everything."""
        user = phone.device.user_id
        grant = COUNTY if phone is self.phones["fixed"] else CITY
        with self.app.app_context(), db.engine.connect() as connection:
            epoch, head = connection.execute(text("SELECT epoch, value FROM counter")).one()
        return Cursor(epoch, dict.fromkeys(("global", f"user:{user}", f"area:{grant}"), head), head).encode()

    def change(self, how_many: int) -> None:
        """Change rows of the county, which are in both devices' areas."""
        step = max(1, min(self.constant, self.filled) // how_many)
        with self.app.app_context(), db.engine.connect() as connection:
            numbers = range(1, how_many * step + 1, step)
            bulk.change(connection, numbers, (f"area:{COUNTY}", f"area:{CITY}", "area:450000"))


def best(name: str, rounds: int, call: Callable[[], object]) -> dict[str, float]:
    """The least of some rounds in milliseconds, and of their CPU here: what else runs only ever adds."""
    taken = []
    for _ in range(rounds):
        begun, cpu = perf_counter(), thread_time()
        call()
        taken.append((perf_counter() - begun, thread_time() - cpu))
    walls, cpus = zip(*taken, strict=True)
    return {f"{name}_ms": round(min(walls) * 1000, 3), f"{name}_cpu_ms": round(min(cpus) * 1000, 3)}


def driver(url: str) -> Query:
    """The bare driver: a statement with `?` for each value."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        return lambda query, values: connection.execute(query, values).fetchall()
    postgresql = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
    return lambda query, values: postgresql.execute(query.replace("?", "%s").encode(), values).fetchall()


def bare_rows(query: Query, scope: str, after: int, limit: int) -> bytes:
    rows = query(
        "SELECT e.scope, e.kind, e.type, e.row_id, e.seq, r.rev, r.content FROM entry e JOIN synced_row r "
        "ON r.type = e.type AND r.row_id = e.row_id WHERE e.scope = ? AND e.seq > ? ORDER BY e.seq LIMIT ?",
        (scope, after, limit),
    )
    assert len(rows) == limit
    return orjson.dumps([[*row[:6], orjson.Fragment(row[6])] for row in rows])


def at_size(grown: Grown, query: Query, whose: str, rounds: int) -> dict[str, Any]:
    """Milliseconds of an idle pull, a 304, a catch-up of 100 changes and a first page, each beside its reference."""
    phone = grown.phones[whose]
    scope = f"area:{COUNTY if whose == 'fixed' else CITY}"
    before = grown.cursor(phone)
    at = query("SELECT value FROM counter", ())[0][0]
    known = phone.raw("GET", f"{PULL}?cursor={before}", **GZIP)
    assert known.status == 200
    assert known.json()["complete"]
    tag = {"If-None-Match": known.headers["etag"], **GZIP}
    assert phone.raw("GET", f"{PULL}?cursor={before}", **tag).status == 304
    found = {
        **best("idle", rounds, lambda: phone.raw("GET", f"{PULL}?cursor={before}", **GZIP)),
        **best("unchanged", rounds, lambda: phone.raw("GET", f"{PULL}?cursor={before}", **tag)),
        **best("bare_look", rounds, lambda: query(LOOK, (scope, at))),
        **best("page", rounds, lambda: phone.raw("GET", f"{PULL}?limit={grown.page}")),
        **best("bare_page", rounds, lambda: bare_rows(query, scope, 0, grown.page)),
    }
    grown.change(CHANGES)
    caught = gzip.decompress(phone.raw("GET", f"{PULL}?cursor={before}", **GZIP).body)
    assert len(json.loads(caught)["entries"]) == CHANGES
    return {
        **found,
        **best("catch_up", rounds, lambda: phone.raw("GET", f"{PULL}?cursor={before}")),
        **best("bare_catch_up", rounds, lambda: bare_rows(query, scope, at, CHANGES)),
    }


def first_sync(phone: Phone, scope: str) -> dict[str, Any]:
    """Pull everything in pages, and check what came against the scope's digest."""
    cursor, pages, entries, packed, size = None, 0, 0, 0, 0
    n, hashed, seconds, cpu = 0, digest.EMPTY, 0.0, 0.0
    while True:
        begun, used = perf_counter(), process_time()
        answer = phone.raw("GET", PULL + (f"?cursor={cursor}" if cursor else ""), **GZIP)
        seconds, cpu = seconds + perf_counter() - begun, cpu + process_time() - used
        assert answer.status == 200
        squeezed = answer.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(answer.body) if squeezed else answer.body
        page = orjson.loads(body)
        pages, entries, packed, size = (
            pages + 1,
            entries + len(page["entries"]),
            packed + len(answer.body),
            size + len(body),
        )
        for entry in page["entries"]:
            if entry["scope"] == scope:
                n, hashed = n + 1, digest.xor(hashed, digest.of_entry(entry["type"], entry["id"], entry["seq"]))
        cursor = page["cursor"]
        if page["complete"]:
            break
    if page["digests"][scope] != {"n": n, "x": hashed.hex()}:
        raise SystemExit("what was pulled is not what the digest says")
    return {"entries": entries, "pages": pages, "s": seconds, "cpu_s": cpu, "gz_bytes": packed, "bytes": size}


def bare_first(query: Query, scope: str, rows: int) -> float:
    """Seconds of the bare query and JSON of as many rows, in pages of the same size."""
    begun, at, left = perf_counter(), 0, rows
    while left:
        some = min(PAGE, left)
        bare_rows(query, scope, at, some)
        at = query(
            "SELECT seq FROM entry WHERE scope = ? AND seq > ? ORDER BY seq LIMIT 1 OFFSET ?", (scope, at, some - 1)
        )[0][0]
        left -= some
    return perf_counter() - begun


def measure(database: str, sizes: list[int], first: int, rounds: int) -> dict[str, Any]:
    result: dict[str, Any] = {"database": database, "sizes": []}
    with served(database) as (app, server, url):
        grown, query = Grown(app, server, constant=sizes[0]), driver(url)
        for rows in sorted({*sizes, first}):
            filled_s = grown.grow(rows)
            if rows == first:
                result["first_sync"] = first_sync(grown.phones["growing"], f"area:{CITY}")
                result["first_sync"]["bare_s"] = bare_first(query, f"area:{CITY}", rows)
                show_first(database, result["first_sync"])
            if rows in sizes:
                for whose in ("fixed", "growing"):
                    row = {"rows": rows, "whose": whose, "fill_s": round(filled_s, 1), "page": grown.page}
                    row |= at_size(grown, query, whose, rounds)
                    result["sizes"].append(row)
                    show_size(database, row)
    return result


def show_first(database: str, found: dict[str, Any]) -> None:
    print(
        f"{database}: first sync of {found['entries']} entries in {found['pages']} pages: {found['s']:.1f} s "
        f"({found['cpu_s']:.1f} s CPU), {found['gz_bytes'] / 2**20:.1f} MiB gzip of {found['bytes'] / 2**20:.1f} MiB; "
        f"bare query and JSON {found['bare_s']:.1f} s, ratio {found['s'] / found['bare_s']:.1f}",
        flush=True,
    )


def show_size(database: str, row: dict[str, Any]) -> None:
    print(
        f"{database:<11}{row['rows']:>9} rows, area {row['whose']:<8}"
        f"idle {row['idle_ms']:>6.2f} ms, 304 {row['unchanged_ms']:>6.2f} (bare look {row['bare_look_ms']:.3f}); "
        f"100 changes {row['catch_up_ms']:>6.2f} (bare {row['bare_catch_up_ms']:.2f}); "
        f"{row['page']}-row page {row['page_ms']:>6.2f} (bare {row['bare_page_ms']:.2f})",
        flush=True,
    )


def show_flatness(result: dict[str, Any]) -> None:
    """How much more the largest size costs than the smallest: 1.00 is flat."""
    for whose in ("fixed", "growing"):
        rows = [row for row in result["sizes"] if row["whose"] == whose]
        ratios = {
            name: (
                rows[-1][f"{name}_ms"] / rows[0][f"{name}_ms"],
                rows[-1][f"{name}_cpu_ms"] / rows[0][f"{name}_cpu_ms"],
            )
            for name in ("idle", "catch_up", "page")
        }
        print(
            f"{result['database']}, area {whose}: {rows[-1]['rows'] // rows[0]['rows']} times the rows cost "
            + ", ".join(
                f"{name} {wall:.2f} times ({cpu:.2f} times the CPU here)" for name, (wall, cpu) in ratios.items()
            ),
            flush=True,
        )


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,100000,1000000", help="sizes, with commas between")
    parser.add_argument("--first", type=int, default=100_000, help="rows of the first sync")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one of them only")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(words)
    sizes = sorted(int(number) for number in arguments.rows.split(","))
    results = []
    for database in [arguments.database] if arguments.database else ("sqlite", "postgresql"):
        results.append(measure(database, sizes, arguments.first, arguments.rounds))
        show_flatness(results[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()

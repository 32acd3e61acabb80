"""A 500-row pull page, against a bare query and JSON of the same rows by the same driver."""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
from pathlib import Path
from time import perf_counter

import orjson

from bench.serverside import push, recorded, served

ROWS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    ours: list[float] = []
    bare: list[float] = []
    with served("sqlite") as (_, server, url):
        phone = server.phone()
        ops = recorded(phone, 600)
        for start in range(0, len(ops), 200):
            push(phone, ops[start : start + 200])
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        query = (
            "SELECT e.scope, e.kind, e.type, e.row_id, e.seq, r.rev, r.content FROM entry e JOIN synced_row r "
            "ON r.type = e.type AND r.row_id = e.row_id WHERE e.scope = 'area:450206' ORDER BY e.seq LIMIT ?"
        )
        for _ in range(arguments.rounds):
            begun = perf_counter()
            page = phone.raw("GET", f"/api/v1/sync/pull?limit={ROWS}")
            ours.append(perf_counter() - begun)
            count = len(page.json()["entries"])
            begun = perf_counter()
            rows = connection.execute(query, (count,)).fetchall()
            orjson.dumps([[*row[:6], orjson.Fragment(row[6])] for row in rows])
            bare.append(perf_counter() - begun)
    result = {
        "bench": "pull page",
        "entries": count,
        "ours_ms": round(statistics.median(ours) * 1000, 2),
        "reference_ms": round(statistics.median(bare) * 1000, 2),
        "ratio": round(statistics.median(ours) / statistics.median(bare), 2),
    }
    print(
        f"a pull page of {result['entries']} entries: {result['ours_ms']} ms with rights, scopes, digests and ETag; "
        f"bare query and JSON {result['reference_ms']} ms, ratio {result['ratio']}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

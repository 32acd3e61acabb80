"""Pushing ops in batches of 1, 20 and 200, against one bare durable commit per op of the same bytes.

The reference inserts each op's body into a table of the same database and commits, once an op. In process: no socket,
no JSON over a network. CPU is that of this process (on PostgreSQL the server's own is not in it).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psycopg

from bench.serverside import push, recorded, served

BATCHES = (1, 20, 200)


def bare(url: str, bodies: list[str]) -> float:
    """Seconds for one durable commit an op."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///") + ".bare", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS bare (n INTEGER PRIMARY KEY, body BLOB)")
        start = perf_counter()
        for body in bodies:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare (body) VALUES (?)", (body.encode(),))
            connection.execute("COMMIT")
        return perf_counter() - start
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as postgresql:
        postgresql.execute("CREATE TABLE IF NOT EXISTS bare (n BIGSERIAL PRIMARY KEY, body BYTEA)")
        start = perf_counter()
        for body in bodies:
            postgresql.execute("INSERT INTO bare (body) VALUES (%s)", (body.encode(),))
        return perf_counter() - start


def measure(database: str, how_many: int) -> list[dict[str, Any]]:
    rows = []
    with served(database) as (_, server, url):
        phone = server.phone()
        push(phone, recorded(phone, 20))  # warm
        phone.device.storage.write([("outbox", key, None) for key, _ in phone.device.storage.items("outbox")])
        for batch in BATCHES:
            ops = recorded(phone, how_many)
            reference = bare(url, [op["body"] for op in ops])
            begun, cpu = perf_counter(), process_time()
            for start in range(0, len(ops), batch):
                push(phone, ops[start : start + batch])
            seconds, cpu = perf_counter() - begun, process_time() - cpu
            phone.device.storage.write([("outbox", key, None) for key, _ in phone.device.storage.items("outbox")])
            rows.append(
                {
                    "database": database,
                    "batch": batch,
                    "ops_per_s": round(how_many / seconds, 1),
                    "bare_per_s": round(how_many / reference, 1),
                    "ratio": round(reference / seconds, 3),
                    "cpu_ms_per_op": round(cpu / how_many * 1000, 2),
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [row for database in ("sqlite", "postgresql") for row in measure(database, arguments.ops)]
    print(f"{arguments.ops} ops; ratio = our ops per second to bare durable commits per second")
    for row in rows:
        print(
            f"  {row['database']:<11} batch {row['batch']:>3}: {row['ops_per_s']:>8} ops/s, "
            f"bare {row['bare_per_s']:>8}/s, ratio {row['ratio']:.3f}, {row['cpu_ms_per_op']} ms CPU an op"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

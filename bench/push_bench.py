"""Pushing mixed, signed ops in batches of 1, 20 and 200, against one bare durable commit an op of the same bytes.

First one device in this process, without a socket. Then 1, 4 and 16 devices at once over HTTP, against a real server
with two workers. The reference inserts each op's body into a table of the same database and commits, once an op. CPU
is that of the process, or of the server and its workers (on PostgreSQL the database's own is not in it).
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any

import psutil
import psycopg

from bench.pushed_day import Ops, bodies, enrolled, record
from bench.serverside import served
from tests.backend.serving import Served

BATCHES = (1, 20, 200)
DEVICES = (1, 4, 16)
AGAIN_S = 0.02
MOST_BARE = 300


def bare(url: str, bodies: list[bytes]) -> float:
    """Durable commits a second, one an op."""
    bodies = bodies[:MOST_BARE]
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///") + ".bare", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS bare (n INTEGER PRIMARY KEY, body BLOB)")
        start = perf_counter()
        for body in bodies:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare (body) VALUES (?)", (body,))
            connection.execute("COMMIT")
        return len(bodies) / (perf_counter() - start)
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as postgresql:
        postgresql.execute("CREATE TABLE IF NOT EXISTS bare (n BIGSERIAL PRIMARY KEY, body BYTEA)")
        start = perf_counter()
        for body in bodies:
            postgresql.execute("INSERT INTO bare (body) VALUES (%s)", (body,))
        return len(bodies) / (perf_counter() - start)


def in_process(database: str, how_many: int) -> list[dict[str, Any]]:
    rows = []
    with served(database) as (app, server, url):
        phone = enrolled(server, "wei")
        for batch in (20, *BATCHES):  # the first warms and is not shown
            ops = record(phone, max(20, min(how_many, 60 * batch)))
            client, headers = app.test_client(), {"Authorization": f"Bearer {ops.token}"}
            reference = bare(url, bodies([ops]))
            begun, cpu = perf_counter(), process_time()
            for body in ops.batches(batch):
                answer = client.post("/api/v1/sync/push", data=body, headers=headers, content_type="application/json")
                _require_applied(answer.status_code, answer.get_data())
            seconds, cpu = perf_counter() - begun, process_time() - cpu
            rows.append(_row(database, "in process", 1, batch, len(ops.envelopes), seconds, cpu, reference))
    return rows[1:]


def over_http(database: str, how_many: int) -> list[dict[str, Any]]:
    rows = []
    with served(database) as (_, server, url), TemporaryDirectory(prefix="bluegrid-bench-") as folder:
        phones = [enrolled(server, f"phone{number}") for number in range(max(DEVICES))]
        host = Served(Path(folder), BLUEGRID_DATABASE_URL=url, BLUEGRID_DEMO="1", WEB_WORKERS="2").ready()
        try:
            _together(host, [record(phone, 20) for phone in phones], 10)  # warm
            for devices in DEVICES:
                for batch in BATCHES:
                    each = max(10, min(how_many, 120 * batch) // devices)
                    days = [record(phone, each) for phone in phones[:devices]]
                    reference = bare(url, bodies(days))
                    before = _cpu(host)
                    seconds = _together(host, days, batch)
                    cpu = _cpu(host) - before
                    rows.append(_row(database, "over HTTP", devices, batch, each * devices, seconds, cpu, reference))
        finally:
            host.process.terminate()
            host.process.wait(60)
    return rows


def _cpu(host: Served) -> float:
    tree = [psutil.Process(host.process.pid), *psutil.Process(host.process.pid).children(recursive=True)]
    return sum(times.user + times.system for times in (one.cpu_times() for one in tree))


def _together(host: Served, days: list[Ops], batch: int) -> float:
    """Seconds until every device has pushed everything; what is sent is made before the clock runs."""
    prepared = [(day.token, day.batches(batch)) for day in days]
    failures: list[BaseException] = []
    start = threading.Barrier(len(days) + 1)

    def push(token: str, requests: list[bytes]) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=120)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            start.wait()
            for body in requests:
                _require_applied(*_answered(connection, body, headers))
            connection.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=push, args=one) for one in prepared]
    for thread in threads:
        thread.start()
    start.wait()
    begun = perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return perf_counter() - begun


def _answered(connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """A push sent until it is taken: a crowd is told to come again, and a phone would, only later than here."""
    while True:
        try:
            connection.request("POST", "/api/v1/sync/push", body, headers)
            answer = connection.getresponse()
            status, said = answer.status, answer.read()
            if status != 503:
                return status, said
        except (http.client.HTTPException, ConnectionError):  # an answer before the whole body ends the connection
            connection.close()
        sleep(AGAIN_S)


def _require_applied(status: int, body: bytes) -> None:
    if status != 200 or {result["status"] for result in json.loads(body)["results"]} != {"applied"}:
        raise RuntimeError(f"a push was answered {status}: {body[:300]!r}")


def _row(
    database: str, way: str, devices: int, batch: int, ops: int, seconds: float, cpu: float, reference: float
) -> dict[str, Any]:
    return {
        "database": database,
        "way": way,
        "devices": devices,
        "batch": batch,
        "ops_per_s": round(ops / seconds, 1),
        "bare_per_s": round(reference, 1),
        "ratio": round(ops / seconds / reference, 3),
        "cpu_ms_per_op": round(cpu / ops * 1000, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=int, default=1200, help="at most so many ops a line")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print("mixed signed ops; ratio = our ops per second to bare durable commits per second")
    rows = []
    for database in ("sqlite", "postgresql"):
        for measure in (in_process, over_http):
            for row in measure(database, arguments.ops):
                rows.append(row)
                print(
                    f"  {row['database']:<11}{row['way']:<11}{row['devices']:>3} devices, batch {row['batch']:>3}: "
                    f"{row['ops_per_s']:>7} ops/s, bare {row['bare_per_s']:>7}/s, ratio {row['ratio']:.3f}, "
                    f"{row['cpu_ms_per_op']} ms CPU an op",
                    flush=True,
                )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

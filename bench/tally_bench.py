"""What the triggers that count findings cost a push (maps and statistics): CPU an op with them and without them.

Two fresh SQLite databases in one process, in one of which the triggers are dropped; the same kind of mixed, signed ops
as `bench.push_bench`, turn and turn about, least of the rounds. SQLite alone: there the database's CPU is in this
process's.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import process_time
from typing import Any

from flask import Flask

from bench.push_bench import BATCHES
from bench.pushed_day import enrolled, record
from bench.serverside import served
from tests.stories import Phone

TRIGGERS = (
    "finding_tally_insert",
    "finding_tally_update",
    "finding_standing_insert",
    "finding_standing_update",
    "finding_case_standing_insert",
    "finding_case_standing_update",
    "inspection_tally_insert",
    "inspection_tally_update",
)


def measure(how_many: int, rounds: int) -> list[dict[str, Any]]:
    """Least CPU milliseconds an op for each batch size, with and without the triggers."""
    rows = []
    with served("sqlite") as (app, server, kept_url), served("sqlite") as (other, other_server, url):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            for trigger in TRIGGERS:
                connection.execute(f"DROP TRIGGER {trigger}")
            connection.commit()
        counted, bare = (app, enrolled(server, "wei")), (other, enrolled(other_server, "wei"))
        for side in (counted, bare):
            _cpu_ms(*side, 20, 20)  # warm
        for batch in BATCHES:
            ops = max(batch, how_many)
            pairs = [(_cpu_ms(*counted, ops, batch), _cpu_ms(*bare, ops, batch)) for _ in range(rounds)]
            with_them, without = (min(side) for side in zip(*pairs, strict=True))
            rows.append(
                {
                    "batch": batch,
                    "with_ms": round(with_them, 2),
                    "without_ms": round(without, 2),
                    "ratio": round(with_them / without, 2),
                }
            )
        if _tally_rows(url) or not _tally_rows(kept_url):
            raise RuntimeError("only the database with the triggers should have tallied")
    return rows


def _cpu_ms(app: Flask, phone: Phone, how_many: int, batch: int) -> float:
    ops = record(phone, how_many)
    client, headers = app.test_client(), {"Authorization": f"Bearer {ops.token}"}
    bodies = list(ops.batches(batch))
    begun = process_time()
    answers = [
        client.post("/api/v1/sync/push", data=body, headers=headers, content_type="application/json") for body in bodies
    ]
    cpu = process_time() - begun
    for answer in answers:
        if answer.status_code != 200 or {result["status"] for result in answer.json["results"]} != {"applied"}:
            raise RuntimeError(f"a push was answered {answer.status_code}: {answer.get_data()[:300]!r}")
    return cpu / len(ops.envelopes) * 1000


def _tally_rows(url: str) -> int:
    """How many rows a database has tallied."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return int(connection.execute("SELECT count(*) FROM finding_tally").fetchone()[0])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=int, default=200, help="ops a round, at least one batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    print("CPU an op of a push, mixed signed ops, SQLite; ratio = with the tally's triggers to without them")
    rows = measure(chosen.ops, chosen.rounds)
    for row in rows:
        print(
            f"  batch {row['batch']:>3}: {row['with_ms']:>6} ms with, {row['without_ms']:>6} ms without, "
            f"ratio {row['ratio']:.2f}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

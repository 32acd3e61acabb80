"""The serial part: how long a push holds the counter's lock, which bounds a whole installation whatever its hosts.

    python -m bench.counter_bench [--ops 200] [--database sqlite]

Ops of a field day (inspections with two failed duties each, and their photos' records) in batches of 1, 20 and 200,
one after another and alone. The bound is 1 / (time the lock is held per op); beside it stands the reference of the same
run, what one client by itself gets through.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from bench.fleet import Camera, equipped
from bench.installation import DATABASES, installation
from bench.service_times import Alone

BATCHES = (1, 20, 200)


def measure(database: str, ops: int) -> list[dict[str, Any]]:
    rows = []
    camera = Camera()
    with installation(database) as place:
        first, *kits = equipped(place.app, 1 + len(BATCHES), max(1, ops // 2), ops - max(1, ops // 2), camera)
        alone = Alone(place)
        alone.take([partial(alone.push, first, body) for body in first.bodies(20)], 200)  # warm
        for batch, kit in zip(BATCHES, kits, strict=True):
            bodies = kit.bodies(batch)
            samples = alone.take([partial(alone.push, kit, body) for body in bodies], 200)
            count = len(kit.ops)
            whole, held = samples.whole.sum() / count, samples.held.sum() / count
            rows.append(
                {
                    "database": database,
                    "batch": batch,
                    "held_ms_per_push": round(held * count / len(bodies) * 1000, 2),
                    "held_ms_per_op": round(held * 1000, 2),
                    "held_cpu_ms_per_op": round(samples.held_cpu.sum() / count * 1000, 2),
                    "bound_ops_per_s": round(1 / held, 1),
                    "alone_ops_per_s": round(1 / whole, 1),
                    "held_share": round(held / whole, 3),
                }
            )
    return rows


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=int, default=200)
    parser.add_argument("--database", choices=DATABASES, help="one of them only")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(words)
    rows = []
    print(f"{arguments.ops} ops; the lock is the counter's row, on SQLite the database's write lock")
    for database in [arguments.database] if arguments.database else DATABASES:
        for row in measure(database, arguments.ops):
            rows.append(row)
            print(
                f"  {row['database']:<11} batch {row['batch']:>3}: held {row['held_ms_per_push']:>8} ms a push, "
                f"{row['held_ms_per_op']:>6} ms an op ({row['held_cpu_ms_per_op']} of it CPU here); bound "
                f"{row['bound_ops_per_s']:>6} ops/s, alone {row['alone_ops_per_s']:>6} ops/s "
                f"({row['held_share']:.0%} of a push holds the lock)",
                flush=True,
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""What an answer costs as findings grow: a database filled to one size after another, asked by three people at each.

Findings are those of `tests.many_findings`, over a city and two years. In process: no socket. The reference is one bare
look-up of a finding by its key and its JSON, in the same run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from backend.extensions import db
from bench.serverside import served
from tests.many_findings import ManyFindings, finding_id

Asked = Callable[[datetime], list[tuple[str, str]]]
"""What is asked at a time: a name and a path each."""


def measured(call: Callable[[], int], rounds: int) -> tuple[float, float]:
    """p50 and p95 of some rounds in milliseconds."""
    taken = []
    for _ in range(rounds):
        begun = perf_counter()
        assert call() == 200
        taken.append((perf_counter() - begun) * 1000)
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))


def sizes(database: str, wanted: Sequence[int], rounds: int, asked: Asked) -> list[dict[str, Any]]:
    """p50 and p95 of each question, person and size, and p50 as a multiple of looking one finding up."""
    found = []
    with served(database) as (app, server, _):
        author = server.person("wei")
        with app.app_context():
            many = ManyFindings(author, server.time.now())
        tokens = {
            "admin": server.token("boss", "admin"),
            "county": server.token("luo", "supervisor", ("450206",)),
            "township": server.token("tan", "supervisor", ("450206100",)),
        }
        client = app.test_client()
        for size in wanted:
            with app.app_context():
                many.up_to(size)
            one = f"/api/v1/findings/{finding_id(1)}"
            bare = measured(lambda one=one: client.get(one, headers=tokens["admin"]).status_code, rounds)
            for who, token in tokens.items():
                for what, path in asked(server.time.now()):
                    p50, p95 = measured(lambda p=path, t=token: client.get(p, headers=t).status_code, rounds)
                    found.append(
                        {
                            "database": database,
                            "findings": size,
                            "who": who,
                            "what": what,
                            "p50_ms": round(p50, 1),
                            "p95_ms": round(p95, 1),
                            "to_one_finding": round(p50 / bare[0], 1),
                        }
                    )
        with app.app_context():
            db.session.remove()
    return found


def command(about: str | None, arguments: Sequence[str] | None, databases: Sequence[str], asked: Asked) -> None:
    """A bench as a command: measure on the databases, unless one is named, print a line each, keep them as JSON."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path)
    said = parser.parse_args(arguments)
    wanted = [int(each) for each in said.findings.split(",")]
    rows = [
        row
        for name in ([said.database] if said.database else databases)
        for row in sizes(name, wanted, said.rounds, asked)
    ]
    for row in rows:
        print(
            f"{row['database']:<11}{row['findings']:>9} findings  {row['who']:<9}{row['what']:<24}"
            f"p50 {row['p50_ms']:>8} ms  p95 {row['p95_ms']:>8} ms  {row['to_one_finding']:>6} times one finding"
        )
    if said.json:
        said.json.write_text(json.dumps(rows, indent=2) + "\n")

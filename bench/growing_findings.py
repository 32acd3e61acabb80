"""What an answer costs as findings grow: a database filled to one size after another, asked by three people at each.

Findings lie at random over Liujiang, in its townships. In process: no socket. The reference is one bare look-up of a
finding by its key and its JSON, in the same run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import numpy as np
from flask import Flask
from sqlalchemy import insert, text

from backend.extensions import db
from backend.models import Finding
from backend.services import cells
from backend.transactions import writing
from bench.serverside import served
from geo.locate import locate_many
from geo.tiles.squares import keys
from tests.stories import Server

WEST, SOUTH, EAST, NORTH = 109.0, 23.95, 109.5, 24.38
STEP = 20_000
STATES = np.array(["submitted", "verified", "registered", "dispatched", "rectifying", "closed"])
TOPICS = np.array(["dust", "straw", "voc", "industry"])
SEVERITIES = np.array(["minor", "moderate", "serious"])

Asked = Callable[[datetime], list[tuple[str, str]]]
"""What is asked at a time: a name and a path each."""


def finding_id(n: int) -> str:
    """The id of the n-th finding that `Filled` makes."""
    return str(UUID(int=(0x019A << 112) | (7 << 76) | (8 << 60) | n))


class Filled:
    """A database that is filled up to one size after another."""

    def __init__(self, app: Flask, server: Server) -> None:
        self.app, self.server, self.count = app, server, 0
        self.author = server.person("wei")
        self.random = np.random.default_rng(7)

    def up_to(self, wanted: int) -> None:
        while self.count < wanted:
            some = min(STEP, wanted - self.count)
            with self.app.app_context(), writing() as session:
                session.execute(insert(Finding), self._rows(some))
            self.count += some
        with self.app.app_context(), db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                with connection.execution_options(isolation_level="AUTOCOMMIT") as alone:
                    alone.execute(text("VACUUM ANALYZE finding, finding_tally"))

    def _rows(self, some: int) -> list[dict[str, Any]]:
        lons, lats = self.random.uniform(WEST, EAST, some), self.random.uniform(SOUTH, NORTH, some)
        with self.app.app_context():
            codes = locate_many(lons, lats, cells.grid()).codes(cells.grid())
        squares = keys(lons, lats).tolist()
        states, topics = self.random.choice(STATES, some).tolist(), self.random.choice(TOPICS, some).tolist()
        severities, now = self.random.choice(SEVERITIES, some).tolist(), self.server.time.now()
        return [
            {
                "id": finding_id(self.count + i),
                "number": f"B-{self.count + i:08d}",
                "topic": topics[i],
                "description": f"第{(self.count + i) % 1000}处",
                "severity": severities[i],
                "state": states[i],
                "grade": "lead",
                "source": "report",
                "author_id": self.author,
                "stream_id": "s",
                "found_at": now,
                "found_at_sent": "",
                "received_at": now,
                "lon": float(lons[i]),
                "lat": float(lats[i]),
                "cell_code": codes[i],
                "square": squares[i],
                "flags": [],
                "placed_n": 1,
                "rev": 1,
            }
            for i in range(some)
        ]


def measured(call: Callable[[], int], rounds: int) -> tuple[float, float]:
    """p50 and p95 of some rounds in milliseconds."""
    taken = []
    for _ in range(rounds):
        begun = perf_counter()
        assert call() == 200
        taken.append((perf_counter() - begun) * 1000)
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))


def sizes(
    database: str, wanted: Sequence[int], rounds: int, asked: Asked, filled_with: type[Filled] = Filled
) -> list[dict[str, Any]]:
    """p50 and p95 of each question, person and size, and p50 as a multiple of looking one finding up."""
    found = []
    with served(database) as (app, server, _):
        filled = filled_with(app, server)
        tokens = {
            "admin": server.token("boss", "admin"),
            "county": server.token("luo", "supervisor", ("450206",)),
            "township": server.token("tan", "supervisor", ("450206100",)),
        }
        client = app.test_client()
        for size in wanted:
            filled.up_to(size)
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


def command(
    about: str | None,
    arguments: Sequence[str] | None,
    databases: Sequence[str],
    asked: Asked,
    filled_with: type[Filled] = Filled,
) -> None:
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
        for row in sizes(name, wanted, said.rounds, asked, filled_with)
    ]
    for row in rows:
        print(
            f"{row['database']:<11}{row['findings']:>9} findings  {row['who']:<9}{row['what']:<24}"
            f"p50 {row['p50_ms']:>8} ms  p95 {row['p95_ms']:>8} ms  {row['to_one_finding']:>6} times one finding"
        )
    if said.json:
        said.json.write_text(json.dumps(rows, indent=2) + "\n")

"""What statistics and the supervisor's list cost as findings grow.

    python -m bench.statistics_bench                              10,000 and 100,000 findings, SQLite
    python -m bench.statistics_bench --findings 10000,1000000 --database postgresql

Findings lie at random over Liujiang's townships and over three years, half of them closed; 2 in 100 of those still open
are past their term. Aim: p95 at most 100 ms, and flat, for what has no free filter. In process: no socket. The
reference is one finding looked up by its key, in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from backend.models import Case, Office
from backend.transactions import writing
from bench.growing_findings import Filled, command, finding_id
from tests.stories import new_id

DAYS = 1095
OFFICES = 30


class Handled(Filled):
    """The findings of the maps, found over three years, with an office and a term each."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.offices = [new_id() for _ in range(OFFICES)]
        rows = [
            {"id": id, "code": f"O{n}", "name": f"第{n}办", "kind": "department", "active": True, "rev": 1}
            for n, id in enumerate(self.offices)
        ]
        with self.app.app_context(), writing() as session:
            session.execute(insert(Office), rows)

    def _rows(self, some: int) -> list[dict[str, Any]]:
        rows = super()._rows(some)
        days = self.random.integers(0, DAYS, some).tolist()
        past = (self.random.random(some) < 0.02).tolist()
        now = self.server.time.now()
        for row, day, late in zip(rows, days, past, strict=True):
            row["found_at"] = now - timedelta(days=day)
            row["state"] = "closed" if row["state"] in ("closed", "verified", "registered") else row["state"]
            row["deadline_at"] = now - timedelta(hours=1) if late else now + timedelta(days=3)
        return rows

    def up_to(self, wanted: int) -> None:
        before = self.count
        super().up_to(wanted)
        for start in range(before, wanted, 20_000):
            with self.app.app_context(), writing() as session:
                session.execute(insert(Case), [self._case(n) for n in range(start, min(start + 20_000, wanted))])

    def _case(self, n: int) -> dict[str, Any]:
        now = self.server.time.now()
        return {
            "finding_id": finding_id(n),
            "office_id": self.offices[n % OFFICES],
            "offices": [],
            "rectified_at": now,
            "closed_at": now,
            "on_the_spot": False,
            "times_returned": 0,
            "times_reopened": 0,
        }


def paths(now: datetime) -> list[tuple[str, str]]:
    days = f"from={now - timedelta(days=900):%Y-%m-%d}&to={now:%Y-%m-%d}"
    ways = ("total", "county", "township", "topic", "office")
    found = [(f"by {by}", f"/api/v1/statistics?by={by}&{days}") for by in ways]
    found.append(("by county, monthly", f"/api/v1/statistics?by=county&monthly=true&{days}"))
    found.append(("by township, one topic", f"/api/v1/statistics?by=township&topic=dust&{days}"))
    found.append(("ranking", f"/api/v1/statistics/ranking?by=township&rate=close_out_rate&{days}"))
    found.append(("by unit", f"/api/v1/statistics?by=unit&{days}"))
    found.append(("with a severity", f"/api/v1/statistics?severity=serious&{days}"))
    found.append(("newest 100", "/api/v1/findings"))
    found.append(("newest 100 overdue", "/api/v1/findings?figure=overdue"))
    found.append(("newest 100 open", "/api/v1/findings?state=dispatched,rectifying"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    command(__doc__, arguments, ("sqlite",), paths, Handled)


if __name__ == "__main__":
    main()

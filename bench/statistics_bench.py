"""What statistics and the supervisor's list cost as findings grow.

    python -m bench.statistics_bench                              10,000 and 100,000 findings, SQLite
    python -m bench.statistics_bench --findings 10000,1000000 --database postgresql

Findings are those of `tests.many_findings`, over a city and two years. Aim: p95 at most 100 ms, and flat, for what has
no free filter. In process: no socket. The reference is one finding looked up by its key, in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.growing_findings import command


def paths(now: datetime) -> list[tuple[str, str]]:
    days = f"from={now - timedelta(days=700):%Y-%m-%d}&to={now:%Y-%m-%d}"
    ways = ("total", "county", "township", "topic", "office")
    found = [(f"by {by}", f"/api/v1/statistics?by={by}&{days}") for by in ways]
    found.append(("by county, monthly", f"/api/v1/statistics?by=county&monthly=true&{days}"))
    found.append(("by township, one topic", f"/api/v1/statistics?by=township&topic=dust&{days}"))
    found.append(("ranking", f"/api/v1/statistics/ranking?by=township&rate=close_out_rate&{days}"))
    found.append(("by responsible unit", f"/api/v1/statistics?by=responsible_unit&{days}"))
    found.append(("by unit", f"/api/v1/statistics?by=unit&{days}"))
    found.append(("with a severity", f"/api/v1/statistics?severity=serious&{days}"))
    found.append(("newest 100", "/api/v1/findings"))
    found.append(("newest 100 overdue", "/api/v1/findings?figure=overdue"))
    found.append(("newest 100 open", "/api/v1/findings?state=dispatched,rectifying"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    command(__doc__, arguments, ("sqlite",), paths)


if __name__ == "__main__":
    main()

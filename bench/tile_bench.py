"""What a map and a list cost as findings grow: tiles at several zooms and a viewport query.

    python -m bench.tile_bench                               10,000 and 100,000 findings, SQLite and PostgreSQL
    python -m bench.tile_bench --findings 10000,1000000 --database sqlite

Findings are those of `tests.many_findings`, over a city and two years. Aim: p95 at most 50 ms, and flat. In process: no
socket. The reference is one bare look-up of a finding by its key and its JSON, in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bench.growing_findings import command
from geo.tiles.tile import tile_at

MIDDLE = (109.33, 24.25)
ZOOMS = (6, 9, 12, 14)
QUERIES = {"all": "", "by state": "state=submitted", "by text": "text=第77"}


def paths(_now: datetime) -> list[tuple[str, str]]:
    found = []
    for zoom in ZOOMS:
        _, x, y = tile_at(*MIDDLE, zoom)
        for name, query in QUERIES.items():
            if name == "all" or zoom in (9, 14):
                found.append((f"tile {zoom}, {name}", f"/api/v1/tiles/findings/{zoom}/{x}/{y}.mvt?{query}"))
        if zoom < 14:
            found.append((f"cells {zoom}", f"/api/v1/tiles/cells/{zoom}/{x}/{y}.mvt"))
    found.append(("viewport list", "/api/v1/findings?bbox=109.32,24.24,109.34,24.26&format=geojson"))
    found.append(("newest 100", "/api/v1/findings"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    command(__doc__, arguments, ("sqlite", "postgresql"), paths)


if __name__ == "__main__":
    main()

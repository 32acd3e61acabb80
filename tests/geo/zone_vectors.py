"""Zones with the verdicts of `geo.zones`, for the field app's own judgement: the same rules are expected of both.

`python -m tests.geo.zone_vectors` writes zone-vectors.json anew. Points are drawn with a fixed seed, most of them where
answers are easiest to get wrong: on borders and corners, where zones meet, with circles across them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
import yaml
from shapely.geometry import Point, Polygon, box, mapping

from geo.names import DATA
from geo.reference import county_grid
from geo.zones.holding import holding
from geo.zones.kinds import Kind
from geo.zones.reading import read_zones
from geo.zones.rules import ZoneIndex

TARGET = Path(__file__).with_name("zone-vectors.json")
DIGITS = 9
WORDS = [*(kind.value for kind in Kind), "built-up"]
"""What checklists ask about: one word is no kind of zone here."""
INSTANTS = [
    datetime(2026, 3, 1, 4, tzinfo=UTC),
    datetime(2026, 1, 27, 16, 30, tzinfo=UTC),
    datetime(2026, 1, 28, 18, tzinfo=UTC),
    datetime(2026, 1, 28, 22, tzinfo=UTC),
    datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC),
    datetime(2026, 6, 30, 16, tzinfo=UTC),
    datetime(2026, 12, 31, 16, tzinfo=UTC),
    datetime(2025, 11, 10, 15, 59, 59, tzinfo=UTC),
]
_PAPER = {"number": None, "title": "t", "issued": "2025-01-01", "origin": "o", "confidence": "read"}


def vectors() -> dict[str, Any]:
    """All of the file's content."""
    draw, grid = random.Random(82), county_grid()
    files = [_resolved(yaml.safe_load((DATA / "zones/liuzhou.yaml").read_text("utf-8"))), {"zones": list(_drawn())}]
    whole = [{**file, "city": "450200", "datum": "CGCS2000", "documents": {"p": _PAPER}} for file in files]
    index = ZoneIndex(zone for file in whole for zone in read_zones(_with_paper(file), grid).zones)
    kept = {zone.kind.subject for zone in index.zones}
    asks = []
    for lon, lat in _points(draw, index):
        instant, accuracy = draw.choice(INSTANTS), draw.choice([0.0, 0.0, 8.0, 65.0, 400.0, 3000.0])
        verdicts = index.rules_at(lon, lat, instant, accuracy)
        wanted = draw.sample(WORDS, draw.randrange(1, 4))
        said = {
            subject.value: [each.outcome, each.certainty, each.shares, each.deciding.id if each.deciding else None]
            for subject, each in verdicts.items()
        }
        asks.append([lon, lat, accuracy, instant.isoformat(), said, wanted, *holding(verdicts, kept, wanted)])
    return {"files": files, "asks": asks}


def text() -> str:
    """The file's text: one line a question, so that a change shows as what it is."""
    parts = []
    for name, lines in vectors().items():
        body = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str) for line in lines)
        parts.append(f'"{name}": [\n{body}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _with_paper(file: dict[str, Any]) -> dict[str, Any]:
    return file | {"zones": [zone | {"document": "p"} for zone in file["zones"]]}


def _resolved(document: dict[str, Any]) -> dict[str, Any]:
    """The zones that are shipped, as a device receives them: their ground as polygons."""
    found = read_zones(document, county_grid()).zones
    zones = []
    for stated, zone in zip(document["zones"], found, strict=True):
        drawn = {} if zone.shape is None else {"area": {"polygons": [mapping(shapely.set_precision(zone.shape, 1e-9))]}}
        zones.append({key: value for key, value in stated.items() if key not in ("area", "basis")} | drawn)
    return {"zones": zones}


def _drawn() -> Iterator[dict[str, Any]]:
    """Zones of every kind that lie over one another, with holes, parts, hours and seasons."""
    ring = Point(109.25, 24.25).buffer(0.05, quad_segs=4).difference(Point(109.26, 24.25).buffer(0.02, quad_segs=3))
    slanted = Polygon([(109.21, 24.2), (109.33, 24.23), (109.3, 24.31), (109.24, 24.28)])
    two = [box(109.2, 24.2, 109.26, 24.26), box(109.24, 24.24, 109.3, 24.3)]

    def zone(name: str, kind: str, *shapes: Any, **more: Any) -> dict[str, Any]:
        drawn = [mapping(shapely.set_precision(shape, 1e-9)) for shape in shapes]
        valid = {"from": "2025-01-01"}
        return {"id": name, "name": name, "kind": kind, "valid": valid, "area": {"polygons": drawn}} | more

    yield zone("burn-ring", "no-burn", ring)
    yield zone("burn-in-part", "no-burn", slanted, extent="within")
    yield zone("burn-later", "restricted-burn", slanted, valid={"from": "2026-01-01", "through": "2026-12-31"})
    yield zone("burn-past", "no-burn", slanted, valid={"from": "2024-01-01", "through": "2025-11-10"})
    yield zone("burn-else", "restricted-burn", box(109.5, 23.0, 109.7, 23.2), default=True)
    yield zone("burn-island", "no-burn", box(109.55, 23.05, 109.65, 23.15))
    yield zone("fuel-two", "no-high-polluting-fuel", *two)
    winter = [{"name": "冬春", "seasons": [{"from": "10-01", "through": "03-31"}]}]
    yield zone("fuel-winter", "no-high-polluting-fuel", slanted, windows=winter)
    nights = [{"days": ["2026-01-28", {"from": "2026-02-01", "through": "2026-02-03"}]}, _hours("22:00", "06:00")]
    yield zone("fireworks-night", "no-fireworks", ring, windows=nights)
    festival = [{"days": ["2026-01-28"], "hours": [{"from": "20:00", "to": "02:30"}]}]
    yield zone("fireworks-lifted", "no-fireworks", slanted, lifted=festival)
    yield zone("machines-half-year", "machinery-control", *two, valid={"from": "2026-01-01", "through": "2026-06-30"})
    yield zone("machines-day", "machinery-control", slanted, windows=[_hours("07:00", "24:00")])


def _hours(start: str, end: str) -> dict[str, Any]:
    return {"hours": [{"from": start, "to": end}]}


def _points(draw: random.Random, index: ZoneIndex) -> Iterator[tuple[float, float]]:
    for west, south in [(109.15, 24.15), (109.15, 24.15), (109.5, 23.0)]:
        for _ in range(60):
            yield round(draw.uniform(west, west + 0.2), DIGITS), round(draw.uniform(south, south + 0.2), DIGITS)
    for zone in index.zones:
        corners = shapely.get_coordinates(zone.shape).tolist()
        for i in draw.sample(range(len(corners) - 1), min(10, len(corners) - 1)):
            (ax, ay), (bx, by) = corners[i], corners[i + 1]
            yield ax, ay
            yield (ax + bx) / 2, (ay + by) / 2
            yield round(ax + draw.gauss(0, 1e-3), DIGITS), round(ay + draw.gauss(0, 1e-3), DIGITS)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")

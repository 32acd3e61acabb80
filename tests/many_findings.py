"""Findings by the hundred thousand, as a city's offices hold them after two years: for tests and benches of size.

The same size and moment make the same rows. Each finding has its place and its cells, most a site; those that an office
has had have a case with its term, those that an office has now an open hop, and some of these wait for an answer. One
in seven of the open terms has passed. Steps, photos and the rows of devices are left out: neither a list nor a map nor
a figure reads them.

Triggers would count each row by itself, which takes most of the time: they are off meanwhile, and all is counted at
the end as the migrations counted what they found. A test holds that to what the triggers would have kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import numpy as np
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, insert, text

from backend import catalogue
from backend.extensions import db
from backend.models import Case, Finding, FindingCell, Hop, HopExtension, Office, Site
from backend.services import cells
from backend.services.lifecycle import WITH_OFFICE
from geo import square
from geo.locate import locate_many
from geo.tiles.squares import keys

DAYS = 730
STEP = 20_000
SITES = 4_000
OFFICES = 30
OPEN = {
    "submitted": 24,
    "verified": 8,
    "registered": 8,
    "dispatched": 16,
    "rectifying": 26,
    "feedback": 8,
    "recheck": 4,
    "returned": 4,
    "reopened": 2,
}
ENDED = {"closed": 84, "look_back": 6, "rejected": 8, "penalty_transfer": 2}
BEFORE_AN_OFFICE = ("submitted", "verified", "registered", "rejected")
PUT_RIGHT = ("feedback", "recheck", "closed", "look_back")
SEVERITIES = {"minor": 52, "moderate": 36, "serious": 12}
FLAGS = ("cell-doubtful", "exif-position-differs", "possible-duplicate", "position-mocked", "device-clock-off")
ITEMS = tuple(f"scale.item-{n:02d}" for n in range(40))
CITY = "450200"
DISTRICT = "450206"
COUNTY = 6
CENTRE, SPREAD = (109.415, 24.325), 0.05
"""The middle of the built-up area and the standard deviation about it, in CGCS2000 degrees."""
FAULTS = (
    "裸土未覆盖，约{m}平方米",
    "道路积尘，长约{m}米",
    "露天焚烧秸秆，过火约{m}平方米",
    "喷漆房废气未收集，{m}只稀释剂桶敞开",
    "车辆出场未冲洗，带泥上路约{m}米",
    "渣土车未密闭，沿途撒落约{m}米",
    "餐饮油烟净化设施未运行，已停{m}天",
    "物料堆场未苫盖，约{m}吨",
)


COUNTING = ("finding", "finding_case", "finding_standing")
"""Tables whose triggers count."""
_squares, _figures, _severities = (
    import_module(f"backend.migrations.versions.{name}")
    for name in ("0013_finding_tally", "0024_figures", "0029_recurring_tasks")
)


def finding_id(n: int) -> str:
    """The id of the n-th finding."""
    return _id(8, n)


def _id(kind: int, n: int) -> str:
    return str(UUID(int=(0x019A << 112) | (7 << 76) | (kind << 60) | n))


class ManyFindings:
    """Fills the database of the app at hand up to one number of findings after another.

    `author` is a user's id; `now` the moment up to which it all happened. An app context is needed throughout. What is
    added at once is spread over the two years, the oldest first.
    """

    def __init__(self, author: str, now: datetime) -> None:
        self.author, self.now, self.count = author, now, 0
        self.random = np.random.default_rng(7)
        self.topics = list(catalogue.codes("topic"))
        lons, lats = self._somewhere(SITES)
        self.sites = np.column_stack([lons, lats])
        codes = locate_many(lons, lats, cells.grid()).codes(cells.grid())
        self.version = cells.active_version(db.session())
        with loading() as connection:
            connection.execute(insert(Office), [self._office(n) for n in range(OFFICES)])
            connection.execute(insert(Site), [self._site(n, codes[n]) for n in range(SITES)])

    def up_to(self, wanted: int) -> None:
        """Add findings until there are so many."""
        before = self.count
        with loading() as connection, uncounted(connection):
            while self.count < wanted:
                some = min(STEP, wanted - self.count)
                shares = (self.count - before + np.arange(some) + self.random.random(some)) / (wanted - before)
                rows = self._rows(DAYS * (1 - shares))
                for model, some in rows.items():
                    if some:
                        connection.execute(insert(model), some)
                self.count += len(rows[Finding])
        with db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                with connection.execution_options(isolation_level="AUTOCOMMIT") as alone:
                    alone.execute(text("VACUUM ANALYZE"))

    def _somewhere(self, some: int) -> tuple[Any, Any]:
        """Half about the middle of the city, three in ten in the district with townships, the rest in any county."""
        grid, wanted = cells.grid(), some
        known = {cell.code: cell.geometry.bounds for cell in grid if cell.geometry is not None}
        counties = np.array([box for code, box in known.items() if code.startswith(CITY[:4]) and len(code) == COUNTY])
        found = np.empty((0, 2))
        while len(found) < wanted:
            some = wanted - len(found) + 100
            kind = self.random.random(some)
            boxes = counties[self.random.integers(0, len(counties), some)]
            boxes[kind < 0.8] = known[DISTRICT]
            places = self.random.uniform(boxes[:, :2], boxes[:, 2:])
            city = kind < 0.5
            places[city] = self.random.normal(CENTRE, SPREAD, (int(city.sum()), 2))
            inside = np.array([code is not None for code in locate_many(*places.T, grid).codes(grid)])
            found = np.concatenate([found, places[inside]])
        return found[:wanted, 0], found[:wanted, 1]

    def _places(self, some: int) -> tuple[Any, Any, list[int | None]]:
        """Four in five at a site and within some 50 m of it; their longitudes, latitudes and sites."""
        lons, lats = self._somewhere(some)
        sites = self.random.integers(0, SITES, some)
        at_site = self.random.random(some) < 0.8
        near = self.sites[sites] + self.random.normal(0, 0.0005, (some, 2))
        lons, lats = np.where(at_site, near[:, 0], lons), np.where(at_site, near[:, 1], lats)
        return lons, lats, [int(site) if here else None for site, here in zip(sites, at_site, strict=True)]

    def _rows(self, ages: Any) -> dict[Any, list[dict[str, Any]]]:
        """Rows by table, in an order in which each finds what it points to; `ages` are days."""
        some = len(ages)
        draw = self.random.random((some, 5))
        lons, lats, sites = self._places(some)
        grid = cells.grid()
        codes, squares = locate_many(lons, lats, grid).codes(grid), keys(lons, lats).tolist()
        kilometres = square.codes(square.encode_many(lons, lats, 1000, square.LIUZHOU), 1000, square.LIUZHOU)
        open_ = draw[:, 0] < np.exp(-ages / 60) + 0.01
        states = np.where(open_, self._among(OPEN, some), self._among(ENDED, some)).tolist()
        severities = self._among(SEVERITIES, some).tolist()
        topics = self.random.choice(self.topics, some, p=_shares(range(len(self.topics), 0, -1))).tolist()
        late = draw[:, 1] < 1 / 7
        days = np.where(open_, np.where(late, -20 * draw[:, 2], 30 * draw[:, 2]), 3 + 27 * draw[:, 2] - ages)
        rows: dict[Any, list[dict[str, Any]]] = {each: [] for each in (Finding, FindingCell, Case, Hop, HopExtension)}
        for i in range(some):
            n = self.count + i
            found_at = self.now - timedelta(days=float(ages[i]))
            due_at = self.now + timedelta(days=float(days[i]))
            with_office = states[i] not in BEFORE_AN_OFFICE
            finding = {
                "id": finding_id(n),
                "number": f"B-{n:08d}",
                "topic": topics[i],
                "item": ITEMS[n % len(ITEMS)] if n % 3 else None,
                "description": FAULTS[n % len(FAULTS)].format(m=n % 89 + 2) + f"（第{n % 1000}处）",
                "severity": severities[i],
                "state": states[i],
                "grade": "lead",
                "source": "report" if n % 3 == 0 else "inspection",
                "author_id": self.author,
                "stream_id": "s",
                "found_at": found_at,
                "found_at_sent": found_at.isoformat(),
                "received_at": found_at,
                "deadline_at": due_at if with_office else None,
                "site_id": None if sites[i] is None else _id(9, sites[i]),
                "lon": float(lons[i]),
                "lat": float(lats[i]),
                "cell_code": codes[i],
                "square": squares[i],
                "flags": [{"code": FLAGS[n % len(FLAGS)], "detail": ""}] if draw[i, 3] < 0.03 else [],
                "placed_n": 1,
                "rev": 1,
            }
            rows[Finding].append(finding)
            rows[FindingCell] += _cells(finding["id"], self.version, codes[i], kilometres[i])
            if with_office:
                rows[Case].append(self._case(n, states[i], found_at, due_at, float(draw[i, 4])))
            if states[i] in WITH_OFFICE:
                hop, asked = self._hop(n, states[i], found_at, due_at)
                rows[Hop].append(hop)
                rows[HopExtension] += asked
        return rows

    def _case(self, n: int, state: str, found_at: datetime, due_at: datetime, drawn: float) -> dict[str, Any]:
        """Three in four that were put right were so within their term."""
        took = (due_at - found_at) * (0.2 + 1.07 * drawn)
        put_right = min(found_at + took, self.now) if state in PUT_RIGHT else None
        return {
            "finding_id": finding_id(n),
            "office_id": _id(10, n % OFFICES),
            "offices": [_id(10, n % OFFICES)],
            "due_at": due_at,
            "rectified_at": put_right,
            "closed_at": put_right if state in ("closed", "look_back") else None,
            "on_the_spot": False,
            "times_returned": int(state == "returned"),
            "times_reopened": int(state == "reopened"),
        }

    def _hop(
        self, n: int, state: str, found_at: datetime, due_at: datetime
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        signed = found_at + timedelta(hours=6) if state == "rectifying" else None
        returns = n % 40 == 0
        hop = {
            "id": _id(11, n),
            "finding_id": finding_id(n),
            "n": 1,
            "kind": "dispatch",
            "office_id": _id(10, n % OFFICES),
            "given_by": self.author,
            "given_at": found_at + timedelta(hours=2),
            "due_at": due_at,
            "due_assumed": False,
            "signed_at": signed,
            "return_asked_at": self.now if returns else None,
            "return_reason": "不属本单位职责" if returns else None,
            "rev": 1,
        }
        if n % 40 != 1:
            return hop, []
        more = {"id": _id(12, n), "hop_id": hop["id"], "n": 1, "asked_by": self.author, "asked_at": self.now}
        return hop, [more | {"reason": "材料未到", "wanted_until": due_at + timedelta(days=7), "due_before": due_at}]

    def _among(self, weights: Mapping[str, int], some: int) -> Any:
        return self.random.choice(list(weights), some, p=_shares(weights.values()))

    def _office(self, n: int) -> dict[str, Any]:
        return {
            "id": _id(10, n),
            "code": f"scale-{n}",
            "name": f"第{n}办",
            "kind": "department",
            "active": True,
            "rev": 1,
        }

    def _site(self, n: int, code: str | None) -> dict[str, Any]:
        lon, lat = (float(degrees) for degrees in self.sites[n])
        return {
            "id": _id(9, n),
            "code": f"scale-{n}",
            "name": f"{'工地厂区路段堆场'[n % 4 * 2 : n % 4 * 2 + 2]}{n}号（虚构）",
            "kind": ("construction", "production", "road", "municipal_works")[n % 4],
            "status": "active",
            "address": f"虚构路{n % 300}号",
            "responsible_unit": f"虚构公司{n % 600}",
            "attributes": {},
            "lon": lon,
            "lat": lat,
            "cell_code": code,
            "placed_n": 1,
            "origin": "console",
            "rev": 1,
            "created_at": self.now - timedelta(days=DAYS),
        }


def _cells(id: str, version: str, code: str | None, kilometre: str | None) -> list[dict[str, Any]]:
    rest = {"finding_id": id, "version_id": version, "confidence": 1.0, "candidates": []}
    admin = [] if code is None else [{**rest, "scheme": "admin", "code": code, "method": "inside"}]
    return admin + (
        [] if kilometre is None else [{**rest, "scheme": "square-1000", "code": kilometre, "method": "floor"}]
    )


def _shares(weights: Any) -> Any:
    numbers = np.array(list(weights), dtype=np.float64)
    return numbers / numbers.sum()


@contextmanager
def loading() -> Iterator[Connection]:
    """One transaction of much to write. On SQLite it is not synced: whoever loads may begin anew."""
    db.session.rollback()  # a snapshot held open would keep the log from being taken into the database
    with db.engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            bare: Any = connection.connection.driver_connection
            bare.execute("PRAGMA synchronous=OFF")
            bare.execute("PRAGMA cache_size=-400000")
        try:
            with connection.execution_options(write=True).begin():
                yield connection
        finally:
            if lite:
                connection.detach()  # what is set above is not for those who come after


@contextmanager
def uncounted(connection: Connection) -> Iterator[None]:
    """The triggers that count are off; at the end all is counted that was not, and they are on again."""
    if connection.dialect.name == "postgresql":
        for table in COUNTING:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield
        _count(connection)
        for table in COUNTING:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return
    quoted = ", ".join(f"'{table}'" for table in COUNTING)
    triggers = connection.exec_driver_sql(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({quoted})"
    ).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    _count(connection)
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _count(connection: Connection) -> None:
    """What the triggers would have kept, by the statements with which the migrations counted what they found."""
    with Operations.context(MigrationContext.configure(connection)):
        standings = _figures._standing_of("NOT EXISTS (SELECT 1 FROM finding_standing AS s WHERE s.finding_id = f.id)")
    repeated = _figures.REPEATED.format(row="finding_standing")
    sums = ", ".join(f"sum({name})" for name in _figures.COUNTED)
    statements = [
        "DELETE FROM finding_tally",
        *(
            "INSERT INTO finding_tally (kind, key, county, topic, state, severity, n, lon_sum, lat_sum) "
            f"SELECT {kind}, {key.format(row='finding')}, coalesce(substr(cell_code, 1, 6), ''), topic, state, "
            "severity, count(*), coalesce(sum(lon), 0), coalesce(sum(lat), 0) FROM finding "
            f"WHERE {known.format(row='finding')} GROUP BY 2, 3, 4, 5, 6"
            for kind, key, known in _squares.KINDS
        ),
        f"INSERT INTO finding_standing ({', '.join(_figures.STANDING)}) {standings}",
        f"UPDATE finding_standing SET repeated = {repeated} WHERE repeated <> {repeated}",
        "DELETE FROM figure_tally WHERE kind <> 'inspections'",
        *(
            f"INSERT INTO figure_tally (kind, period, code, part, {', '.join(_figures.COUNTED)}, inspections) "
            f"SELECT '{kind}', {period}, {code.format(row='s')}, {part.format(row='s')}, {sums}, 0 "
            f"FROM finding_standing AS s WHERE {code.format(row='s')} IS NOT NULL AND found = 1 GROUP BY 2, 3, 4"
            for period in ("day", "substr(day, 1, 7)")
            for kind, code, part in _severities.KINDS
        ),
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)

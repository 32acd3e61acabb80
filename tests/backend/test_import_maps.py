"""The maps of dry runs: what would come, change and go, and where the faults lie; few enough to be drawn."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from flask import Flask
from sqlalchemy.orm import Session

from backend.services import import_maps
from backend.services.import_maps import Drawn
from geo.admin import AdminGrid, Cell
from geo.grid_changes import compare
from tests.backend import fires
from tests.backend.fires import viirs
from tests.backend.records import CHENGZHONG, LIUJIANG, Records
from tests.backend.test_site_imports import applied, line, table
from tests.backend.test_site_imports import sent as send_sites
from tests.backend.test_zones_api import DOCUMENT, changed, in_force
from tests.backend.test_zones_api import sent as send_zones

NORTH = (LIUJIANG[0], LIUJIANG[1] + 0.01)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def drawn(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["properties"]["change"], each["properties"]["id"]) for each in report["map"]["features"]]


def test_sites_are_drawn_where_they_would_lie_and_a_moved_one_where_it_lies_too(app, client, records):
    supervisor = records.person("supervisor", "450206")
    applied(app, client, supervisor, send_sites(client, supervisor, table(line("LJ-1"), line("LJ-2"))).json)
    report = send_sites(client, supervisor, table(line("LJ-1", NORTH), line("LJ-2"), line("LJ-3"))).json["report"]
    assert drawn(report) == [("changed", "LJ-1"), ("added", "LJ-3"), ("same", "LJ-2")]
    moved = report["map"]["features"][0]
    assert moved["geometry"]["coordinates"] == pytest.approx(NORTH, abs=1e-5)
    assert moved["properties"]["before"] == pytest.approx(LIUJIANG, abs=1e-5)
    assert report["map"]["left_out"] == 0


def test_a_faulty_row_of_a_table_lies_where_its_numbers_say(client, records):
    supervisor = records.person("supervisor", "450206")
    rows = [line("LJ-1", CHENGZHONG), line("LJ-2", 点位类型="城堡"), line("LJ-3", (24.25, 109.33))]
    faults = send_sites(client, supervisor, table(*rows)).json["report"]["fault_list"]
    assert [each.get("at") for each in faults] == [
        pytest.approx(CHENGZHONG, abs=1e-5),
        pytest.approx(LIUJIANG, abs=1e-5),
        None,
    ]


def test_zones_are_drawn_as_they_come_change_and_go(client, records):
    admin = records.person("admin")
    assert drawn(send_zones(client, admin, DOCUMENT).json["report"]) == [("added", "lj-square"), ("added", "rest")]
    in_force(client, admin)
    other = send_zones(client, admin, changed(id="lj-other")).json["report"]
    assert drawn(other) == [("removed", "lj-square"), ("added", "lj-other")]
    assert drawn(send_zones(client, admin, changed(name="拉堡")).json["report"]) == [("changed", "lj-square")]


def test_of_refused_zones_the_sound_ones_are_drawn(client, records):
    report = send_zones(client, records.person("admin"), changed(kind="castle")).json["report"]
    assert ([each["where"] for each in report["fault_list"]], drawn(report)) == (["lj-square"], [("sent", "rest")])


def test_fire_points_are_drawn_and_known_sightings_told_apart(app, client, records):
    admin = records.person("admin")
    first = (LIUJIANG, "2026-01-01", "0500")
    fires.taken(app, client, admin, viirs(first))
    report = fires.sent(client, admin, viirs(first, (NORTH, "2026-01-01", "0500"))).json["report"]
    assert [change for change, _ in drawn(report)] == ["added", "same"]
    away = fires.sent(client, admin, viirs(((106.0, 23.0), "2026-01-01", "0500"))).json["report"]["warning_list"]
    assert {each["code"]: each.get("at") for each in away} == {"outside-cells": [106.0, 23.0]}


def square(code: str, west: float, name: str = "") -> Cell:
    return Cell(code, name or code, "county", None, shapely.box(west, 24, west + 0.1, 24.1))


def test_another_grid_is_drawn_by_what_it_adds_alters_and_takes_away():
    before = AdminGrid([square("450201", 109.0), square("450202", 109.2), square("450203", 109.4)])
    after = AdminGrid([square("450202", 109.2, "改名"), square("450203", 109.4), square("450204", 109.6)])
    found = import_maps.of_grids(compare(before, after), before, after)
    assert drawn({"map": found}) == [("removed", "450201"), ("changed", "450202"), ("added", "450204")]


def test_a_map_stays_small_whatever_the_file_and_those_with_a_fault_are_drawn_first():
    many = import_maps.MOST_DRAWN + 40
    circle = shapely.Point(109.4, 24.3).buffer(0.05, quad_segs=500)
    found = import_maps.collection((Drawn("added", str(n), "", circle) for n in range(many)), first=[str(many - 1)])
    assert (len(found["features"]), found["left_out"]) == (import_maps.MOST_DRAWN, 40)
    assert found["features"][0]["properties"]["id"] == str(many - 1)
    vertices = sum(len(each["geometry"]["coordinates"][0]) for each in found["features"])
    assert vertices <= import_maps.MOST_VERTICES

"""Lists for maps: sites, fire points, cells and zones as GeoJSON, within a window, with ETags."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from flask import Flask
from sqlalchemy.orm import Session

from backend.services import map_layers
from tests.backend.fires import north, taken, viirs
from tests.backend.records import LIUJIANG, Person, Records
from tests.backend.test_zones_api import in_force as in_force_now

AROUND = "109.0,24.0,109.6,24.5"
ELSEWHERE = "100,20,101,21"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records: Records) -> Person:
    return records.person("admin")


def asked(client: Any, person: Person, path: str, **query: str) -> Any:
    return client.get(f"/api/v1{path}", query_string={"format": "geojson", **query}, headers=person.headers)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    assert (answer.json["type"], answer.json["datum"]) == ("FeatureCollection", "CGCS2000")
    return [feature["id"] for feature in answer.json["features"]]


def test_sites_are_points_within_the_window(client, records, admin):
    site = records.site(LIUJIANG, code="LJ-1")
    answer = asked(client, admin, "/sites", bbox=AROUND)
    assert ids(answer) == [site.id]
    [feature] = answer.json["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx(list(LIUJIANG), abs=1e-6)
    assert feature["properties"]["code"] == "LJ-1"
    assert ids(asked(client, admin, "/sites", bbox=ELSEWHERE)) == []


def test_fire_points_are_points_within_the_window(app, client, admin):
    taken(app, client, admin, viirs((LIUJIANG, "2026-11-20", "0530"), (north(5000), "2026-11-20", "0530")))
    first, second = ids(asked(client, admin, "/fire-points", bbox=AROUND))
    least = LIUJIANG[1] + 0.02
    assert ids(asked(client, admin, "/fire-points", bbox=f"109,{least},109.6,24.5")) in ([first], [second])
    assert ids(asked(client, admin, "/fire-points", bbox=ELSEWHERE)) == []


def test_cells_are_the_shapes_of_one_level_with_their_version(client, admin):
    answer = asked(client, admin, "/cells", level="township")
    codes = ids(answer)
    assert "450206100" in codes
    assert {feature["properties"]["level"] for feature in answer.json["features"]} == {"township"}
    assert all(shapely.geometry.shape(feature["geometry"]).is_valid for feature in answer.json["features"])
    listed = client.get("/api/v1/cells?level=township", headers=admin.headers).json
    assert listed["version"] == answer.json["version"]
    assert {each["code"] for each in listed["items"] if each["has_shape"]} == set(codes)


def test_cells_come_with_the_hierarchy_that_tells_whose_ground_a_border_is(client, admin):
    answer = asked(client, admin, "/cells", level="township").json
    assert answer["levels"] == ["province", "city", "county", "township", "village"]
    assert [(cell["code"], cell["parent"]) for cell in answer["above"]] == [
        ("450000", None),
        ("450200", "450000"),
        ("450206", "450200"),
    ]


def test_zones_are_the_shapes_of_those_in_force(client, admin):
    in_force_now(client, admin)
    answer = asked(client, admin, "/zones")
    sets = client.get("/api/v1/zones", headers=admin.headers).json["items"]
    in_force = {zone["id"] for each in sets for zone in each["zones"]}
    assert set(ids(answer)) <= in_force
    assert "lj-square" in ids(answer)
    assert {feature["geometry"]["type"] for feature in answer.json["features"]} <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize("path", ["/sites", "/fire-points", "/cells", "/zones", "/findings"])
def test_what_the_caller_has_already_is_not_sent_again(client, admin, path):
    first = asked(client, admin, path)
    again = client.get(
        f"/api/v1{path}?format=geojson", headers={**admin.headers, "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/api/v1{path}", headers={**admin.headers, "Accept": "*/*"}).mimetype == "application/json"


@pytest.mark.parametrize("path", ["/sites", "/fire-points"])
@pytest.mark.parametrize("window", ["1,2,3", "a,b,c,d", "5,0,4,1", "nan,0,1,1"])
def test_a_window_that_is_none_is_refused(client, admin, path, window):
    answer = asked(client, admin, path, bbox=window)
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "filter-invalid", "bbox")


def test_sites_are_narrowed_to_a_management_unit(client, records, admin):
    unit = {"code": "M-LABAO", "name": "拉堡园区", "kind": "industrial_park", "cells": ["450206100"]}
    assert client.post("/api/v1/units", json=unit, headers=admin.headers).status_code == 201
    body = {"name": "甲", "kind": "construction", "position": {"lon": 109.33, "lat": 24.255, "datum": "CGCS2000"}}
    there = client.post("/api/v1/sites", json={**body, "code": "IN"}, headers=admin.headers)
    away = {"lon": 109.33, "lat": 24.10, "datum": "CGCS2000"}
    client.post("/api/v1/sites", json={**body, "code": "OUT", "position": away}, headers=admin.headers)
    assert ids(asked(client, admin, "/sites", unit="M-LABAO")) == [there.json["id"]]


def test_each_layer_of_tiles_says_what_its_features_say(client, admin):
    for layer in map_layers.LAYERS:
        described = client.get(f"/api/v1/tiles/{layer}.json", headers=admin.headers).json
        assert described["vector_layers"][0]["fields"] == map_layers.FIELDS[layer]

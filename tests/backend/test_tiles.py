"""Vector tiles: what the lists show, gathered by square and by cell; tallies that equal a recount whatever happened."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import finding_tally, map_layers, placing
from backend.transactions import reading, writing
from geo.position import parse_position
from geo.tiles.tile import tile_at
from tests.backend.fires import POINTS, north
from tests.backend.records import BEIJING_CITY, CHENGZHONG, GUIGANG, LIUJIANG, Person, Records
from tests.stories import Server

pytestmark = pytest.mark.both_databases
PLACES = [LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY, None]


class Map:
    """A map in somebody's hands."""

    def __init__(self, client: FlaskClient, person: Person) -> None:
        self.client, self.headers = client, person.headers

    def get(self, layer: str, zoom: int, at: tuple[float, float] = LIUJIANG, **query: str) -> Any:
        _, x, y = tile_at(*at, zoom)
        path = f"/api/v1/tiles/{layer}/{zoom}/{x}/{y}.mvt"
        return self.client.get(path, headers=self.headers, query_string=query)

    def shows(self, layer: str, zoom: int, at: tuple[float, float] = LIUJIANG, **query: str) -> list[dict[str, Any]]:
        answer = self.get(layer, zoom, at, **query)
        assert answer.status_code == 200, answer.json
        decoded = mapbox_vector_tile.decode(answer.data) if answer.data else {}
        return [feature["properties"] for feature in decoded.get(layer, {}).get("features", [])]

    def count(self, zoom: int, at: tuple[float, float] = LIUJIANG, **query: str) -> int:
        return sum(each["count"] for each in self.shows("findings", zoom, at, **query))


@pytest.fixture
def office(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def boss(office: Records, client: FlaskClient) -> Map:
    return Map(client, office.person("admin"))


@pytest.mark.parametrize("zoom", [0, 6, 9, 12, 13, 16])
def test_every_zoom_shows_as_many_findings_as_there_are(office: Records, boss: Map, zoom: int) -> None:
    wei = office.person("inspector", "450206")
    for _ in range(3):
        office.finding(wei, LIUJIANG)
    assert boss.count(zoom) == 3


def test_far_out_they_are_gathered_and_close_by_each_stands_alone(office: Records, boss: Map) -> None:
    wei = office.person("inspector", "450206")
    for state in ("submitted", "submitted", "closed"):
        office.finding(wei, LIUJIANG, state=state)
    (square,) = boss.shows("findings", 9)
    assert (square["count"], square["n_submitted"], square["n_closed"]) == (3, 2, 1)
    points = boss.shows("findings", 14)
    assert sorted(each["state"] for each in points) == ["closed", "submitted", "submitted"]
    assert {each["count"] for each in points} == {1}


@pytest.mark.parametrize("zoom", [6, 9, 13])
@pytest.mark.parametrize(
    ("query", "expected"),
    [({"state": "closed"}, 1), ({"topic": "straw"}, 1), ({"severity": "serious"}, 0), ({"text": "裸土"}, 2), ({}, 2)],
)
def test_the_map_is_narrowed_like_the_list(
    office: Records, boss: Map, zoom: int, query: dict[str, str], expected: int
) -> None:
    wei = office.person("inspector", "450206")
    office.finding(wei, LIUJIANG, state="closed")
    office.finding(wei, LIUJIANG, topic="straw")
    assert boss.count(zoom, **query) == expected
    listed = boss.client.get("/api/v1/findings", headers=boss.headers, query_string=query).json["items"]
    assert len(listed) == expected


@pytest.mark.parametrize("more", [{}, {"found_from": "2020-01-01"}])
@pytest.mark.parametrize("zoom", [6, 9, 11, 13])
def test_the_map_of_a_cell_shows_what_its_list_does_whether_it_is_tallied_or_counted(
    office: Records, boss: Map, zoom: int, more: dict[str, str]
) -> None:
    wei = office.person("inspector", "450206")
    places = (LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY)
    for place in places:
        office.finding(wei, place)
    one_a_tile = {tile_at(*place, zoom): place for place in places}.values()
    for code, there in (("450200", 2), ("450206", 1), ("450206100", 1), ("450800", 1), ("unassigned", 1)):
        query = {"cell": code, **more}
        assert len(boss.client.get("/api/v1/findings", headers=boss.headers, query_string=query).json["items"]) == there
        assert sum(boss.count(zoom, place, **query) for place in one_a_tile) == there, code
    for narrowed in ({"cell": "450206"}, {"state": "submitted"}):
        (county,) = [each for each in boss.shows("cells", 8, **narrowed, **more) if each["code"] == "450206"]
        assert county["all"] == 1


@pytest.mark.parametrize("zoom", [5, 8, 11, 14])
@pytest.mark.parametrize("grants", [("450200",), ("450206",), ("450206100",), ("450202", "450800"), ()])
@pytest.mark.parametrize("role", ["inspector", "supervisor"])
def test_nobody_sees_more_on_the_map_than_in_the_list(
    office: Records, client: FlaskClient, zoom: int, grants: tuple[str, ...], role: str
) -> None:
    somebody, me = office.person("inspector", "450206"), office.person(role, *grants)
    for author in (somebody, me):
        for place in (LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY):
            office.finding(author, place)
    map_ = Map(client, me)
    listed = client.get("/api/v1/findings", headers=me.headers).json["items"]
    for place in (LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY):
        bounds = tile_at(*place, zoom).bounds
        within = [
            one
            for one in listed
            if bounds[0] <= one["location"]["lon"] < bounds[2] and bounds[1] < one["location"]["lat"] <= bounds[3]
        ]
        assert map_.count(zoom, place) == len(within)


@pytest.mark.parametrize(("zoom", "code"), [(8, "450206"), (10, "450206100")])
def test_cells_carry_their_counts(office: Records, boss: Map, zoom: int, code: str) -> None:
    wei = office.person("inspector", "450206")
    office.finding(wei, LIUJIANG, state="closed")
    office.finding(wei, LIUJIANG)
    (cell,) = [each for each in boss.shows("cells", zoom) if each["code"] == code]
    assert (cell["open"], cell["all"]) == (1, 2)


def test_ones_own_finding_elsewhere_counts_in_its_cell_too(office: Records, client: FlaskClient) -> None:
    me = office.person("inspector", "450202")
    office.finding(me, LIUJIANG)
    (cell,) = [each for each in Map(client, me).shows("cells", 8) if each["code"] == "450206"]
    assert cell["all"] == 1


@pytest.mark.parametrize("layer", ["sites", "fire_points", "zones"])
def test_a_filter_that_a_layer_does_not_know_is_refused(boss: Map, layer: str) -> None:
    answer = boss.get(layer, 14, state="closed")
    assert (answer.status_code, answer.json["code"]) == (422, "filter-invalid")


def test_fire_points_are_narrowed_as_their_list_is(office: Records, boss: Map) -> None:
    for metres, source, seen_at in (
        (0, "message", "2026-11-20T12:00:00+08:00"),
        (5000, "drone", "2026-11-21T12:00:00+08:00"),
    ):
        lon, lat = north(metres)
        said = {"source": source, "position": {"lon": lon, "lat": lat, "datum": "CGCS2000", "accuracy_m": 5}}
        made = boss.client.post(POINTS, json={**said, "seen_at": seen_at}, headers=boss.headers)
        assert made.status_code == 201, made.text
    for query, many in (
        ({}, 2),
        ({"state": "open"}, 2),
        ({"state": "answered"}, 0),
        ({"source": "drone"}, 1),
        ({"cell": "450206"}, 1),
        ({"cell": "450202"}, 0),
        ({"first_to": "2026-11-20"}, 1),
        ({"first_from": "2026-11-21T00:00:00+08:00"}, 1),
    ):
        assert len(boss.shows("fire_points", 8, **query)) == many, query
    for layer, query in (("findings", {"source": "drone"}), ("fire_points", {"topic": "dust"})):
        refused = boss.get(layer, 8, **query)
        assert (refused.status_code, refused.json["code"]) == (422, "filter-invalid")


@pytest.mark.parametrize("zoom", [8, 11])
def test_every_cell_is_named_in_one_tile_of_a_zoom(boss: Map, zoom: int) -> None:
    _, x, y = tile_at(*LIUJIANG, zoom)
    names: list[str] = []
    drawn: set[str] = set()
    for column in range(x - 1, x + 2):
        for row in range(y - 1, y + 2):
            answer = boss.client.get(f"/api/v1/tiles/cells/{zoom}/{column}/{row}.mvt", headers=boss.headers)
            decoded = mapbox_vector_tile.decode(answer.data) if answer.data else {}
            names += [each["properties"]["code"] for each in decoded.get("cell_names", {}).get("features", [])]
            drawn |= {each["properties"]["code"] for each in decoded.get("cells", {}).get("features", [])}
    assert names
    assert len(names) == len(set(names))
    assert set(names) <= drawn


def test_sites_are_points_and_the_layers_say_where_they_are(office: Records, boss: Map) -> None:
    site = office.site()
    (shown,) = boss.shows("sites", 14)
    assert (shown["id"], shown["kind"]) == (site.id, "construction")
    assert boss.shows("fire_points", 14) == []
    described = boss.client.get("/api/v1/tiles/sites.json", headers=boss.headers).json
    assert described["tiles"][0].endswith("/api/v1/tiles/sites/{z}/{x}/{y}.mvt")
    west, south, east, north = described["bounds"]
    assert west < LIUJIANG[0] < east
    assert south < LIUJIANG[1] < north


def test_an_etag_changes_when_the_content_does_and_only_then(office: Records, boss: Map) -> None:
    wei = office.person("inspector", "450206")
    office.finding(wei, LIUJIANG)
    first = boss.get("findings", 9)
    _, x, y = tile_at(*LIUJIANG, 9)
    path, tag = f"/api/v1/tiles/findings/9/{x}/{y}.mvt", {"If-None-Match": first.headers["ETag"]}
    again = boss.client.get(path, headers={**boss.headers, **tag})
    assert (again.status_code, again.data) == (304, b"")
    office.finding(wei, LIUJIANG)
    assert boss.client.get(path, headers={**boss.headers, **tag}).status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/tiles/findings/3/9/0.mvt", (422, "tile-invalid")),
        ("/api/v1/tiles/findings/99/0/0.mvt", (422, "tile-invalid")),
        (f"/api/v1/tiles/findings/{10**30}/0/0.mvt", (422, "tile-invalid")),
        ("/api/v1/tiles/nothing/1/0/0.mvt", (404, "not-found")),
        ("/api/v1/tiles/nothing.json", (404, "not-found")),
        ("/api/v1/tiles/findings/1/0/0.mvt?state=x", (422, "filter-invalid")),
        ("/api/v1/tiles/findings/1/0/0.mvt?colour=red", (422, "input-invalid")),
    ],
)
def test_what_is_no_tile_is_refused_in_words(boss: Map, path: str, expected: tuple[int, str]) -> None:
    answer = boss.client.get(path, headers=boss.headers)
    assert (answer.status_code, answer.json["code"]) == expected


def test_a_crowd_at_one_spot_is_gathered_at_any_zoom(
    office: Records, boss: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_layers, "MOST_POINTS", 2)
    wei = office.person("inspector", "450206")
    for _ in range(3):
        office.finding(wei, LIUJIANG)
    (square,) = boss.shows("findings", 16)
    assert square["count"] == 3


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["new", "move", "state", "topic"]), st.integers(0, 4), st.integers(0, 4)), max_size=14
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_the_tally_equals_a_recount_whatever_happened(office: Records, server: Server, steps: list[Step]) -> None:
    wei = office.person("inspector", "450206")
    ids = [_made(office, wei, LIUJIANG)]
    for what, which, value in steps:
        if what == "new":
            ids.append(_made(office, wei, PLACES[value]))
            continue
        with server.app.app_context(), writing() as session:
            finding = session.get_one(Finding, ids[which % len(ids)])
            if what == "state":
                finding.state = ("submitted", "verified", "closed")[value % 3]
            elif what == "topic":
                finding.topic = ("dust", "straw")[value % 2]
            else:
                place = PLACES[value]
                position = place and parse_position({"lon": place[0], "lat": place[1], "datum": "CGCS2000"})
                placing.put(finding, placing.place(position))
    with server.app.app_context(), reading() as session:
        assert finding_tally.tallied(session) == finding_tally.recounted(session)
        assert session.scalar(select(Finding.id).limit(1)) is not None


def _made(office: Records, author: Person, place: tuple[float, float] | None) -> str:
    found = office.finding(author, place).id
    office.session.rollback()  # others write next
    return found

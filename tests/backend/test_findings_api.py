"""Findings as the API shows them: what is seen, by whom, narrowed how, in which form, at what cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.api import documents
from backend.services import pages
from tests.backend.records import BEIJING_CITY, CHENGZHONG, GUIGANG, LIUJIANG, NOON, Person, Records, new_id, statements

URL = "/api/v1/findings"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records: Records) -> Person:
    return records.person("admin")


@pytest.fixture
def inspector(records: Records) -> Person:
    return records.person("inspector", "450206")


def ids(client: FlaskClient, person: Person, **query: Any) -> list[str]:
    answer = client.get(URL, query_string=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json["items"]]


def problem(client: FlaskClient, person: Person, **query: Any) -> dict[str, Any]:
    answer = client.get(URL, query_string=query, headers=person.headers)
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.both_databases
def test_findings_are_listed_newest_first_as_their_schema_says(client, records, inspector):
    site = records.site()
    newer = records.finding(inspector, site_id=site.id)
    older = records.finding(inspector)
    records.photo(inspector, newer, records.bytes_of(inspector, b"bytes"))
    answer = client.get(URL, headers=inspector.headers).json
    assert [item["id"] for item in answer["items"]] == [newer.id, older.id]
    assert answer["next_cursor"] is None
    assert documents.FindingSchema(many=True).validate(answer["items"]) == {}
    assert answer["items"][0]["author"] == {"id": inspector.id, "name": "测试inspector"}
    assert answer["items"][0]["location"] == {"lon": LIUJIANG[0], "lat": LIUJIANG[1]}
    assert {cell["scheme"] for cell in answer["items"][0]["cells"]} == {"admin", "square-1000", "beidou"}


@pytest.mark.both_databases
def test_each_finding_appears_on_exactly_one_page(client, records, inspector):
    same_time = [records.finding(inspector, found_at=NOON).id for _ in range(5)]
    wanted = sorted(same_time, reverse=True) + [records.finding(inspector).id for _ in range(4)]
    seen, cursor = [], None
    while True:
        page = client.get(
            URL, query_string={"limit": 2, **({"cursor": cursor} if cursor else {})}, headers=inspector.headers
        )
        seen += [item["id"] for item in page.json["items"]]
        cursor = page.json["next_cursor"]
        if cursor is None:
            break
    assert seen == wanted


def test_a_finding_that_arrives_meanwhile_shifts_no_page(client, records, inspector):
    kept = [records.finding(inspector).id for _ in range(4)]
    first = client.get(URL, query_string={"limit": 2}, headers=inspector.headers).json
    records.finding(inspector, found_at=NOON + timedelta(days=1))
    assert ids(client, inspector, limit=2, cursor=first["next_cursor"]) == kept[2:]


def test_the_total_is_counted_only_when_asked_for(client, records, inspector):
    for _ in range(3):
        records.finding(inspector)
    asked = client.get(URL, query_string={"limit": 1, "total": "true"}, headers=inspector.headers).json
    assert (asked["total"], asked["total_exceeded"]) == (3, False)
    assert "total" not in client.get(URL, headers=inspector.headers).json


def test_of_many_it_is_only_said_that_there_are_more_than_are_counted(client, records, inspector, monkeypatch):
    monkeypatch.setattr(pages, "MOST_COUNTED", 2)
    for total, exceeded in ((1, False), (2, False), (2, True), (2, True)):
        records.finding(inspector)
        asked = client.get(URL, query_string={"limit": 1, "total": "true"}, headers=inspector.headers).json
        assert (asked["total"], asked["total_exceeded"]) == (total, exceeded)


def test_a_page_of_fifty_costs_as_many_statements_as_a_page_of_five(app, client, records, inspector):
    for n in range(50):
        finding = records.finding(inspector)
        records.photo(inspector, finding, records.bytes_of(inspector, b"%d" % n))
        records.mention(inspector, finding, f"{n:064x}")
    client.get(URL, headers=inspector.headers)  # what is cached once a process is cached now
    seen = statements(app)
    counts = []
    for limit in (5, 50):
        del seen[:]
        assert len(ids(client, inspector, limit=limit)) == limit
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 15


def test_an_inspector_sees_granted_cells_and_their_own_findings(client, records, inspector):
    stranger = records.person("inspector", "450202")
    in_area = records.finding(stranger, LIUJIANG)
    own_elsewhere = records.finding(inspector, GUIGANG)
    own_unassigned = records.finding(inspector, BEIJING_CITY)
    records.finding(stranger, CHENGZHONG)
    records.finding(stranger, BEIJING_CITY)
    assert set(ids(client, inspector)) == {in_area.id, own_elsewhere.id, own_unassigned.id}


def test_a_grant_on_the_city_covers_what_lies_below_and_what_lies_nowhere(client, records, inspector):
    below, nowhere = records.finding(inspector, LIUJIANG), records.finding(inspector, BEIJING_CITY)
    other_city = records.finding(inspector, GUIGANG)
    city, county = records.person("supervisor", "450200"), records.person("supervisor", "450206")
    assert set(ids(client, city)) == {below.id, nowhere.id}
    assert ids(client, county) == [below.id]
    assert len(ids(client, records.person("admin"))) == 3
    assert other_city.id not in ids(client, city)


def test_a_person_without_grants_sees_only_their_own(client, records, inspector):
    records.finding(inspector)
    newcomer = records.person("inspector")
    assert ids(client, newcomer) == []
    own = records.finding(newcomer)
    assert ids(client, newcomer) == [own.id]


def test_a_device_reads_as_its_owner(client, records, inspector):
    finding = records.finding(inspector)
    answer = client.get(URL, headers=records.device_header(inspector))
    assert [item["id"] for item in answer.json["items"]] == [finding.id]


@pytest.mark.both_databases
def test_findings_are_narrowed_by_an_administrative_cell_and_all_below_it(client, records, admin):
    township = records.finding(admin, LIUJIANG)
    city_centre, elsewhere = records.finding(admin, CHENGZHONG), records.finding(admin, GUIGANG)
    nowhere = records.finding(admin, BEIJING_CITY)
    assert len(township.cell_code or "") == 9
    assert ids(client, admin, cell=township.cell_code) == [township.id]
    assert ids(client, admin, cell="450206") == [township.id]
    assert ids(client, admin, cell="450200") == [township.id, city_centre.id]
    assert elsewhere.id in ids(client, admin, cell="450000")
    assert ids(client, admin, cell="unassigned") == [nowhere.id]


@pytest.mark.both_databases
def test_findings_are_narrowed_by_square_and_by_beidou_code(client, records, admin):
    finding = records.finding(admin, LIUJIANG)
    records.finding(admin, CHENGZHONG)
    codes = {cell.scheme: cell.code for cell in finding.cells}
    _, _, _, east, north = codes["square-1000"].split("-")
    big = f"LZ-4545-3000-E{int(east[1:]) // 3:04d}-N{int(north[1:]) // 3:04d}"
    for code in (codes["square-1000"], big, codes["beidou"], codes["beidou"][:11]):
        assert ids(client, admin, cell=code) == [finding.id], code
    assert len(ids(client, admin, cell=codes["beidou"][:4])) == 2


@pytest.mark.both_databases
def test_findings_are_narrowed_by_each_other_filter(client, records, admin):
    site = records.site(name="一号堆场")
    wanted = records.finding(
        admin, topic="straw", state="closed", severity="serious", site_id=site.id, description="堆场100%未覆盖"
    )
    other = records.finding(admin, CHENGZHONG, found_at=NOON - timedelta(days=3))
    west, south = LIUJIANG[0] - 0.001, LIUJIANG[1] - 0.001
    for query in (
        {"topic": "straw"},
        {"topic": "straw,voc"},
        {"state": "closed"},
        {"severity": "serious,minor"},
        {"site": site.id},
        {"text": "100%未"},
        {"text": "一号堆"},
        {"text": wanted.number.lower()},
        {"bbox": f"{west},{south},{west + 0.002},{south + 0.002}"},
        {"bbox": f"{LIUJIANG[0]},{LIUJIANG[1]},{LIUJIANG[0]},{LIUJIANG[1]}"},
        {"found_from": "2026-11-22"},
        {"found_from": "2026-11-22T00:00:00+08:00"},
    ):
        assert ids(client, admin, **query) == [wanted.id], query
    assert ids(client, admin, found_to="2026-11-21") == [other.id]
    assert ids(client, admin, text="100_未") == []


def test_a_bare_date_means_the_whole_day_in_beijing(client, records, admin):
    last_minute = records.finding(admin, found_at=NOON.replace(hour=15, minute=59))  # 23:59 in Beijing
    records.finding(admin, found_at=NOON.replace(hour=16, minute=0))  # midnight
    assert ids(client, admin, found_from="2026-11-22", found_to="2026-11-22") == [last_minute.id]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"bbox": "1,2,3"}, "filter-invalid"),
        ({"bbox": "109,24,108,25"}, "filter-invalid"),
        ({"bbox": "109,24,110,91"}, "filter-invalid"),
        ({"bbox": "109,24,nan,25"}, "filter-invalid"),
        ({"bbox": "109,24,inf,25"}, "filter-invalid"),
        ({"topic": "jazz"}, "filter-invalid"),
        ({"state": "open"}, "filter-invalid"),
        ({"severity": "1"}, "filter-invalid"),
        ({"cell": "999999"}, "filter-invalid"),
        ({"cell": "LZ-4545-500-E0001-N0001"}, "filter-invalid"),
        ({"cell": "N99"}, "filter-invalid"),
        ({"found_from": "yesterday"}, "filter-invalid"),
        ({"found_from": "2026-11-22T00:00:00"}, "filter-invalid"),
        ({"found_from": "2026-11-23", "found_to": "2026-11-21"}, "filter-invalid"),
        ({"text": "a\0b"}, "text-invalid"),
        ({"site": "\0"}, "text-invalid"),
        ({"text": "长" * 201}, "filter-invalid"),
        ({"cursor": "not one"}, "cursor-invalid"),
        ({"cursor": "WzEsMl0"}, "cursor-invalid"),
        ({"limit": 0}, "input-invalid"),
        ({"limit": 501}, "input-invalid"),
        ({"limit": "many"}, "input-invalid"),
        ({"format": "kml"}, "input-invalid"),
        ({"tpoic": "dust"}, "input-invalid"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_a_code(client, admin, query, code):
    found = problem(client, admin, **query)
    assert found["code"] == code
    assert "field" in found or "errors" in found or code == "cursor-invalid"


@pytest.mark.parametrize(
    "ask", [{"headers": {"Accept": "application/geo+json"}}, {"query_string": {"format": "geojson"}}]
)
def test_geojson_is_a_feature_collection_in_nine_decimals(client, records, inspector, ask):
    placed = records.finding(inspector, (109.3300000004, 24.25))
    nowhere = records.finding(inspector, None)
    answer = client.get(URL, **{**ask, "headers": {**inspector.headers, **ask.get("headers", {})}})
    assert answer.mimetype == "application/geo+json"
    assert "Accept" in answer.headers["Vary"]
    collection = answer.get_json(force=True)
    assert documents.points_of(documents.FindingSchema, "Finding")().validate(collection) == {}
    first, second = collection["features"]
    assert (first["id"], second["id"]) == (placed.id, nowhere.id)
    assert first["geometry"] == {"type": "Point", "coordinates": [109.33, 24.25]}
    assert second["geometry"] is None
    assert first["properties"]["severity"] == "moderate"


def test_json_is_what_a_browser_or_curl_gets(client, records, inspector):
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"):
        assert client.get(URL, headers={**inspector.headers, "Accept": accept}).mimetype == "application/json"


@pytest.mark.both_databases
def test_one_finding_shows_comments_photos_flags_and_how_its_cells_were_found(client, records, inspector):
    finding = records.finding(inspector, flags=[{"code": "position-mocked", "detail": ""}])
    photo = records.photo(inspector, finding, records.bytes_of(inspector, b"before"))
    comment = records.comment(inspector, finding)
    records.mention(inspector, comment, "c" * 64)
    answer = client.get(f"{URL}/{finding.id}", headers=inspector.headers)
    assert answer.status_code == 200
    found = answer.json
    assert documents.FindingDetailSchema().validate(found) == {}
    assert found["photos"] == [{"id": photo.id, "sha256": photo.sha256, "role": "before", "stored": True}]
    assert found["comments"][0]["text"] == comment.text
    assert found["comments"][0]["photos"] == [{"id": None, "sha256": "c" * 64, "role": "scene", "stored": False}]
    assert found["flags"] == [{"code": "position-mocked", "detail": ""}]
    admin_cell = next(cell for cell in found["cells"] if cell["scheme"] == "admin")
    assert (admin_cell["name"], admin_cell["method"]) == ("拉堡镇", "inside")
    assert admin_cell["candidates"]


def test_a_finding_that_one_may_not_see_is_as_if_it_were_not_there(client, records, inspector):
    hidden = records.finding(records.person("inspector", "450202"), CHENGZHONG)
    for finding_id in (hidden.id, new_id()):
        answer = client.get(f"{URL}/{finding_id}", headers=inspector.headers)
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")


@pytest.mark.both_databases
def test_a_photo_is_stored_only_when_its_author_sent_it_or_could_see_it(client, records, inspector):
    finding = records.finding(inspector)
    other = records.person("inspector", "450202")
    theirs = records.bytes_of(other, b"somebody else's")
    records.photo(inspector, finding, theirs, role="scene")
    records.mention(inspector, finding, theirs)  # the record above says it already
    named = records.bytes_of(inspector, b"named only")
    records.mention(inspector, finding, named)
    records.mention(other, finding, named)
    found = client.get(f"{URL}/{finding.id}", headers=inspector.headers).json["photos"]
    assert [(photo["sha256"], photo["id"] is None, photo["role"], photo["stored"]) for photo in found] == [
        (theirs, False, "scene", False),
        (named, True, "scene", True),
    ]


@pytest.mark.both_databases
def test_findings_are_narrowed_by_what_is_doubtful_about_them(client, records, inspector):
    doubtful = records.finding(inspector, flags=[{"code": "cell-doubtful", "detail": None}])
    records.finding(inspector, flags=[{"code": "position-mocked", "detail": "cell-doubtful 之外"}])
    records.finding(inspector)
    assert ids(client, inspector, flag="cell-doubtful") == [doubtful.id]
    assert len(ids(client, inspector, flag="position-mocked,cell-doubtful")) == 2
    assert problem(client, inspector, flag="position")["field"] == "flag"
    assert problem(client, inspector, waiting="rain")["field"] == "waiting"


def test_nobody_reads_findings_without_a_token(client):
    assert client.get(URL).status_code == 401

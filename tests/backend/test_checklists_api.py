"""A checklist's life over the API: drafted, published, compared, exported, retired; and what each step refuses."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import openpyxl
import pytest
import yaml
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.extensions import db
from tests.backend.inspections import answer, submit
from tests.backend.records import Person, Records
from tests.stories import Server

pytestmark = pytest.mark.both_databases
URL = "/api/v1/checklists"
OLD, NEW = "straw-liujiang/2026.1", "straw-liujiang/2027.1"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records: Records) -> Person:
    return records.person("admin")


def newer(client: Any, admin: Person, **changes: Any) -> str:
    """The next version of a shipped pack, as somebody edits it."""
    text = client.get(f"{URL}/{OLD}/pack.yaml", headers=admin.headers).get_data(as_text=True)
    pack = {**yaml.safe_load(text), "version": "2027.1", **changes}
    pack["items"][0]["phrases"].append({"zh": "夜间偷烧", "en": "Burning by night"})
    return yaml.safe_dump(pack, allow_unicode=True)


def drafted(client: Any, admin: Person, **changes: Any) -> Any:
    return client.post(f"{URL}/drafts", json={"yaml": newer(client, admin, **changes)}, headers=admin.headers)


def published(client: Any, admin: Person) -> Any:
    drafted(client, admin)
    return client.post(f"{URL}/drafts/{NEW}/publish", headers=admin.headers)


def test_a_draft_is_kept_replaced_and_forgotten(client: Any, admin: Person) -> None:
    first = drafted(client, admin)
    assert (first.status_code, first.json["code"], first.json["author"]) == (201, "straw-liujiang", admin.id)
    again = drafted(client, admin, note={"zh": "说明", "en": "Note"})
    assert again.json["id"] == first.json["id"]
    listed = client.get(f"{URL}/drafts", headers=admin.headers).json["items"]
    assert [draft["version"] for draft in listed] == ["2027.1"]
    assert client.delete(f"{URL}/drafts/{NEW}", headers=admin.headers).status_code == 204
    assert client.get(f"{URL}/drafts", headers=admin.headers).json["items"] == []


def test_a_draft_is_no_version_until_it_is_published(client: Any, admin: Person) -> None:
    drafted(client, admin)
    versions = client.get(URL, headers=admin.headers).json["items"]
    assert "2027.1" not in {each["version"] for each in versions}
    answer = client.post(f"{URL}/drafts/{NEW}/publish", headers=admin.headers)
    assert (answer.status_code, answer.json["version"], answer.json["retired_at"]) == (200, "2027.1", None)
    pack = client.get(f"/api/v1/packs/{answer.json['pack']}", headers=admin.headers)
    assert hashlib.sha256(pack.data).hexdigest() == answer.json["pack"]
    assert pack.get_json()["status"] == "published"
    assert client.get(f"{URL}/drafts", headers=admin.headers).json["items"] == []


def test_what_is_published_cannot_be_drafted_or_published_again(client: Any, admin: Person) -> None:
    assert published(client, admin).status_code == 200
    again = drafted(client, admin)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")
    assert "raise the version" in again.json["detail"]
    gone = client.post(f"{URL}/drafts/{NEW}/publish", headers=admin.headers)
    assert gone.status_code == 404


def test_an_older_number_than_the_newest_is_not_published(client: Any, admin: Person) -> None:
    drafted(client, admin, version="2025.9")
    answer = client.post(f"{URL}/drafts/straw-liujiang/2025.9/publish", headers=admin.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "input-invalid")
    assert "2026.1 is published already" in answer.json["detail"]


@pytest.mark.parametrize("statement", ["UPDATE checklist_version SET body = 'x'", "DELETE FROM checklist_version"])
def test_the_database_itself_keeps_what_is_published(app: Flask, statement: str) -> None:
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection, pytest.raises(DBAPIError):
        connection.execute(text(statement))


def test_a_faulty_pack_is_refused_with_line_and_item(client: Any, admin: Person) -> None:
    wrong = newer(client, admin).replace("severity: serious", "severity: grave", 1)
    answer = client.post(f"{URL}/drafts", json={"yaml": wrong}, headers=admin.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "checklist-source-invalid")
    fault = answer.json["faults"][0]
    assert (fault["item"], wrong.splitlines()[fault["line"] - 1].strip()) == (
        "straw.zone.no-burning",
        "severity: grave",
    )
    assert "'grave' is not one of" in answer.json["detail"]
    assert client.get(f"{URL}/drafts", headers=admin.headers).json["items"] == []


@pytest.mark.parametrize("body", [{}, {"yaml": "a", "workbook": "YQ=="}, {"workbook": "not base64!"}, {"yaml": ""}])
def test_a_draft_comes_as_yaml_or_as_a_workbook(client: Any, admin: Person, body: dict[str, str]) -> None:
    answer = client.post(f"{URL}/drafts", json=body, headers=admin.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "input-invalid")


def test_a_form_edited_in_a_spreadsheet_becomes_a_draft(client: Any, admin: Person) -> None:
    form = client.get(f"{URL}/{OLD}/form.xlsx", headers=admin.headers)
    book = openpyxl.load_workbook(io.BytesIO(form.data))
    book["settings"]["C2"].value = "2027.1"
    row = next(row for row in book["survey"].iter_rows() if row[1].value == "straw_zone_no_burning")
    row[3].value = "Is nobody burning straw here?"
    out = io.BytesIO()
    book.save(out)
    workbook = base64.b64encode(out.getvalue()).decode()
    assert client.post(f"{URL}/drafts", json={"workbook": workbook}, headers=admin.headers).status_code == 201
    query = "old=straw-liujiang@2026.1&new=straw-liujiang@2027.1&lang=en"
    changes = client.get(f"{URL}/diff?{query}", headers=admin.headers).json["items"]
    (change,) = changes
    assert (change["item"], change["field"]) == ("straw.zone.no-burning", "text")
    assert change["sentence"].endswith("to “Is nobody burning straw here?”")


def test_two_versions_are_compared_in_chinese_first(client: Any, admin: Person) -> None:
    query = "old=straw-liujiang@2024.1&new=straw-liujiang@2026.1"
    changes = client.get(f"{URL}/diff?{query}", headers=admin.headers).json["items"]
    assert "straw.zone.no-burning：区域由“无”改为“禁烧区”" in [each["sentence"] for each in changes]
    assert [each["section"] for each in changes] == sorted(each["section"] for each in changes)


@pytest.mark.parametrize(("old", "status"), [("straw-liujiang", 422), ("no-such@2024.1", 404), ("a@\x00bc", 422)])
def test_a_comparison_names_two_versions_that_exist(client: Any, admin: Person, old: str, status: int) -> None:
    query = {"old": old, "new": "straw-liujiang@2026.1"}
    assert client.get(f"{URL}/diff", query_string=query, headers=admin.headers).status_code == status


@pytest.mark.parametrize("path", ["no-such/2024.1", "%00/2024.1", "dust-liujiang/9", "dust-liujiang/%F0%9F%98%80"])
def test_a_version_that_is_not_there_is_not_found(client: Any, admin: Person, path: str) -> None:
    for found in (
        client.get(f"{URL}/{path}/pack.yaml", headers=admin.headers),
        client.post(f"{URL}/{path}/retire", headers=admin.headers),
        client.delete(f"{URL}/drafts/{path}", headers=admin.headers),
    ):
        assert found.status_code == 404


def test_devices_hear_of_a_new_version_and_of_its_retirement(server: Server) -> None:
    phone, boss = server.phone(), server.token("boss", "admin", ("450000",))
    client = server.app.test_client()
    pack = client.get(f"{URL}/{OLD}/pack.yaml", headers=boss).get_data(as_text=True)
    later = pack.replace("version: '2026.1'", "version: '2027.1'", 1)
    assert client.post(f"{URL}/drafts", json={"yaml": later}, headers=boss).status_code == 201
    assert phone.sync().quiet
    published = client.post(f"{URL}/drafts/{NEW}/publish", headers=boss).json
    assert phone.sync().quiet
    row = phone.device.mirror.row("checklist", published["id"])
    assert row is not None
    assert (row["version"], row["retired_at"]) == ("2027.1", None)
    retired = client.post(f"{URL}/{NEW}/retire", headers=boss).json
    assert client.post(f"{URL}/{NEW}/retire", headers=boss).json == retired
    assert phone.sync().quiet
    told = phone.device.mirror.row("checklist", published["id"])
    assert told is not None
    assert told["retired_at"] == retired["retired_at"] is not None


def test_an_inspection_by_a_retired_version_is_kept_and_flagged(server: Server) -> None:
    phone, boss = server.phone(), server.token("boss", "admin", ("450000",))
    client = server.app.test_client()
    before = submit(phone, answer("straw.zone.no-burning", "pass"))
    assert phone.sync().quiet
    client.post(f"{URL}/straw-liujiang/2024.1/retire", headers=boss)
    server.time.pass_by(hours=1)
    after = submit(phone, answer("straw.zone.no-burning", "pass"))
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"
    flags = []
    for inspection in (before, after):
        row = phone.device.mirror.row("inspection", inspection)
        assert row is not None
        flags.append("checklist-retired" in [flag["code"] for flag in row["flags"]])
    assert flags == [False, True]

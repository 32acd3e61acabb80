"""Checklists: every published version is listed, and its exact bytes are given for ever."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend.api import documents
from tests.backend.records import Records


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.mark.both_databases
def test_the_bytes_of_each_listed_checklist_have_its_hash(client, records):
    headers = records.device_header(records.person("inspector", "450206"))
    listed = client.get("/api/v1/checklists", headers=headers).json["items"]
    assert {"dust-liuzhou", "dust-liujiang", "dust-guigang"} <= {item["code"] for item in listed}
    assert documents.ChecklistSchema(many=True).validate(listed) == {}
    for item in listed:
        pack = client.get(f"/api/v1/packs/{item['pack']}", headers=headers)
        assert pack.status_code == 200
        assert hashlib.sha256(pack.data).hexdigest() == item["pack"]
        assert pack.get_json()["code"] == item["code"]


def test_a_pack_is_kept_by_caches_and_not_sent_twice(client, records):
    headers = records.person("inspector").headers
    url = f"/api/v1/packs/{records.checklist().sha256}"
    first = client.get(url, headers=headers)
    assert "immutable" in first.headers["Cache-Control"]
    again = client.get(url, headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("sha256", ["0" * 64, "0" * 63, "Z" * 64, "..%2fetc", "%00"])
def test_a_pack_that_is_not_there_is_not_found(client, records, sha256):
    answer = client.get(f"/api/v1/packs/{sha256}", headers=records.person("admin").headers)
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_a_stranger_gets_no_pack(client, records):
    assert client.get(f"/api/v1/packs/{records.checklist().sha256}").status_code == 401

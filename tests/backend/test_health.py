"""What the server says of its own health."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend import tls
from backend.extensions import db
from backend.transactions import writing
from backend.version import VERSION
from tests.backend.serving import ROOT


def test_health_tells_the_durability_settings_in_force(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert answer.json["epoch"]
    assert answer.json["durability"] == {
        "database": "sqlite",
        "journal_mode": "wal",
        "synchronous": "full",
        "blobs": "folder",
    }


@pytest.mark.both_databases
def test_a_whole_server_is_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ready"}
    assert client.get("/healthz").json["durability"]["database"] in ("sqlite", "postgresql")


def test_a_server_without_its_blob_store_is_not_ready(client: FlaskClient, app: Flask) -> None:
    shutil.rmtree(app.extensions["bluegrid.settings"].data / "blobs")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["detail"]) == (503, "The blob store cannot be reached.")
    assert answer.headers["Retry-After"]
    assert client.get("/healthz").status_code == 200


def test_a_server_whose_database_was_not_set_up_is_not_ready(client: FlaskClient, app: Flask) -> None:
    with app.app_context(), writing() as session:
        session.execute(db.text("DROP TABLE counter"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "store-unavailable")
    assert client.get("/healthz").json["epoch"] is None


def test_the_authority_is_offered_where_there_is_one(client: FlaskClient, app: Flask) -> None:
    assert client.get("/api/v1/tls/authority.crt").status_code == 404
    path: Path = tls.authority_path(app.extensions["bluegrid.settings"].data)
    path.parent.mkdir()
    path.write_bytes(b"a certificate")
    answer = client.get("/api/v1/tls/authority.crt")
    assert (answer.data, answer.mimetype) == (b"a certificate", "application/x-x509-ca-cert")


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION

"""What a real server of the fault tests runs on: SQLite and a folder always, PostgreSQL and S3 with the slow ones."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.postgresql import PostgresqlServer
from tests.seaweedfs import Seaweedfs, new_url

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=[*BOTH, pytest.param("postgresql and s3", marks=pytest.mark.slow)])
def on_database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment that names the database and the blob store."""
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    name = f"faults_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    environment = {"BLUEGRID_DATABASE_URL": server.url(name)}
    if request.param == "postgresql and s3":
        store: Seaweedfs = request.getfixturevalue("s3_server")
        environment |= {**store.environment(), "BLUEGRID_BLOB_URL": new_url(), "BLUEGRID_SECRET_KEY": "tests only"}
    yield environment
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""Which database a real server of the fault tests runs on: SQLite always, PostgreSQL with the slow ones."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.postgresql import PostgresqlServer

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=BOTH)
def on_database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment that names the database."""
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    name = f"faults_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    yield {"BLUEGRID_DATABASE_URL": server.url(name)}
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")

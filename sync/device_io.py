"""The reference device's world for real: HTTP, a folder, the system's clock. The one file here that touches them."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import select
import sqlite3
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from uuid_utils.compat import uuid7

from sync.device_ports import Answer, Change, Json, TransportFailed


def new_id() -> str:
    return str(uuid7())


class SystemClock:
    """The machine's own clock, in its own zone."""

    def __init__(self) -> None:
        self.boot = str(uuid4())

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class HttpTransport:
    """Requests to one server over one connection, opened again when it was closed; answers may come as gzip."""

    def __init__(self, base_url: str, timeout_s: float = 60.0, tls: ssl.SSLContext | None = None) -> None:
        self.base = urlsplit(base_url)
        self.timeout_s = timeout_s
        self.tls = tls
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = urlsplit(path)
        wanted = target.path + (f"?{target.query}" if target.query else "")
        try:
            self._drop_if_closed()
            return self._exchange(method, wanted, headers, body)
        except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
            self.close()
            raise TransportFailed(str(error)) from error

    def _drop_if_closed(self) -> None:
        """Let a kept connection go that the server has closed meanwhile: between requests it has nothing to read."""
        if self._connection is None or self._connection.sock is None:
            return
        if select.select([self._connection.sock], [], [], 0)[0]:
            self.close()

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._connection is None:
            self._connection = self._open()
        self._connection.request(method, path, body=body, headers={"Accept-Encoding": "gzip", **headers})
        response = self._connection.getresponse()
        data = response.read()
        if response.getheader("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)

    def _open(self) -> http.client.HTTPConnection:
        host, port = self.base.hostname or "127.0.0.1", self.base.port
        if self.base.scheme == "https":
            context = self.tls or ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class FolderStorage:
    """DeviceStorage in a folder: tables in SQLite with full durability, photo bytes as files by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "photos"
        self.files.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / "device.sqlite3", isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS kept"
            " (tab TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID"
        )

    def get(self, table: str, key: str) -> Json | None:
        found = self.database.execute("SELECT value FROM kept WHERE tab = ? AND key = ?", (table, key)).fetchone()
        return None if found is None else json.loads(found[0])

    def items(self, table: str) -> Iterator[tuple[str, Json]]:
        rows = self.database.execute("SELECT key, value FROM kept WHERE tab = ? ORDER BY key", (table,)).fetchall()
        for key, text in rows:
            yield key, json.loads(text)

    def write(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        self.database.execute("BEGIN IMMEDIATE")
        try:
            for table, key, value in changes:
                if value is None:
                    self.database.execute("DELETE FROM kept WHERE tab = ? AND key = ?", (table, key))
                else:
                    self.database.execute("REPLACE INTO kept VALUES (?, ?, ?)", (table, key, json.dumps(value)))
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def put_bytes(self, sha256: str, data: bytes) -> None:
        part = self.files / f"{sha256}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.files / sha256)
        descriptor = os.open(self.files, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_bytes(self, sha256: str, offset: int, size: int) -> bytes:
        with (self.files / sha256).open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def delete_bytes(self, sha256: str) -> None:
        (self.files / sha256).unlink(missing_ok=True)

    def close(self) -> None:
        self.database.close()

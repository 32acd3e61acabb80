"""What the reference device needs of the world: transport, clock, ids, storage. Concrete forms are in device_io."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Json = dict[str, Any]


class TransportFailed(Exception):
    """No answer came: whether the server acted is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Json:
        value = json.loads(self.body or b"{}")
        return value if isinstance(value, dict) else {}

    @property
    def code(self) -> str:
        """The problem's stable code, or an empty text."""
        try:
            return str(self.json().get("code", ""))
        except ValueError:
            return ""


class Transport(Protocol):
    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request; raises TransportFailed when no whole answer came."""
        ...


class DeviceClock(Protocol):
    boot: str

    def now(self) -> datetime:
        """The device's wall clock, with its offset; it may be wrong."""
        ...

    def mono_ms(self) -> int:
        """Milliseconds since boot."""
        ...


IdMaker = Callable[[], str]

# table, key, value; None deletes
Change = tuple[str, str, Json | None]


class DeviceStorage(Protocol):
    """Durable tables of JSON by text key, and photo bytes by SHA-256."""

    def get(self, table: str, key: str) -> Json | None: ...

    def items(self, table: str) -> Iterator[tuple[str, Json]]:
        """All of a table, by key."""
        ...

    def write(self, changes: Sequence[Change]) -> None:
        """All or nothing, and durable when it returns."""
        ...

    def put_bytes(self, sha256: str, data: bytes) -> None:
        """Durable when it returns; called before the record that names the bytes."""
        ...

    def read_bytes(self, sha256: str, offset: int, size: int) -> bytes: ...

    def delete_bytes(self, sha256: str) -> None: ...


class MemoryStorage:
    """DeviceStorage in dicts, for tests and simulations."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {}
        self.files: dict[str, bytes] = {}

    def get(self, table: str, key: str) -> Json | None:
        text = self.tables.get(table, {}).get(key)
        return None if text is None else json.loads(text)

    def items(self, table: str) -> Iterator[tuple[str, Json]]:
        for key, text in sorted(self.tables.get(table, {}).items()):
            yield key, json.loads(text)

    def write(self, changes: Sequence[Change]) -> None:
        encoded = [(table, key, None if value is None else json.dumps(value)) for table, key, value in changes]
        for table, key, text in encoded:
            rows = self.tables.setdefault(table, {})
            if text is None:
                rows.pop(key, None)
            else:
                rows[key] = text

    def put_bytes(self, sha256: str, data: bytes) -> None:
        self.files[sha256] = data

    def read_bytes(self, sha256: str, offset: int, size: int) -> bytes:
        return self.files[sha256][offset : offset + size]

    def delete_bytes(self, sha256: str) -> None:
        self.files.pop(sha256, None)

"""Devices in trouble: storage that crashes at a write, and answers that get lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.device_ports import Answer, Change, Json, MemoryStorage, TransportFailed
from tests.stories import Phone, Server


class Crash(BaseException):
    """The power goes; not an Exception, so that nothing in between catches it."""


class CrashingStorage(MemoryStorage):
    """Dies at the k-th durable step from when it is armed: before the step takes effect, or right after."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.after = False

    def arm(self, k: int, *, after: bool) -> None:
        self.left, self.after = k, after

    def _step(self, act: Callable[[], None]) -> None:
        if self.left is None:
            return act()
        self.left -= 1
        if self.left > 0:
            return act()
        self.left = None
        if self.after:
            act()
        raise Crash

    def write(self, changes: Sequence[Change]) -> None:
        self._step(lambda: MemoryStorage.write(self, changes))

    def put_bytes(self, sha256: str, data: bytes) -> None:
        self._step(lambda: MemoryStorage.put_bytes(self, sha256, data))

    def delete_bytes(self, sha256: str) -> None:
        self._step(lambda: MemoryStorage.delete_bytes(self, sha256))


def restarted(server: Server, phone: Phone) -> Phone:
    """The same phone after a crash: everything in memory is gone, its storage is there."""
    return Phone(server, phone.user, phone.storage)


def lose_answers(phone: Phone, path: str, times: int = 1) -> None:
    """The next answers to a path get lost on their way."""
    left = [times]

    def lost(method: str, at: str) -> bool:
        if not at.startswith(path) or left[0] == 0:
            return False
        left[0] -= 1
        return True

    phone.transport.lose_answer = lost


class Scripted:
    """A transport that answers from a script of functions, and remembers what was sent."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Any]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            said = json.loads(body) if body else None
        except ValueError:
            said = body
        self.sent.append((method, path, said))
        answer = self.answers.pop(0) if self.answers else TransportFailed("no more answers")
        if isinstance(answer, Exception):
            raise answer
        return answer


def answered(status: int, body: Json | None = None, **headers: str) -> Answer:
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body or {}).encode()
    )

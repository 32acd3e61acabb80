"""A real `python -m backend.serve` on a free port of the loopback, for tests that need processes."""

from __future__ import annotations

import json
import os
import queue
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300.0

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """What `look` finds, asked again until it finds something; an AssertionError after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}")


def admin_token(url: str, one_time: str) -> str:
    """Sign in as the first admin, whose one-time password is changed at the first call of this."""
    lasting = f"{one_time} for good"
    opened = _login(url, lasting) or _login(url, one_time)
    assert opened is not None, "the admin cannot sign in"
    if opened["must_change_password"]:
        _post(f"{url}/api/v1/auth/password", {"old": one_time, "new": lasting}, str(opened["token"]))
    return str(opened["token"])


def _login(url: str, password: str) -> dict[str, object] | None:
    try:
        answer = _post(f"{url}/api/v1/auth/login", {"username": "admin", "password": password})
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        return None
    found: dict[str, object] = json.loads(answer)
    return found


def _post(url: str, body: dict[str, object], token: str | None = None) -> bytes:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


class Served:
    """A server process and what it said; `port` is known once it has announced itself.

    `within` is the command that runs it on another host, `root` the folder that its program is in.
    """

    def __init__(
        self, data: Path, *arguments: str, within: Sequence[str] = (), root: Path = ROOT, **environment: str
    ) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("BLUEGRID_") and k not in ("HOST", "PORT")}
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "backend.serve", *arguments],
            cwd=root,
            env={**inherited, "BLUEGRID_DATA": str(data), "PORT": "0", "WEB_WORKERS": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._incoming: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._incoming.put(line.rstrip("\n"))
        self._incoming.put(None)

    def line(self, pattern: str) -> re.Match[str]:
        """The next line that the pattern is found in."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            said = self._incoming.get(timeout=max(0.0, deadline - time.monotonic()))
            assert said is not None, f"it ended without saying {pattern!r}:\n" + "\n".join(self.lines)
            self.lines.append(said)
            if found := re.search(pattern, said):
                return found

    def ready(self) -> Served:
        """Wait until it serves."""
        self.url = self.line(r"serves (https?://\S+)")[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def get(self, path: str, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=30, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def descendant(self, word: str) -> psutil.Process | None:
        """The first descendant whose command line holds a word."""
        for process in self.descendants():
            try:
                if any(word in part for part in process.cmdline()):
                    return process
            except psutil.Error:
                continue
        return None

    def ended(self) -> int:
        """Its exit code, once it ended by itself or was asked to."""
        return self.process.wait(PATIENCE_S)

    def clear_away(self) -> None:
        """After a test, whatever happened: end it and all that it started."""
        left = [*self.descendants(), psutil.Process(self.process.pid)] if self.process.poll() is None else []
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait(PATIENCE_S)

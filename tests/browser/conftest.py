"""A server over HTTPS that can be killed and started again, and browsers that know it as https://bluegrid.test."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

from tests.backend.serving import PATIENCE_S, ROOT, Served
from tests.browser.line import Line
from tests.field_device import FieldDevice, Node

HOST = "bluegrid.test"
PASSWORD = "bluegrid-demo-2026"
PHONE = {"width": 412, "height": 915}
DESK = {"width": 1280, "height": 720}
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
AT_THE_SITE = {"latitude": 24.2550, "longitude": 109.3300, "accuracy": 8.0}


class Station:
    """The server of a test behind its line: one data folder, as many lives as the test takes."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.environment = {"BLUEGRID_TLS": "local", "BLUEGRID_TLS_NAMES": HOST, "BLUEGRID_DEMO": "1", **environment}
        self.line = Line()
        self.server: Served | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.line.port}"

    def start(self, root: Path = ROOT) -> Station:
        """Serve from now on; `root` is the folder of another version of the program."""
        self.server = Served(self.data, root=root, **self.environment).ready()
        self.line.to = self.server.port
        return self

    def kill(self) -> None:
        """End it as a power cut would, with all its children."""
        assert self.server is not None
        self.line.to = None
        self.server.clear_away()

    def flask(self, *arguments: str, said: str | None = None) -> str:
        """What a command of the server's prints."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BLUEGRID_")}
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env={**inherited, "BLUEGRID_DATA": str(self.data)},
            input=said,
            text=True,
            capture_output=True,
            check=True,
        ).stdout

    def invite(self, user: str) -> dict[str, Any]:
        """A fresh invitation of a device: its code, its address, and when it expires."""
        found: dict[str, Any] = Asker(self, "demo-admin").post("/api/v1/devices/invitations", {"user": user})
        return found

    def certificate_pin(self) -> str:
        """The server key's hash, so that browsers trust this one certificate and no other."""
        certificate = x509.load_pem_x509_certificate((self.data / "tls" / "server.crt").read_bytes())
        key = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    def close(self) -> None:
        if self.server is not None:
            self.server.clear_away()
        self.line.close()


class Asker:
    """A signed-in person without a browser: JSON of the API."""

    def __init__(self, station: Station, name: str) -> None:
        self.station = station
        self._trust = ssl.create_default_context(cafile=str(station.data / "tls" / "authority.crt"))
        said = self._ask("POST", "/api/v1/auth/login", {"username": name, "password": PASSWORD}, {})
        self._token = {"Authorization": f"Bearer {said['token']}"}

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None, self._token)

    def bytes_of(self, path: str) -> bytes:
        """What a route answers that does not answer in JSON."""
        return self._bytes("GET", path, None, self._token)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, body, self._token)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, body, self._token)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PATCH", path, body, self._token)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None, self._token)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        return json.loads(self._bytes(method, path, body, headers) or b"null")

    def _bytes(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> bytes:
        assert self.station.server is not None
        url = f"https://localhost:{self.station.server.port}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        with urllib.request.urlopen(request, timeout=60, context=self._trust) as answer:
            return bytes(answer.read())


class Browsers:
    """Chromium with a profile of its own for each person, kept over its closings and crashes."""

    def __init__(self, playwright: Playwright, station: Station, folder: Path, camera: Path | None = None) -> None:
        """`camera`: a film (mjpeg) that the cameras see; without one they see a test picture."""
        self.playwright = playwright
        self.station = station
        self.folder = folder
        self.camera = camera
        self._open: list[BrowserContext] = []

    def open(
        self, who: str, viewport: dict[str, int] = PHONE, before_the_lens: Path | None = None, **options: Any
    ) -> BrowserContext:
        """The browser of `who`, at the server's host, with a camera and a place; opened again, it remembers.

        The camera sees the film `before_the_lens` (MJPEG) over and over, else what all cameras see.
        """
        film = before_the_lens or self.camera
        context = self.playwright.chromium.launch_persistent_context(
            self.folder / who,
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
                f"--ignore-certificate-errors-spki-list={self.station.certificate_pin()}",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                *([f"--use-file-for-fake-video-capture={film}"] if film else []),
            ],
            **{
                "base_url": self.station.url,
                "viewport": viewport,
                "locale": "zh-CN",
                "timezone_id": "Asia/Shanghai",
                "geolocation": AT_THE_SITE,
                "permissions": ["geolocation", "camera", "microphone"],
                "has_touch": viewport is PHONE,
                **options,
            },
        )
        context.set_default_timeout(PATIENCE_MS)
        self._open.append(context)
        return context

    def kill(self, who: str) -> None:
        """End the browser of `who` at once with all its processes, as an empty battery would. Any thread may."""
        profile = f"--user-data-dir={self.folder / who}"
        ended: list[psutil.Process] = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if profile in process.cmdline():
                    ended += [process, *process.children(recursive=True)]
        assert ended, f"no browser of {who} runs"
        for process in ended:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(ended, timeout=PATIENCE_S)

    def close(self) -> None:
        for context in self._open:
            with contextlib.suppress(Exception):
                context.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playing:
        yield playing


def play_day(data: Path, *, weeks: bool = False) -> Path:
    """A fresh data folder of a demo, after its day; with the weeks before it when they are wanted."""
    demo = Served(data, "--demo", DEMO_ONCE="1", DEMO_WEEKS="1" if weeks else "0")
    try:
        assert demo.ended() == 0, "\n".join(demo.lines)
    finally:
        demo.clear_away()
    return data


@pytest.fixture(scope="session")
def played_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo whose day was played: people, sites, six findings. Once for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        played, whole = shared / "demo", shared / "demo.played"
        if not whole.exists():
            shutil.rmtree(played, ignore_errors=True)
            play_day(played)
            whole.touch()
    return played


@pytest.fixture
def station(played_day: Path, tmp_path: Path) -> Iterator[Station]:
    """A server on a copy of the demo's data, after its day."""
    shutil.copytree(played_day, tmp_path / "data")
    made = Station(tmp_path / "data").start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def browsers(playwright: Playwright, station: Station, tmp_path: Path) -> Iterator[Browsers]:
    made = Browsers(playwright, station, tmp_path / "browsers")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def admin(station: Station) -> Asker:
    """The demo's admin, for asking the API what the browsers did."""
    return Asker(station, "demo-admin")


@pytest.fixture
def node(station: Station, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """Where phones without screens live, which trust the station's certificate."""
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(station.data / "tls" / "authority.crt"))
    made = Node()
    try:
        yield made
    finally:
        made.close()


def device_of(node: Node, station: Station, user: str) -> FieldDevice:
    """A phone of this person without its screens, enrolled here."""
    assert station.server is not None
    device = FieldDevice(node)
    device.begin(f"https://localhost:{station.server.port}")
    device.do("enrol", code=station.invite(user)["code"])
    return device

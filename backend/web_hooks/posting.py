"""One message posted, within a time that no receiver can stretch: 5 s to connect, 10 s in all.

Redirects are not followed, and only the beginning of an answer is read. Nothing is raised: how it went is the reply.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend.web_hooks import addresses
from backend.web_hooks.addresses import AddressRefused
from backend.web_hooks.messages import Message, is_taken

ANSWER_BYTES = 4096
KEPT_CHARS = 500


Watch = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Does something after some seconds, unless what it gives back is called before."""


def by_the_clock(seconds: float, cut: Callable[[], None]) -> Callable[[], None]:
    """The watch of every day."""
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    return timer.cancel


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to connect, and in all; the watch says when the latter are over."""

    connect_s: float = 5.0
    total_s: float = 10.0
    watch: Watch = by_the_clock


@dataclass(frozen=True, slots=True)
class Reply:
    """How it went. `status` is null where no answer came; `answer` is its beginning, or what went wrong."""

    taken: bool
    status: int | None
    answer: str


@dataclass(slots=True)
class _Line:
    """The connection while it is open, so that it can be cut from outside."""

    sock: socket.socket | None = None
    is_cut: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        with self.lock:
            self.is_cut = True
            if self.sock is not None:
                with suppress(OSError):  # the other end was faster
                    socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not the SSL socket's own, which unwraps

    def hold(self, sock: socket.socket) -> None:
        with self.lock:
            self.sock = sock
            if self.is_cut:
                raise TimeoutError


def post(
    form: str, message: Message, *, private: bool, authorities: Path | None = None, patience: Patience | None = None
) -> Reply:
    """Post a message to a receiver of a form; `private` lets it lead into private networks.

    `authorities` is a PEM file of those that are trusted beside the system's own.
    """
    patience = patience or Patience()
    line = _Line()
    try:
        with _cut_off_after(line, patience):
            status, answer = _exchange(line, message, private, authorities, patience)
            if line.is_cut:  # what came looks whole, and is not
                raise TimeoutError
    except AddressRefused as error:
        return Reply(False, None, str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Reply(False, None, f"no answer within {patience.total_s:g} s" if line.is_cut else _said(error))
    shown = answer.decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT_CHARS]
    if 300 <= status < 400:
        shown = "A redirect; none is followed."
    return Reply(is_taken(form, status, answer), status, shown)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:KEPT_CHARS]


@contextmanager
def _cut_off_after(line: _Line, patience: Patience) -> Iterator[None]:
    """A socket's own timeout begins anew with each byte; this one does not."""
    in_time = patience.watch(patience.total_s, line.cut)
    try:
        yield
    finally:
        in_time()
        if line.sock is not None:
            line.sock.close()


def trust(authorities: Path | None) -> ssl.SSLContext:
    """Whom an https receiver must be vouched for by. Raises OSError (SSLError among them) for a file that is none."""
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(cafile=str(authorities))
    return context


def _exchange(
    line: _Line, message: Message, private: bool, authorities: Path | None, patience: Patience
) -> tuple[int, bytes]:
    parts = addresses.split(message.url, private=private)
    host, port = str(parts.hostname), addresses.port_of(parts)
    sock = _connected(addresses.resolve(host, port, private=private), port, patience)
    line.hold(sock)
    if parts.scheme == "https":
        sock = trust(authorities).wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        line.hold(sock)
        sock.do_handshake()
    sock.settimeout(None)  # the watch alone ends it: of two clocks either may be the first
    connection = http.client.HTTPConnection(host, port)
    connection.sock = sock
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", path, message.body, {**message.headers, "Connection": "close"})
    response = connection.getresponse()
    return response.status, response.read(ANSWER_BYTES)


def _connected(found: Sequence[str], port: int, patience: Patience) -> socket.socket:
    """Connected to the first address that answers, all of them within the time to connect."""
    until = time.monotonic() + patience.connect_s
    problem: OSError = OSError("no address")
    for address in found:
        try:
            return socket.create_connection((address, port), timeout=max(0.1, until - time.monotonic()))
        except OSError as error:
            problem = error
    raise problem

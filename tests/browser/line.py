"""The line between a browser and the server: a relay of TCP bytes that a test can cut, hold, and move to a new server.

TLS goes through it untouched, so that a cut looks to the browser like one of a real network.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

CHUNK = 4096


class Line:
    """Listens on one port of the loopback for as long as it lives; `to` is the port of the server of the moment.

    `sent` counts the bytes that came from browsers, `cuts` the cuts at a byte.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.to: int | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._left: int | None = None
        self._then: Callable[[], None] | None = None
        self._until_held: int | None = None
        self._answers = threading.Event()
        self._answers.set()
        self.cuts = 0
        self.sent = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every connection, and let none begin until `mend`."""
        with self._lock:
            self._left = 0
            self._sever()

    def cut_after(self, sent: int, then: Callable[[], None] | None = None) -> None:
        """Cut once the browser has sent that many bytes more; the line mends itself at once after the cut.

        `then` is done at that byte, before the cut: the server's end, say.
        """
        with self._lock:
            self._left = sent
            self._then = then

    def was_cut(self, times: int) -> bool:
        """Whether it was cut at a byte that often."""
        return self.cuts >= times

    def hold(self, after: int = 0) -> None:
        """Keep back what the server says, as a slow line does, once the browser has sent so many bytes more."""
        with self._lock:
            self._until_held = after
            if after == 0:
                self._answers.clear()

    def release(self) -> None:
        """Let everything through that was kept back."""
        with self._lock:
            self._until_held = None
            self._answers.set()

    def mend(self) -> None:
        with self._lock:
            self._left = None

    def close(self) -> None:
        self._listener.close()
        self.release()
        with self._lock:
            self._sever()

    def _sever(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(browser,), daemon=True).start()

    def _connect(self, browser: socket.socket) -> None:
        to = self.to
        try:
            if to is None or self._left == 0:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", to))
        except OSError:
            browser.close()
            return
        with self._lock:
            self._open |= {browser, server}
        threading.Thread(target=self._carry, args=(server, browser, False), daemon=True).start()
        self._carry(browser, server, True)

    def _carry(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if counted and not self._may_go(len(data)):
                    break
                if not counted:
                    self._answers.wait()
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, target}

    def _may_go(self, size: int) -> bool:
        with self._lock:
            self.sent += size
            if self._until_held is not None:
                self._until_held = max(0, self._until_held - size)
                if self._until_held == 0:
                    self._answers.clear()
            if self._left is None:
                return True
            if self._left == 0:
                return False
            self._left = max(0, self._left - size)
            if self._left > 0:
                return True
            self._left = None
            then, self._then = self._then, None
        if then is not None:
            then()
        with self._lock:
            self.cuts += 1
            self._sever()
        return False

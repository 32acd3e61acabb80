"""Named points at which a test lets the server die: between two steps that must survive being cut apart.

Unarmed (always, outside tests) `hit` does nothing. `BLUEGRID_FAILPOINT=name` or `name:n` makes the process kill itself
with SIGKILL at the n-th hit, `name:n:stop` makes it stop there until somebody sends SIGCONT, as a host does that
hangs; a test in the same process arms an act of its own instead.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable

ENVIRONMENT = "BLUEGRID_FAILPOINT"

NAMES = (
    "push-before-commit",
    "push-after-commit",
    "patch-staged",
    "patch-counted",
    "blob-half-written",
    "blob-synced",
    "blob-renamed",
    "upload-before-commit",
    "upload-after-commit",
)
"""Every point of a push, then of an upload, in the order in which it is passed."""

EXPORT_NAMES = ("export-written", "export-placed")
"""The same of an export's job."""

BACKUP_NAMES = (
    "backup-database-copied",
    "backup-blobs-copied",
    "backup-placed",
    "restore-blobs-put",
    "restore-database-prepared",
    "restore-old-moved",
)
"""The same of a backup, then of a restore."""


class _Armed:
    """The point that is armed, how often it is still passed unharmed, and what happens then."""

    def __init__(self, name: str, n: int, act: Callable[[], None]) -> None:
        self.name = name
        self.left = n
        self.act = act
        self.lock = threading.Lock()

    def hit(self) -> None:
        with self.lock:
            self.left -= 1
            due = self.left == 0
        if due:
            self.act()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    # To this very thread: sent to the process, another thread may take it, and this one passes the point meanwhile.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _from_environment(text: str | None) -> _Armed | None:
    if not text:
        return None
    found = re.fullmatch(r"([a-z-]+)(?::(\d+))?(?::(stop))?", text)
    known = NAMES + EXPORT_NAMES + BACKUP_NAMES
    if found is None or found[1] not in known:
        raise ValueError(f"{ENVIRONMENT} is one of {', '.join(known)}, with ':n' or ':n:stop' behind it if need be")
    return _Armed(found[1], int(found[2] or 1), _stop if found[3] else _die)


_armed = _from_environment(os.environ.get(ENVIRONMENT))


def hit(name: str) -> None:
    """Pass a point."""
    armed = _armed
    if armed is not None and armed.name == name:
        armed.hit()


def arm(name: str, act: Callable[[], None], n: int = 1) -> None:
    """Let `act` happen at the n-th hit of a point from now on, once; only tests do this."""
    global _armed
    if name not in NAMES + EXPORT_NAMES + BACKUP_NAMES:
        raise ValueError(f"no failpoint is called {name}")
    _armed = _Armed(name, n, act)


def disarm() -> None:
    """Let every point pass unharmed again."""
    global _armed
    _armed = None
